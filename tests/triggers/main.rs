//! What the host was seen to send, and what an outsider may try: each gets the right answer and has the right effect.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod envelopes;
mod raw;
mod redelivery;
mod requests;
#[path = "../support/mod.rs"]
mod support;

use kundportal_functions::{FUNCTIONS, Function, Trigger};
use serde_json::Value;

/// The vectors, in a form of our own.
fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors.json")).expect("the vectors")
}

/// The members of a list of the vectors.
fn listed(name: &str) -> Vec<Value> {
    vectors()[name].as_array().expect("a list").clone()
}

fn timers() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().filter(|function| matches!(function.trigger, Trigger::Timer { .. }))
}

fn triggered() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().filter(|function| !matches!(function.trigger, Trigger::Http { .. }))
}
