//! The served program when its ports fail, and when it is ended in the midst of a call.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

#[path = "../support/mod.rs"]
mod support;

mod act;
mod content;
mod coverage;
mod driver;
mod order;
mod remains;
mod rows;
mod scene;
mod table;
mod test_build;
mod text;
mod two_processes;
