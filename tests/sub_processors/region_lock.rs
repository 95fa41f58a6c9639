//! The region lock at run time: where the program is not where the register allows, nothing is changed and nothing is sent,
//! and what the law sets a period for goes on.

use std::{collections::BTreeSet, sync::Arc};

use kundportal_functions::{FUNCTIONS, Function, Place, StoragePlace};
use reqwest::Method;
use serde_json::json;

use super::support::{
    self, Portal,
    package::{ask, entries, package, parsed},
    written,
};

fn deployed(runs_in: Option<&str>, primary: Option<&str>, storage: &[(&str, &str)]) -> Place {
    let own = ToOwned::to_owned;
    Place::Deployed {
        runs_in: runs_in.map(own),
        primary: primary.map(own),
        storage: storage
            .iter()
            .map(|(region, sku)| StoragePlace { region: own(region), sku: own(sku) })
            .collect(),
    }
}

/// Where everything is allowed but the region that the platform names.
fn in_ireland() -> Place {
    deployed(Some("North Europe"), Some("swedencentral"), &[("swedencentral", "Standard_ZRS")])
}

#[test]
fn these_go_on_though_the_lock_is_broken() {
    let go_on = FUNCTIONS
        .iter()
        .flat_map(Function::operations)
        .filter(|operation| operation.method != Method::GET && operation.goes_on_without_region_lock())
        .map(|operation| operation.id);
    let expected = ["createRequest", "downloadFile", "lookUpInvite", "searchUsers"];
    assert_eq!(go_on.collect::<BTreeSet<_>>(), BTreeSet::from(expected));
}

#[tokio::test]
async fn a_place_outside_the_register_is_refused_by_its_name_and_the_registers_revision() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let good = [("swedencentral", "Standard_LRS"), ("Sweden Central", "Premium_ZRS")];
    let here = Some("Sweden Central");
    let refused = [
        (in_ireland(), "northeurope"),
        (deployed(here, Some("uksouth"), &good), "uksouth"),
        (deployed(here, None, &[good[0], ("brazilsouth", "Standard_LRS")]), "brazilsouth"),
        (deployed(Some("Nowhere"), None, &good), "nowhere"),
        (deployed(here, None, &[("swedencentral", "Standard_GRS")]), "swedensouth"),
        (deployed(here, None, &[("swedencentral", "Standard_RAGZRS")]), "swedensouth"),
        (deployed(here, None, &[("swedencentral", "StandardV2_LRS")]), "know in which region"),
        (deployed(here, None, &[("swedencentral", "")]), "know in which region"),
        (deployed(here, None, &[]), "know in which region"),
        (deployed(None, None, &good), "know in which region"),
        // What is said is refused by its name, whatever else is not said.
        (deployed(Some("North Europe"), None, &[]), "northeurope"),
        (deployed(None, None, &[("uksouth", "Standard_LRS")]), "uksouth"),
    ];
    for (place, named) in refused {
        let portal = portal.redeployed(|settings| settings.place = place.clone()).await;
        let caller = portal.as_(&tenant.administrator).header("accept-language", "en");
        let answer = caller.post(&tenant.path("/customers"), json!({"name": "Kund AB"})).await;
        let detail = answer.expect_problem(503, "region-lock").text_at("/detail");
        assert!(detail.contains(named) && detail.contains("revision 4"), "{place:?}: {detail}");
    }
    let mut number = 0;
    for place in [Place::Local, deployed(here, None, &good), deployed(None, here, &good)] {
        let portal = portal.redeployed(|settings| settings.place = place).await;
        let caller = portal.as_(&tenant.administrator);
        number += 1;
        let customer = json!({"name": format!("Kund {number} AB")});
        caller.post(&tenant.path("/customers"), customer).await.expect(201);
    }
}

/// It needs no new deployment for that: the days go on while the program runs.
#[tokio::test]
async fn a_region_closes_with_the_last_day_of_the_entry_that_opened_it() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let mut register = written();
    register["subProcessors"][1]["status"] = json!("ending");
    register["subProcessors"][1]["ended"] = json!("2026-12-31");
    register["subProcessors"][1]["location"]["regions"] = json!(["northeurope"]);
    let register = Arc::new(support::parsed(&register));
    portal.clock().set("2026-12-31T22:59:59Z".parse().expect("a time"));
    let ending = portal
        .redeployed(|settings| {
            settings.register = register;
            settings.place = in_ireland();
        })
        .await;
    let caller = ending.as_(&tenant.administrator);
    let path = tenant.path("/customers");
    caller.post(&path, json!({"name": "Kund AB"})).await.expect(201);
    portal.clock().set("2026-12-31T23:00:00Z".parse().expect("a time"));
    let answer = caller.post(&path, json!({"name": "Ny Kund AB"})).await;
    assert!(answer.expect_problem(503, "region-lock").text_at("/detail").contains("northeurope"));
}

#[tokio::test]
async fn nothing_is_changed_or_sent_while_the_lock_is_broken_and_all_can_be_read() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let before = portal.dump().await;
    let sent = portal.mails().len();

    let broken = portal.redeployed(|settings| settings.place = in_ireland()).await;
    let administrator = broken.as_(&tenant.administrator);
    for (method, path, body) in [
        (Method::PATCH, "", json!({"name": "Nytt Namn AB"})),
        (Method::PATCH, "/profile", json!({"name": "Nytt Namn"})),
        (Method::POST, "/customers", json!({"name": "Ny AB"})),
        (Method::POST, "/comments", json!({"customer": customer, "thread": "a", "text": "b"})),
        (Method::DELETE, "/profile/picture", json!(null)),
        (Method::POST, "/invites", json!({"email": "ny@example.com", "name": "Ny", "role": "administrator"})),
    ] {
        let answer = match method {
            Method::DELETE => administrator.delete(&tenant.path(path)).await,
            method => {
                let body = body.to_string();
                administrator.send_bytes(method, &tenant.path(path), "application/json", body).await
            }
        };
        answer.expect_problem(503, "region-lock");
    }
    // Who may not, still may not, and learns nothing of the lock.
    broken.as_(&kim).patch(&tenant.path(""), json!({"name": "X AB"})).await.expect_problem(403, "forbidden");
    broken.anyone().patch(&tenant.path(""), json!({})).await.expect(401);
    broken.operator().post("/api/tenants", json!({})).await.expect_problem(503, "region-lock");
    for timer in ["retention", "waiting_work", "activity"] {
        broken.timer(timer).await;
    }
    broken.pump_all().await;
    assert_eq!(portal.mails().len(), sent, "nothing is sent");
    let kept = |name: &str| {
        ["/sign-ins/", "/last-use", "audit-", "/activity/", "platform/work/"]
            .iter()
            .any(|part| name.contains(part))
    };
    let after = broken.dump().await;
    for (name, content) in before.iter().filter(|(name, _)| !kept(name)) {
        assert_eq!(after.get(name), Some(content), "{name} has changed");
    }
    for path in ["", "/customers", "/users", "/profile", "/invites"] {
        administrator.get(&tenant.path(path)).await.expect(200);
    }
    let search = json!({"email": "kim@example.com"});
    administrator.post(&tenant.path("/users/search"), search).await.expect(200);
}

/// Storage knows nothing of the lock: whoever was given a URL before still sends there.
#[tokio::test]
async fn what_is_sent_to_a_signed_url_becomes_no_file_while_the_lock_is_broken() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let announced = json!({"name": "a.txt", "contentType": "text/plain", "size": 2, "customer": customer});
    let uploads = tenant.path("/files/uploads");
    let open = portal.as_(&kim).post(&uploads, announced).await.expect(201).text_at("/id");
    let checking = portal.upload_straight(&tenant, &kim, &customer, "innehåll").await;

    let broken = portal.redeployed(|settings| settings.place = in_ireland()).await;
    broken.send_straight(&tenant, &open, "ab").await;
    let complete = format!("{uploads}/{open}/complete");
    broken.as_(&kim).post_empty(&complete).await.expect_problem(503, "region-lock");
    broken.pump_all().await;
    for timer in ["waiting_work", "retention"] {
        broken.timer(timer).await;
    }
    for (id, state) in [(&open, "open"), (&checking, "checking")] {
        let upload = broken.as_(&kim).get(&format!("{uploads}/{id}")).await.expect(200);
        assert_eq!(upload.text_at("/state"), state);
        broken.as_(&kim).get(&tenant.path(&format!("/files/{id}"))).await.expect(404);
    }

    // Mended: both are files.
    portal.as_(&kim).post_empty(&complete).await.expect(202);
    portal.advance_hours(1);
    portal.timer("waiting_work").await;
    portal.pump_all().await;
    for id in [open, checking] {
        portal.as_(&kim).get(&tenant.path(&format!("/files/{id}"))).await.expect(200);
    }
}

#[tokio::test]
async fn an_access_request_comes_to_its_package_and_is_fetched() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let sent = portal.mails().len();
    let broken = portal.redeployed(|settings| settings.place = in_ireland()).await;
    let request = ask(&broken, &tenant, &kim).await;
    broken.pump_all().await;
    let path = tenant.path(&format!("/requests/{request}"));
    let case = broken.as_(&kim).get(&path).await.expect(200);
    assert_eq!(case.text_at("/state"), "ready");
    let whole = package(&broken, &tenant, &kim, &request).await.expect(200);
    let entries = entries(&whole, &request);
    assert_eq!(parsed(&entries, "data/profile.json")["email"], "kim@example.com");
    assert_eq!(portal.mails().len(), sent, "the mail waits");
    for _ in 0..3 {
        broken.advance_hours(1);
        broken.timer("waiting_work").await;
    }
    assert_eq!(broken.as_(&kim).get(&path).await.expect(200).text_at("/state"), "ready");

    // Mended: the person is told, and the case is closed by that.
    portal.timer("waiting_work").await;
    portal.pump_all().await;
    assert_eq!(portal.as_(&kim).get(&path).await.expect(200).text_at("/state"), "fulfilled");
    assert_eq!(portal.mails_to("kim@example.com").len(), sent_to_kim(&portal, "klara att hämta") + 1);
}

/// Its period begins when the person can know of it, however long the lock was broken before.
#[tokio::test]
async fn a_package_stays_for_its_period_after_its_person_was_told() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let broken = portal.redeployed(|settings| settings.place = in_ireland()).await;
    let request = ask(&broken, &tenant, &kim).await;
    broken.pump_all().await;
    for _ in 0..10 {
        broken.advance_hours(24);
        broken.timer("waiting_work").await;
        broken.timer("retention").await;
    }
    package(&broken, &tenant, &kim, &request).await.expect(200);
    assert_eq!(packages(&portal).await, 1);

    // Mended: retention is the first to run.
    portal.timer("retention").await;
    portal.timer("waiting_work").await;
    portal.pump_all().await;
    let path = tenant.path(&format!("/requests/{request}"));
    let case = portal.as_(&kim).get(&path).await.expect(200);
    assert_eq!(
        (case.text_at("/state"), case.text_at("/package/until")),
        ("fulfilled".into(), "2026-03-19".into())
    );
    let mails = portal.mails_to("kim@example.com");
    let told = mails.iter().find(|mail| mail.subject.reveal().contains("klara att hämta")).expect("a mail");
    let text = told.text.reveal();
    assert!(text.contains("Filen tas bort den 2026-03-19"), "{text}");
    portal.advance_hours(7 * 24 - 1);
    portal.timer("retention").await;
    package(&portal, &tenant, &kim, &request).await.expect(200);
    portal.advance_hours(2);
    package(&portal, &tenant, &kim, &request).await.expect(404);
    portal.timer("retention").await;
    portal.pump_all().await;
    assert_eq!(packages(&portal).await, 0, "it is gone for good");
}

async fn packages(portal: &Portal) -> usize {
    portal.names().await.iter().filter(|name| name.ends_with("/package.zip")).count()
}

fn sent_to_kim(portal: &Portal, other_than: &str) -> usize {
    let mails = portal.mails_to("kim@example.com");
    mails.iter().filter(|mail| !mail.subject.reveal().contains(other_than)).count()
}

/// A mail that waited longer than a mail lives is not given up for that.
#[tokio::test]
async fn what_was_to_be_said_waits_for_as_long_as_nothing_may_be_sent() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let broken = portal.redeployed(|settings| settings.place = in_ireland()).await;
    let body = json!({"kind": "access", "subject": kim.id, "channel": "letter"});
    broken.as_(&tenant.administrator).post(&tenant.path("/requests"), body).await.expect(201);
    for _ in 0..5 {
        broken.timer("waiting_work").await;
        broken.advance_hours(12);
    }
    let received = |portal: &Portal| {
        let mails = portal.mails_to("kim@example.com");
        mails.iter().filter(|mail| mail.subject.reveal().contains("tagit emot")).count()
    };
    assert_eq!(received(&portal), 0);
    portal.timer("waiting_work").await;
    portal.pump_all().await;
    assert_eq!(received(&portal), 1);
}
