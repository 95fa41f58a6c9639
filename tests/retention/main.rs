//! What goes when: at its time and not a second before, once, whatever is killed meanwhile.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod accounts;
mod runs;
#[path = "../support/mod.rs"]
mod support;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;
use support::{Portal, Tenant, User};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A tenant, a customer of it, and a member who came on 2 March 2026 at nine in Sweden.
async fn member(portal: &Portal) -> (Tenant, String, User) {
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    (tenant, customer, user)
}

/// Runs retention now, and everything it leads to.
async fn run(portal: &Portal) {
    for delivery in portal.timer("retention").await {
        assert!(delivery.succeeded(), "{delivery:?}");
    }
}

async fn run_at(portal: &Portal, now: Timestamp) {
    portal.clock().set(now);
    run(portal).await;
}

/// Names of what remains in the tenant's container that hold a part.
async fn with(portal: &Portal, part: &str) -> Vec<String> {
    let names = portal.names().await.into_iter();
    names.filter(|name| name.starts_with("tenant-acme/") && name.contains(part)).collect()
}

/// That what has `part` in its name is there a second before its time, gone at its time, and that a second run changes
/// nothing.
async fn goes_at(portal: &Portal, part: &str, due: &str) {
    let due = time(due);
    run_at(portal, due - SignedDuration::from_secs(1)).await;
    assert_ne!(with(portal, part).await, [""; 0], "{part} goes too early");
    run_at(portal, due).await;
    assert_eq!(with(portal, part).await, [""; 0], "{part} stays too long");
    assert_nothing_changes(portal).await;
}

async fn assert_nothing_changes(portal: &Portal) {
    let before = portal.dump().await;
    run(portal).await;
    assert!(portal.dump().await == before, "a second run changes something");
}

async fn upload(portal: &Portal, tenant: &Tenant, user: &User, customer: &str, name: &str) -> String {
    let path = tenant.path(&format!("/files?customer={customer}"));
    let caller =
        portal.as_(user).header("content-disposition", &format!("attachment; filename*=UTF-8''{name}"));
    let answer = caller.send_bytes(Method::POST, &path, "text/plain", name.as_bytes().to_vec()).await;
    answer.expect(201).text_at("/id")
}

#[tokio::test]
async fn a_sign_in_goes_after_90_days() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    // Nine o'clock in summer time too.
    goes_at(&portal, &format!("subjects/{}/sign-ins/", user.id), "2026-05-31T07:00:00Z").await;
}

#[tokio::test]
async fn what_is_known_of_a_look_up_goes_after_24_months() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let path = tenant.path(&format!("/users/{}", user.id));
    portal.as_(&tenant.administrator).get(&path).await.expect(200);
    // A person who comes back now and then keeps the account.
    portal.clock().set(time("2028-02-01T08:00:00Z"));
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    goes_at(&portal, &format!("subjects/{}/activity/", user.id), "2028-03-02T08:00:00Z").await;
}

#[tokio::test]
async fn an_idempotency_key_goes_after_24_hours_the_operators_too() {
    let portal = Portal::start().await;
    let (tenant, ..) = member(&portal).await;
    let administrator = portal.as_(&tenant.administrator);
    administrator.key("k").post(&tenant.path("/customers"), json!({"name": "En till AB"})).await.expect(201);
    let body = json!({
        "id": "other", "name": "Annan AB", "organisationNumber": "556000-0001", "locale": "sv",
        "contact": {"name": "Karin Kontakt", "email": "kontakt@example.se"},
        "administrator": {"name": "Åsa Öberg", "email": "asa@example.se"},
    });
    portal.operator().key("k").post("/api/tenants", body).await.expect(201);
    portal.pump_all().await;
    let of_the_operator = async || portal.names().await.iter().any(|name| name.starts_with("platform/keys/"));
    assert!(of_the_operator().await);
    goes_at(&portal, "/keys/", "2026-03-03T08:00:00Z").await;
    assert!(!of_the_operator().await);
}

#[tokio::test]
async fn a_pending_invitation_expires_for_good_and_its_record_goes_30_days_later() {
    let portal = Portal::start().await;
    let (tenant, customer, _) = member(&portal).await;
    let lena = support::Person::new("lena@example.com");
    let invite = portal.invite(&tenant, &lena, "member", Some(&customer)).await.expect(201).text_at("/id");
    goes_at(&portal, &format!("pending/{invite}"), "2026-03-09T08:00:00Z").await;
    let administrator = portal.as_(&tenant.administrator);
    let expired = administrator.get(&tenant.path("/invites?status=expired")).await.expect(200).items();
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0]["closedAt"], "2026-03-09T08:00:00Z");
    let resent = administrator.post_empty(&tenant.path(&format!("/invites/{invite}/resend"))).await;
    resent.expect_problem(409, "invite-expired");
    goes_at(&portal, &invite, "2026-04-08T07:00:00Z").await;
}

#[tokio::test]
async fn the_record_of_an_accepted_invitation_goes_30_days_after_it() {
    let portal = Portal::start().await;
    let (_, _, user) = member(&portal).await;
    let accepted = with(&portal, &format!("subjects/{}/refs/invite/", user.id)).await;
    let invite = accepted[0].rsplit('/').next().expect("a name").to_owned();
    goes_at(&portal, &invite, "2026-04-01T07:00:00Z").await;
}

#[tokio::test]
async fn a_change_of_address_that_is_not_confirmed_goes_after_24_hours() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let pending = async || {
        portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
        let profile = portal.dump().await[&format!("tenant-acme/subjects/{}/profile.json", user.id)].clone();
        let profile: serde_json::Value = serde_json::from_slice(&profile).expect("JSON");
        profile["pendingEmail"].is_object()
    };
    let path = tenant.path("/profile");
    portal.as_(&user).patch(&path, json!({"email": "kim.ny@example.com"})).await.expect(200);
    portal.pump_all().await;
    run_at(&portal, time("2026-03-03T07:59:59Z")).await;
    assert!(pending().await);
    run_at(&portal, time("2026-03-03T08:00:00Z")).await;
    assert!(!pending().await);
    assert_nothing_changes(&portal).await;
}

#[tokio::test]
async fn a_package_goes_after_seven_days_and_its_case_three_years_after_its_closing() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let request = portal
        .as_(&user)
        .post(&tenant.path("/requests"), json!({"kind": "access", "details": "Allt, tack."}))
        .await
        .expect(201)
        .text_at("/id");
    portal.pump_all().await;
    goes_at(&portal, &format!("{request}/package"), "2026-03-09T08:00:00Z").await;
    let path = tenant.path(&format!("/requests/{request}"));
    let case = portal.as_(&user).get(&path).await.expect(200);
    assert_eq!(
        case.at("/events").as_array().and_then(|events| events.last()).expect("an event")["kind"],
        "packageRemoved"
    );
    portal.as_(&user).get(&format!("{path}/package")).await.expect(404);
    // The free text of a closed case goes with its package.
    let stored = portal.dump().await[&format!("tenant-acme/requests/{request}/case.json")].clone();
    assert!(!String::from_utf8_lossy(&stored).contains("Allt, tack."));
    for year in ["2027", "2028", "2029"] {
        portal.clock().set(time(&format!("{year}-02-01T08:00:00Z")));
        portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    }
    goes_at(&portal, &format!("requests/{request}"), "2029-03-02T08:00:00Z").await;
}

#[tokio::test]
async fn a_file_goes_by_the_period_in_force_whatever_it_was_when_it_came() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let file = upload(&portal, &tenant, &user, &customer, "avtal.txt").await;
    let administrator = || portal.as_(&tenant.administrator);
    let choose = async |files: &str| {
        administrator().patch(&tenant.path(""), json!({"retention": {"files": files}})).await.expect(200);
        portal.pump_all().await;
    };
    choose("P36M").await;
    portal.clock().set(time("2028-02-01T08:00:00Z"));
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    administrator().get(&tenant.path("/profile")).await.expect(200);
    run_at(&portal, time("2028-03-02T08:00:00Z")).await;
    assert_eq!(
        administrator().get(&tenant.path(&format!("/files/{file}"))).await.expect(200).text_at("/id"),
        file
    );
    choose("untilClosure").await;
    portal.clock().set(time("2028-12-01T08:00:00Z"));
    administrator().get(&tenant.path("/profile")).await.expect(200);
    run_at(&portal, time("2029-04-01T08:00:00Z")).await;
    administrator().get(&tenant.path(&format!("/files/{file}"))).await.expect(200);
    choose("P38M").await;
    goes_at(&portal, &file, "2029-05-02T07:00:00Z").await;
    assert_eq!(
        administrator().get(&tenant.path(&format!("/files?customer={customer}"))).await.expect(200).items(),
        Vec::<serde_json::Value>::new()
    );
}

#[tokio::test]
async fn nothing_of_a_person_with_an_open_request_goes_before_it_is_closed() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let file = upload(&portal, &tenant, &user, &customer, "avtal.txt").await;
    let request = portal.as_(&user).post(&tenant.path("/requests"), json!({"kind": "access"})).await;
    let request = request.expect(201).text_at("/id");
    // The message is lost: the package waits, and the request stays open.
    assert_eq!(portal.lose_messages().len(), 1);
    let kept = [
        format!("subjects/{}/sign-ins/", user.id),
        format!("subjects/{}/refs/invite/", user.id),
        format!("subjects/{}/profile.json", user.id),
        format!("files/{file}/content"),
        format!("requests/{request}/case.json"),
    ];
    for day in ["2026-06-01", "2026-07-01", "2028-03-02", "2028-03-20"] {
        run_at(&portal, time(&format!("{day}T08:00:00Z"))).await;
        for part in &kept {
            assert_ne!(with(&portal, part).await, [""; 0], "{part} went on {day}");
        }
        assert_nothing_changes(&portal).await;
    }
    assert!(portal.mails_to(&user.email).iter().all(|mail| !mail.subject.reveal().contains("tas bort")));
    // Work that waits is announced again, the request is answered, and what was held back goes.
    for delivery in portal.timer("waiting_work").await {
        assert!(delivery.succeeded(), "{delivery:?}");
    }
    run_at(&portal, time("2028-03-27T09:00:00Z")).await;
    for part in [&kept[0], &kept[1], &kept[3]] {
        assert_eq!(with(&portal, part).await, [""; 0], "{part} stays");
    }
}

#[tokio::test]
async fn a_comment_goes_after_the_chosen_period_and_its_thread_with_the_last_one() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let write = async |text: &str| {
        let body = json!({"customer": customer, "thread": "Order 7", "text": text});
        portal.as_(&user).post(&tenant.path("/comments"), body).await.expect(201).text_at("/id")
    };
    let first = write("Hej!").await;
    portal.advance_hours(24);
    let second = write("Hej igen!").await;
    portal.clock().set(time("2028-03-01T08:00:00Z"));
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    goes_at(&portal, &first, "2028-03-02T08:00:00Z").await;
    assert_eq!(with(&portal, "/threads/").await.len(), 1);
    let path = tenant.path(&format!("/comments?customer={customer}&thread=Order%207"));
    assert_eq!(portal.as_(&user).get(&path).await.expect(200).items().len(), 1);
    goes_at(&portal, &second, "2028-03-03T08:00:00Z").await;
    assert_eq!(with(&portal, "thread").await, [""; 0]);
}
