//! One user from the invitation until they have left, as they, a colleague, the administrator and the law see it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::{Portal, Storage, Tenant, User};

const CONTENT: &str = "Avtalet gäller från och med i dag.";

struct Scene {
    portal: Portal,
    tenant: Tenant,
    customer: String,
    leaver: User,
    colleague: User,
    file: String,
}

impl Scene {
    async fn set(storage: Storage) -> Self {
        let portal = Portal::start_on(storage).await;
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Kund A AB").await;
        let leaver = portal.member(&tenant, &customer, "maja@example.com").await;
        let colleague = portal.member(&tenant, &customer, "sam@example.com").await;
        let uploaded = portal
            .as_(&leaver)
            .header("content-disposition", "attachment; filename*=UTF-8''avtal%20%C3%A5r.txt")
            .send_bytes(
                Method::POST,
                &tenant.path(&format!("/files?customer={customer}")),
                "text/plain",
                CONTENT,
            )
            .await
            .expect(201);
        let comment =
            json!({"customer": customer, "thread": "Leverans", "text": "Jag ser till att det blir gjort."});
        portal.as_(&leaver).post(&tenant.path("/comments"), comment).await.expect(201);
        let file = uploaded.text_at("/id");
        Self { portal, tenant, customer, leaver, colleague, file }
    }

    async fn leave(&self) {
        let path = self.tenant.path(&format!("/users/{}", self.leaver.id));
        let change = json!({"status": "deactivated"});
        self.portal.as_(&self.tenant.administrator).patch(&path, change).await.expect(200);
        self.portal.pump_all().await;
    }

    /// What the colleague sees: the authors of file and comment, after having read both.
    async fn authors(&self, language: &str) -> [Value; 2] {
        let colleague = self.portal.as_(&self.colleague).header("accept-language", language);
        let file = self.tenant.path(&format!("/files/{}", self.file));
        let content = colleague.get(&format!("{file}/content")).await.expect(200);
        assert_eq!(content.text(), CONTENT);
        let disposition = content.header("content-disposition").expect("a name").to_owned();
        assert!(disposition.contains("avtal%20%C3%A5r.txt"), "{disposition}");
        let comments = format!("/comments?customer={}&thread=Leverans", self.customer);
        let comments = colleague.get(&self.tenant.path(&comments)).await.expect(200).items();
        assert_eq!(comments.len(), 1);
        assert_eq!(comments[0]["text"], "Jag ser till att det blir gjort.");
        [colleague.get(&file).await.expect(200).at("/uploadedBy"), comments[0]["author"].clone()]
    }

    fn named(&self) -> Value {
        json!({"id": self.leaver.id, "name": self.leaver.name})
    }
}

async fn what_a_leaver_wrote_stays_with_their_name_until_the_account_goes(storage: Storage) {
    let scene = Scene::set(storage).await;
    assert_eq!(scene.authors("sv").await, [scene.named(), scene.named()]);
    scene.leave().await;
    assert_eq!(scene.authors("sv").await, [scene.named(), scene.named()], "left, not forgotten");

    // After 90 days, at nine in Sweden: it is summer time by now.
    scene.portal.clock().set("2026-05-31T06:59:59Z".parse().expect("a time"));
    scene.portal.timer("retention").await;
    assert_eq!(scene.authors("sv").await, [scene.named(), scene.named()], "one second too early");
    scene.portal.clock().set("2026-05-31T07:00:00Z".parse().expect("a time"));
    scene.portal.timer("retention").await;
    let detached = |name: &str| json!({"id": null, "name": name});
    assert_eq!(scene.authors("sv").await, [detached("Tidigare användare"), detached("Tidigare användare")]);
    assert_eq!(scene.authors("en").await, [detached("Former user"), detached("Former user")]);

    let own = format!("subjects/{}/", scene.leaver.id);
    let left: Vec<_> = scene.portal.names().await.into_iter().filter(|name| name.contains(&own)).collect();
    assert_eq!(left, Vec::<String>::new(), "of the person nothing is held");
    for (name, content) in scene.portal.dump().await {
        let text = String::from_utf8_lossy(&content);
        assert!(!text.contains(&scene.leaver.name), "the name is in {name}");
        assert!(!text.contains(&scene.leaver.email), "the address is in {name}");
    }

    let before = scene.portal.dump().await;
    scene.portal.timer("retention").await;
    assert_eq!(scene.portal.dump().await, before, "a second run changes nothing");
}

#[tokio::test]
async fn what_a_leaver_wrote_stays_with_their_name_until_the_account_goes_on_memory() {
    what_a_leaver_wrote_stays_with_their_name_until_the_account_goes(Storage::Memory).await;
}

#[tokio::test]
async fn what_a_leaver_wrote_stays_with_their_name_until_the_account_goes_on_the_embedded_store() {
    what_a_leaver_wrote_stays_with_their_name_until_the_account_goes(Storage::Embedded).await;
}

#[tokio::test]
async fn whoever_has_left_reaches_their_own_data_and_nothing_else() {
    let scene = Scene::set(Storage::Memory).await;
    scene.leave().await;
    let leaver = scene.portal.as_(&scene.leaver);
    let path = |rest: &str| scene.tenant.path(rest);
    for closed in [
        format!("/files/{}", scene.file),
        format!("/files/{}/content", scene.file),
        format!("/files?customer={}", scene.customer),
        format!("/threads?customer={}", scene.customer),
        "/customers".to_owned(),
    ] {
        leaver.get(&path(&closed)).await.expect_problem(403, "user-deactivated");
    }
    for open in ["/profile", "/profile/sign-ins", "/profile/lookups", "/about", "/requests"] {
        leaver.get(&path(open)).await.expect(200);
    }
    let me = leaver.get("/api/me").await.expect(200).json();
    assert_eq!(me[0]["status"], "deactivated", "{me:#}");

    // What they wrote is theirs to take out, also now.
    let request = leaver.post(&path("/requests"), json!({"kind": "access"})).await.expect(201).text_at("/id");
    scene.portal.pump_all().await;
    let package = leaver.get(&path(&format!("/requests/{request}/package"))).await.expect(200);
    let text = String::from_utf8_lossy(&package.body).into_owned();
    assert!(text.starts_with("PK") && text.contains("avtal"), "their file is in it");
}

#[tokio::test]
async fn whoever_comes_back_finds_everything_as_it_was() {
    let scene = Scene::set(Storage::Memory).await;
    scene.leave().await;
    scene.portal.advance_hours(24 * 30);
    let path = scene.tenant.path(&format!("/users/{}", scene.leaver.id));
    let change = json!({"status": "active"});
    scene.portal.as_(&scene.tenant.administrator).patch(&path, change).await.expect(200);
    scene.portal.advance_hours(24 * 100);
    scene.portal.timer("retention").await;
    assert_eq!(scene.authors("sv").await, [scene.named(), scene.named()]);
    let file = scene.tenant.path(&format!("/files/{}", scene.file));
    scene.portal.as_(&scene.leaver).delete(&file).await.expect(204);
}
