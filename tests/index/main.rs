//! `kundportal index rebuild`: damaged indexes become what follows from the records, whatever fails when.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

#[path = "../support/mod.rs"]
mod support;

mod claims;
mod damage;
mod keys;
mod load;
mod office;
mod rebuild;
mod rotation;
mod scene;
