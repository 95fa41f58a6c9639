//! The blob store over rows and content files.

use std::{fs::File, io, ops::Range, path::Path, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::{
    EmbeddedStore, INLINE_LIMIT, database,
    draft::{self, Draft},
    rows::{self, Content, Found},
};
use crate::{
    Aside, Blob, BlobPath, BlobStore, ByteStream, Condition, Container, Continuation, ETag, LIST_LIMIT, Page,
    Properties, SignedUrl, StoreError, conditions::within, cut, names, removal::is_removal,
};

/// Bytes gathered before they go to a content file, and read from one at once.
const PIECE: usize = 512 * 1024;

/// How often a read begins again because the content was replaced between its row and its file.
const OVERTAKEN_LIMIT: usize = 100;

/// A body that has arrived whole, and is on disk where it is large.
enum Arrived {
    Small(Vec<u8>),
    Large(Draft, u64),
}

/// A content file that is being filled while more of it comes.
struct Filling {
    draft: Draft,
    /// Emptied, to be filled again.
    spare: Vec<u8>,
    failed: Option<io::Error>,
}

impl Filling {
    fn write(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.draft.write(bytes).err();
        }
    }

    fn check(&mut self) -> Result<(), StoreError> {
        self.failed.take().map_or(Ok(()), |error| Err(StoreError::broken(error)))
    }
}

impl EmbeddedStore {
    /// Takes a body in. While one part of it is written the next one comes.
    async fn receive(&self, mut body: ByteStream) -> Result<Arrived, StoreError> {
        let (mut gathered, mut size) = (Vec::new(), 0);
        let mut filling: Option<Aside<Filling>> = None;
        while let Some(piece) = body.try_next().await.map_err(StoreError::Body)? {
            size += piece.len() as u64;
            match &mut filling {
                None => {
                    gathered.extend_from_slice(&piece);
                    if gathered.len() > INLINE_LIMIT {
                        filling = Some(Aside::new(self.begin_filling().await?));
                    }
                }
                // Long enough by itself: not copied once more.
                Some(filling) if piece.len() >= PIECE => {
                    let first = std::mem::take(&mut gathered);
                    filling.here().await?.check()?;
                    filling
                        .step(move |filling| {
                            filling.write(&first);
                            filling.write(&piece);
                        })
                        .await?;
                }
                Some(_) => gathered.extend_from_slice(&piece),
            }
            if let Some(filling) = filling.as_mut().filter(|_| gathered.len() > PIECE) {
                let state = filling.here().await?;
                state.check()?;
                let full = std::mem::replace(&mut gathered, std::mem::take(&mut state.spare));
                filling.step(move |filling| fill(filling, full)).await?;
            }
        }
        let Some(filling) = filling else { return Ok(Arrived::Small(gathered)) };
        let mut filling = filling.into_inner().await?;
        let draft = database::blocking(move || {
            filling.write(&gathered);
            filling.check()?;
            filling.draft.complete().map_err(StoreError::broken)?;
            Ok(filling.draft)
        });
        Ok(Arrived::Large(draft.await?, size))
    }

    async fn begin_filling(&self) -> Result<Filling, StoreError> {
        let (database, entropy) = (Arc::clone(&self.database), Arc::clone(&self.entropy));
        database::blocking(move || {
            let draft = Draft::create(database.contents(), &*entropy).map_err(StoreError::broken)?;
            Ok(Filling { draft, spare: Vec::new(), failed: None })
        })
        .await
    }

    /// A blob's rows, and its content file open: one version, whatever is written from now on.
    async fn open_content(&self, path: &BlobPath) -> Result<(Found, Option<File>), StoreError> {
        for _ in 0..OVERTAKEN_LIMIT {
            let found = self.database.glance(path, rows::find).await?.ok_or(StoreError::NotFound)?;
            let Content::File(file) = &found.content else { return Ok((found, None)) };
            let file = self.database.contents().join(file);
            let size = found.properties.size;
            let opened = database::blocking(move || open_whole(&file, size).map_err(StoreError::broken));
            if let Some(file) = opened.await? {
                return Ok((found, Some(file)));
            }
        }
        Err(StoreError::broken("a content file is missing"))
    }
}

/// Writes what has gathered, and keeps its place for what gathers next.
fn fill(filling: &mut Filling, mut full: Vec<u8>) {
    filling.write(&full);
    full.clear();
    filling.spare = full;
}

/// Opens a content file; None when it is gone.
fn open_whole(path: &Path, size: u64) -> io::Result<Option<File>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if file.metadata()?.len() == size {
        Ok(Some(file))
    } else {
        Err(io::Error::other("a content file is damaged"))
    }
}

#[async_trait]
impl BlobStore for EmbeddedStore {
    async fn create_container(&self, container: &Container) -> Result<bool, StoreError> {
        names::check_container(container)?;
        let container = container.clone();
        self.database
            .write(move |transaction| {
                rows::create_container(transaction, &container).map_err(StoreError::broken)
            })
            .await
    }

    async fn delete_container(&self, container: &Container) -> Result<bool, StoreError> {
        names::check_container(container)?;
        let dropped = container.clone();
        let existed = self
            .database
            .write(move |transaction| rows::drop_container(transaction, &dropped).map_err(StoreError::broken))
            .await?;
        let database = Arc::clone(&self.database);
        while let Some(files) = self.database.write(rows::purge_some).await? {
            let database = Arc::clone(&database);
            database::blocking(move || {
                for file in files {
                    draft::remove(&database.contents().join(file));
                }
                Ok(())
            })
            .await?;
        }
        Ok(existed)
    }

    async fn get(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob, StoreError> {
        names::check(path)?;
        let (Found { properties, content }, file) = self.open_content(path).await?;
        match (content, file) {
            (Content::File(_), Some(file)) => {
                let range = within(properties.size, range)?;
                let mut file = tokio::fs::File::from_std(file);
                if range.start > 0 {
                    file.seek(io::SeekFrom::Start(range.start)).await.map_err(StoreError::broken)?;
                }
                let part = file.take(range.end - range.start);
                Ok(Blob { properties, range, body: Box::pin(ReaderStream::with_capacity(part, PIECE)) })
            }
            (Content::Inline(bytes), _) => {
                let (range, bytes) = cut(&Bytes::from(bytes), range)?;
                Ok(Blob { properties, range, body: crate::once(bytes) })
            }
            (Content::File(_), None) => Err(StoreError::broken("a content file was not opened")),
        }
    }

    async fn put(&self, path: &BlobPath, body: ByteStream, condition: Condition) -> Result<ETag, StoreError> {
        names::check(path)?;
        let arrived = self.receive(body).await?;
        let now = self.clock.now();
        let (path, removal) = (path.clone(), is_removal());
        let database = Arc::clone(&self.database);
        self.database
            .with_writer(move |connection| {
                database.admit(removal)?;
                let (size, content, draft) = match arrived {
                    Arrived::Small(bytes) => (bytes.len() as u64, Content::Inline(bytes), None),
                    Arrived::Large(draft, size) => {
                        (size, Content::File(draft.name().to_owned()), Some(draft))
                    }
                };
                let written = database.transact_with_reserve(connection, removal, |transaction| {
                    rows::write(transaction, &path, &condition, size, &content, now)
                });
                if let Some(draft) = draft {
                    match &written {
                        Ok(_) => draft.keep(),
                        Err(database::Failure::Refused(_)) => drop(draft),
                        // Where the row may be there, the file stays: a sweep sees whether it is.
                        Err(database::Failure::Uncertain(_)) => {
                            draft.keep();
                            database.doubt();
                        }
                    }
                }
                let (etag, orphan) = written?;
                if let Some(orphan) = orphan {
                    draft::remove(&database.contents().join(orphan));
                }
                Ok(etag)
            })
            .await
    }

    async fn delete(&self, path: &BlobPath, if_match: Option<&ETag>) -> Result<(), StoreError> {
        names::check(path)?;
        let (path, if_match) = (path.clone(), if_match.cloned());
        let database = Arc::clone(&self.database);
        self.database
            .with_writer(move |connection| {
                let deleted = database.transact_with_reserve(connection, true, |transaction| {
                    rows::delete(transaction, &path, if_match.as_ref())
                });
                if let Some(orphan) = deleted? {
                    draft::remove(&database.contents().join(orphan));
                }
                Ok(())
            })
            .await
    }

    async fn properties(&self, path: &BlobPath) -> Result<Properties, StoreError> {
        names::check(path)?;
        self.database.glance(path, rows::find_properties).await?.ok_or(StoreError::NotFound)
    }

    async fn list(
        &self,
        container: &Container,
        prefix: &str,
        from: Option<&Continuation>,
        max: usize,
    ) -> Result<Page, StoreError> {
        names::check_container(container)?;
        let max = max.clamp(1, LIST_LIMIT);
        let (container, prefix) = (container.clone(), prefix.to_owned());
        let last = from.map(|Continuation(last)| last.clone());
        let look = move |connection: &rusqlite::Connection| {
            rows::list(connection, &container, &prefix, last.as_deref(), max + 1)
        };
        let mut entries = self.database.read(look).await?.ok_or(StoreError::NotFound)?;
        let more = entries.len() > max;
        entries.truncate(max);
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
