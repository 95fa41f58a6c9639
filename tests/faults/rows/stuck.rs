//! Messages that failed five times: the poison queues.

use std::sync::Arc;

use serde_json::json;

use crate::{
    act::Act,
    driver::Row,
    scene::Scene,
    support::{Portal, Snapshot, timer_envelope},
};

pub(super) async fn rows(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let invited = async |portal: &Portal| {
        let body = json!({"email": "nora@example.com", "name": "Nora Ny", "role": "administrator"});
        portal.as_(scene.admin()).post(&scene.path("/invites"), body).await.expect(201);
    };
    let asked = async |portal: &Portal| {
        let body = json!({"kind": "access"});
        portal.as_(&scene.lisa).post(&scene.path("/requests"), body).await.expect(201);
    };
    let due = async |portal: &Portal| {
        portal.advance_hours(25);
        let (status, _) = portal.trigger("retention", &timer_envelope("retention"), None).await;
        assert_eq!(status, 200);
    };
    vec![
        row("a mail cannot be sent", "work-poison", snapshot, invited).await,
        row("a package cannot be written", "exports-poison", snapshot, asked).await,
        row("a day of retention cannot be brought to its end", "retention-poison", snapshot, due).await,
    ]
}

/// A row of the message that waits after `begin`, once it has been given up.
async fn row(
    name: &'static str,
    queue: &'static str,
    snapshot: &Arc<Snapshot>,
    begin: impl AsyncFnOnce(&Portal),
) -> Row {
    let portal = Portal::start_from(snapshot).await;
    begin(&portal).await;
    let waiting = portal.lose_messages();
    let text = waiting.first().expect("a message").message.clone();
    let given_up = Arc::new(portal.snapshot().await);
    Row::new(name, &given_up, move |_| Act::Message(queue, text.clone()))
}
