//! What tenants are told of the register of sub-processors.

use std::sync::Arc;

use crate::{
    act::Act,
    driver::Row,
    support::{Portal, Snapshot},
};

/// On the day of the last revision, when nothing else is due any more.
pub(super) async fn rows(snapshot: &Arc<Snapshot>) -> Vec<Row> {
    let portal = Portal::start_from(snapshot).await;
    portal.clock().set("2026-11-16T09:00:00Z".parse().expect("a time"));
    portal.timer("retention").await;
    let later = Arc::new(portal.snapshot().await);
    vec![Row::new("tenants are told of a new sub-processor", &later, |_| Act::Timer("announcements"))]
}
