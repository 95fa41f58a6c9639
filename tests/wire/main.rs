//! Faults on the wire between the portal and Azurite: answers that are lost after their effect, connections that are refused,
//! reset or silent, bodies that break off, storage that is busy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where a promise is broken"
)]

#[path = "../faults/act.rs"]
#[allow(dead_code, reason = "the fault table uses the rest")]
mod act;
mod bodies;
#[path = "../on_azurite/caller.rs"]
#[allow(dead_code, reason = "others use the rest")]
mod caller;
#[path = "../faults/content.rs"]
mod content;
mod deed;
#[path = "../faults/order.rs"]
mod order;
mod outage;
#[path = "../local_run/process.rs"]
#[allow(dead_code, reason = "the local run's own tests use the rest")]
mod process;
mod proxy;
#[path = "../faults/remains.rs"]
mod remains;
mod rows;
mod stand;
#[path = "../support/mod.rs"]
mod support;
mod sweep;
#[path = "../faults/text.rs"]
mod text;
