//! What tenants are told of the register of sub-processors, and what they say to it.

use std::sync::Arc;

use serde_json::json;

use crate::{
    act::{Act, Request},
    driver::Row,
    scene::Scene,
    support::{Portal, Snapshot},
};

const OBJECTIONS: &str = "/sub-processor-objections";

/// On the day of the last revision, when nothing else is due any more.
pub(super) async fn rows(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let portal = Portal::start_from(snapshot).await;
    portal.clock().set("2026-11-16T09:00:00Z".parse().expect("a time"));
    portal.timer("retention").await;
    let later = Arc::new(portal.snapshot().await);
    let portal = Portal::start_from(&later).await;
    portal.timer("announcements").await;
    // The first request of a day notes that somebody was there.
    portal.as_(scene.admin()).get(&scene.path("/profile")).await.expect(200);
    let told = Arc::new(portal.snapshot().await);
    let portal = Portal::start_from(&told).await;
    let body = json!({"subProcessor": "azure-communication-services", "reason": "Vi vill inte."});
    let made = portal.as_(scene.admin()).post(&scene.path(OBJECTIONS), body.clone()).await.expect(201);
    let answer = scene.path(&format!("{OBJECTIONS}/{}/answer", made.text_at("/id")));
    let objected = Arc::new(portal.snapshot().await);
    let objecting = Arc::clone(scene);
    vec![
        Row::new("tenants are told of a new sub-processor", &later, |_| Act::Timer("announcements")),
        Row::new("a tenant objects to a sub-processor", &told, move |portal| {
            Request::post(objecting.path(OBJECTIONS), &body).keyed().by(portal, objecting.admin())
        }),
        Row::new("an objection is answered", &objected, move |portal| {
            Request::post(answer.clone(), &json!({"answer": "Vi gör utan det.", "outcome": "accepted"}))
                .by_operator(portal)
        }),
    ]
}
