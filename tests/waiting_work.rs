//! Work that a lost message or a killed process left: the timer brings it to its end, and the administrators learn of what
//! fails again and again.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use std::collections::BTreeSet;

use kundportal_store::{CallKind, Matching, Moment};
use serde_json::json;
use support::{Delivery, Person, Portal, Storage, Tenant, timer_envelope};

fn assert_done(deliveries: &[Delivery]) {
    for delivery in deliveries {
        assert!(delivery.succeeded(), "{delivery:?}");
    }
}

fn minutes(portal: &Portal, minutes: u64) {
    portal.clock().advance(std::time::Duration::from_mins(minutes));
}

#[tokio::test]
async fn work_whose_message_was_lost_is_done_a_quarter_of_an_hour_later() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let invitation = json!({"email": "lena@example.com", "name": "Lena", "role": "administrator"});
    portal.as_(&tenant.administrator).post(&tenant.path("/invites"), invitation).await.expect(201);
    assert_ne!(portal.lose_messages().len(), 0);
    minutes(&portal, 10);
    assert!(portal.timer("waiting_work").await.is_empty(), "whoever began may still be at it");
    minutes(&portal, 6);
    assert_done(&portal.timer("waiting_work").await);
    assert_eq!(portal.mails_to("lena@example.com").len(), 1);
    minutes(&portal, 60);
    assert!(portal.timer("waiting_work").await.is_empty(), "done once");
}

/// Invites so many people, whose invitations are never mailed.
async fn invite_in_vain(portal: &Portal, tenant: &Tenant, number: usize) {
    for n in 0..number {
        let invitation =
            json!({"email": format!("n{n}@example.com"), "name": "Nils", "role": "administrator"});
        portal.as_(&tenant.administrator).post(&tenant.path("/invites"), invitation).await.expect(201);
    }
    portal.lose_messages();
}

/// Fires the timer, whose messages are lost too: the tenant and the name of the work of each.
async fn announced_in_vain(portal: &Portal) -> Vec<(String, String)> {
    minutes(portal, 5);
    portal.trigger("waiting_work", &timer_envelope("waiting_work"), None).await;
    let lost = portal.lose_messages().into_iter().map(|message| message.message);
    let lost = lost.map(|text| serde_json::from_str::<serde_json::Value>(&text).expect("a message"));
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    lost.map(|message| (text(&message["tenant"]), text(&message["id"]))).collect()
}

#[tokio::test]
async fn a_request_and_another_tenant_have_their_turn_at_once_however_much_else_waits() {
    let portal = Portal::start_with(Storage::Memory, |settings| settings.concurrency.markers = 4).await;
    let tenant = portal.tenant("acme").await;
    let other = portal.tenant("borg").await;
    invite_in_vain(&portal, &tenant, 20).await;
    // Later, so that everything above is older.
    portal.advance_hours(24);
    invite_in_vain(&portal, &other, 1).await;
    let access = json!({"kind": "access"});
    portal.as_(&tenant.administrator).post(&tenant.path("/requests"), access).await.expect(201);
    portal.lose_messages();
    minutes(&portal, 15);
    for run in 0..8 {
        let announced = announced_in_vain(&portal).await;
        let of = |tenant: &Tenant, kind: &str| {
            announced.iter().filter(|(of, id)| *of == tenant.id && id.starts_with(kind)).count()
        };
        assert_eq!(of(&tenant, "export-"), 1, "run {run}: {announced:?}");
        assert_eq!(of(&other, "invite-"), 1, "run {run}: {announced:?}");
        assert_eq!(announced.len(), 5, "run {run}: four, and the request: {announced:?}");
    }
}

#[tokio::test]
async fn work_of_one_kind_has_its_turn_in_some_run_however_much_of_it_waits() {
    let portal = Portal::start_with(Storage::Memory, |settings| settings.concurrency.markers = 4).await;
    let tenant = portal.tenant("acme").await;
    invite_in_vain(&portal, &tenant, 20).await;
    minutes(&portal, 15);
    let mut announced = BTreeSet::new();
    // By chance one of twenty is left out of a hundred runs of four once in more than a hundred million times.
    for _ in 0..100 {
        let now = announced_in_vain(&portal).await;
        assert_eq!(now.len(), 4, "{now:?}");
        announced.extend(now);
    }
    assert_eq!(announced.len(), 20);
}

#[tokio::test]
async fn a_package_that_cannot_be_written_is_told_to_the_administrators_and_tried_again_ever_more_rarely() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    let request =
        portal.as_(&user).post(&tenant.path("/requests"), json!({"kind": "access"})).await.expect(201);
    let request = request.text_at("/id");
    portal.faults().fail_always(Matching::any().kind(CallKind::Put).name("package"), Moment::Before);
    let deliveries = portal.pump().await;
    let failed = deliveries.iter().find(|delivery| delivery.queue == "exports").expect("a failed delivery");
    assert_eq!(failed.statuses.len(), 5);
    let stuck = || {
        let mails = portal.mails_to(&tenant.administrator.email).into_iter();
        mails.filter(|mail| mail.text.reveal().contains(&request)).count()
    };
    assert_eq!(stuck(), 1);
    let events = async || {
        let case = portal.as_(&user).get(&tenant.path(&format!("/requests/{request}"))).await.expect(200);
        let events = case.at("/events").as_array().cloned().unwrap_or_default();
        events.iter().filter(|event| event["kind"] == "stuck").count()
    };
    assert_eq!(events().await, 1);

    let mut tries = 0;
    for _ in 0..(12 * 12) {
        minutes(&portal, 5);
        let deliveries = portal.timer("waiting_work").await;
        tries += deliveries.iter().filter(|delivery| delivery.queue == "exports").count();
    }
    assert!((3..=6).contains(&tries), "{tries} tries in half a day");
    assert_eq!((stuck(), events().await), (1, 1), "told once a day");

    portal.faults().clear();
    portal.advance_hours(25);
    assert_done(&portal.timer("waiting_work").await);
    let case = portal.as_(&user).get(&tenant.path(&format!("/requests/{request}"))).await.expect(200);
    assert_eq!(case.text_at("/state"), "fulfilled");
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_leads_to_no_other_mail() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    portal.faults().fail_always(Matching::any().kind(CallKind::Send), Moment::Before);
    let change = json!({"email": "kim.ny@example.com"});
    portal.as_(&user).patch(&tenant.path("/profile"), change).await.expect(200);
    portal.pump().await;
    let outboxes = async || {
        let names = portal.names().await.into_iter();
        names.filter(|name| name.contains("/outbox/")).map(|name| name.contains(&user.id)).collect::<Vec<_>>()
    };
    assert_eq!(outboxes().await, [true, true]);
    portal.faults().clear();
    minutes(&portal, 30);
    assert_done(&portal.timer("waiting_work").await);
    assert_eq!(portal.mails_to("kim.ny@example.com").len(), 1);
    assert!(outboxes().await.is_empty());
}

#[tokio::test]
async fn a_poisoned_text_that_leads_nowhere_is_done() {
    let portal = Portal::start().await;
    for function in ["poison_work", "poison_exports", "poison_retention"] {
        for text in ["", "hello åäö", "{}", r#"{"tenant":"none","day":"2026-03-02","id":"file-fil_1"}"#] {
            let envelope = json!({"Data": {"message": json!(text).to_string()}, "Metadata": {}});
            assert_eq!(portal.trigger(function, &envelope, None).await.0, 200, "{function}: {text}");
        }
    }
}

#[tokio::test]
async fn who_was_shown_in_a_list_finds_it_among_their_look_ups_once() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    portal.as_(&tenant.administrator).get(&tenant.path("/users")).await.expect(200);
    let lookups =
        async || portal.as_(&user).get(&tenant.path("/profile/lookups")).await.expect(200).items().len();
    let before = lookups().await;
    for _ in 0..2 {
        portal.timer("activity").await;
        assert_eq!(lookups().await, before + 1);
    }
    let reads = async || {
        let names = portal.names().await.into_iter();
        names.filter(|name| name.contains("/reads/") || name.ends_with("/reads")).count()
    };
    assert_eq!(reads().await, 1, "the day's marker stays for the day");
    portal.advance_hours(24);
    portal.timer("activity").await;
    assert_eq!(reads().await, 0);
}

#[tokio::test]
async fn a_list_read_of_somebody_who_is_gone_leaves_nothing_of_them() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.join(&tenant, &Person::new("kim@example.com").email, "member", Some(&customer)).await;
    let path = tenant.path(&format!("/users/{}", user.id));
    portal.as_(&tenant.administrator).patch(&path, json!({"status": "deactivated"})).await.expect(200);
    portal.pump_all().await;
    portal.advance_hours(24 * 91);
    portal.as_(&tenant.administrator).get(&tenant.path("/users")).await.expect(200);
    portal.timer("retention").await;
    portal.timer("activity").await;
    let left: Vec<_> = portal
        .names()
        .await
        .into_iter()
        .filter(|name| name.contains(&format!("subjects/{}", user.id)))
        .collect();
    assert_eq!(left, [""; 0]);
}
