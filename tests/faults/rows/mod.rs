//! The operations: one row for each way through one that writes differently.

mod joining;
mod notices;
mod people;
mod reads;
mod records;
mod retention;
mod stuck;
mod uploads;

use std::sync::Arc;

use crate::{driver::Row, scene::Scene, support::Snapshot};

/// The scene, and all rows.
pub(crate) async fn rows() -> (Arc<Snapshot>, Arc<Scene>, Vec<Row>) {
    let (snapshot, scene) = Scene::set().await;
    let mut rows = joining::rows(&snapshot, &scene);
    rows.extend(people::rows(&snapshot, &scene));
    rows.extend(records::rows(&snapshot, &scene).await);
    rows.extend(reads::rows(&snapshot, &scene).await);
    rows.extend(retention::rows(&snapshot, &scene).await);
    rows.extend(uploads::rows(&snapshot, &scene).await);
    rows.extend(notices::rows(&snapshot, &scene).await);
    rows.extend(stuck::rows(&snapshot, &scene).await);
    (snapshot, scene, rows)
}
