//! Blobs in a map.

use std::{
    collections::BTreeMap,
    ops::{Bound, Range},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use jiff::Timestamp;

use crate::{
    Blob, BlobPath, BlobStore, ByteStream, Clock, Condition, Container, Continuation, ETag, Entry,
    LIST_LIMIT, Page, Properties, SignedAccess, SignedUrl, SigningKey, StoreError, UrlSigner, cut, names,
    once,
};

/// Everything in memory, gone with the process.
pub struct MemoryStore {
    contents: Mutex<Contents>,
    urls: UrlSigner,
    clock: Arc<dyn Clock>,
}

#[derive(Clone, Default)]
struct Contents {
    containers: BTreeMap<String, BTreeMap<String, Kept>>,
    writes: u64,
}

#[derive(Clone)]
struct Kept {
    bytes: Bytes,
    properties: Properties,
}

impl MemoryStore {
    /// An empty store. Its signed URLs lie below `http://storage.invalid`, see [`MemoryStore::verify_signed`].
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let urls = UrlSigner::new(SigningKey::new(&[0; 32]), "http://storage.invalid");
        Self { contents: Mutex::default(), urls, clock }
    }

    /// Another store that holds the same, from here on by itself.
    #[must_use]
    pub fn copy(&self) -> Self {
        let contents = Mutex::new(self.lock().clone());
        Self { contents, urls: self.urls.clone(), clock: Arc::clone(&self.clock) }
    }

    /// Every blob by its path (`container/name`), of all containers or of one: what remains, for a test to compare.
    #[must_use]
    pub fn dump(&self, container: Option<&Container>) -> BTreeMap<String, Bytes> {
        self.lock()
            .containers
            .iter()
            .filter(|(name, _)| container.is_none_or(|container| container.as_str() == *name))
            .flat_map(|(container, blobs)| {
                blobs.iter().map(move |(name, kept)| (format!("{container}/{name}"), kept.bytes.clone()))
            })
            .collect()
    }

    /// See [`UrlSigner::verify`].
    #[must_use]
    pub fn verify_signed(&self, method: &str, path_and_query: &str, now: Timestamp) -> Option<SignedAccess> {
        self.urls.verify(method, path_and_query, now)
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn blobs(&mut self, container: &Container) -> Result<&mut BTreeMap<String, Kept>, StoreError> {
        self.containers.get_mut(container.as_str()).ok_or(StoreError::NotFound)
    }

    fn kept(&mut self, path: &BlobPath) -> Result<&Kept, StoreError> {
        self.blobs(&path.container)?.get(&path.name).ok_or(StoreError::NotFound)
    }
}

#[async_trait]
impl BlobStore for MemoryStore {
    async fn create_container(&self, container: &Container) -> Result<bool, StoreError> {
        names::check_container(container)?;
        let mut contents = self.lock();
        let absent = !contents.containers.contains_key(container.as_str());
        contents.containers.entry(container.as_str().to_owned()).or_default();
        Ok(absent)
    }

    async fn delete_container(&self, container: &Container) -> Result<bool, StoreError> {
        names::check_container(container)?;
        Ok(self.lock().containers.remove(container.as_str()).is_some())
    }

    async fn get(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob, StoreError> {
        names::check(path)?;
        let mut contents = self.lock();
        let kept = contents.kept(path)?;
        let (range, bytes) = cut(&kept.bytes, range)?;
        Ok(Blob { properties: kept.properties.clone(), range, body: once(bytes) })
    }

    async fn put(
        &self,
        path: &BlobPath,
        mut body: ByteStream,
        condition: Condition,
    ) -> Result<ETag, StoreError> {
        names::check(path)?;
        let mut bytes = BytesMut::new();
        while let Some(piece) = body.try_next().await.map_err(StoreError::Body)? {
            bytes.extend_from_slice(&piece);
        }
        let mut contents = self.lock();
        let number = contents.writes + 1;
        let blobs = contents.blobs(&path.container)?;
        condition.check(blobs.get(&path.name).map(|kept| &kept.properties.etag))?;
        let etag = ETag(format!("{number:x}"));
        let size = bytes.len() as u64;
        let properties = Properties { etag: etag.clone(), size, last_modified: self.clock.now() };
        blobs.insert(path.name.clone(), Kept { bytes: bytes.freeze(), properties });
        contents.writes = number;
        Ok(etag)
    }

    async fn delete(&self, path: &BlobPath, if_match: Option<&ETag>) -> Result<(), StoreError> {
        names::check(path)?;
        let mut contents = self.lock();
        let kept = contents.kept(path)?;
        if if_match.is_some_and(|etag| *etag != kept.properties.etag) {
            return Err(StoreError::PreconditionFailed);
        }
        contents.blobs(&path.container)?.remove(&path.name);
        Ok(())
    }

    async fn properties(&self, path: &BlobPath) -> Result<Properties, StoreError> {
        names::check(path)?;
        Ok(self.lock().kept(path)?.properties.clone())
    }

    async fn list(
        &self,
        container: &Container,
        prefix: &str,
        from: Option<&Continuation>,
        max: usize,
    ) -> Result<Page, StoreError> {
        names::check_container(container)?;
        let mut contents = self.lock();
        let start = match from {
            Some(Continuation(last)) => Bound::Excluded(last.as_str()),
            None => Bound::Included(prefix),
        };
        let mut rest = contents
            .blobs(container)?
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(name, _)| name.starts_with(prefix))
            .map(|(name, kept)| Entry { name: name.clone(), properties: kept.properties.clone() })
            .peekable();
        let entries: Vec<_> = rest.by_ref().take(max.clamp(1, LIST_LIMIT)).collect();
        let more = rest.peek().is_some();
        let next = entries.last().filter(|_| more).map(|last| Continuation(last.name.clone()));
        Ok(Page { entries, next })
    }

    async fn signed_upload_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
    ) -> Result<SignedUrl, StoreError> {
        names::check(path)?;
        Ok(self.urls.upload(path, expires_at))
    }

    async fn signed_download_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        content_disposition: &str,
        content_type: &str,
    ) -> Result<SignedUrl, StoreError> {
        names::check(path)?;
        Ok(self.urls.download(path, expires_at, content_disposition, content_type))
    }
}
