//! The portal on Azurite: the same calls to the same names as in memory, memory that large files do not fill, two handler
//! processes that keep what one keeps, and URLs that Azure's own client library takes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where a promise is broken"
)]

mod caller;
mod calls;
#[path = "../kills/chance.rs"]
#[allow(dead_code, reason = "what kills processes uses the rest")]
mod chance;
#[path = "../kills/door.rs"]
mod door;
mod large;
#[path = "../kills/office.rs"]
mod office;
mod pair;
#[path = "../local_run/process.rs"]
#[allow(dead_code, reason = "the local run's own tests use the rest")]
mod process;
mod signed_urls;
#[path = "../support/mod.rs"]
mod support;
#[path = "../kills/writers/mod.rs"]
mod writers;
