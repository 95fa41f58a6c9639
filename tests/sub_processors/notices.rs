//! What tenants are told of the register: each revision once, in the portal and by mail, whatever is killed or lost.

use serde_json::json;

use super::support::{Portal, Tenant};

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
