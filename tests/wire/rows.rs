//! The operations that are cut: those that write more than one thing.

use reqwest::Method;
use serde_json::json;

use crate::{
    act::{Act, Request},
    stand::Scene,
    support::Portal,
};

/// More than storage takes in one request.
const LARGE: usize = 5 * 1024 * 1024;

/// One operation.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) make: fn(&Portal, &Scene) -> Act,
    /// The answer when all goes well.
    pub(crate) done: u16,
    /// What may be answered to somebody who sends it again after it has been done.
    pub(crate) moot: Option<u16>,
}

pub(crate) const ROWS: [Row; 8] = [
    Row { name: "somebody is invited", make: invite, done: 201, moot: None },
    Row { name: "an invitation is accepted", make: accept, done: 200, moot: None },
    Row { name: "a profile is changed", make: change, done: 200, moot: None },
    Row { name: "a file is sent", make: send, done: 201, moot: None },
    Row { name: "a file is sent in blocks", make: send_large, done: 201, moot: None },
    Row { name: "a comment is written", make: comment, done: 201, moot: None },
    Row { name: "a file is deleted", make: delete, done: 204, moot: Some(404) },
    Row { name: "a package is asked for and written", make: ask, done: 201, moot: None },
];

fn invite(portal: &Portal, scene: &Scene) -> Act {
    let body = json!({"email": "nora@example.com", "name": "Nora Ny", "role": "member",
        "customer": scene.customer, "message": "Välkommen"});
    Request::post(scene.tenant.path("/invites"), &body).keyed().by(portal, &scene.tenant.administrator)
}

fn accept(portal: &Portal, scene: &Scene) -> Act {
    Request::post("/api/invites/accept", &json!({"token": scene.token})).by(portal, &scene.nils)
}

fn change(portal: &Portal, scene: &Scene) -> Act {
    let body = json!({"phone": "070-174 06 20"});
    Request::patch(scene.tenant.path("/profile"), &body).by(portal, &scene.kim)
}

fn file(portal: &Portal, scene: &Scene, content: Vec<u8>) -> Act {
    let path = scene.tenant.path(&format!("/files?customer={}", scene.customer));
    Request::new(Method::POST, path)
        .header("content-disposition", "attachment; filename=plan.txt")
        .body("text/plain", content)
        .keyed()
        .by(portal, &scene.kim)
}

fn send(portal: &Portal, scene: &Scene) -> Act {
    file(portal, scene, b"Plan".to_vec())
}

fn send_large(portal: &Portal, scene: &Scene) -> Act {
    file(portal, scene, b"Plan\n".repeat(LARGE / 5))
}

fn comment(portal: &Portal, scene: &Scene) -> Act {
    let body = json!({"customer": scene.customer, "thread": "Avtal", "text": "Vi ses."});
    Request::post(scene.tenant.path("/comments"), &body).keyed().by(portal, &scene.kim)
}

fn delete(portal: &Portal, scene: &Scene) -> Act {
    Request::new(Method::DELETE, scene.tenant.path(&format!("/files/{}", scene.file))).by(portal, &scene.kim)
}

fn ask(portal: &Portal, scene: &Scene) -> Act {
    Request::post(scene.tenant.path("/requests"), &json!({"kind": "access"})).keyed().by(portal, &scene.kim)
}
