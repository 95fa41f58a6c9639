//! People and customers change.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use crate::{
    act::Request,
    driver::Row,
    scene::{PNG, Scene},
    support::Snapshot,
};

pub(super) fn rows(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let mut rows = own(snapshot, scene);
    rows.extend(pictures(snapshot, scene));
    rows.extend(by_administrators(snapshot, scene));
    rows.extend(memberships(snapshot, scene));
    rows.extend(customers(snapshot, scene));
    rows
}

fn own(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let profile = scene.path("/profile");
    let (lisa, etag, kim) = (scene.lisa.clone(), scene.lisas_version.clone(), scene.kim.clone());
    let (asking, asked_by, version) = (profile.clone(), lisa.clone(), etag.clone());
    let (change, token) = (format!("{profile}/email-change"), scene.email_change.clone());
    let canceller = kim.clone();
    vec![
        Row::new("somebody corrects their own profile", snapshot, move |portal| {
            let body = json!({"name": "Lisa Nyman", "phone": "070-1740605"});
            Request::patch(&profile, &body).if_match(&etag).by(portal, &lisa)
        })
        .or_again(&[412]),
        Row::new("somebody asks for another address", snapshot, move |portal| {
            let body = json!({"email": "lisa.ny@example.com"});
            Request::patch(&asking, &body).if_match(&version).by(portal, &asked_by)
        })
        .or_again(&[412]),
        Row::new("somebody confirms their new address", snapshot, move |portal| {
            Request::post("/api/email-changes/confirm", &json!({"token": token})).by(portal, &kim)
        }),
        Row::new("somebody takes a change of address back", snapshot, move |portal| {
            Request::new(Method::DELETE, &change).by(portal, &canceller)
        })
        .or_again(&[404]),
    ]
}

fn pictures(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let path = scene.path("/profile/picture");
    let (first, replaced, removed) = (path.clone(), path.clone(), path);
    let (lisa, kim, picture) = (scene.lisa.clone(), scene.kim.clone(), scene.picture.clone());
    let (same, other) = (kim.clone(), picture.clone());
    vec![
        Row::new("somebody puts a first picture", snapshot, move |portal| {
            Request::new(Method::PUT, &first).body("image/png", PNG.to_vec()).by(portal, &lisa)
        }),
        Row::new("somebody puts another picture", snapshot, move |portal| {
            let request = Request::new(Method::PUT, &replaced).body("image/png", PNG.to_vec());
            request.if_match(&picture).by(portal, &kim)
        })
        .or_again(&[412]),
        Row::new("somebody removes their picture", snapshot, move |portal| {
            Request::new(Method::DELETE, &removed).if_match(&other).by(portal, &same)
        })
        .or_again(&[404]),
    ]
}

fn by_administrators(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let change = |name, user: &str, body: serde_json::Value| {
        let (path, scene) = (scene.path(&format!("/users/{user}")), Arc::clone(scene));
        Row::new(name, snapshot, move |portal| Request::patch(&path, &body).by(portal, scene.admin()))
    };
    let correction = json!({"profile": {"name": "Lisa Rättad"}, "reason": "Felstavat"});
    vec![
        change("a member is deactivated", &scene.lisa.id, json!({"status": "deactivated"})),
        change("a member is active again", &scene.per.id, json!({"status": "active"})),
        change("an administrator becomes a member", &scene.bo.id, json!({"role": "member"})),
        change("an administrator is deactivated", &scene.bo.id, json!({"status": "deactivated"})),
        change("a member becomes an administrator", &scene.lisa.id, json!({"role": "administrator"})),
        change("a member's data are corrected", &scene.lisa.id, correction),
    ]
}

fn memberships(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let path = scene.path(&format!("/customers/{}/users/{}", scene.south.id, scene.lisa.id));
    let (put, delete) = (Arc::clone(scene), Arc::clone(scene));
    let ended = path.clone();
    vec![
        Row::new("a membership gives another role", snapshot, move |portal| {
            Request::put(&path, &json!({"role": "customerAdministrator"})).by(portal, put.admin())
        }),
        Row::new("a membership ends", snapshot, move |portal| {
            Request::new(Method::DELETE, &ended).by(portal, delete.admin())
        })
        .or_again(&[404]),
    ]
}

fn customers(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let (create, rename, settings, name) =
        (Arc::clone(scene), Arc::clone(scene), Arc::clone(scene), Arc::clone(scene));
    vec![
        Row::new("a customer comes", snapshot, move |portal| {
            let body = json!({"name": "Öster AB"});
            Request::post(create.path("/customers"), &body).keyed().by(portal, create.admin())
        }),
        Row::new("a customer gets another name", snapshot, move |portal| {
            let path = rename.path(&format!("/customers/{}", rename.north.id));
            let request = Request::patch(path, &json!({"name": "Norra AB"}));
            request.if_match(&rename.north.etag).by(portal, rename.admin())
        })
        .or_again(&[412]),
        Row::new("a tenant chooses other periods", snapshot, move |portal| {
            let body = json!({"retention": {"files": "P6M", "comments": "P7M"}});
            Request::patch(settings.path(""), &body).by(portal, settings.admin())
        }),
        Row::new("a tenant gets another name", snapshot, move |portal| {
            Request::patch(name.path(""), &json!({"name": "Acme Nya AB"})).by(portal, name.admin())
        }),
    ]
}
