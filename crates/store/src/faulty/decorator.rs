//! The decorator that carries the plan out.

use std::{io, ops::Range, time::Duration};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::{
    Call, CallKind, Faults,
    plan::{Fate, Step},
};
use crate::{
    Blob, BlobPath, BlobStore, ByteStream, Condition, Container, Continuation, ETag, Mail, MailError, Mailer,
    Page, Properties, PublicKey, Queue, Signature, SignedUrl, Signer, SignerUnavailable, StoreError,
};

/// A port that fails as planned: [`StoreError::Unavailable`], [`MailError::Unavailable`], [`SignerUnavailable`].
#[derive(Clone)]
pub struct Faulty<S> {
    inner: S,
    faults: Faults,
}

/// The cause of a planned failure.
#[derive(Debug, thiserror::Error)]
#[error("a planned failure")]
struct Planned;

impl<S> Faulty<S> {
    /// Lets `faults` happen to what goes to `inner`.
    #[must_use]
    pub fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }

    async fn through<T, E>(
        &self,
        kind: CallKind,
        name: String,
        failure: fn() -> E,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        Self::live(self.faults.begin(Call { kind, name }), failure, call).await
    }

    async fn live<T, E>(
        fate: Fate,
        failure: fn() -> E,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        if !fate.before.passes().await {
            return Err(failure());
        }
        let answer = call.await;
        if fate.after.passes().await { answer } else { Err(failure()) }
    }
}

/// A body that meets its fate after its first piece, or at its end where there is none.
fn through_midway(body: ByteStream, midway: Step) -> ByteStream {
    let begun = false;
    Box::pin(stream::unfold((body, Some(midway), begun), |(mut body, mut midway, begun)| async move {
        let piece = if begun { None } else { body.next().await };
        if let Some(piece) = piece {
            return Some((piece, (body, midway, true)));
        }
        if let Some(step) = midway.take()
            && !step.passes().await
        {
            let broken: ByteStream = Box::pin(stream::empty());
            return Some((Err(io::Error::other(Planned)), (broken, None, true)));
        }
        body.next().await.map(|piece| (piece, (body, None, true)))
    }))
}

fn unavailable() -> StoreError {
    StoreError::broken(Planned)
}

#[async_trait]
impl<S: BlobStore> BlobStore for Faulty<S> {
    async fn create_container(&self, container: &Container) -> Result<bool, StoreError> {
        let call = self.inner.create_container(container);
        self.through(CallKind::CreateContainer, container.as_str().to_owned(), unavailable, call).await
    }

    async fn delete_container(&self, container: &Container) -> Result<bool, StoreError> {
        let call = self.inner.delete_container(container);
        self.through(CallKind::DeleteContainer, container.as_str().to_owned(), unavailable, call).await
    }

    async fn get(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob, StoreError> {
        let mut fate = self.faults.begin(Call { kind: CallKind::Get, name: path.to_string() });
        let midway = std::mem::take(&mut fate.midway);
        let blob = Self::live(fate, unavailable, self.inner.get(path, range)).await?;
        Ok(Blob { body: through_midway(blob.body, midway), ..blob })
    }

    async fn put(&self, path: &BlobPath, body: ByteStream, condition: Condition) -> Result<ETag, StoreError> {
        let call = self.inner.put(path, body, condition);
        self.through(CallKind::Put, path.to_string(), unavailable, call).await
    }

    async fn delete(&self, path: &BlobPath, if_match: Option<&ETag>) -> Result<(), StoreError> {
        self.through(CallKind::Delete, path.to_string(), unavailable, self.inner.delete(path, if_match)).await
    }

    async fn discard(&self, path: &BlobPath) -> Result<(), StoreError> {
        self.through(CallKind::Delete, path.to_string(), unavailable, self.inner.discard(path)).await
    }

    async fn properties(&self, path: &BlobPath) -> Result<Properties, StoreError> {
        self.through(CallKind::Properties, path.to_string(), unavailable, self.inner.properties(path)).await
    }

    async fn list(
        &self,
        container: &Container,
        prefix: &str,
        from: Option<&Continuation>,
        max: usize,
    ) -> Result<Page, StoreError> {
        let call = self.inner.list(container, prefix, from, max);
        self.through(CallKind::List, format!("{}/{prefix}", container.as_str()), unavailable, call).await
    }

    async fn signed_upload_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
    ) -> Result<SignedUrl, StoreError> {
        let call = self.inner.signed_upload_url(path, expires_at);
        self.through(CallKind::Sign, path.to_string(), unavailable, call).await
    }

    async fn signed_download_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        content_disposition: &str,
        content_type: &str,
    ) -> Result<SignedUrl, StoreError> {
        let call = self.inner.signed_download_url(path, expires_at, content_disposition, content_type);
        self.through(CallKind::Sign, path.to_string(), unavailable, call).await
    }
}

#[async_trait]
impl<Q: Queue> Queue for Faulty<Q> {
    async fn enqueue(&self, queue: &str, message: &str, delay: Duration) -> Result<(), StoreError> {
        let call = self.inner.enqueue(queue, message, delay);
        self.through(CallKind::Enqueue, queue.to_owned(), unavailable, call).await
    }
}

#[async_trait]
impl<M: Mailer> Mailer for Faulty<M> {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let failure = || MailError::Unavailable(Box::new(Planned));
        self.through(CallKind::Send, mail.message_id.clone(), failure, self.inner.send(mail)).await
    }
}

#[async_trait]
impl<S: Signer> Signer for Faulty<S> {
    async fn key(&self) -> Result<PublicKey, SignerUnavailable> {
        let failure = || SignerUnavailable::because(Planned);
        self.through(CallKind::Signature, "key".to_owned(), failure, self.inner.key()).await
    }

    fn retired(&self) -> &[PublicKey] {
        self.inner.retired()
    }

    async fn sign(&self, message: &[u8]) -> Result<Signature, SignerUnavailable> {
        let failure = || SignerUnavailable::because(Planned);
        self.through(CallKind::Signature, "sign".to_owned(), failure, self.inner.sign(message)).await
    }
}
