//! The portal on Azurite: the same calls to the same names as in memory, and memory that large files do not fill.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where a promise is broken"
)]

mod calls;
mod large;
#[path = "../local_run/process.rs"]
#[allow(dead_code, reason = "the local run's own tests use the rest")]
mod process;
#[path = "../support/mod.rs"]
mod support;
