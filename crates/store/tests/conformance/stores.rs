//! The stores under test, each fresh and empty.

use std::sync::Arc;

use jiff::Timestamp;
use kundportal_store::{
    AzureConfig, AzureConnection, BlobPath, BlobStore, Container, Counting, Counts, EmbeddedStore, Faults,
    Faulty, FixedClock, MemoryStore, SeededEntropy, SignedAccess, SigningKey,
};

type Verify = dyn Fn(&str, &str, Timestamp) -> Option<SignedAccess> + Send + Sync;

/// A store, and what a test of it needs beside it.
pub(crate) struct Subject {
    pub(crate) store: Arc<dyn BlobStore>,
    /// What the store is made of, where it lies in Azure.
    pub(crate) azure: Option<(AzureConnection, AzureConfig)>,
    /// For stores that the program serves itself.
    served: Option<Served>,
    /// Keeps the store's folder until the test has ended.
    _folder: Option<tempfile::TempDir>,
}

/// What a test reaches of a store that the program serves itself.
pub(crate) struct Served {
    /// The store's clock.
    pub(crate) clock: Arc<FixedClock>,
    /// Checks signed URLs by path and query.
    pub(crate) verify: Box<Verify>,
}

/// A container that every test may use.
pub(crate) fn container() -> Container {
    Container::new("tenant-one")
}

/// A blob in it.
pub(crate) fn at(name: &str) -> BlobPath {
    BlobPath::new(container(), name)
}

pub(crate) fn start() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

impl Subject {
    async fn new(
        store: Arc<dyn BlobStore>,
        clock: Arc<FixedClock>,
        verify: Box<Verify>,
        folder: Option<tempfile::TempDir>,
    ) -> Self {
        assert!(store.create_container(&container()).await.expect("a container"));
        Self { store, azure: None, served: Some(Served { clock, verify }), _folder: folder }
    }

    /// Whether the program serves it itself.
    pub(crate) fn is_served(&self) -> bool {
        self.served.is_some()
    }

    pub(crate) fn served(&self) -> &Served {
        self.served.as_ref().expect("a store that the program serves itself")
    }
}

pub(crate) async fn memory() -> Subject {
    wrapped(|store| store).await
}

pub(crate) async fn faulty_over_memory() -> Subject {
    wrapped(|store| Arc::new(Faulty::new(store, Faults::new()))).await
}

pub(crate) async fn counting_over_memory() -> Subject {
    wrapped(|store| Arc::new(Counting::new(store, Counts::new()))).await
}

async fn wrapped(wrap: impl FnOnce(Arc<dyn BlobStore>) -> Arc<dyn BlobStore>) -> Subject {
    let clock = Arc::new(FixedClock::new(start()));
    let memory = Arc::new(MemoryStore::new(clock.clone()));
    let store = wrap(memory.clone());
    let verify = move |method: &str, asked: &str, now| memory.verify_signed(method, asked, now);
    Subject::new(store, clock, Box::new(verify), None).await
}

pub(crate) async fn embedded() -> Subject {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(FixedClock::new(start()));
    let store = EmbeddedStore::open(
        folder.path(),
        SigningKey::new(&[1; 32]),
        "http://localhost:7071/dev/storage",
        clock.clone(),
        Arc::new(SeededEntropy::new(1)),
    )
    .expect("a store");
    let verifier = store.clone();
    let verify = move |method: &str, asked: &str, now| verifier.verify_signed(method, asked, now);
    Subject::new(Arc::new(store), clock, Box::new(verify), Some(folder)).await
}

/// A fresh account of Azurite.
async fn azure() -> Subject {
    let config = crate::azurite::Azurite::shared().account();
    let connection = AzureConnection::new(&config.credential).expect("a connection");
    let store = Arc::new(connection.blobs(&config).expect("a store"));
    assert!(store.create_container(&container()).await.expect("a container"));
    Subject { store, azure: Some((connection, config)), served: None, _folder: None }
}

/// Which promises a store keeps, of those that one test checks together.
#[derive(Default)]
pub(crate) struct Kept {
    broken: Vec<&'static str>,
}

impl Kept {
    /// Holds the store to one promise. A broken one has said why when it panicked.
    pub(crate) async fn check<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: &'static str,
        promise: impl FnOnce(Subject) -> F,
    ) {
        if tokio::spawn(promise(azure().await)).await.is_err() {
            self.broken.push(name);
        }
    }

    pub(crate) fn report(self) {
        assert!(self.broken.is_empty(), "broken: {}", self.broken.join(", "));
    }
}
