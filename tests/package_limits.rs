//! A package that is too much for one run comes to an end, and says what is not in it.

#![allow(clippy::expect_used, reason = "a test ends where a promise is broken")]

mod support;

use std::time::Duration;

use kundportal_functions::{PackageLimits, Settings};
use kundportal_store::{CallKind, Matching, Moment};
use support::{
    Portal, Storage, Tenant, User, give_file,
    package::{Entries, ask, entries, package, page, parsed},
};

/// A person with three files of these lengths.
async fn person(lengths: [usize; 3], change: impl FnOnce(&mut Settings)) -> (Portal, Tenant, User) {
    let portal = Portal::start_with(Storage::Memory, change).await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    for (number, length) in lengths.into_iter().enumerate() {
        give_file(&portal, &tenant, &customer, &user, number, &format!("{number}.bin"), vec![7; length])
            .await;
    }
    (portal, tenant, user)
}

async fn fetched(portal: &Portal, tenant: &Tenant, user: &User, request: &str) -> Entries {
    entries(&package(portal, tenant, user, request).await.expect(200), request)
}

#[tokio::test]
async fn files_beyond_the_limit_are_listed_and_both_sides_are_told() {
    let (portal, tenant, user) = person([6, 6, 3], |settings| settings.packages.bytes = 10).await;
    let request = ask(&portal, &tenant, &user).await;
    let path = tenant.path(&format!("/requests/{request}"));
    let plan = portal.as_(&user).get(&format!("{path}/plan")).await.expect(200).items();
    let left_out: Vec<_> =
        plan.iter().filter(|item| item["action"] == "leaveOut" && item["category"] == "files").collect();
    assert_eq!(left_out.len(), 1, "{plan:?}");
    portal.pump_all().await;

    let case = portal.as_(&user).get(&path).await.expect(200);
    assert_eq!((case.text_at("/state").as_str(), case.at("/package/leftOut")), ("partlyFulfilled", 1.into()));
    let entries = fetched(&portal, &tenant, &user, &request).await;
    assert_eq!(entries.keys().filter(|name| name.starts_with("data/files/")).count(), 2);
    let missing = parsed(&entries, "data/not-included.json");
    assert_eq!(
        (missing[0]["item"].clone(), missing[0]["reason"].clone()),
        (left_out[0]["item"].clone(), "tooMuch".into())
    );
    assert!(page(&entries).contains("För mycket för ett och samma paket"));
    let subjects = |email: &str| -> Vec<String> {
        portal.mails_to(email).iter().map(|mail| mail.subject.reveal().clone()).collect()
    };
    let told =
        |email: &str, text: &str| subjects(email).iter().filter(|subject| subject.contains(text)).count();
    assert_eq!(told(&user.email, "utom några filer"), 1, "{:?}", subjects(&user.email));
    let administrator = &tenant.administrator.email;
    assert_eq!(told(administrator, "inte fullständigt"), 1, "{:?}", subjects(administrator));

    // It is closed: they may ask again, and come to the same end.
    let again = ask(&portal, &tenant, &user).await;
    portal.pump_all().await;
    let case = portal.as_(&user).get(&tenant.path(&format!("/requests/{again}"))).await.expect(200);
    assert_eq!(case.text_at("/state"), "partlyFulfilled");
}

#[tokio::test]
async fn a_package_that_takes_too_long_is_begun_again_with_fewer_files() {
    let limits = PackageLimits { time: Duration::from_secs(2), ..PackageLimits::default() };
    let (portal, tenant, user) = person([6, 6, 0], |settings| settings.packages = limits).await;
    let request = ask(&portal, &tenant, &user).await;
    let stuck =
        portal.faults().pause(Matching::any().kind(CallKind::Put).name("package.zip"), Moment::Before);
    portal.pump_all().await;
    drop(stuck);
    let case = portal.as_(&user).get(&tenant.path(&format!("/requests/{request}"))).await.expect(200);
    assert_eq!((case.text_at("/state").as_str(), case.at("/package/leftOut")), ("partlyFulfilled", 1.into()));
    let entries = fetched(&portal, &tenant, &user, &request).await;
    assert_eq!(entries.keys().filter(|name| name.starts_with("data/files/")).count(), 2);
    assert!(
        !portal.names().await.iter().any(|name| name.contains("export-")),
        "the work has come to its end"
    );
}

#[tokio::test]
async fn a_package_that_came_just_too_late_is_whole() {
    let limits = PackageLimits { time: Duration::from_secs(2), ..PackageLimits::default() };
    let (portal, tenant, user) = person([6, 6, 0], |settings| settings.packages = limits).await;
    let request = ask(&portal, &tenant, &user).await;
    let stuck = portal.faults().pause(Matching::any().kind(CallKind::Put).name("package.zip"), Moment::After);
    portal.pump_all().await;
    drop(stuck);
    let case = portal.as_(&user).get(&tenant.path(&format!("/requests/{request}"))).await.expect(200);
    assert_eq!((case.text_at("/state").as_str(), case.at("/package/leftOut")), ("fulfilled", 0.into()));
}

#[tokio::test]
async fn a_package_that_finds_no_turn_waits_for_one() {
    let (portal, tenant, user) = person([6, 6, 0], |settings| settings.concurrency.packages = 1).await;
    ask(&portal, &tenant, &user).await;
    let slow = portal.faults().pause(Matching::any().kind(CallKind::Put).name("package.zip"), Moment::Before);
    let other = async {
        slow.reached().await;
        let request = ask(&portal, &tenant, &tenant.administrator).await;
        portal.pump_all().await;
        let path = tenant.path(&format!("/requests/{request}"));
        let waiting = portal.as_(&tenant.administrator).get(&path).await.expect(200);
        assert_eq!(waiting.text_at("/state"), "inProgress");
        slow.release();
        path
    };
    let ((), path) = tokio::join!(portal.pump_all(), other);
    portal.clock().advance(Duration::from_secs(10));
    portal.pump_all().await;
    let done = portal.as_(&tenant.administrator).get(&path).await.expect(200);
    assert_eq!(done.text_at("/state"), "fulfilled");
}
