//! The portal on Azurite: the same calls to the same names as in memory.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod calls;
#[path = "../support/mod.rs"]
mod support;
