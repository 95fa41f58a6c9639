//! The portal on Azurite: the same calls to the same names as in memory, memory that large files do not fill, and URLs that
//! Azure's own client library takes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where a promise is broken"
)]

mod caller;
mod calls;
mod large;
#[path = "../local_run/process.rs"]
#[allow(dead_code, reason = "the local run's own tests use the rest")]
mod process;
mod signed_urls;
#[path = "../support/mod.rs"]
mod support;
