//! An account of Azurite, where handlers of their own keep blobs and messages. The test takes the messages out, as the host does.

use std::{sync::Arc, time::Duration};

use kundportal_functions::{FUNCTIONS, Trigger};
use kundportal_store::{
    AzureBlobs, AzureConfig, AzureConnection, AzureQueue, EmbeddedStore, Enqueued, MessageEncoding,
    StoreError,
};
use tempfile::TempDir;

use super::elsewhere;

/// The account, and the folder with what a build for development keeps beside it: the outbox.
pub(crate) struct Account {
    pub(in super::super) blobs: Arc<AzureBlobs>,
    config: AzureConfig,
    pub(super) beside: EmbeddedStore,
    pub(super) folder: TempDir,
}

impl Account {
    pub(super) async fn open(config: AzureConfig, beside: EmbeddedStore, folder: TempDir) -> Self {
        make_queues(&config).await;
        let connection = AzureConnection::new(&config.credential).expect("a connection");
        let blobs = Arc::new(connection.blobs(&config).expect("a store"));
        Self { blobs, config, beside, folder }
    }

    /// The queues, with connections of their own.
    pub(super) fn queue(&self) -> AzureQueue {
        open(&self.config)
    }

    /// Takes every visible message out of the queues.
    pub(super) fn received(&self) -> Vec<Enqueued> {
        received(&self.config)
    }
}

/// Makes the queues, as the infrastructure does.
pub(crate) async fn make_queues(config: &AzureConfig) {
    let queue = open(config);
    for name in queues() {
        queue.create(name).await.expect("a queue");
    }
}

/// Takes every visible message out of the queues of an account.
pub(crate) fn received(config: &AzureConfig) -> Vec<Enqueued> {
    let config = config.clone();
    elsewhere(async move {
        // Connections end with the thread.
        let queue = open(&config);
        let mut received = Vec::new();
        for name in queues() {
            loop {
                let taken = queue.take(name, Duration::from_mins(10), 32).await?;
                if taken.is_empty() {
                    break;
                }
                for message in taken {
                    queue.remove(name, &message.id, &message.pop_receipt).await?;
                    let (queue, delay) = (name.to_owned(), Duration::ZERO);
                    received.push(Enqueued { queue, message: message.text, delay });
                }
            }
        }
        Ok::<_, StoreError>(received)
    })
    .expect("the queues")
}

fn open(config: &AzureConfig) -> AzureQueue {
    let connection = AzureConnection::new(&config.credential).expect("a connection");
    connection.queue(config, MessageEncoding::None).expect("queues")
}

/// Every queue that a function reads.
fn queues() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().filter_map(|function| match function.trigger {
        Trigger::Queue { queue, .. } => Some(queue),
        _ => None,
    })
}
