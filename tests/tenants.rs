//! A tenant's settings.

mod support;

use serde_json::json;
use support::Portal;

#[tokio::test]
async fn two_administrators_do_not_overwrite_each_others_settings() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let path = tenant.path("");
    let seen = portal.as_(&tenant.administrator).get(&path).await.expect(200).etag();
    let administrator = || portal.as_(&tenant.administrator);
    administrator().if_match(&seen).patch(&path, json!({"name": "Nytt namn AB"})).await.expect(200);
    administrator()
        .if_match(&seen)
        .patch(&path, json!({"name": "Annat namn AB"}))
        .await
        .expect_problem(412, "precondition-failed");
    let patched = administrator()
        .patch(&path, json!({"retention": {"files": "P12M"}, "dataProtectionOfficer": null}))
        .await
        .expect(200);
    assert_eq!(patched.at("/retention"), json!({"files": "P12M", "comments": "P24M"}));
    assert_eq!(patched.text_at("/name"), "Nytt namn AB");
    let about = administrator().get(&tenant.path("/about")).await.expect(200);
    assert_eq!(about.at("/dataProtectionOfficer"), json!(null));
    assert_eq!(about.text_at("/controller/name"), "Nytt namn AB");
}

#[tokio::test]
async fn settings_that_break_a_rule_change_nothing() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let path = tenant.path("");
    let before = portal.as_(&tenant.administrator).get(&path).await.expect(200).json();
    for (patch, pointer) in [
        (json!({"name": null}), "/name"),
        (json!({"locale": "no"}), "/locale"),
        (json!({"retention": {"files": "24 months"}}), "/retention/files"),
        (json!({"retention": {"files": null}}), "/retention/files"),
        (json!({"instructions": {"access": "approval"}}), "/instructions/access"),
        (json!({"id": "t2"}), ""),
    ] {
        let answer =
            portal.as_(&tenant.administrator).patch(&path, patch).await.expect_problem(422, "invalid-input");
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer);
    }
    assert_eq!(portal.as_(&tenant.administrator).get(&path).await.expect(200).json(), before);
}

/// The description has said so all the time.
#[tokio::test]
async fn a_contract_has_a_reference_of_one_line_and_two_hundred_characters_at_most() {
    let portal = Portal::start().await;
    let new = |reference: &str| {
        json!({
            "id": "t1", "name": "Leverantör AB", "organisationNumber": "556000-0001", "locale": "en",
            "contact": {"name": "Karin Kontakt", "email": "kontakt@example.se"},
            "agreement": {"kind": "own", "signedOn": "2026-03-01", "reference": reference},
            "administrator": {"name": "Åsa Öberg", "email": "asa@example.se"},
        })
    };
    for refused in ["x".repeat(201), "a\nb".to_owned(), String::new()] {
        let answer = portal.operator().post("/api/tenants", new(&refused)).await;
        let answer = answer.expect_problem(422, "invalid-input");
        assert_eq!(answer.text_at("/errors/0/pointer"), "/agreement/reference");
    }
    let kept = portal.operator().post("/api/tenants", new(&"å".repeat(200))).await.expect(201);
    assert_eq!(kept.text_at("/agreement/reference"), "å".repeat(200));
}

#[tokio::test]
async fn a_shorter_period_marks_what_is_there_already() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let comment = json!({"customer": customer, "thread": "Frågor", "text": "Hej"});
    portal.as_(&tenant.administrator).post(&tenant.path("/comments"), comment).await.expect(201);
    let due = async || -> Vec<String> {
        let names = portal.names().await;
        names.into_iter().filter(|name| name.contains("/due/") && name.contains("/comment/")).collect()
    };
    let before = due().await;
    portal
        .as_(&tenant.administrator)
        .patch(&tenant.path(""), json!({"retention": {"comments": "P1M"}}))
        .await
        .expect(200);
    portal.pump_all().await;
    let after = due().await;
    assert_eq!((before.len(), after.len()), (1, 2), "marked for the new day as well");
}
