//! A queue that a test empties.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use crate::{MESSAGE_LIMIT, Queue, StoreError};

/// A message that was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enqueued {
    /// The queue's name.
    pub queue: String,
    /// The JSON text.
    pub message: String,
    /// For how long it was to stay invisible.
    pub delay: Duration,
}

/// Messages in the order of their sending.
#[derive(Debug, Default)]
pub struct MemoryQueue(Mutex<Vec<Enqueued>>);

impl MemoryQueue {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes out every message of every queue.
    #[must_use]
    pub fn drain(&self) -> Vec<Enqueued> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn enqueue(&self, queue: &str, message: &str, delay: Duration) -> Result<(), StoreError> {
        if message.len() > MESSAGE_LIMIT {
            return Err(StoreError::TooLarge { limit: MESSAGE_LIMIT as u64 });
        }
        let enqueued = Enqueued { queue: queue.to_owned(), message: message.to_owned(), delay };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(enqueued);
        Ok(())
    }
}
