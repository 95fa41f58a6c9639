//! Adapters that keep everything in memory, for tests: they show what they hold.

mod blobs;
mod mail;
mod queue;

pub use blobs::MemoryStore;
pub use mail::MemoryMailer;
pub use queue::{Enqueued, MemoryQueue};
