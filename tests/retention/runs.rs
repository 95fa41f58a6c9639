//! The runs themselves: late, long, killed, and what they cost.

use bytes::Bytes;
use jiff::SignedDuration;
use kundportal_store::{BlobPath, BlobStoreExt as _, Condition, Container};
use serde_json::json;

use crate::{
    assert_nothing_changes, member, run, run_at,
    support::{self, Delivery, Portal},
    time, upload, with,
};

/// The platform's notes of days that a tenant has something due on.
async fn days(portal: &Portal) -> Vec<String> {
    let names = portal.names().await.into_iter();
    names.filter_map(|name| Some(name.strip_prefix("platform/due/")?.split('/').next()?.to_owned())).collect()
}

#[tokio::test]
async fn a_late_run_does_everything_that_was_due_and_leaves_no_day_behind() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let lena = support::Person::new("lena@example.com");
    portal.invite(&tenant, &lena, "member", Some(&customer)).await.expect(201);
    for day in ["2026-03-03", "2026-03-05", "2026-04-01"] {
        portal.clock().set(time(&format!("{day}T08:00:00Z")));
        portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    }
    assert!(days(&portal).await.len() > 4);
    run_at(&portal, time("2026-12-01T08:00:00Z")).await;
    assert!(days(&portal).await.iter().all(|day| day.as_str() > "2026-12-01"));
    assert_eq!(with(&portal, "/sign-ins/").await, [""; 0]);
    assert_eq!(with(&portal, "index/invites/pending/").await, [""; 0]);
    let waiting = portal.names().await.into_iter().filter(|name| name.starts_with("platform/work/2026"));
    assert_eq!(waiting.filter(|name| !name.ends_with("/reads")).collect::<Vec<_>>(), [""; 0]);
    // The record of the invitation that expired now counts from now.
    assert!(days(&portal).await.contains(&"2026-12-31".to_owned()));
    assert_nothing_changes(&portal).await;
}

#[tokio::test]
async fn what_a_run_costs_depends_on_what_is_due_and_not_on_what_is_stored() {
    let mut totals = Vec::new();
    for stored in [5_u32, 50] {
        let portal = Portal::start().await;
        let (tenant, customer, user) = member(&portal).await;
        for number in 0..stored {
            upload(&portal, &tenant, &user, &customer, &format!("senare-{number}.txt")).await;
        }
        portal.clock().set(time("2026-03-04T08:00:00Z"));
        let due = 5;
        for _ in 0..due {
            portal.advance_hours(1);
            portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
        }
        // Everything of earlier days is done.
        run_at(&portal, time("2026-06-01T08:00:00Z")).await;
        portal.clock().set(time("2026-06-02T23:00:00Z") - SignedDuration::from_hours(1));
        drop(portal.counts().take());
        run(&portal).await;
        let tally = portal.counts().take();
        assert!(tally.total() <= 8 * due + 20, "{} for {due} items: {tally:#?}", tally.total());
        assert_eq!(with(&portal, &format!("subjects/{}/sign-ins/", user.id)).await, [""; 0]);
        totals.push(tally.total());
    }
    assert_eq!(totals[0], totals[1]);
}

/// Retention at a time, killed at each of its calls to storage in turn, before the call's effect and after it, and run
/// again: always the same remains.
async fn survives_every_kill(prepare: impl AsyncFn(&Portal), due: &str, gone: &[&str]) {
    let due = time(due);
    let remains = async |fault: Option<(usize, kundportal_store::Moment)>| {
        let portal = Portal::start().await;
        prepare(&portal).await;
        portal.clock().set(due);
        let _earlier = portal.faults().take_calls();
        if let Some((call, moment)) = fault {
            portal.faults().fail_nth(call, moment);
            // A failed timer or message is as good as a killed process.
            let _ = portal.trigger("retention", &support::timer_envelope("retention"), None).await;
            portal.pump().await;
            portal.faults().clear();
        }
        let calls = portal.faults().take_calls().len();
        run(&portal).await;
        portal.clock().set(due + SignedDuration::from_hours(25));
        for timer in ["waiting_work", "retention"] {
            for delivery in portal.timer(timer).await {
                assert!(delivery.succeeded(), "{delivery:?}");
            }
        }
        let clean = portal.faults().take_calls().len();
        // The issuer's port, and so the hash of an identity, is another each time.
        let shown = |name: String| match name.split_once("/1-") {
            Some((before, _)) if before.ends_with("memberships") || before.ends_with("identity") => {
                before.to_owned()
            }
            _ => name,
        };
        let names = portal.names().await.into_iter().filter(|name| !name.starts_with("audit-"));
        let names: Vec<_> = names.map(shown).collect();
        (names, if fault.is_some() { calls } else { clean })
    };
    let (expected, calls) = remains(None).await;
    for part in gone {
        assert!(expected.iter().all(|name| !name.contains(part)), "{part} stays");
    }
    for call in 1..=calls {
        for moment in [kundportal_store::Moment::Before, kundportal_store::Moment::After] {
            let (names, _) = remains(Some((call, moment))).await;
            let missing: Vec<_> = expected.iter().filter(|name| !names.contains(name)).collect();
            let left: Vec<_> = names.iter().filter(|name| !expected.contains(name)).collect();
            assert!(
                missing.is_empty() && left.is_empty() && names.len() == expected.len(),
                "call {call}, {moment:?}: missing {missing:?}, left {left:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_account_goes_whatever_is_killed_when() {
    let prepare = async |portal: &Portal| {
        let (tenant, customer, user) = member(portal).await;
        upload(portal, &tenant, &user, &customer, "avtal.txt").await;
        let comment = json!({"customer": customer, "thread": "Order 7", "text": "Hej!"});
        portal.as_(&user).post(&tenant.path("/comments"), comment).await.expect(201);
        let path = tenant.path(&format!("/users/{}", user.id));
        portal.as_(&tenant.administrator).patch(&path, json!({"status": "deactivated"})).await.expect(200);
        portal.pump_all().await;
        run_at(portal, time("2026-05-30T08:00:00Z")).await;
    };
    survives_every_kill(prepare, "2026-05-31T07:00:00Z", &["sub-kim", "/refs/file/"]).await;
}

#[tokio::test]
async fn files_comments_and_invitations_go_whatever_is_killed_when() {
    let prepare = async |portal: &Portal| {
        let (tenant, customer, user) = member(portal).await;
        let choice = json!({"retention": {"files": "P7D", "comments": "P7D"}});
        portal.as_(&tenant.administrator).patch(&tenant.path(""), choice).await.expect(200);
        portal.pump_all().await;
        upload(portal, &tenant, &user, &customer, "avtal.txt").await;
        let comment = json!({"customer": customer, "thread": "Order 7", "text": "Hej!"});
        portal.as_(&user).post(&tenant.path("/comments"), comment).await.expect(201);
        let lena = support::Person::new("lena@example.com");
        portal.invite(&tenant, &lena, "member", Some(&customer)).await.expect(201);
    };
    survives_every_kill(prepare, "2026-03-09T08:00:00Z", &["/files/", "/pending/", "/comments/", "/thread"])
        .await;
}

#[tokio::test]
async fn a_day_with_more_than_one_message_can_do_is_done_in_several() {
    let portal = Portal::start().await;
    let (_, _, user) = member(&portal).await;
    let due = 1_100;
    for number in 0..due {
        for name in [
            format!("subjects/{}/keys/1-{number:04}", user.id),
            format!("due/2026-03-03/key/{}/1-{number:04}", user.id),
        ] {
            let path = BlobPath::new(Container::new("tenant-acme"), name);
            portal.blobs().put_bytes(&path, Bytes::new(), Condition::Always).await.expect("a blob");
        }
    }
    let path = BlobPath::new(Container::new("platform"), "due/2026-03-03/acme");
    portal.blobs().put_bytes(&path, Bytes::new(), Condition::Always).await.expect("a blob");
    portal.clock().set(time("2026-03-04T08:00:00Z"));
    drop(portal.counts().take());
    let deliveries = portal.timer("retention").await;
    let tally = portal.counts().take();
    let messages =
        deliveries.iter().filter(|delivery| delivery.message.contains("retention-2026-03-03")).count();
    assert_eq!(messages, 2);
    assert!(deliveries.iter().all(Delivery::succeeded));
    assert_eq!(with(&portal, "/keys/").await, [""; 0]);
    assert!(!days(&portal).await.contains(&"2026-03-03".to_owned()));
    assert!(tally.total() <= 8 * due + 20, "{} for {due} items", tally.total());
}
