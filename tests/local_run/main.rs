//! The local run as a person meets it: starting, ending, and what goes wrong on the way.

#![cfg(all(unix, feature = "dev"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod demo;
mod endings;
mod hostile;
mod process;
mod refusals;
mod routes;
mod uploads;
