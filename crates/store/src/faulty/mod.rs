//! Storage and mail that fail, or wait, where a test wants it.

mod decorator;
mod plan;

pub use decorator::Faulty;
pub use plan::{Call, CallKind, Faults, Matching, Moment, Pause};
