//! Storage Queues.

use std::time::Duration;

use async_trait::async_trait;
use azure_core::{base64, http::RequestContent};
use azure_storage_queue::{
    QueueClient, QueueServiceClient,
    models::{QueueClientCreateOptions, QueueClientSendMessageOptions, QueueMessage},
};

use super::{
    client::{Call, HINT},
    failure::Failure,
};
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

    pub(super) fn queue(&self, name: &str) -> Result<QueueClient, StoreError> {
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

    /// Sends a text as it is.
    pub(super) async fn send(&self, queue: &str, text: String, delay: Duration) -> Result<(), StoreError> {
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
        call.ask_within(HINT, self.queue(queue)?.send_message(content, Some(options)))
            .await
            .map(drop)
            .map_err(Failure::into_error)
    }
}

/// Whole seconds, as storage counts time.
pub(super) fn seconds(time: Duration) -> i32 {
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
        self.send(queue, text, delay).await
    }
}
