//! What becomes new of a sub-processor in use is announced like a new one, here a region more for hosting.

use std::sync::Arc;

use kundportal_functions::{Place, Settings, StoragePlace};
use serde_json::{Value, json};

use super::support::{Portal, Tenant, one_more_region, parsed};

const OBJECTIONS: &str = "/sub-processor-objections";
const AZURE: &str = "microsoft-azure";

fn announced(settings: &mut Settings) {
    settings.register = Arc::new(parsed(&one_more_region("announced", &[])));
}

fn in_force(settings: &mut Settings) {
    settings.register = Arc::new(parsed(&one_more_region("inForce", &["2026-04-06"])));
}

/// That register, in the region that it adds.
fn in_ireland(register: fn(&mut Settings)) -> impl FnOnce(&mut Settings) {
    move |settings| {
        register(settings);
        let storage = vec![StoragePlace { region: "northeurope".into(), sku: "Standard_ZRS".into() }];
        settings.place = Place::Deployed { runs_in: Some("North Europe".into()), primary: None, storage };
    }
}

/// How hosting stands in a tenant's annex, and the revisions that wait there.
async fn annex(portal: &Portal, tenant: &Tenant) -> (Value, Vec<Value>) {
    let annex = portal.as_(&tenant.administrator).get(&tenant.path("/agreement/annex")).await;
    let list = annex.expect(200).json()["subProcessors"].clone();
    let entries = list["entries"].as_array().expect("entries");
    let hosting = entries.iter().find(|entry| entry["subProcessor"]["id"] == AZURE).expect("the entry");
    let pending = list["pending"].as_array().expect("revisions").clone();
    (hosting["standing"].clone(), pending)
}

#[tokio::test]
async fn a_region_more_is_noticed_may_be_objected_to_and_opens_after_the_period() {
    let before = Portal::start().await;
    let [objecting, other] = [before.tenant("t1").await, before.tenant("t2").await];
    let portal = before.redeployed(announced).await;
    portal.timer("announcements").await;
    for tenant in [&objecting, &other] {
        let notices =
            portal.as_(&tenant.administrator).get(&tenant.path("/notices")).await.expect(200).items();
        let [notice] = notices.as_slice() else { panic!("{notices:?}") };
        assert_eq!(notice["objectUntil"], "2026-03-31");
        let changed = &notice["subProcessors"][0];
        assert_eq!((&changed["id"], &changed["effective"]), (&json!(AZURE), &json!("2026-04-06")));
        assert_eq!(changed["change"]["regions"], json!(["northeurope"]));
        let mails = portal.mails_to(&tenant.administrator.email);
        let told: Vec<_> =
            mails.iter().filter(|mail| mail.subject.reveal().contains("Ändring av underbiträden")).collect();
        assert_eq!(told.len(), 1);
        let text = told[0].text.reveal();
        assert!(text.contains("North Europe.") && text.contains("invända till och med 2026-03-31"), "{text}");
        assert!(text.contains("Tjänsten kan inte"), "what an objection leads to: {text}");
        let (standing, pending) = annex(&portal, tenant).await;
        assert_eq!(standing, "inUse");
        assert_eq!(pending.len(), 1);
        assert_eq!(pending[0]["revision"], 2);
        assert_eq!(pending[0]["objectUntil"], "2026-03-31");
        assert_eq!(pending[0]["subProcessors"], json!([AZURE]));
    }
    let feed = portal.anyone().get("/api/sub-processors/feed").await.expect(200).text();
    assert!(feed.contains("/revision/2</id>"), "{feed}");
    let page = portal.anyone().header("accept", "text/html").header("accept-language", "sv");
    let page = page.get("/api/sub-processors").await.expect(200).text();
    let says = "Meddelad genom revision 2, gäller tidigast från 2026-04-06";
    assert!(page.contains(says) && page.contains("Lagras i: Irland, northeurope"), "{page}");
    let customer = json!({"name": "Kund AB"});
    let moved = portal.redeployed(in_ireland(announced)).await;
    let answer =
        moved.as_(&objecting.administrator).post(&objecting.path("/customers"), customer.clone()).await;
    assert!(answer.expect_problem(503, "region-lock").text_at("/detail").contains("northeurope"));

    let administrator = portal.as_(&objecting.administrator);
    let body = json!({"subProcessor": AZURE, "reason": "Vi vill inte."});
    let path = objecting.path(OBJECTIONS);
    let to_another = json!({"subProcessor": AZURE, "revision": 1, "reason": "Vi vill inte."});
    administrator.post(&path, to_another).await.expect_problem(409, "conflict");
    let made = administrator.post(&path, body.clone()).await.expect(201).json();
    assert_eq!((&made["revision"], &made["state"]), (&json!(2), &json!("open")));
    administrator.post(&path, body.clone()).await.expect_problem(409, "conflict");
    assert_eq!(annex(&portal, &objecting).await.0, "inUse", "as it was before the change");
    portal.clock().set("2026-04-01T08:00:00Z".parse().expect("a time"));
    let late = portal.as_(&other.administrator).post(&other.path(OBJECTIONS), body).await;
    late.expect_problem(409, "conflict");

    portal.clock().set("2026-04-06T08:00:00Z".parse().expect("a time"));
    let opened = portal.redeployed(in_ireland(in_force)).await;
    let (standing, pending) = annex(&opened, &objecting).await;
    assert_eq!((standing, pending.len()), (json!("objected"), 1));
    assert_eq!(annex(&opened, &other).await, (json!("inUse"), vec![]));
    opened.as_(&other.administrator).post(&other.path("/customers"), customer).await.expect(201);
}
