//! The store of the local run: one folder, one SQLite database with the names, versions and small contents, and larger
//! contents as files beside it. Several processes may use the folder at once.
//!
//! - A row is the commit point. A content file is complete and on disk before its row, so a kill leaves at worst a file
//!   without a row, which the next start removes.
//! - Durability is SQLite's: write-ahead log, `synchronous=FULL`.
//! - A disk that is full takes nothing more, and everything can be read; removals have some room that is kept back for them.
//! - Deleted contents are overwritten in the database (`secure_delete`); the log keeps them until
//!   [`EmbeddedStore::checkpoint`] or the last process ends well.

mod blobs;
mod database;
mod draft;
mod open_error;
mod outbox;
mod queue;
mod reserve;
mod rows;
mod schema;
mod sweep;

use std::{path::Path, sync::Arc};

use jiff::Timestamp;

pub use open_error::OpenError;
pub use outbox::{Outbox, SentMail};
pub use queue::{EmbeddedQueue, Message};

use crate::{Clock, Container, Entropy, SignedAccess, SigningKey, StoreError, UrlSigner};
use database::Database;

/// Contents up to this many bytes lie in the database.
const INLINE_LIMIT: usize = 64 * 1024;

/// Blobs in a folder. Cheap to clone.
#[derive(Clone)]
pub struct EmbeddedStore {
    database: Arc<Database>,
    urls: UrlSigner,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl EmbeddedStore {
    /// Opens the store in `data_dir`, or begins one. What killed processes left behind is removed in the background.
    ///
    /// `base_url` is where the program serves what [`EmbeddedStore::verify_signed`] allows, without a trailing slash.
    pub fn open(
        data_dir: &Path,
        signing: SigningKey,
        base_url: impl Into<String>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let database = Arc::new(Database::open(data_dir)?);
        database.tidy_up();
        Ok(Self { database, urls: UrlSigner::new(signing, base_url), clock, entropy })
    }

    /// Removes content files and rows that killed processes left behind, never what a living one is writing; answers
    /// how many files went. Opening does the same in the background.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let database = Arc::clone(&self.database);
        database::blocking(move || sweep::sweep(&database)).await
    }

    /// The containers, by name.
    pub async fn containers(&self) -> Result<Vec<Container>, StoreError> {
        self.database.read(rows::containers).await
    }

    /// Moves the write-ahead log into the database and empties it, so that nothing deleted remains readable there.
    /// False when another process was reading meanwhile: then a later call does it.
    pub async fn checkpoint(&self) -> Result<bool, StoreError> {
        self.database.with_writer(|connection| database::checkpoint(connection)).await
    }

    /// What a request may do that came with a signed URL; see [`UrlSigner::verify`].
    #[must_use]
    pub fn verify_signed(&self, method: &str, path_and_query: &str, now: Timestamp) -> Option<SignedAccess> {
        self.urls.verify(method, path_and_query, now)
    }

    /// The queues in the same database.
    #[must_use]
    pub fn queue(&self) -> EmbeddedQueue {
        EmbeddedQueue::new(Arc::clone(&self.database), Arc::clone(&self.clock), Arc::clone(&self.entropy))
    }

    /// The sent mail in the same database.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        Outbox::new(Arc::clone(&self.database), Arc::clone(&self.clock))
    }
}
