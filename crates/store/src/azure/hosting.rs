//! What the local run and tests do with an account beyond what the handler does: deployed, the Functions host takes messages
//! out.

use std::time::Duration;

use azure_core::time::OffsetDateTime;
use azure_storage_queue::models::{
    QueueClientDeleteMessageOptions, QueueClientPeekMessagesOptions, QueueClientReceiveMessagesOptions,
    QueueClientUpdateMessageOptions, ReceivedMessage,
};
use futures_util::TryStreamExt as _;
use jiff::Timestamp;

use super::{
    AzureBlobs, AzureQueue,
    client::Call,
    failure::{Failure, Lacking},
    queue::seconds,
};
use crate::{Container, StoreError};

/// A message that was taken out.
#[derive(Clone, Debug)]
pub struct TakenMessage {
    /// Its id, which stays.
    pub id: String,
    /// Allows whoever took it last to remove it or to give it back.
    pub pop_receipt: String,
    /// As it lies in the queue.
    pub text: String,
    /// How often it was taken, this time included.
    pub dequeue_count: u32,
    /// When it was sent.
    pub inserted_at: Timestamp,
    /// When it vanishes.
    pub expires_at: Timestamp,
    /// When it comes back unless it is removed.
    pub next_visible_at: Timestamp,
}

impl AzureQueue {
    /// Takes up to `most` messages (32 at most), which nobody else sees for `visibility`.
    pub async fn take(
        &self,
        queue: &str,
        visibility: Duration,
        most: usize,
    ) -> Result<Vec<TakenMessage>, StoreError> {
        let call = Call::new();
        let options = QueueClientReceiveMessagesOptions {
            number_of_messages: i32::try_from(most.clamp(1, 32)).ok(),
            visibility_timeout: Some(seconds(visibility)),
            method_options: call.options(),
            ..QueueClientReceiveMessagesOptions::default()
        };
        let received = call
            .ask(self.queue(queue)?.receive_messages(Some(options)))
            .await
            .map_err(Failure::into_error)?;
        let received = received.into_model().map_err(StoreError::broken)?.items.unwrap_or_default();
        Ok(received.into_iter().map(taken).collect::<Result<_, _>>()?)
    }

    /// Whether something could be taken now.
    pub async fn has_visible(&self, queue: &str) -> Result<bool, StoreError> {
        let call = Call::new();
        let options = QueueClientPeekMessagesOptions {
            method_options: call.options(),
            ..QueueClientPeekMessagesOptions::default()
        };
        let seen =
            call.ask(self.queue(queue)?.peek_messages(Some(options))).await.map_err(Failure::into_error)?;
        let seen = seen.into_model().map_err(StoreError::broken)?;
        Ok(seen.items.is_some_and(|items| !items.is_empty()))
    }

    /// Removes a message that nobody took since.
    pub async fn remove(&self, queue: &str, id: &str, pop_receipt: &str) -> Result<(), StoreError> {
        let call = Call::new();
        let options = QueueClientDeleteMessageOptions {
            method_options: call.options(),
            ..QueueClientDeleteMessageOptions::default()
        };
        call.ask(self.queue(queue)?.delete_message(id, pop_receipt, Some(options)))
            .await
            .map(drop)
            .map_err(Failure::into_error)
    }

    /// Gives a message back that nobody took since, visible after `visible_in`.
    pub async fn give_back(
        &self,
        queue: &str,
        id: &str,
        pop_receipt: &str,
        visible_in: Duration,
    ) -> Result<(), StoreError> {
        let call = Call::new();
        let options = QueueClientUpdateMessageOptions {
            method_options: call.options(),
            ..QueueClientUpdateMessageOptions::default()
        };
        call.ask(self.queue(queue)?.update_message(id, pop_receipt, seconds(visible_in), Some(options)))
            .await
            .map(drop)
            .map_err(Failure::into_error)
    }

    /// Moves a message to another queue, as a new one: sent there first, so that it may be there twice but is never lost.
    pub async fn move_to(
        &self,
        queue: &str,
        id: &str,
        pop_receipt: &str,
        text: &str,
        to: &str,
    ) -> Result<(), StoreError> {
        self.send(to, text.to_owned(), Duration::ZERO).await?;
        self.remove(queue, id, pop_receipt).await
    }
}

impl AzureBlobs {
    /// Every container of the account: a look for tests, which the identity of a deployed app need not be allowed.
    pub async fn containers(&self) -> Result<Vec<Container>, StoreError> {
        let call = Call::new();
        let mut pages = self.client.list_containers(None).map_err(StoreError::broken)?.into_pages();
        let mut found = Vec::new();
        while let Some(page) = call.ask(pages.try_next()).await.map_err(Failure::into_error)? {
            let page = page.into_model().map_err(StoreError::broken)?;
            found.extend(page.container_items.into_iter().filter_map(|item| item.name).map(Container::new));
        }
        Ok(found)
    }
}

fn taken(message: ReceivedMessage) -> Result<TakenMessage, Lacking> {
    let time = |time: Option<OffsetDateTime>| {
        time.and_then(|time| Timestamp::from_second(time.unix_timestamp()).ok()).ok_or(Lacking("time"))
    };
    Ok(TakenMessage {
        id: message.message_id.ok_or(Lacking("id"))?,
        pop_receipt: message.pop_receipt.ok_or(Lacking("receipt"))?,
        text: message.message_text.unwrap_or_default(),
        dequeue_count: message
            .dequeue_count
            .and_then(|count| u32::try_from(count).ok())
            .ok_or(Lacking("count"))?,
        inserted_at: time(message.insertion_time)?,
        expires_at: time(message.expiration_time)?,
        next_visible_at: time(message.time_next_visible)?,
    })
}
