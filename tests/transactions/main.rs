//! What things cost in transactions with storage: exactly, so that a change shows, and the same whatever else is stored.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod categories;
mod office;
mod requests;
mod retention;
#[path = "../support/mod.rs"]
mod support;
