//! The rows against the operation table: whatever writes has its place among them.

use std::collections::BTreeSet;

use kundportal_functions::{FUNCTIONS, Trigger};
use reqwest::Method;
use serde_json::json;

use crate::{
    act::{Act, Request},
    driver::{Undisturbed, only_reads},
    scene::Scene,
    support::{Portal, Snapshot},
};

/// Every operation, timer and queue either has rows, or is asked once here and writes nothing.
pub(crate) async fn check(rows: &[impl AsRef<Undisturbed>], snapshot: &Snapshot, scene: &Scene) {
    let rows: BTreeSet<_> =
        rows.iter().flat_map(|row| row.as_ref().took_part.iter().map(String::as_str)).collect();
    let portal = Portal::start_from(snapshot).await;
    // The first request of a day and process notes that somebody was there.
    for person in [scene.admin(), &scene.kim] {
        portal.as_(person).get(&scene.path("/profile")).await.expect(200);
    }
    let begun = portal.as_(&scene.kim).post(&scene.path("/files/uploads"), scene.announcement(2)).await;
    let upload = begun.expect(201).text_at("/id");
    let mut only_read = BTreeSet::new();
    for act in reads(&portal, scene, &upload) {
        let _ = portal.calls().await;
        let name = act.begins();
        let answer = act.perform(&portal).await.answer;
        assert_eq!(answer, Some(200), "{name}");
        let writes: Vec<_> = portal.calls().await.into_iter().filter(|call| !only_reads(call)).collect();
        assert!(writes.is_empty(), "{name} writes, and needs a row: {writes:?}");
        assert!(!rows.contains(name.as_str()), "{name} has rows, and need not be asked here");
        only_read.insert(name);
    }
    let without: Vec<_> =
        table().into_iter().filter(|name| !rows.contains(name) && !only_read.contains(*name)).collect();
    assert!(without.is_empty(), "without a row: {without:?}");
}

/// The names of all operations and timers, and of all queues.
fn table() -> Vec<&'static str> {
    let names = FUNCTIONS.iter().flat_map(|function| match function.trigger {
        Trigger::Http { operations, .. } => operations.iter().map(|operation| operation.id).collect(),
        Trigger::Timer { .. } => vec![function.name],
        Trigger::Queue { queue, .. } => vec![queue],
    });
    names.collect()
}

/// One request for each operation that has no row.
fn reads(portal: &Portal, scene: &Scene, upload: &str) -> Vec<Act> {
    let get = |path: String| Request::new(Method::GET, path);
    let of_kim = |rest: &str| get(scene.path(rest)).by(portal, &scene.kim);
    let at = |rest: &str| format!("{rest}?customer={}", scene.north.id);
    let file = format!("/files/{}", scene.file.id);
    let invitation = json!({"token": scene.nils.token});
    vec![
        get("/api/config".to_owned()).by_anyone(),
        get("/api/keys".to_owned()).by_anyone(),
        get("/api/openapi.json".to_owned()).by_anyone(),
        get("/api/sub-processors".to_owned()).by_anyone(),
        get("/api/sub-processors/history".to_owned()).by_anyone(),
        get("/api/sub-processors/feed".to_owned()).by_anyone(),
        get(scene.path("/agreement/annex")).by(portal, scene.admin()),
        get(scene.path("/notices")).by(portal, scene.admin()),
        get(scene.path("/sub-processor-objections")).by(portal, scene.admin()),
        Request::post("/api/invites/lookup", &invitation).by_anyone(),
        get("/api/me".to_owned()).by(portal, &scene.kim),
        get("/api/tenants".to_owned()).by_operator(portal),
        get(scene.path("")).by(portal, scene.admin()),
        of_kim("/about"),
        of_kim("/customers"),
        of_kim(&format!("{}&thread=Avtal", at("/comments"))),
        of_kim(&at("/threads")),
        of_kim(&at("/files")),
        of_kim(&file),
        of_kim(&format!("/files/uploads/{upload}")),
        of_kim(&format!("{file}/content")),
        Request::new(Method::POST, scene.path(&format!("{file}/download"))).by(portal, &scene.kim),
        of_kim("/profile/sign-ins"),
        of_kim("/profile/lookups"),
        of_kim("/profile/picture"),
    ]
}
