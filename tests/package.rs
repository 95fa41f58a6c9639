//! An access request from its making to the package in the person's hands.

mod support;

use std::io::Cursor;

use serde_json::{Value, json};
use support::{Answer, Portal, Tenant, User};

/// A tenant, a customer of it, and a member who wants their data.
async fn member(portal: &Portal) -> (Tenant, String, User) {
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund & Söner AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    (tenant, customer, user)
}

async fn ask(portal: &Portal, tenant: &Tenant, user: &User) -> String {
    let answer =
        portal.as_(user).post(&tenant.path("/requests"), json!({"kind": "access"})).await.expect(201);
    assert_eq!(answer.text_at("/state"), "inProgress");
    answer.text_at("/id")
}

async fn package(portal: &Portal, tenant: &Tenant, user: &User, request: &str) -> Answer {
    portal.as_(user).get(&tenant.path(&format!("/requests/{request}/package"))).await
}

#[tokio::test]
async fn a_person_asks_is_told_and_fetches_everything_that_is_theirs() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let request = ask(&portal, &tenant, &user).await;
    package(&portal, &tenant, &user, &request).await.expect_problem(409, "request-not-ready");

    portal.pump_all().await;
    let seen = portal.as_(&user).get(&tenant.path(&format!("/requests/{request}"))).await.expect(200);
    assert_eq!(seen.text_at("/state"), "fulfilled");
    assert_eq!(seen.text_at("/dueAt"), "2026-04-02");
    assert_eq!(seen.text_at("/package/until"), "2026-03-09");
    let mail = portal.mails_to(&user.email).pop().expect("a mail");
    assert_eq!(mail.subject.reveal(), "Dina uppgifter är klara att hämta");

    let answer = package(&portal, &tenant, &user, &request).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    assert_eq!(seen.at("/package/size"), answer.body.len());
    let mut archive = zip::ZipArchive::new(Cursor::new(answer.body)).expect("a ZIP");
    let mut read = |name: &str| -> Value {
        let file = archive.by_name(&format!("{request}/data/{name}")).expect(name);
        serde_json::from_reader(file).expect(name)
    };
    let profile = read("profile.json");
    assert_eq!(profile["email"], "kim@example.com");
    assert_eq!(profile["subject"], "sub-kim");
    assert_eq!(read("memberships.json")[0]["customer"], customer.as_str());
    assert_eq!(read("sign-ins.json")[0]["ipAddress"], "203.0.113.7");
    assert_eq!(read("invitations.json")[0]["email"], "kim@example.com");
    assert_eq!(read("requests.json")[0]["id"], request.as_str());
    assert_eq!(read("not-included.json"), json!([]));
}
