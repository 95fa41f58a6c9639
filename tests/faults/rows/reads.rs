//! Reads that note who was looked up, and when somebody signed in.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use crate::{
    act::{Act, Request},
    driver::Row,
    scene::Scene,
    support::{Portal, Snapshot},
};

pub(super) async fn rows(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let read = |name, path: String| {
        let scene = Arc::clone(scene);
        Row::new(name, snapshot, move |portal| Request::new(Method::GET, &path).by(portal, scene.admin()))
    };
    let request = format!("/requests/{}", scene.request.id);
    let (search, signing_in) = (Arc::clone(scene), Arc::clone(scene));
    let mut rows = vec![
        read("people are listed", scene.path("/users")),
        read("a person is looked up", scene.path(&format!("/users/{}", scene.kim.id))),
        read("the picture of a person is looked at", scene.path(&format!("/users/{}/picture", scene.kim.id))),
        read("invitations are listed", scene.path("/invites?status=accepted")),
        read("requests are listed", scene.path("/requests")),
        read("a request is looked at", scene.path(&request)),
        read("the plan of a request is looked at", scene.path(&format!("{request}/plan"))),
        read("a package is fetched", scene.path(&format!("{request}/package"))),
        // It tries whether storage takes anything.
        Row::new("somebody asks after the health", snapshot, |_| {
            Request::new(Method::GET, "/api/health").by_anyone()
        }),
        Row::new("a person is found by their address", snapshot, move |portal| {
            let body = json!({"email": "kim@example.com"});
            Request::post(search.path("/users/search"), &body).by(portal, search.admin())
        }),
        Row::new("somebody signs in on another day", snapshot, move |portal| {
            portal.advance_hours(24);
            Request::new(Method::GET, signing_in.path("/profile")).by(portal, &signing_in.kim)
        })
        .by_the_way(),
    ];
    let portal = Portal::start_from(snapshot).await;
    portal.as_(scene.admin()).get(&scene.path("/users")).await.expect(200);
    let listed = Arc::new(portal.snapshot().await);
    rows.push(Row::new("list reads are noted", &listed, |_| Act::Timer("activity")));
    rows
}
