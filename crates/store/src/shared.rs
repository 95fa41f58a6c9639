//! A port behind an `Arc` is the same port, so that decorators wrap `Arc<dyn …>` as well as adapters.

use std::{ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    Blob, BlobPath, BlobStore, ByteStream, Clock, Condition, Container, Continuation, ETag, Entropy, Mail,
    MailError, Mailer, Page, Properties, PublicKey, Queue, Signature, SignedUrl, Signer, SignerUnavailable,
    StoreError,
};

#[async_trait]
impl<S: BlobStore + ?Sized> BlobStore for Arc<S> {
    async fn create_container(&self, container: &Container) -> Result<bool, StoreError> {
        (**self).create_container(container).await
    }

    async fn delete_container(&self, container: &Container) -> Result<bool, StoreError> {
        (**self).delete_container(container).await
    }

    async fn get(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob, StoreError> {
        (**self).get(path, range).await
    }

    async fn put(&self, path: &BlobPath, body: ByteStream, condition: Condition) -> Result<ETag, StoreError> {
        (**self).put(path, body, condition).await
    }

    async fn delete(&self, path: &BlobPath, if_match: Option<&ETag>) -> Result<(), StoreError> {
        (**self).delete(path, if_match).await
    }

    async fn discard(&self, path: &BlobPath) -> Result<(), StoreError> {
        (**self).discard(path).await
    }

    async fn properties(&self, path: &BlobPath) -> Result<Properties, StoreError> {
        (**self).properties(path).await
    }

    async fn list(
        &self,
        container: &Container,
        prefix: &str,
        from: Option<&Continuation>,
        max: usize,
    ) -> Result<Page, StoreError> {
        (**self).list(container, prefix, from, max).await
    }

    async fn signed_upload_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
    ) -> Result<SignedUrl, StoreError> {
        (**self).signed_upload_url(path, expires_at).await
    }

    async fn signed_download_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        content_disposition: &str,
        content_type: &str,
    ) -> Result<SignedUrl, StoreError> {
        (**self).signed_download_url(path, expires_at, content_disposition, content_type).await
    }
}

#[async_trait]
impl<Q: Queue + ?Sized> Queue for Arc<Q> {
    async fn enqueue(&self, queue: &str, message: &str, delay: Duration) -> Result<(), StoreError> {
        (**self).enqueue(queue, message, delay).await
    }
}

#[async_trait]
impl<M: Mailer + ?Sized> Mailer for Arc<M> {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        (**self).send(mail).await
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

impl<E: Entropy + ?Sized> Entropy for Arc<E> {
    fn fill(&self, buffer: &mut [u8]) {
        (**self).fill(buffer);
    }
}

#[async_trait]
impl<S: Signer + ?Sized> Signer for Arc<S> {
    async fn key(&self) -> Result<PublicKey, SignerUnavailable> {
        (**self).key().await
    }

    fn retired(&self) -> &[PublicKey] {
        (**self).retired()
    }

    async fn sign(&self, message: &[u8]) -> Result<Signature, SignerUnavailable> {
        (**self).sign(message).await
    }
}
