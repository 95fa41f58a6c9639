//! Counts storage transactions, by which storage is paid and measured.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    Blob, BlobPath, BlobStore, ByteStream, Condition, Container, Continuation, ETag, Page, Properties, Queue,
    SignedUrl, StoreError,
};

/// The names that were called for, in the order of the calls, failed ones included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Blobs read, or asked for their properties: `container/name`.
    pub reads: Vec<String>,
    /// Blobs written, containers made.
    pub writes: Vec<String>,
    /// Blobs and containers deleted.
    pub deletes: Vec<String>,
    /// Pages of listings: `container/prefix`.
    pub lists: Vec<String>,
    /// Messages sent: the queue's name.
    pub messages: Vec<String>,
}

impl Tally {
    /// All transactions with storage.
    #[must_use]
    pub fn total(&self) -> usize {
        self.reads.len() + self.writes.len() + self.deletes.len() + self.lists.len() + self.messages.len()
    }
}

/// What was counted, seen from a test. Several decorators may share one.
#[derive(Clone, Debug, Default)]
pub struct Counts(Arc<Mutex<Tally>>);

impl Counts {
    /// Nothing counted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was counted since the last time, and begins again.
    #[must_use]
    pub fn take(&self) -> Tally {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, column: impl FnOnce(&mut Tally) -> &mut Vec<String>, name: String) {
        column(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)).push(name);
    }
}

/// A port that counts what goes through it.
#[derive(Clone, Debug)]
pub struct Counting<S> {
    inner: S,
    counts: Counts,
}

impl<S> Counting<S> {
    /// Counts what goes to `inner` into `counts`.
    #[must_use]
    pub fn new(inner: S, counts: Counts) -> Self {
        Self { inner, counts }
    }
}

#[async_trait]
impl<S: BlobStore> BlobStore for Counting<S> {
    async fn create_container(&self, container: &Container) -> Result<bool, StoreError> {
        self.counts.note(|tally| &mut tally.writes, container.as_str().to_owned());
        self.inner.create_container(container).await
    }

    async fn delete_container(&self, container: &Container) -> Result<bool, StoreError> {
        self.counts.note(|tally| &mut tally.deletes, container.as_str().to_owned());
        self.inner.delete_container(container).await
    }

    async fn get(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob, StoreError> {
        self.counts.note(|tally| &mut tally.reads, path.to_string());
        self.inner.get(path, range).await
    }

    async fn put(&self, path: &BlobPath, body: ByteStream, condition: Condition) -> Result<ETag, StoreError> {
        self.counts.note(|tally| &mut tally.writes, path.to_string());
        self.inner.put(path, body, condition).await
    }

    async fn delete(&self, path: &BlobPath, if_match: Option<&ETag>) -> Result<(), StoreError> {
        self.counts.note(|tally| &mut tally.deletes, path.to_string());
        self.inner.delete(path, if_match).await
    }

    async fn discard(&self, path: &BlobPath) -> Result<(), StoreError> {
        self.counts.note(|tally| &mut tally.deletes, path.to_string());
        self.inner.discard(path).await
    }

    async fn properties(&self, path: &BlobPath) -> Result<Properties, StoreError> {
        self.counts.note(|tally| &mut tally.reads, path.to_string());
        self.inner.properties(path).await
    }

    async fn list(
        &self,
        container: &Container,
        prefix: &str,
        from: Option<&Continuation>,
        max: usize,
    ) -> Result<Page, StoreError> {
        self.counts.note(|tally| &mut tally.lists, format!("{}/{prefix}", container.as_str()));
        self.inner.list(container, prefix, from, max).await
    }

    async fn signed_upload_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
    ) -> Result<SignedUrl, StoreError> {
        self.inner.signed_upload_url(path, expires_at).await
    }

    async fn signed_download_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        content_disposition: &str,
        content_type: &str,
    ) -> Result<SignedUrl, StoreError> {
        self.inner.signed_download_url(path, expires_at, content_disposition, content_type).await
    }
}

#[async_trait]
impl<Q: Queue> Queue for Counting<Q> {
    async fn enqueue(&self, queue: &str, message: &str, delay: Duration) -> Result<(), StoreError> {
        self.counts.note(|tally| &mut tally.messages, queue.to_owned());
        self.inner.enqueue(queue, message, delay).await
    }
}
