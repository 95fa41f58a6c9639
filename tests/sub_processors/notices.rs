//! What tenants are told of the register: each revision once, in the portal and by mail, whatever is killed or lost.

use std::sync::Arc;

use kundportal_functions::Settings;
use serde_json::json;

use super::support::{Portal, Storage, Tenant, announced_today, register};

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
    let portal = Portal::start_with(Storage::Memory, announced_today).await;
    let [objecting, other] = [portal.tenant("t1").await, portal.tenant("t2").await];
    let administrator = portal.as_(&objecting.administrator);
    let body = json!({"subProcessor": MAIL_SERVICE, "reason": "Vi vill inte."});
    let path = objecting.path(OBJECTIONS);
    administrator.post(&path, body.clone()).await.expect_problem(409, "conflict");
    portal.timer("announcements").await;
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

    portal.clock().set("2026-04-07T08:00:00Z".parse().expect("a time"));
    let started = portal.redeployed(in_use).await;
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
