//! Direct uploads.

use std::sync::Arc;

use reqwest::Method;

use crate::{
    act::{Act, Request},
    driver::Row,
    scene::Scene,
    support::{Portal, Snapshot},
};

pub(super) async fn rows(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let announced = Arc::clone(scene);
    let announce = Row::new("an upload is announced", snapshot, move |portal| {
        let request = Request::post(announced.path("/files/uploads"), &announced.announcement(4));
        request.keyed().by(portal, &announced.kim)
    });
    let (sent, id) = sent(snapshot, scene, 4).await;
    let (wrong, wrong_id) = self::sent(snapshot, scene, 5).await;
    vec![
        announce,
        completed("an upload is complete, and becomes a file", &sent, scene, &id),
        completed("an upload is complete, and is not what was announced", &wrong, scene, &wrong_id),
        Row::new("an upload that was abandoned goes", &sent, |portal| {
            portal.advance_hours(25);
            Act::Timer("retention")
        }),
    ]
}

/// An upload of Kim's that was sent, four bytes long.
async fn sent(snapshot: &Arc<Snapshot>, scene: &Scene, announced: u64) -> (Arc<Snapshot>, String) {
    let portal = Portal::start_from(snapshot).await;
    let caller = portal.as_(&scene.kim);
    let begun = caller.post(&scene.path("/files/uploads"), scene.announcement(announced)).await.expect(201);
    let id = begun.text_at("/id");
    portal.send_straight(&scene.tenant, &id, "Film").await;
    (Arc::new(portal.snapshot().await), id)
}

fn completed(name: &'static str, snapshot: &Arc<Snapshot>, scene: &Arc<Scene>, id: &str) -> Row {
    let (path, scene) = (scene.path(&format!("/files/uploads/{id}/complete")), Arc::clone(scene));
    Row::new(name, snapshot, move |portal| Request::new(Method::POST, &path).by(portal, &scene.kim))
        .answers(&[202])
}
