//! What tenants are told of the register: each revision once, in the portal and by mail, whatever is killed or lost.

use std::sync::Arc;

use kundportal_functions::Settings;
use serde_json::json;

use super::support::{Portal, Tenant, announced_today, register};

const MAIL: &str = "Ändring av underbiträden";

async fn notices(portal: &Portal, tenant: &Tenant) -> Vec<serde_json::Value> {
    portal.as_(&tenant.administrator).get(&tenant.path("/notices")).await.expect(200).items()
}

fn told(portal: &Portal, tenant: &Tenant) -> Vec<kundportal_store::Mail> {
    let mails = portal.mails_to(&tenant.administrator.email);
    mails.into_iter().filter(|mail| mail.subject.reveal().contains(MAIL)).collect()
}

#[tokio::test]
async fn an_announcement_reaches_every_tenants_administrators_in_the_portal_and_by_mail() {
    let portal = Portal::start().await;
    let tenants = [portal.tenant("t1").await, portal.tenant("t2").await];
    portal.timer("announcements").await;
    for tenant in &tenants {
        assert_eq!(
            notices(&portal, tenant).await,
            Vec::<serde_json::Value>::new(),
            "they agreed to the first list"
        );
    }
    portal.clock().set("2026-11-16T08:00:00Z".parse().expect("a time"));
    let officer = portal.join(&tenants[0], "dora@example.com", "dataProtectionOfficer", None).await;
    for _ in 0..3 {
        portal.timer("announcements").await;
        portal.timer("waiting_work").await;
        portal.advance_hours(1);
    }
    for tenant in &tenants {
        let notices = notices(&portal, tenant).await;
        let numbers: Vec<_> = notices.iter().map(|notice| notice["revision"].as_u64()).collect();
        assert_eq!(numbers, [Some(4), Some(3), Some(2)], "the newest first, each once");
        assert_eq!(notices[0]["objectUntil"], "2026-12-15");
        assert_eq!(notices[0]["subProcessors"][0]["id"], "azure-communication-services");
        assert!(notices[0]["subProcessors"][0]["objection"]["sv"].is_string());
        assert_eq!(notices[1]["objectUntil"], json!(null));
        let mails = told(&portal, tenant);
        assert_eq!(mails.len(), 3, "each once");
        let last = mails.iter().find(|mail| mail.text.reveal().contains("Azure Communication Services"));
        let text = last.expect("the announcement").text.reveal().clone();
        assert!(text.contains("Ni kan invända till och med 2026-12-15"), "{text}");
        assert!(text.contains("E-post till den som invänder"), "{text}");
    }
    portal.as_(&officer).get(&tenants[0].path("/notices")).await.expect(200);
    // A tenant that comes later has agreed to the list as it is.
    portal.clock().set("2026-11-17T08:00:00Z".parse().expect("a time"));
    let late = portal.tenant("t3").await;
    portal.timer("announcements").await;
    assert!(notices(&portal, &late).await.is_empty());
}

#[tokio::test]
async fn lost_messages_cost_time_only() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    portal.clock().set("2026-11-16T08:00:00Z".parse().expect("a time"));
    let envelope = super::support::timer_envelope("announcements");
    assert_eq!(portal.trigger("announcements", &envelope, None).await.0, 200);
    portal.lose_messages();
    portal.advance_hours(1);
    portal.timer("waiting_work").await;
    assert_eq!(notices(&portal, &tenant).await.len(), 3);
    assert_eq!(told(&portal, &tenant).len(), 3);
}

const OBJECTIONS: &str = "/sub-processor-objections";
const MAIL_SERVICE: &str = "azure-communication-services";

/// How the mail service stands in a tenant's annex, from when on, and the revisions that wait there.
async fn annex(portal: &Portal, tenant: &Tenant) -> (String, serde_json::Value, serde_json::Value) {
    let annex =
        portal.as_(&tenant.administrator).get(&tenant.path("/agreement/annex")).await.expect(200).json();
    let list = &annex["subProcessors"];
    let entries = list["entries"].as_array().expect("entries");
    let mail = entries.iter().find(|entry| entry["subProcessor"]["id"] == MAIL_SERVICE).expect("the entry");
    let pending = list["pending"].as_array().expect("revisions").iter();
    let pending = pending.map(|revision| revision["revision"].clone()).collect();
    (mail["standing"].as_str().expect("a word").to_owned(), mail["usableFrom"].clone(), pending)
}

/// Mail goes through the mail service, which is announced on the first day.
fn through_the_mail_service(settings: &mut Settings) {
    announced_today(settings);
    settings.mail_by = Some(MAIL_SERVICE.parse().expect("an id"));
}

/// The same once the mail service has been taken into use.
fn in_use(settings: &mut Settings) {
    settings.register = Arc::new(register("active", &["2026-04-06"]));
    settings.mail_by = Some(MAIL_SERVICE.parse().expect("an id"));
}

#[tokio::test]
async fn an_objection_keeps_a_sub_processor_from_that_tenant_alone() {
    let before = Portal::start().await;
    let [objecting, other] = [before.tenant("t1").await, before.tenant("t2").await];
    let portal = before.redeployed(announced_today).await;
    let administrator = portal.as_(&objecting.administrator);
    let body = json!({"subProcessor": MAIL_SERVICE, "reason": "Vi vill inte."});
    let path = objecting.path(OBJECTIONS);
    administrator.post(&path, body.clone()).await.expect_problem(409, "conflict");
    assert_eq!(
        annex(&before, &objecting).await,
        ("notYet".into(), json!(null), json!([])),
        "not announced to them"
    );
    assert_eq!(annex(&portal, &objecting).await, ("notYet".into(), json!(null), json!([2])), "not told yet");
    portal.timer("announcements").await;
    assert_eq!(annex(&portal, &objecting).await, ("notYet".into(), json!("2026-04-06"), json!([2])));
    let unknown = json!({"subProcessor": "nobody", "reason": "Vi vill inte."});
    administrator.post(&path, unknown).await.expect_problem(422, "invalid-input");
    let in_use_already = json!({"subProcessor": "microsoft-azure", "reason": "Vi vill inte."});
    administrator.post(&path, in_use_already).await.expect_problem(409, "conflict");
    let made = administrator.post(&path, body.clone()).await.expect(201);
    assert_eq!(made.text_at("/state"), "open");
    administrator.post(&path, body.clone()).await.expect_problem(409, "conflict");
    // The notice period has run.
    portal.clock().set("2026-04-01T08:00:00Z".parse().expect("a time"));
    portal
        .as_(&other.administrator)
        .post(&other.path(OBJECTIONS), body)
        .await
        .expect_problem(409, "conflict");

    assert_eq!(annex(&portal, &objecting).await, ("objected".into(), json!(null), json!([2])));
    portal.clock().set("2026-04-07T08:00:00Z".parse().expect("a time"));
    let started = portal.redeployed(in_use).await;
    assert_eq!(annex(&started, &objecting).await, ("objected".into(), json!(null), json!([2])));
    assert_eq!(annex(&started, &other).await, ("inUse".into(), json!("2026-04-06"), json!([])));
    for (tenant, email) in [(&objecting, "anna@example.com"), (&other, "bert@example.com")] {
        let change = json!({"email": email});
        started.as_(&tenant.administrator).patch(&tenant.path("/profile"), change).await.expect(200);
    }
    started.pump_all().await;
    assert_eq!(portal.mails_to("bert@example.com").len(), 1);
    assert_eq!(portal.mails_to("anna@example.com").len(), 0, "not through what they object to");

    let answer = objecting.path(&format!("{OBJECTIONS}/{}/answer", made.text_at("/id")));
    let body = json!({"answer": "Ni får ett eget avtal."});
    assert_eq!(started.operator().post(&answer, body).await.expect(200).text_at("/state"), "answered");
    let body = json!({"answer": "Ni får ett eget avtal.", "outcome": "withdrawn"});
    started.operator().post(&answer, body).await.expect(200);
    let again = json!({"answer": "Nej.", "outcome": "terminating"});
    started.operator().post(&answer, again).await.expect_problem(409, "conflict");
    started.advance_hours(1);
    started.timer("waiting_work").await;
    assert_eq!(portal.mails_to("anna@example.com").len(), 1, "what waited goes out");
}

#[tokio::test]
async fn no_mail_goes_through_a_service_that_is_only_announced_and_notices_reach_all_the_same() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let sent = portal.mails().len();
    let announced = portal.redeployed(through_the_mail_service).await;
    announced.timer("announcements").await;
    for _ in 0..3 {
        announced.advance_hours(10);
        announced.timer("waiting_work").await;
    }
    assert_eq!(portal.mails().len(), sent, "nothing is sent");
    assert_eq!(notices(&announced, &tenant).await.len(), 1, "it is in the portal");
    // By the operator's own server again: what waited goes out.
    portal.timer("waiting_work").await;
    assert_eq!(told(&portal, &tenant).len(), 1);
}

/// A tenant agrees to the list that is in force when it is created, whatever the time of day and whichever version of the
/// program creates it.
#[tokio::test]
async fn who_agreed_to_the_old_list_is_told_and_who_agreed_to_the_new_one_is_not() {
    let old = Portal::start().await;
    let early = old.tenant("t1").await;
    let new = old.redeployed(announced_today).await;
    new.timer("announcements").await;
    let [by_the_old, by_the_new] = [old.tenant("t2").await, new.tenant("t3").await];
    for _ in 0..2 {
        new.advance_hours(1);
        new.timer("announcements").await;
    }
    for (tenant, told) in [(&early, 1), (&by_the_old, 1), (&by_the_new, 0)] {
        assert_eq!(notices(&new, tenant).await.len(), told, "{}", tenant.path(""));
        assert_eq!(self::told(&new, tenant).len(), told, "{}", tenant.path(""));
    }
    // Mail goes to all of them once the service is in use.
    new.clock().set("2026-04-07T08:00:00Z".parse().expect("a time"));
    let started = new.redeployed(in_use).await;
    for (tenant, email) in [(&by_the_old, "anna@example.com"), (&by_the_new, "bert@example.com")] {
        let change = json!({"email": email});
        started.as_(&tenant.administrator).patch(&tenant.path("/profile"), change).await.expect(200);
        started.pump_all().await;
        assert_eq!(started.mails_to(email).len(), 1, "{email}");
    }
}

/// Somebody who is told late may object as long as anybody else: for them the service is not in use yet.
#[tokio::test]
async fn who_is_told_late_has_the_whole_period() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    portal.clock().set("2026-04-07T08:00:00Z".parse().expect("a time"));
    let late =
        portal.redeployed(|settings| settings.register = Arc::new(register("active", &["2026-04-06"]))).await;
    late.timer("announcements").await;
    let notices = notices(&late, &tenant).await;
    let until: Vec<_> = notices.iter().map(|notice| &notice["objectUntil"]).collect();
    assert_eq!(until, [&json!(null), &json!("2026-05-06")], "of the start of use, of the announcement");
    let mails = told(&late, &tenant);
    let says =
        |mail: &&kundportal_store::Mail| mail.text.reveal().contains("invända till och med 2026-05-06");
    assert_eq!((mails.len(), mails.iter().filter(says).count()), (2, 1));
    // By the calendar of Stockholm, the last day over.
    late.clock().set("2026-05-06T21:59:59Z".parse().expect("a time"));
    let body = json!({"subProcessor": MAIL_SERVICE, "reason": "Vi vill inte."});
    late.as_(&tenant.administrator).post(&tenant.path(OBJECTIONS), body).await.expect(201);
}

/// Nobody's period runs before somebody can be told: then it begins, and the mail goes out.
#[tokio::test]
async fn a_tenant_without_an_administrator_is_told_once_it_has_one() {
    let before = Portal::start().await;
    let founder = before.founder("t1").await;
    let portal = before.redeployed(announced_today).await;
    portal.timer("announcements").await;
    for _ in 0..2 {
        portal.advance_hours(48);
        portal.timer("waiting_work").await;
    }
    assert!(portal.mails_to(&founder.email).iter().all(|mail| !mail.subject.reveal().contains(MAIL)));
    let administrator = portal.accept(&founder).await;
    let tenant = Tenant { id: "t1".to_owned(), administrator };
    let waiting = notices(&portal, &tenant).await;
    assert_eq!((waiting.len(), &waiting[0]["objectUntil"]), (1, &json!(null)), "in the portal already");
    assert_eq!(annex(&portal, &tenant).await, ("notYet".into(), json!(null), json!([2])));
    for _ in 0..2 {
        portal.advance_hours(1);
        portal.timer("waiting_work").await;
    }
    assert_eq!(notices(&portal, &tenant).await[0]["objectUntil"], "2026-04-04");
    assert_eq!(told(&portal, &tenant).len(), 1);
    assert_eq!(annex(&portal, &tenant).await, ("notYet".into(), json!("2026-04-06"), json!([2])));
    assert!(portal.names().await.iter().all(|name| !name.contains("notice-")), "the work is at its end");
}

/// Clocks change within the period: its last day ends by the calendar of Stockholm all the same.
#[tokio::test]
async fn the_last_day_for_an_objection_ends_at_midnight_in_stockholm() {
    let before = Portal::start().await;
    let tenants = [before.tenant("t1").await, before.tenant("t2").await];
    let portal = before.redeployed(announced_today).await;
    portal.timer("announcements").await;
    let body = json!({"subProcessor": MAIL_SERVICE, "reason": "Vi vill inte."});
    for (tenant, time, status) in
        [(&tenants[0], "2026-03-31T21:59:59Z", 201), (&tenants[1], "2026-03-31T22:00:00Z", 409)]
    {
        assert_eq!(notices(&portal, tenant).await[0]["objectUntil"], "2026-03-31");
        portal.clock().set(time.parse().expect("a time"));
        portal.as_(&tenant.administrator).post(&tenant.path(OBJECTIONS), body.clone()).await.expect(status);
    }
}
