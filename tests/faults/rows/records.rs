//! Files, comments, requests for access.

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
    let mut rows = files(snapshot, scene);
    rows.extend(comments(snapshot, scene));
    rows.extend(requests(snapshot, scene).await);
    rows
}

fn files(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let upload = |scene: &Scene, content: &[u8]| {
        Request::new(Method::POST, scene.path(&format!("/files?customer={}", scene.north.id)))
            .header("content-disposition", "attachment; filename=rapport.txt")
            .body("text/plain", content.to_vec())
    };
    let (keyed, large, removed) = (Arc::clone(scene), Arc::clone(scene), Arc::clone(scene));
    vec![
        Row::new("a file is put there", snapshot, move |portal| {
            upload(&keyed, b"Rapport").keyed().by(portal, &keyed.kim)
        }),
        Row::new("a large file is put there", snapshot, move |portal| {
            // So much that it does not lie in the database itself.
            upload(&large, &[b'x'; 200_000]).keyed().by(portal, &large.kim)
        }),
        Row::new("a file is removed", snapshot, move |portal| {
            let path = removed.path(&format!("/files/{}", removed.file.id));
            Request::new(Method::DELETE, path).by(portal, &removed.kim)
        })
        .or_again(&[404]),
    ]
}

fn comments(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let write = |name, thread: &'static str| {
        let scene = Arc::clone(scene);
        Row::new(name, snapshot, move |portal| {
            let body = json!({"customer": scene.north.id, "thread": thread, "text": "Svar"});
            Request::post(scene.path("/comments"), &body).keyed().by(portal, &scene.kim)
        })
    };
    let remove = |name, id: &str| {
        let (scene, path) = (Arc::clone(scene), scene.path(&format!("/comments/{id}")));
        let row = Row::new(name, snapshot, move |portal| {
            Request::new(Method::DELETE, &path).by(portal, &scene.kim)
        });
        row.or_again(&[404])
    };
    let edited = Arc::clone(scene);
    vec![
        write("a comment begins a thread", "Nytt"),
        write("a comment is written in a thread", "Avtal"),
        Row::new("a comment is edited", snapshot, move |portal| {
            let path = edited.path(&format!("/comments/{}", edited.comment.id));
            let request = Request::patch(path, &json!({"text": "Hej igen"}));
            request.if_match(&edited.comment.etag).by(portal, &edited.kim)
        })
        .or_again(&[412]),
        remove("a comment is removed", &scene.comment.id),
        remove("the last comment of a thread is removed", &scene.lone_comment.id),
    ]
}

async fn requests(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let ask = |scene: &Scene| Request::post(scene.path("/requests"), &json!({"kind": "access"}));
    let (own, other) = (Arc::clone(scene), Arc::clone(scene));
    let mut rows = vec![
        Row::new("somebody asks for their data, and gets the package", snapshot, move |portal| {
            ask(&own).keyed().by(portal, &own.lisa)
        }),
        Row::new("an administrator registers a request", snapshot, move |portal| {
            let body = json!({"kind": "access", "subject": other.lisa.id, "channel": "letter"});
            Request::post(other.path("/requests"), &body).keyed().by(portal, other.admin())
        }),
    ];
    // While the package has not been begun.
    let portal = Portal::start_from(snapshot).await;
    let asked =
        portal.as_(&scene.lisa).post(&scene.path("/requests"), json!({"kind": "access"})).await.expect(201);
    let path = scene.path(&format!("/requests/{}/withdrawal", asked.text_at("/id")));
    drop(portal.lose_messages());
    let asked_for = Arc::new(portal.snapshot().await);
    let lisa = scene.lisa.clone();
    rows.push(Row::new("a request is withdrawn", &asked_for, move |portal| {
        Request::new(Method::POST, &path).by(portal, &lisa)
    }));
    rows.push(Row::new("work that waits is announced", &asked_for, |portal| {
        portal.advance_hours(1);
        Act::Timer("waiting_work")
    }));
    rows
}
