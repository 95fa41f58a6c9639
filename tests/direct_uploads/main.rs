//! Direct uploads: announced here, sent straight to storage, and files once they are checked. What was sent is simulated where
//! nobody serves the store's URLs; `tests/local_run/uploads.rs` sends it for real.

#![allow(clippy::expect_used, reason = "a test ends where a promise is broken")]

mod announcing;
mod ends;
#[path = "../support/mod.rs"]
mod support;

use kundportal_functions::Settings;
use kundportal_store::{CallKind, Matching, Moment};
use serde_json::{Value, json};
use support::{Answer, Portal, Storage, Tenant, User, sha256};

struct Scene {
    portal: Portal,
    tenant: Tenant,
    customer: String,
    kim: User,
}

impl Scene {
    async fn new() -> Self {
        Self::with(Storage::Memory, |_| {}).await
    }

    async fn with(storage: Storage, change: impl FnOnce(&mut Settings)) -> Self {
        let portal = Portal::start_with(storage, change).await;
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let kim = portal.member(&tenant, &customer, "kim@example.com").await;
        Self { portal, tenant, customer, kim }
    }

    fn path(&self, rest: &str) -> String {
        self.tenant.path(&format!("/files{rest}"))
    }

    fn announcement(&self, size: u64) -> Value {
        json!({"name": "avtal å.txt", "contentType": "text/plain", "size": size, "customer": self.customer})
    }

    async fn begin(&self, size: u64) -> Answer {
        self.portal.as_(&self.kim).post(&self.path("/uploads"), self.announcement(size)).await
    }

    async fn complete(&self, id: &str) -> Answer {
        self.portal.as_(&self.kim).post_empty(&self.path(&format!("/uploads/{id}/complete"))).await
    }

    /// Begins, sends and completes one.
    async fn sent(&self, announced: u64, content: &'static str) -> String {
        let id = self.begin(announced).await.expect(201).text_at("/id");
        self.portal.send_straight(&self.tenant, &id, content).await;
        assert_eq!(self.complete(&id).await.expect(202).text_at("/state"), "checking");
        id
    }

    async fn state(&self, id: &str) -> String {
        let path = self.path(&format!("/uploads/{id}"));
        self.portal.as_(&self.kim).get(&path).await.expect(200).text_at("/state")
    }

    async fn files(&self) -> Vec<Value> {
        let path = self.path(&format!("?customer={}", self.customer));
        self.portal.as_(&self.tenant.administrator).get(&path).await.expect(200).items()
    }

    /// What is stored of files and uploads, but for what retention will look at.
    async fn remains(&self) -> Vec<String> {
        let mine = |name: &String| {
            let parts = ["/files/", "refs/file/", "/file-", "/file/", "staging/", "/uploads/", "/upload-"];
            parts.iter().any(|part| name.contains(part))
        };
        self.portal.names().await.into_iter().filter(mine).collect()
    }

    /// An upload is refused for this reason, is no file, and nothing that was sent is kept.
    async fn assert_refused(&self, id: &str, reason: &str) {
        let path = self.path(&format!("/uploads/{id}"));
        let refused = self.portal.as_(&self.kim).header("accept-language", "sv").get(&path).await.expect(200);
        assert_eq!(
            (refused.text_at("/state"), refused.text_at("/refusal/reason")),
            ("refused".into(), reason.into())
        );
        let english = self.portal.as_(&self.kim).header("accept-language", "en").get(&path).await.expect(200);
        assert_ne!(refused.text_at("/refusal/detail"), english.text_at("/refusal/detail"));
        self.portal.as_(&self.kim).get(&self.path(&format!("/{id}"))).await.expect(404);
        assert_eq!(self.files().await, Vec::<Value>::new());
        let record = format!("tenant-t1/subjects/{}/uploads/{id}.json", self.kim.id);
        assert_eq!(self.remains().await, [record]);
        // Clicking again changes nothing.
        assert_eq!(self.complete(id).await.expect(202).text_at("/refusal/reason"), reason);
        assert_eq!(self.portal.pump().await.len(), 0);
    }
}

#[tokio::test]
async fn what_is_sent_straight_to_storage_becomes_a_file_of_the_same_id() {
    for storage in Storage::ALL {
        for content in ["Räksmörgås på väg", ""] {
            let scene = Scene::with(storage, |_| {}).await;
            let kim = scene.portal.as_(&scene.kim);
            let size = content.len() as u64;
            let begun = scene.begin(size).await.expect(201);
            let id = begun.text_at("/id");
            assert_eq!(begun.text_at("/upload/method"), "PUT");
            assert_eq!(begun.text_at("/upload/expiresAt"), "2026-03-02T09:00:00Z");
            assert!(begun.text_at("/upload/url").contains(&format!("staging/t1/{id}")));
            assert!(begun.at("/upload/headers").is_object());
            assert_eq!(scene.state(&id).await, "open");
            kim.get(&scene.path(&format!("/{id}"))).await.expect(404);

            scene.portal.send_straight(&scene.tenant, &id, content).await;
            let checking = scene.complete(&id).await.expect(202);
            let expected = json!({
                "id": id, "name": "avtal å.txt", "contentType": "text/plain", "size": size,
                "customer": scene.customer, "state": "checking", "refusal": null,
            });
            assert_eq!(checking.json(), expected);
            scene.portal.pump_all().await;

            assert_eq!(scene.state(&id).await, "complete");
            let file = kim.get(&scene.path(&format!("/{id}"))).await.expect(200).json();
            let sha256 = sha256(content.as_bytes());
            let described = json!({
                "id": id, "name": "avtal å.txt", "contentType": "text/plain", "size": size,
                "sha256": sha256, "customer": scene.customer,
                "uploadedBy": {"id": scene.kim.id, "name": scene.kim.name},
                "uploadedAt": file["uploadedAt"], "scan": "off",
            });
            assert_eq!(file, described);
            assert_eq!(scene.files().await, [described]);
            let got = kim.get(&scene.path(&format!("/{id}/content"))).await.expect(200);
            assert_eq!(got.text(), content);
            scene.portal.assert_consistent("t1").await;
        }
    }
}

#[tokio::test]
async fn nothing_is_completed_before_it_is_sent() {
    let scene = Scene::new().await;
    let id = scene.begin(2).await.expect(201).text_at("/id");
    scene.complete(&id).await.expect_problem(409, "nothing-uploaded");
    assert_eq!(scene.state(&id).await, "open");
    scene.portal.send_straight(&scene.tenant, &id, "ab").await;
    scene.complete(&id).await.expect(202);
    scene.portal.pump_all().await;
    assert_eq!(scene.state(&id).await, "complete");
}

#[tokio::test]
async fn completing_twice_makes_one_file() {
    let scene = Scene::new().await;
    let id = scene.sent(2, "ab").await;
    assert_eq!(scene.complete(&id).await.expect(202).text_at("/state"), "checking");
    scene.portal.pump_all().await;
    assert_eq!(scene.complete(&id).await.expect(202).text_at("/state"), "complete");
    scene.portal.pump_all().await;
    assert_eq!(scene.files().await.len(), 1);

    let id = scene.begin(2).await.expect(201).text_at("/id");
    scene.portal.send_straight(&scene.tenant, &id, "ab").await;
    let (one, other) = tokio::join!(scene.complete(&id), scene.complete(&id));
    assert_eq!(
        (one.expect(202).text_at("/state"), other.expect(202).text_at("/state")),
        ("checking".into(), "checking".into())
    );
    scene.portal.pump_all().await;
    assert_eq!(scene.files().await.len(), 2);
    scene.portal.assert_consistent("t1").await;
}

/// What was read is what becomes the file, whatever is sent meanwhile.
#[tokio::test]
async fn what_is_sent_while_it_is_checked_is_not_what_is_kept() {
    let scene = Scene::new().await;
    let id = scene.sent(2, "ab").await;
    let copying = Matching::any().kind(CallKind::Get).name("staging/t1");
    let pause = scene.portal.faults().pause(copying, Moment::After);
    let again = async {
        pause.reached().await;
        scene.portal.send_straight(&scene.tenant, &id, "cd").await;
        pause.release();
    };
    tokio::join!(scene.portal.pump_all(), again);
    let content = scene.portal.as_(&scene.kim).get(&scene.path(&format!("/{id}/content"))).await.expect(200);
    assert_eq!(content.text(), "ab");
    scene.portal.assert_consistent("t1").await;
}

#[tokio::test]
async fn an_upload_is_its_person_s_alone() {
    let scene = Scene::new().await;
    let colleague = scene.portal.member(&scene.tenant, &scene.customer, "sam@example.com").await;
    let id = scene.sent(2, "ab").await;
    let (status, complete) =
        (scene.path(&format!("/uploads/{id}")), scene.path(&format!("/uploads/{id}/complete")));
    for completed in [false, true] {
        if completed {
            scene.portal.pump_all().await;
        }
        for other in [&colleague, &scene.tenant.administrator] {
            scene.portal.as_(other).get(&status).await.expect_problem(404, "not-found");
            scene.portal.as_(other).post_empty(&complete).await.expect_problem(404, "not-found");
        }
    }
    // The file is there for all of the customer.
    scene.portal.as_(&colleague).get(&scene.path(&format!("/{id}"))).await.expect(200);
    // One that came through the service is no upload.
    let kim = scene.portal.as_(&scene.kim).header("content-disposition", "attachment; filename=a.txt");
    let path = scene.path(&format!("?customer={}", scene.customer));
    let file = kim.send_bytes(reqwest::Method::POST, &path, "text/plain", "ab").await.expect(201);
    kim.get(&scene.path(&format!("/uploads/{}", file.text_at("/id")))).await.expect_problem(404, "not-found");
}

/// Storage that is away for a moment refuses nothing.
#[tokio::test]
async fn a_check_that_fails_is_tried_again() {
    for (kind, name, moment) in [
        (CallKind::Get, "staging/t1", Moment::Before),
        (CallKind::Get, "staging/t1", Moment::Midway),
        (CallKind::Put, "/content", Moment::After),
        (CallKind::Put, "/meta.json", Moment::After),
    ] {
        let scene = Scene::new().await;
        let id = scene.sent(2, "ab").await;
        scene.portal.faults().fail(Matching::any().kind(kind).name(name), moment);
        let deliveries = scene.portal.pump().await;
        assert!(deliveries.iter().all(support::Delivery::succeeded), "{kind:?} {name}: {deliveries:?}");
        assert!(deliveries.iter().any(|delivery| delivery.statuses.len() == 2), "{kind:?} {name}");
        assert_eq!(scene.state(&id).await, "complete", "{kind:?} {name} {moment:?}");
        scene.portal.assert_consistent("t1").await;
    }
}

/// A file that is removed before its upload has come to its end does not come back.
#[tokio::test]
async fn a_file_that_is_removed_again_stays_away() {
    let scene = Scene::new().await;
    let id = scene.sent(2, "ab").await;
    // The worker ends after the file is described.
    let (mut messages, _) = scene.portal.take_messages();
    let message = messages.pop().expect("the message");
    let entry = Matching::any().kind(CallKind::Put).name("/index/customer/");
    scene.portal.faults().fail_always(entry, Moment::Before);
    assert!(!scene.portal.deliver(message.clone()).await.succeeded());
    scene.portal.faults().clear();
    let removed = scene.portal.as_(&scene.kim).delete(&scene.path(&format!("/{id}"))).await;
    removed.expect(204);
    assert!(scene.portal.deliver(message).await.succeeded());
    assert_eq!(scene.remains().await, Vec::<String>::new());
    scene.portal.as_(&scene.kim).get(&scene.path(&format!("/uploads/{id}"))).await.expect(404);
}
