//! The decorator whose calls wait.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{StreamExt as _, future::ready, stream};
use jiff::Timestamp;
use tokio::task;

use super::Turns;
use crate::{
    Blob, BlobPath, BlobStore, ByteStream, Call, CallKind, Condition, Container, Continuation, ETag, Mail,
    MailError, Mailer, Page, Properties, Queue, SignedUrl, StoreError,
};

/// A port whose calls wait for their turn.
#[derive(Clone)]
pub struct InTurns<S> {
    inner: S,
    turns: Turns,
}

impl<S> InTurns<S> {
    /// Lets what goes to `inner` wait for its turn.
    #[must_use]
    pub fn new(inner: S, turns: Turns) -> Self {
        Self { inner, turns }
    }

    async fn wait<T>(&self, kind: CallKind, name: impl ToString, call: impl Future<Output = T> + Send) -> T {
        let turn = self.turns.turn(&Call { kind, name: name.to_string() }).await;
        let outcome = call.await;
        drop(turn);
        outcome
    }
}

#[async_trait]
impl<S: BlobStore> BlobStore for InTurns<S> {
    async fn create_container(&self, container: &Container) -> Result<bool, StoreError> {
        let call = self.inner.create_container(container);
        self.wait(CallKind::CreateContainer, container.as_str(), call).await
    }

    async fn delete_container(&self, container: &Container) -> Result<bool, StoreError> {
        let call = self.inner.delete_container(container);
        self.wait(CallKind::DeleteContainer, container.as_str(), call).await
    }

    async fn get(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob, StoreError> {
        self.wait(CallKind::Get, path, self.inner.get(path, range)).await
    }

    /// The turn is that of the effect: it comes with the end of the body, which may itself come from other calls.
    async fn put(&self, path: &BlobPath, body: ByteStream, condition: Condition) -> Result<ETag, StoreError> {
        let call = Call { kind: CallKind::Put, name: path.to_string() };
        let (turns, caller) = (self.turns.clone(), task::try_id());
        let held = Arc::new(Mutex::default());
        let kept = Arc::clone(&held);
        let turn = stream::once(async move {
            let turn = turns.turn_of(caller, &call).await;
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = turn;
            None
        });
        let body = Box::pin(body.map(Some).chain(turn).filter_map(ready));
        let outcome = self.inner.put(path, body, condition).await;
        drop(held.lock().unwrap_or_else(PoisonError::into_inner).take());
        outcome
    }

    async fn delete(&self, path: &BlobPath, if_match: Option<&ETag>) -> Result<(), StoreError> {
        self.wait(CallKind::Delete, path, self.inner.delete(path, if_match)).await
    }

    async fn discard(&self, path: &BlobPath) -> Result<(), StoreError> {
        self.wait(CallKind::Delete, path, self.inner.discard(path)).await
    }

    async fn properties(&self, path: &BlobPath) -> Result<Properties, StoreError> {
        self.wait(CallKind::Properties, path, self.inner.properties(path)).await
    }

    async fn list(
        &self,
        container: &Container,
        prefix: &str,
        from: Option<&Continuation>,
        max: usize,
    ) -> Result<Page, StoreError> {
        let call = self.inner.list(container, prefix, from, max);
        self.wait(CallKind::List, format!("{}/{prefix}", container.as_str()), call).await
    }

    async fn signed_upload_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
    ) -> Result<SignedUrl, StoreError> {
        self.wait(CallKind::Sign, path, self.inner.signed_upload_url(path, expires_at)).await
    }

    async fn signed_download_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        content_disposition: &str,
        content_type: &str,
    ) -> Result<SignedUrl, StoreError> {
        let call = self.inner.signed_download_url(path, expires_at, content_disposition, content_type);
        self.wait(CallKind::Sign, path, call).await
    }
}

#[async_trait]
impl<Q: Queue> Queue for InTurns<Q> {
    async fn enqueue(&self, queue: &str, message: &str, delay: Duration) -> Result<(), StoreError> {
        self.wait(CallKind::Enqueue, queue, self.inner.enqueue(queue, message, delay)).await
    }
}

#[async_trait]
impl<M: Mailer> Mailer for InTurns<M> {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.wait(CallKind::Send, &mail.message_id, self.inner.send(mail)).await
    }
}
