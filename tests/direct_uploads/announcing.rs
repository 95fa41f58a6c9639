//! What may be announced, and how much of it at once.

use serde_json::{Value, json};

use super::{
    Scene,
    support::{self, Storage},
};

#[tokio::test]
async fn more_than_the_limit_is_not_announced() {
    let scene = Scene::with(Storage::Memory, |settings| settings.limits.direct_upload_bytes = 10).await;
    let refused = scene.begin(11).await.expect_problem(413, "too-large");
    assert_eq!(refused.at("/limit"), 10);
    scene.begin(10).await.expect(201);
    let limits = scene.portal.anyone().get("/api/config").await.expect(200);
    assert_eq!(
        (limits.at("/limits/directUploadBytes"), limits.at("/limits/openUploads")),
        (10.into(), 20.into())
    );
}

#[tokio::test]
async fn an_announcement_is_held_to_the_rules_of_an_upload() {
    let scene = Scene::new().await;
    let kim = scene.portal.as_(&scene.kim);
    let with = |name: &str, value: Value| {
        let mut body = scene.announcement(2);
        body[name] = value;
        body
    };
    for (name, value) in [
        ("name", json!("")),
        ("contentType", json!("text")),
        ("size", json!(-1)),
        ("size", json!("2")),
        ("customer", json!("cus_1")),
        ("else", json!(1)),
    ] {
        kim.post(&scene.path("/uploads"), with(name, value)).await.expect_problem(422, "invalid-input");
    }
    let other = scene.portal.customer(&scene.tenant, "Annan AB").await;
    kim.post(&scene.path("/uploads"), with("customer", json!(other))).await.expect_problem(404, "not-found");
    assert_eq!(scene.remains().await, Vec::<String>::new());
}

#[tokio::test]
async fn before_the_tenant_has_chosen_how_long_files_are_kept_there_is_no_upload() {
    let scene = Scene::new().await;
    let operator = scene.portal.operator();
    let body = json!({
        "id": "t2", "name": "Ny Leverantör AB", "organisationNumber": "556000-0019",
        "contact": {"name": "Karin Kontakt", "email": "kontakt@example.com"}, "locale": "sv",
        "agreement": {"kind": "standard", "signedOn": "2026-03-01"},
        "administrator": {"name": "Adam Administratör", "email": "adam@example.com"},
    });
    operator.post("/api/tenants", body).await.expect(201);
    scene.portal.pump_all().await;
    let adam = support::Person::new("adam@example.com");
    scene.portal.accept(&adam).await;
    let admin = scene.portal.as_(&adam);
    let customer = admin.post("/api/tenants/t2/customers", json!({"name": "Kund AB"})).await.expect(201);
    let mut body = scene.announcement(2);
    body["customer"] = customer.at("/id");
    admin.post("/api/tenants/t2/files/uploads", body).await.expect_problem(409, "retention-not-chosen");
}

#[tokio::test]
async fn a_person_has_so_many_uploads_at_once() {
    let scene = Scene::with(Storage::Memory, |settings| settings.limits.open_uploads = 2).await;
    let first = scene.sent(2, "ab").await;
    scene.begin(2).await.expect(201);
    let refused = scene.begin(2).await.expect_problem(409, "too-many-uploads");
    assert_eq!(refused.at("/limit"), 2);
    // Somebody else's do not count.
    let colleague = scene.portal.member(&scene.tenant, &scene.customer, "sam@example.com").await;
    scene.portal.as_(&colleague).post(&scene.path("/uploads"), scene.announcement(2)).await.expect(201);
    // What has become a file counts no more.
    scene.portal.pump_all().await;
    assert_eq!(scene.state(&first).await, "complete");
    scene.begin(2).await.expect(201);
    scene.begin(2).await.expect_problem(409, "too-many-uploads");
}

#[tokio::test]
async fn the_same_key_gives_the_same_upload_and_refuses_another_announcement() {
    let scene = Scene::with(Storage::Memory, |settings| settings.limits.open_uploads = 1).await;
    let kim = || scene.portal.as_(&scene.kim).key("k1");
    let first = kim().post(&scene.path("/uploads"), scene.announcement(2)).await.expect(201);
    // Its URL expires when the first one does.
    scene.portal.advance_hours(2);
    let again = kim().post(&scene.path("/uploads"), scene.announcement(2)).await.expect(201);
    assert_eq!(first.json(), again.json());
    kim()
        .post(&scene.path("/uploads"), scene.announcement(3))
        .await
        .expect_problem(422, "idempotency-mismatch");
    let id = first.text_at("/id");
    scene.portal.send_straight(&scene.tenant, &id, "ab").await;
    scene.complete(&id).await.expect(202);
    scene.portal.pump_all().await;
    let done = kim().post(&scene.path("/uploads"), scene.announcement(2)).await.expect(201);
    assert_eq!(done.text_at("/id"), id);
    assert_eq!(scene.state(&id).await, "complete");
    assert_eq!(scene.files().await.len(), 1);
}
