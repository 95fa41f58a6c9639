//! Uploads that become no file.

use std::time::Duration;

use kundportal_functions::Settings;
use kundportal_store::{BlobPath, CallKind, Container, Matching, Moment};
use serde_json::{Value, json};

use super::{
    Scene,
    support::{self, Storage},
};

#[tokio::test]
async fn what_is_not_as_long_as_announced_is_refused() {
    for announced in [0, 1, 3] {
        let scene = Scene::new().await;
        let id = scene.sent(announced, "ab").await;
        scene.portal.pump_all().await;
        scene.assert_refused(&id, "wrongSize").await;
    }
}

#[tokio::test]
async fn what_is_sent_again_after_it_was_complete_is_refused() {
    let scene = Scene::new().await;
    let id = scene.sent(2, "ab").await;
    scene.portal.send_straight(&scene.tenant, &id, "cd").await;
    scene.portal.pump_all().await;
    scene.assert_refused(&id, "changed").await;

    let scene = Scene::new().await;
    let id = scene.sent(2, "ab").await;
    let staged = BlobPath::new(Container::new("staging"), format!("t1/{id}"));
    scene.portal.blobs().delete(&staged, None).await.expect("deleted");
    scene.portal.pump_all().await;
    scene.assert_refused(&id, "gone").await;
}

#[tokio::test]
async fn who_may_not_put_files_there_any_more_has_their_upload_refused() {
    for (held, moment) in [
        (None, Moment::Before),
        (Some("/content"), Moment::Before),
        (Some("/meta.json"), Moment::Before),
        (Some("/meta.json"), Moment::After),
    ] {
        let scene = Scene::new().await;
        let id = scene.sent(2, "ab").await;
        let admin = scene.portal.as_(&scene.tenant.administrator);
        let user = scene.tenant.path(&format!("/users/{}", scene.kim.id));
        let deactivate = || admin.patch(&user, json!({"status": "deactivated"}));
        if let Some(held) = held {
            let pause = scene.portal.faults().pause(Matching::any().kind(CallKind::Put).name(held), moment);
            let deactivation = async {
                pause.reached().await;
                deactivate().await.expect(200);
                pause.release();
            };
            tokio::join!(scene.portal.pump_all(), deactivation);
        } else {
            deactivate().await.expect(200);
        }
        scene.portal.pump_all().await;
        assert_eq!(scene.files().await, Vec::<Value>::new(), "held at {held:?}, {moment:?}");
        let record = format!("tenant-t1/subjects/{}/uploads/{id}.json", scene.kim.id);
        assert_eq!(scene.remains().await, [record], "held at {held:?}, {moment:?}");
        admin.patch(&user, json!({"status": "active"})).await.expect(200);
        scene.portal.pump_all().await;
        scene.assert_refused(&id, "accessEnded").await;
        scene.portal.assert_consistent("t1").await;
    }
}

#[tokio::test]
async fn a_membership_that_ended_leaves_no_upload_of_that_customer() {
    let scene = Scene::new().await;
    let other = scene.portal.customer(&scene.tenant, "Annan AB").await;
    scene.portal.invite(&scene.tenant, &scene.kim, "member", Some(&other)).await.expect(201);
    scene.portal.pump_all().await;
    scene.portal.accept(&scene.kim).await;
    let (sent, open) = (scene.sent(2, "ab").await, scene.begin(2).await.expect(201).text_at("/id"));
    scene.portal.send_straight(&scene.tenant, &open, "ab").await;
    let membership = scene.tenant.path(&format!("/customers/{}/users/{}", scene.customer, scene.kim.id));
    scene.portal.as_(&scene.tenant.administrator).delete(&membership).await.expect(204);
    scene.complete(&open).await.expect_problem(404, "not-found");
    scene.portal.pump_all().await;
    let path = scene.path(&format!("/uploads/{sent}"));
    let refused = scene.portal.as_(&scene.kim).get(&path).await.expect(200);
    assert_eq!(refused.text_at("/refusal/reason"), "accessEnded");
    assert_eq!(scene.files().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_check_that_takes_too_long_is_given_up() {
    let slow = |settings: &mut Settings| settings.direct_uploads.checking = Duration::from_secs(1);
    let scene = Scene::with(Storage::Memory, slow).await;
    let id = scene.sent(2, "ab").await;
    let stuck = Matching::any().kind(CallKind::Put).name("/content");
    let stuck = scene.portal.faults().pause(stuck, Moment::Before);
    scene.portal.pump_all().await;
    scene.assert_refused(&id, "tookTooLong").await;
    drop(stuck);
}

#[tokio::test]
async fn what_was_abandoned_goes_a_day_after_its_last_use() {
    let scene = Scene::new().await;
    let open = scene.begin(2).await.expect(201).text_at("/id");
    scene.portal.send_straight(&scene.tenant, &open, "ab").await;
    let done = scene.sent(2, "ab").await;
    scene.portal.pump_all().await;
    // Whoever has the URL may send more until it expires.
    scene.portal.send_straight(&scene.tenant, &done, "cd").await;
    scene.portal.advance_hours(2);
    let wrong = scene.sent(3, "ab").await;
    scene.portal.pump_all().await;

    scene.portal.advance_hours(21);
    scene.portal.timer("retention").await;
    assert_eq!(scene.state(&open).await, "open");
    scene.portal.advance_hours(1);
    scene.portal.timer("retention").await;
    let path = |id: &str| scene.path(&format!("/uploads/{id}"));
    scene.portal.as_(&scene.kim).get(&path(&open)).await.expect(404);
    scene.complete(&open).await.expect_problem(404, "not-found");
    assert_eq!(scene.state(&wrong).await, "refused");
    scene.portal.advance_hours(2);
    scene.portal.timer("retention").await;
    scene.portal.as_(&scene.kim).get(&path(&wrong)).await.expect(404);
    let left: Vec<_> = scene.portal.names().await;
    assert!(!left.iter().any(|name| name.starts_with("staging/") || name.contains("/upload")), "{left:?}");
    assert_eq!(scene.state(&done).await, "complete");
    assert_eq!(scene.files().await.len(), 1);
    scene.portal.assert_consistent("t1").await;
}

#[tokio::test]
async fn an_access_package_lists_what_has_become_no_file() {
    let scene = Scene::new().await;
    let id = scene.begin(2).await.expect(201).text_at("/id");
    let entries = support::package::entries_for(&scene.portal, &scene.tenant, &scene.kim).await;
    let uploads: Value = serde_json::from_slice(&entries["data/uploads.json"]).expect("JSON");
    assert_eq!((&uploads[0]["id"], &uploads[0]["name"]), (&json!(id), &json!("avtal å.txt")));
}
