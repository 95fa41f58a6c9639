//! Who processes data for the operator, as anybody reads it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod changes;
mod check;
mod history;
mod notices;
mod public;
mod region_lock;
#[path = "../support/mod.rs"]
mod support;
