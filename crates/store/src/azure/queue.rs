//! Storage Queues.

use std::time::Duration;

use async_trait::async_trait;
#[cfg(feature = "emulator")]
use azure_core::time::OffsetDateTime;
use azure_core::{base64, http::RequestContent};
#[cfg(feature = "emulator")]
use azure_storage_queue::models::{QueueClientDeleteMessageOptions, QueueClientReceiveMessagesOptions};
use azure_storage_queue::{
    QueueClient, QueueServiceClient,
    models::{QueueClientCreateOptions, QueueClientSendMessageOptions, QueueMessage},
};

use super::{client::Call, failure::Failure};
use crate::{MESSAGE_LIMIT, Queue, StoreError};

/// How long a message waits for somebody to take it, beyond its delay.
const LIFE: Duration = Duration::from_hours(7 * 24);

/// The longest delay that storage takes.
const LONGEST_DELAY: Duration = Duration::from_hours(7 * 24 - 1);

/// How the host reads messages: `extensions.queues.messageEncoding` in `host.json`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageEncoding {
    /// The text as it is.
    None,
    /// The text in base64.
    Base64,
}

/// The queues of a storage account.
pub struct AzureQueue {
    client: QueueServiceClient,
    encoding: MessageEncoding,
}

impl AzureQueue {
    pub(super) fn new(client: QueueServiceClient, encoding: MessageEncoding) -> Self {
        Self { client, encoding }
    }

    fn queue(&self, name: &str) -> Result<QueueClient, StoreError> {
        self.client.queue_client(name).map_err(StoreError::broken)
    }

    /// Makes a queue where there is none of that name.
    pub async fn create(&self, queue: &str) -> Result<(), StoreError> {
        let call = Call::new();
        let options = QueueClientCreateOptions {
            method_options: call.options(),
            ..QueueClientCreateOptions::default()
        };
        call.ask(self.queue(queue)?.create(Some(options))).await.map(drop).map_err(Failure::into_error)
    }
}

/// A message that was taken out, by whoever plays the host.
#[cfg(feature = "emulator")]
#[derive(Clone, Debug)]
pub struct TakenMessage {
    /// Its id, which stays.
    pub id: String,
    /// Allows whoever took it last to remove it.
    pub pop_receipt: String,
    /// As it was sent.
    pub text: String,
    /// How often it was taken.
    pub dequeue_count: i64,
    /// When it was sent, when it ends, and when it can be taken again.
    pub times: [Option<OffsetDateTime>; 3],
}

/// The host's part, for the local run and for tests.
#[cfg(feature = "emulator")]
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
        Ok(received
            .into_iter()
            .map(|message| TakenMessage {
                id: message.message_id.unwrap_or_default(),
                pop_receipt: message.pop_receipt.unwrap_or_default(),
                text: message.message_text.unwrap_or_default(),
                dequeue_count: message.dequeue_count.unwrap_or_default(),
                times: [message.insertion_time, message.expiration_time, message.time_next_visible],
            })
            .collect())
    }

    /// Removes a message that was taken, and that nobody took since.
    pub async fn remove(&self, queue: &str, taken: &TakenMessage) -> Result<(), StoreError> {
        let call = Call::new();
        let options = QueueClientDeleteMessageOptions {
            method_options: call.options(),
            ..QueueClientDeleteMessageOptions::default()
        };
        call.ask(self.queue(queue)?.delete_message(&taken.id, &taken.pop_receipt, Some(options)))
            .await
            .map(drop)
            .map_err(Failure::into_error)
    }
}

/// Whole seconds, as storage counts time.
fn seconds(time: Duration) -> i32 {
    let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    i32::try_from(whole).unwrap_or(i32::MAX)
}

#[async_trait]
impl Queue for AzureQueue {
    async fn enqueue(&self, queue: &str, message: &str, delay: Duration) -> Result<(), StoreError> {
        if message.len() > MESSAGE_LIMIT {
            return Err(StoreError::TooLarge { limit: MESSAGE_LIMIT as u64 });
        }
        let text = match self.encoding {
            MessageEncoding::None => message.to_owned(),
            MessageEncoding::Base64 => base64::encode(message),
        };
        let content: RequestContent<_, _> =
            QueueMessage { message_text: Some(text) }.try_into().map_err(StoreError::broken)?;
        let delay = delay.min(LONGEST_DELAY);
        let call = Call::new();
        let options = QueueClientSendMessageOptions {
            message_time_to_live: Some(seconds(LIFE + delay)),
            visibility_timeout: Some(seconds(delay)),
            method_options: call.options(),
            ..QueueClientSendMessageOptions::default()
        };
        call.ask(self.queue(queue)?.send_message(content, Some(options)))
            .await
            .map(drop)
            .map_err(Failure::into_error)
    }
}
