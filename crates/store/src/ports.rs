//! What the functions need from outside: small object-safe traits that promise in prose. Each promise is a test of the
//! conformance suite.

mod signer;

use std::{fmt, io, ops::Range, pin::Pin, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _, stream};
use jiff::Timestamp;
use kundportal_domain::{EmailAddress, Personal};

pub use signer::{Signature, Signer, SignerUnavailable};

/// A body that arrives piece by piece, so that memory stays bounded whatever its length.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// One piece of memory as a [`ByteStream`]; empty bytes give an empty stream.
#[must_use]
pub fn once(bytes: impl Into<Bytes>) -> ByteStream {
    let bytes = bytes.into();
    let pieces = (!bytes.is_empty()).then_some(Ok(bytes));
    Box::pin(stream::iter(pieces))
}

/// Name of a container: 3 to 63 characters of `[a-z0-9-]`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Container(String);

impl Container {
    /// # Panics
    /// Never: a name that storage would refuse is an error of the storage call.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as storage knows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a blob lies. Names hold ids and keyed hashes only, never personal data: storage logs see them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BlobPath {
    /// The container.
    pub container: Container,
    /// The name within it, with `/` between its parts.
    pub name: String,
}

impl BlobPath {
    /// A path from its two parts.
    #[must_use]
    pub fn new(container: Container, name: impl Into<String>) -> Self {
        Self { container, name: name.into() }
    }
}

impl fmt::Display for BlobPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.container.0, self.name)
    }
}

/// Version of a blob's content: every successful write gives a new one. Opaque, without quotes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ETag(pub String);

/// What must hold for a write to happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Nothing.
    Always,
    /// No blob of that name exists; else [`StoreError::AlreadyExists`].
    IfAbsent,
    /// The blob exists in this version; else [`StoreError::PreconditionFailed`], also when it is absent.
    IfMatch(ETag),
}

/// What is known of a blob without reading it.
#[derive(Clone, Debug)]
pub struct Properties {
    /// Its version.
    pub etag: ETag,
    /// Its length in bytes.
    pub size: u64,
    /// Given by the store's own clock at the last write.
    pub last_modified: Timestamp,
}

/// A blob being read.
pub struct Blob {
    /// Of the whole blob, also where a range was asked for.
    pub properties: Properties,
    /// The bytes that `body` gives.
    pub range: Range<u64>,
    /// One version of the content throughout: a write meanwhile shows either not at all or as an error.
    pub body: ByteStream,
}

impl Blob {
    /// The body in memory.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] when it has more than `limit` bytes.
    pub async fn into_bytes(mut self, limit: u64) -> Result<Bytes, StoreError> {
        let length = self.range.end - self.range.start;
        if length > limit {
            return Err(StoreError::TooLarge { limit });
        }
        let mut next = async || self.body.try_next().await.map_err(StoreError::broken);
        let Some(first) = next().await? else { return Ok(Bytes::new()) };
        // Most small blobs come as one piece, which is not copied once more.
        let Some(second) = next().await? else { return Ok(first) };
        let mut bytes = bytes::BytesMut::with_capacity(usize::try_from(length).unwrap_or(0));
        bytes.extend_from_slice(&first);
        bytes.extend_from_slice(&second);
        while let Some(piece) = next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }
}

/// One row of a listing.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The blob's name.
    pub name: String,
    /// The blob's properties.
    pub properties: Properties,
}

/// Where a listing goes on: opaque, and bound to the store that gave it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Continuation(pub String);

/// One page of a listing.
#[derive(Clone, Debug)]
pub struct Page {
    /// In the byte order of their names.
    pub entries: Vec<Entry>,
    /// None at the end. A page may be short, even empty, with more to come.
    pub next: Option<Continuation>,
}

/// A URL that carries its own permission, for a short time.
#[derive(Clone)]
pub struct SignedUrl {
    /// Whoever has it may use it: never logged.
    pub url: Personal<String>,
    /// `PUT` or `GET`.
    pub method: &'static str,
    /// Headers that must go with the request.
    pub headers: Vec<(String, String)>,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Why a call to storage came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No such blob or container.
    #[error("not found")]
    NotFound,
    /// [`Condition::IfAbsent`] did not hold.
    #[error("already exists")]
    AlreadyExists,
    /// [`Condition::IfMatch`] did not hold.
    #[error("changed meanwhile")]
    PreconditionFailed,
    /// The asked range lies wholly outside the blob.
    #[error("range outside the content of {size} bytes")]
    RangeNotSatisfiable {
        /// The blob's length in bytes.
        size: u64,
    },
    /// More bytes than the caller is ready to hold.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The body to be written broke off. Nothing was stored.
    #[error("the body to be stored broke off")]
    Body(#[source] io::Error),
    /// Storage cannot be reached, is throttling or full. The effect may or may not have happened.
    #[error("storage is unavailable")]
    Unavailable {
        /// When to try again, if storage said so.
        retry_after: Option<Duration>,
        /// The cause, for the log only.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Any unexpected failure of storage itself.
    pub fn broken(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable { retry_after: None, source: source.into() }
    }
}

/// Containers of named blobs with versions.
///
/// - A write is atomic: readers see the old content or the new, never a part, whatever is killed when.
/// - What was acknowledged survives a crash of the process and of the machine.
/// - After an error other than [`StoreError::Unavailable`] nothing has changed.
/// - Listings are in byte order and show every blob that existed throughout the listing.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Makes a container; true when it was new. The second call changes nothing.
    async fn create_container(&self, container: &Container) -> Result<bool, StoreError>;

    /// Deletes a container with all it holds; true when it was there.
    async fn delete_container(&self, container: &Container) -> Result<bool, StoreError>;

    /// Opens a blob for reading. A range beyond the end is cut to the content; one that starts at or after the end
    /// is [`StoreError::RangeNotSatisfiable`], also in an empty blob.
    async fn get(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob, StoreError>;

    /// Writes a blob from a stream of any length and answers its new version. Nothing becomes visible before the
    /// stream has ended well. [`StoreError::NotFound`] when the container is absent, whatever the condition.
    async fn put(&self, path: &BlobPath, body: ByteStream, condition: Condition) -> Result<ETag, StoreError>;

    /// Deletes a blob; [`StoreError::NotFound`] when it is absent. With a version:
    /// [`StoreError::PreconditionFailed`] when it has another.
    async fn delete(&self, path: &BlobPath, if_match: Option<&ETag>) -> Result<(), StoreError>;

    /// Removes whatever lies at the path, parts of an upload that were never committed included; nothing there is no error.
    async fn discard(&self, path: &BlobPath) -> Result<(), StoreError> {
        match self.delete(path, None).await {
            Ok(()) | Err(StoreError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What is known of a blob without reading it.
    async fn properties(&self, path: &BlobPath) -> Result<Properties, StoreError>;

    /// Blobs whose names start with `prefix`, taken literally, at most `max` (1 to 5,000) a page;
    /// [`StoreError::NotFound`] when the container is absent.
    async fn list(
        &self,
        container: &Container,
        prefix: &str,
        from: Option<&Continuation>,
        max: usize,
    ) -> Result<Page, StoreError>;

    /// A URL at which one blob can be written with one PUT until `expires_at`, and written again: it binds neither length nor
    /// content. Where storage takes blocks, it may take them too.
    async fn signed_upload_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
    ) -> Result<SignedUrl, StoreError>;

    /// A URL at which one blob can be read until `expires_at`; it answers as an attachment with this
    /// `Content-Disposition` and `Content-Type`.
    async fn signed_download_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        content_disposition: &str,
        content_type: &str,
    ) -> Result<SignedUrl, StoreError>;
}

/// Conveniences over [`BlobStore`].
#[async_trait]
pub trait BlobStoreExt: BlobStore {
    /// Writes bytes that are in memory.
    async fn put_bytes(
        &self,
        path: &BlobPath,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<ETag, StoreError> {
        self.put(path, once(bytes), condition).await
    }

    /// Reads a small blob into memory; at most `limit` bytes.
    async fn get_bytes(&self, path: &BlobPath, limit: u64) -> Result<(Bytes, ETag), StoreError> {
        let blob = self.get(path, None).await?;
        let etag = blob.properties.etag.clone();
        Ok((blob.into_bytes(limit).await?, etag))
    }

    /// Deletes a blob; true when it was there.
    async fn delete_if_exists(&self, path: &BlobPath) -> Result<bool, StoreError> {
        match self.delete(path, None).await {
            Ok(()) => Ok(true),
            Err(StoreError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl<T: BlobStore + ?Sized> BlobStoreExt for T {}

/// Takes messages in; the Functions host (locally the stand-in) takes them out.
///
/// A message is a hint: it may be delivered twice, late, or be lost.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends a JSON text of ids, at most 48 KiB, to become visible after `delay`.
    async fn enqueue(&self, queue: &str, message: &str, delay: Duration) -> Result<(), StoreError>;
}

/// A rendered mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `<local@domain>` without the brackets: the same for every try at the same mail.
    pub message_id: String,
    /// The recipient.
    pub to: Personal<EmailAddress>,
    /// One line.
    pub subject: Personal<String>,
    /// The plain text.
    pub text: Personal<String>,
    /// The same as HTML.
    pub html: Personal<String>,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The address or the content was refused for good: trying again is no use.
    #[error("the mail was refused for good")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Worth another try.
    #[error("the mail service is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sends mail, at least once per call that succeeds.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the mail over to the service.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// The time, injected.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Chance, injected.
pub trait Entropy: Send + Sync {
    /// Fills the buffer with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// What a verified access token says.
#[derive(Clone, Debug)]
pub struct Claims {
    /// `iss`.
    pub issuer: String,
    /// `sub`: pseudonymous, but it identifies a person.
    pub subject: Personal<String>,
    /// `auth_time`: when the person last proved who they are; never `iat`.
    pub auth_time: Option<Timestamp>,
    /// An address that the issuer vouches for, by the claim its configuration names.
    pub email: Option<Personal<EmailAddress>>,
    /// The `Operator` role, from the one issuer whose word counts for it.
    pub operator: bool,
    /// The tenants for which this issuer may speak; none means all.
    pub tenants: Option<Vec<String>>,
}

/// Why a token does not count. Never says which part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Malformed, unknown issuer or key, wrong signature, audience or time.
    #[error("the token is not valid")]
    Invalid,
    /// The issuer's keys cannot be had now.
    #[error("the issuer's keys are unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Verifies access tokens.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// Checks signature, issuer, audience and times at `now`.
    async fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError>;
}
