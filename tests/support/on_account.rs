//! A portal on an account of Azurite that is reached in a way of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use kundportal_store::{
    AzureConfig, AzureConnection, AzureQueue, Enqueued, FixedClock, MessageEncoding, Queue, StoreError,
};

use super::{
    issuer::Issuer,
    portal::{Portal, Store, World},
    served::{make_queues, received},
};

/// How a portal reaches its account.
pub(crate) struct Reached {
    /// The account as the portal sees it.
    pub(crate) through: AzureConfig,
    /// The same past whatever is between, where messages go to its queues: there the test, as the host, takes them out.
    /// Otherwise they are in memory.
    pub(crate) queues: Option<AzureConfig>,
    /// When it is. Signed URLs work by the clock of Azurite, for the time that is said here.
    pub(crate) now: Timestamp,
    pub(crate) signed_for: Duration,
}

/// Queues of an account, to which a portal sends.
pub(super) struct Queues {
    through: AzureQueue,
    account: AzureConfig,
    /// Whether anything may have been sent since messages were taken out.
    used: AtomicBool,
}

impl Queues {
    /// Takes every visible message out.
    pub(super) fn received(&self) -> Vec<Enqueued> {
        if self.used.swap(false, Ordering::Relaxed) { received(&self.account) } else { Vec::new() }
    }
}

#[async_trait]
impl Queue for Queues {
    async fn enqueue(&self, queue: &str, message: &str, delay: Duration) -> Result<(), StoreError> {
        let sent = self.through.enqueue(queue, message, delay).await;
        self.used.store(true, Ordering::Relaxed);
        sent
    }
}

impl Portal {
    /// On an account, with people for whom this issuer vouches. Mail is in memory.
    pub(crate) async fn start_on_account(reached: Reached, issuer: &Arc<Issuer>) -> Self {
        let Reached { through, queues, now, signed_for } = reached;
        let connection = AzureConnection::new(&through.credential).expect("a connection");
        let queues = match queues {
            Some(account) => {
                make_queues(&account).await;
                let through = connection.queue(&through, MessageEncoding::None).expect("queues");
                Some(Arc::new(Queues { through, account, used: AtomicBool::new(false) }))
            }
            None => None,
        };
        let store = Store::Azure(Arc::new(connection.blobs(&through).expect("a store")), connection);
        let mut world = World::new(store, Arc::new(FixedClock::new(now)), Arc::clone(issuer));
        world.queues = queues;
        world.settings.direct_uploads.url = signed_for;
        Self::serve(Arc::new(world), 1).await
    }
}
