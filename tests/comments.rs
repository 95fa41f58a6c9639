//! Comments and threads: a thread is there while a comment stands in it.

#![allow(clippy::expect_used, reason = "a test ends where a promise is broken")]

mod support;

use serde_json::{Value, json};
use support::{Answer, Caller, Portal, Tenant, User};

struct Scene {
    portal: Portal,
    tenant: Tenant,
    customer: String,
    kim: User,
}

impl Scene {
    async fn new() -> Self {
        let portal = Portal::start().await;
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let kim = portal.member(&tenant, &customer, "kim@example.com").await;
        Self { portal, tenant, customer, kim }
    }

    async fn write(&self, by: &Caller<'_>, thread: &str, text: &str) -> Answer {
        let body = json!({"customer": self.customer, "thread": thread, "text": text});
        by.post(&self.tenant.path("/comments"), body).await
    }

    async fn kims(&self, thread: &str, text: &str) -> String {
        self.write(&self.portal.as_(&self.kim), thread, text).await.expect(201).text_at("/id")
    }

    fn comment(&self, id: &str) -> String {
        self.tenant.path(&format!("/comments/{id}"))
    }

    /// `thread` as it stands in a query.
    fn comments(&self, thread: &str) -> String {
        self.tenant.path(&format!("/comments?customer={}&thread={thread}", self.customer))
    }

    async fn threads(&self) -> Vec<Value> {
        let path = self.tenant.path(&format!("/threads?customer={}", self.customer));
        self.portal.as_(&self.kim).get(&path).await.expect(200).items()
    }

    async fn remains(&self) -> Vec<String> {
        let mine = |name: &String| {
            ["/comments/", "/threads/", "index/thread/", "refs/comment/", "/comment-", "/comment/"]
                .iter()
                .any(|part| name.contains(part))
        };
        self.portal.names().await.into_iter().filter(mine).collect()
    }
}

#[tokio::test]
async fn a_comment_begins_a_thread_and_is_read_newest_first() {
    let scene = Scene::new().await;
    let kim = scene.portal.as_(&scene.kim);
    let first = scene.write(&kim, "Års möte", "Hej å\nhå").await.expect(201);
    let expected = json!({
        "id": first.text_at("/id"), "customer": scene.customer, "thread": "Års möte", "text": "Hej å\nhå",
        "author": {"id": scene.kim.id, "name": scene.kim.name},
        "createdAt": "2026-03-02T08:00:00Z", "editedAt": null,
    });
    assert_eq!(first.json(), expected);
    scene.portal.advance_hours(1);
    let second = scene.kims("Års möte", "Igen").await;
    scene.kims("Annat", "x").await;
    let kim = scene.portal.as_(&scene.kim);
    let listed = kim.get(&scene.comments("%C3%85rs+m%C3%B6te")).await.expect(200).items();
    assert_eq!((&listed[0]["id"], &listed[1]), (&json!(second), &expected));
    let mut threads = scene.threads().await;
    threads.sort_by_key(|thread| thread["thread"].to_string());
    assert_eq!(
        threads,
        [
            json!({"customer": scene.customer, "thread": "Annat", "createdAt": "2026-03-02T09:00:00Z"}),
            json!({"customer": scene.customer, "thread": "Års möte", "createdAt": "2026-03-02T08:00:00Z"}),
        ]
    );
    let stored = scene.portal.names().await.concat();
    assert!(!stored.contains("Annat") && !stored.contains("möte"));
}

#[tokio::test]
async fn a_thread_goes_with_its_last_comment() {
    let scene = Scene::new().await;
    let (one, two) = (scene.kims("A", "1").await, scene.kims("A", "2").await);
    let kim = scene.portal.as_(&scene.kim);
    kim.delete(&scene.comment(&two)).await.expect(204);
    assert_eq!(scene.threads().await.len(), 1);
    scene.portal.as_(&scene.tenant.administrator).delete(&scene.comment(&one)).await.expect(204);
    assert!(scene.threads().await.is_empty());
    assert!(kim.get(&scene.comments("A")).await.expect(200).items().is_empty());
    kim.delete(&scene.comment(&one)).await.expect(404);
    assert_eq!(scene.remains().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_comment_written_while_the_last_one_goes_keeps_its_thread() {
    let scene = Scene::new().await;
    for round in 0..20 {
        let last = scene.kims("A", "last").await;
        let kim = scene.portal.as_(&scene.kim);
        let path = scene.comment(&last);
        let (written, removed) = tokio::join!(scene.write(&kim, "A", "new"), kim.delete(&path));
        let id = written.expect(201).text_at("/id");
        removed.expect(204);
        assert_eq!(scene.threads().await.len(), 1, "round {round}");
        kim.delete(&scene.comment(&id)).await.expect(204);
        assert!(scene.threads().await.is_empty(), "round {round}");
    }
}

#[tokio::test]
async fn two_who_begin_the_same_thread_at_once_make_one() {
    let scene = Scene::new().await;
    let kim = scene.portal.as_(&scene.kim);
    let admin = scene.portal.as_(&scene.tenant.administrator);
    let (one, two) = tokio::join!(scene.write(&kim, "A", "1"), scene.write(&admin, "A", "2"));
    one.expect(201);
    two.expect(201);
    assert_eq!(scene.threads().await.len(), 1);
    assert_eq!(kim.get(&scene.comments("A")).await.expect(200).items().len(), 2);
}

#[tokio::test]
async fn only_the_author_edits_and_two_edits_of_one_version_do_not_both_win() {
    let scene = Scene::new().await;
    let written = scene.write(&scene.portal.as_(&scene.kim), "A", "1").await.expect(201);
    let path = scene.comment(&written.text_at("/id"));
    let admin = scene.portal.as_(&scene.tenant.administrator);
    admin.patch(&path, json!({"text": "x"})).await.expect_problem(403, "forbidden");
    let kim = scene.portal.as_(&scene.kim).if_match(&written.etag());
    let (one, two) =
        tokio::join!(kim.patch(&path, json!({"text": "2"})), kim.patch(&path, json!({"text": "3"})));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let kim = scene.portal.as_(&scene.kim);
    let edited = kim.patch(&path, json!({"text": "4"})).await.expect(200);
    assert_eq!(edited.at("/editedAt"), "2026-03-02T08:00:00Z");
    assert_eq!(kim.patch(&path, json!({})).await.expect(200).etag(), edited.etag());
    for bad in [json!({"text": null}), json!({"text": ""}), json!({"thread": "B"})] {
        kim.patch(&path, bad).await.expect_problem(422, "invalid-input");
    }
}

#[tokio::test]
async fn what_is_another_customer_s_does_not_exist() {
    let scene = Scene::new().await;
    let id = scene.kims("A", "1").await;
    let other = scene.portal.customer(&scene.tenant, "Annan AB").await;
    let sam = scene.portal.member(&scene.tenant, &other, "sam@example.com").await;
    let sam = scene.portal.as_(&sam);
    scene.write(&sam, "A", "x").await.expect(404);
    sam.get(&scene.comments("A")).await.expect(404);
    sam.get(&scene.tenant.path(&format!("/threads?customer={}", scene.customer))).await.expect(404);
    sam.patch(&scene.comment(&id), json!({"text": "x"})).await.expect(404);
    sam.delete(&scene.comment(&id)).await.expect(404);
    let kim = scene.portal.as_(&scene.kim);
    kim.get(&scene.tenant.path("/comments")).await.expect_problem(422, "invalid-input");
    let no_thread = scene.tenant.path(&format!("/comments?customer={}", scene.customer));
    kim.get(&no_thread).await.expect_problem(422, "invalid-input");
}

#[tokio::test]
async fn the_data_protection_officer_reads_and_colleagues_remove_nothing() {
    let scene = Scene::new().await;
    let id = scene.kims("A", "1").await;
    let dora = scene.portal.join(&scene.tenant, "dora@example.com", "dataProtectionOfficer", None).await;
    let dora = scene.portal.as_(&dora);
    assert_eq!(dora.get(&scene.comments("A")).await.expect(200).items().len(), 1);
    scene.write(&dora, "A", "x").await.expect_problem(403, "forbidden");
    dora.delete(&scene.comment(&id)).await.expect_problem(403, "forbidden");
    let sam = scene.portal.member(&scene.tenant, &scene.customer, "sam@example.com").await;
    scene.portal.as_(&sam).delete(&scene.comment(&id)).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn the_same_key_gives_the_same_comment() {
    let scene = Scene::new().await;
    let kim = scene.portal.as_(&scene.kim).key("k1");
    let first = scene.write(&kim, "A", "1").await.expect(201);
    assert_eq!(scene.write(&kim, "A", "1").await.expect(201).json(), first.json());
    scene.write(&kim, "A", "2").await.expect_problem(422, "idempotency-mismatch");
    assert_eq!(kim.get(&scene.comments("A")).await.expect(200).items().len(), 1);
}
