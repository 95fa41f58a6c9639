//! Direct uploads in the orders that chance seldom gives.

use kundportal_store::{CallKind, Matching, Moment};
use serde_json::json;

use super::{Scene, Storage, before_put};

/// One worker is held between its looks, at whichever of them, while another brings the upload to its end.
pub(crate) async fn a_worker_looks_while_another_completes_the_upload(storage: Storage) {
    for held in ["/uploads/", "/meta.json"] {
        let scene = Scene::set(storage).await;
        let member = scene.member("maja@example.com").await;
        let id = scene.portal.upload_straight(&scene.tenant, &member, &scene.customer, "innehåll").await;
        let messages = scene.portal.lose_messages();
        let [message] = messages.as_slice() else { panic!("{} messages", messages.len()) };
        let pause = scene.faults().pause(Matching::any().kind(CallKind::Get).name(held), Moment::Before);
        let (held_one, ()) = tokio::join!(scene.portal.deliver(message.clone()), async {
            pause.reached().await;
            assert_eq!(scene.other.deliver(message.clone()).await.statuses, [200]);
            pause.release();
        });
        assert_eq!(held_one.statuses, [200], "held before {held}");
        scene.settle().await;
        let content = scene.path(&format!("/files/{id}/content"));
        let found = scene.portal.as_(&member).get(&content).await.expect(200);
        assert_eq!(found.body, "innehåll".as_bytes(), "held before {held}");
    }
}

pub(crate) async fn two_uploads_are_announced_where_one_more_may_be_open(storage: Storage) {
    let scene = Scene::set_with(
        storage,
        |settings| settings.limits.open_uploads = 1,
        |settings| settings.limits.open_uploads = 1,
    )
    .await;
    let member = scene.member("maja@example.com").await;
    let (path, body) = (
        scene.path("/files/uploads"),
        json!({"name": "a.txt", "contentType": "text/plain", "size": 1, "customer": scene.customer}),
    );
    let pause = before_put(scene.faults(), "/uploads/");
    let (portal, other) = (scene.portal.as_(&member), scene.other.as_(&member));
    let (held, ()) = tokio::join!(portal.post(&path, body.clone()), async {
        pause.reached().await;
        other.post(&path, body.clone()).await.expect(201);
        pause.release();
    });
    held.expect_problem(409, "too-many-uploads");
    assert_eq!(scene.names("/uploads/fil_").await.len(), 1);
}
