//! Where the messages are: in the embedded store, or in storage queues as the real host has them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use kundportal_store::{AzureQueue, EmbeddedQueue, StoreError, embedded::Message};

/// What the host does with queues.
#[async_trait]
pub(crate) trait Messages: Send + Sync {
    /// Takes one message, which nobody else sees for `visibility`.
    async fn receive(
        &self,
        queue: &str,
        visibility: Duration,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError>;

    /// Removes a received message.
    async fn delete(&self, queue: &str, message: &Message) -> Result<(), StoreError>;

    /// Gives a received message back, visible after `visible_in`.
    async fn release(&self, queue: &str, message: &Message, visible_in: Duration) -> Result<(), StoreError>;

    /// Moves a received message to another queue, as a new one.
    async fn move_to(&self, queue: &str, message: &Message, to: &str) -> Result<(), StoreError>;

    /// Whether something is visible in any of these queues.
    async fn any_visible(&self, queues: &[String], now: Timestamp) -> Result<bool, StoreError>;

    /// The longest that an empty queue is left alone.
    fn longest_pause(&self) -> Duration;
}

#[async_trait]
impl Messages for EmbeddedQueue {
    async fn receive(
        &self,
        queue: &str,
        visibility: Duration,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        Self::receive(self, queue, visibility, now).await
    }

    async fn delete(&self, _: &str, message: &Message) -> Result<(), StoreError> {
        Self::delete(self, &message.id, &message.pop_receipt).await
    }

    async fn release(&self, _: &str, message: &Message, visible_in: Duration) -> Result<(), StoreError> {
        Self::release(self, &message.id, &message.pop_receipt, visible_in).await
    }

    async fn move_to(&self, _: &str, message: &Message, to: &str) -> Result<(), StoreError> {
        Self::move_to(self, &message.id, &message.pop_receipt, to).await
    }

    async fn any_visible(&self, queues: &[String], now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.visible_queues(now).await?.iter().any(|name| queues.contains(name)))
    }

    fn longest_pause(&self) -> Duration {
        Duration::from_millis(100)
    }
}

#[async_trait]
impl Messages for Arc<AzureQueue> {
    async fn receive(
        &self,
        queue: &str,
        visibility: Duration,
        _: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        let taken = self.take(queue, visibility, 1).await?.pop();
        Ok(taken.map(|taken| Message {
            id: taken.id,
            pop_receipt: taken.pop_receipt,
            text: taken.text,
            dequeue_count: taken.dequeue_count,
            inserted_at: taken.inserted_at,
            expires_at: taken.expires_at,
            next_visible_at: taken.next_visible_at,
        }))
    }

    async fn delete(&self, queue: &str, message: &Message) -> Result<(), StoreError> {
        self.remove(queue, &message.id, &message.pop_receipt).await
    }

    async fn release(&self, queue: &str, message: &Message, visible_in: Duration) -> Result<(), StoreError> {
        self.give_back(queue, &message.id, &message.pop_receipt, visible_in).await
    }

    async fn move_to(&self, queue: &str, message: &Message, to: &str) -> Result<(), StoreError> {
        AzureQueue::move_to(self, queue, &message.id, &message.pop_receipt, &message.text, to).await
    }

    async fn any_visible(&self, queues: &[String], _: Timestamp) -> Result<bool, StoreError> {
        for queue in queues {
            if self.has_visible(queue).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Each look is a request, so that the host looks ever more seldom; it waits up to a minute, which nobody wants here.
    fn longest_pause(&self) -> Duration {
        Duration::from_secs(1)
    }
}
