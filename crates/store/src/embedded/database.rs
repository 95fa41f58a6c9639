//! Connections to the database: one that writes, a few that read.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, config::DbConfig};

use super::{OpenError, draft::PART, reserve::Reserve, schema, sweep};
use crate::{StoreError, removal::is_removal};

const FILE: &str = "store.sqlite3";
const CONTENTS: &str = "contents";

/// How long a call waits for another process's transaction. Transactions are short: this is reached only when one hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// Up to this size the whole database is checked when it is opened; a larger one would delay the start by seconds.
const CHECKED_LIMIT: u64 = 16 * 1024 * 1024;

/// One connection for each thread that may read at once.
const READERS: usize = 4;

/// The folder of a store, open.
pub(super) struct Database {
    contents: PathBuf,
    file: PathBuf,
    writer: Arc<tokio::sync::Mutex<Connection>>,
    readers: [Mutex<Option<Connection>>; READERS],
    turn: AtomicUsize,
    reserve: Reserve,
    /// A content file may be there whose row is not.
    doubt: AtomicBool,
}

/// Why a transaction came to nothing.
pub(super) enum Failure {
    /// It was rolled back.
    Refused(StoreError),
    /// It broke while it was committed: it may have happened.
    Uncertain(StoreError),
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) | Failure::Uncertain(error) => error,
        }
    }
}

impl Database {
    pub(super) fn open(folder: &Path) -> Result<Self, OpenError> {
        let contents = folder.join(CONTENTS);
        let file = folder.join(FILE);
        let unwritable = |source| OpenError::Unwritable { folder: folder.to_owned(), source };
        create_private(&contents).map_err(unwritable)?;
        try_to_write(&contents)
            .map_err(|source| OpenError::Unwritable { folder: contents.clone(), source })?;
        let writer = Self::first_connection_once_free(&file, folder, &contents)?;
        Ok(Self {
            contents,
            file,
            writer: Arc::new(tokio::sync::Mutex::new(writer)),
            readers: [const { Mutex::new(None) }; READERS],
            turn: AtomicUsize::new(0),
            reserve: Reserve::new(folder),
            doubt: AtomicBool::new(false),
        })
    }

    /// SQLite does not wait where it changes the journal's kind or where another process, the last, is just closing: it
    /// answers "busy" at once. Here that is waited for, like every other lock.
    fn first_connection_once_free(
        file: &Path,
        folder: &Path,
        contents: &Path,
    ) -> Result<Connection, OpenError> {
        let begun = Instant::now();
        loop {
            match Self::first_connection(file, folder, contents) {
                Err(OpenError::Locked { .. }) if begun.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                opened => return opened,
            }
        }
    }

    fn first_connection(file: &Path, folder: &Path, contents: &Path) -> Result<Connection, OpenError> {
        let broken = |error: rusqlite::Error| OpenError::of(folder.to_owned(), &error);
        let mut connection = connect(file, PATIENCE).map_err(broken)?;
        let version = schema::version(&connection).map_err(broken)?;
        if version > schema::VERSION {
            return Err(OpenError::Newer { folder: folder.to_owned() });
        }
        connection.pragma_update(None, "journal_mode", "wal").map_err(broken)?;
        if version == 0 {
            // An empty database beside contents is one that was lost: as a new one it would have them all swept away.
            let holds_contents =
                fs::read_dir(contents).is_ok_and(|files| files.flatten().any(|file| is_complete(&file)));
            // Unless another process has begun it, and filled it, just now.
            if holds_contents && schema::version(&connection).map_err(broken)? == 0 {
                return Err(OpenError::Damaged { folder: folder.to_owned() });
            }
        }
        if version < schema::VERSION {
            schema::bring_up_to_date(&mut connection).map_err(broken)?;
        }
        let size = fs::metadata(file).map_or(0, |metadata| metadata.len());
        if size <= CHECKED_LIMIT {
            let verdict: String =
                connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(broken)?;
            if verdict != "ok" {
                return Err(OpenError::Damaged { folder: folder.to_owned() });
            }
        }
        connection.query_row("SELECT last FROM versions", [], |row| row.get::<_, i64>(0)).map_err(broken)?;
        Ok(connection)
    }

    /// Where the content files lie.
    pub(super) fn contents(&self) -> &Path {
        &self.contents
    }

    /// A short look at a few rows, at once on this thread: in the write-ahead log a reader waits for nobody, and going
    /// to another thread would cost more than the look. Where it would have to wait after all, it goes to one that may.
    pub(super) async fn glance<W: Clone + Send + 'static, T: Send + 'static>(
        self: &Arc<Self>,
        wanted: &W,
        look: fn(&Connection, &W) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        match self.look_now(|connection| look(connection, wanted)) {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => {
                Err(StoreError::broken(error))
            }
            Some(Err(_)) | None => {
                let wanted = wanted.clone();
                self.read(move |connection| look(connection, &wanted)).await
            }
        }
    }

    /// A longer reading, on a thread that may wait.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(self);
        blocking(move || database.read_here(look)).await
    }

    /// The same on this thread.
    pub(super) fn read_here<T>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % READERS;
        let slot = self.readers.get(turn).ok_or_else(|| StoreError::broken("no reader"))?;
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = self.ready(&mut slot).map_err(StoreError::broken)?;
        connection.busy_timeout(PATIENCE).map_err(StoreError::broken)?;
        let found = look(connection).map_err(StoreError::broken);
        connection.busy_timeout(Duration::ZERO).map_err(StoreError::broken)?;
        found
    }

    fn look_now<T>(&self, look: impl Fn(&Connection) -> rusqlite::Result<T>) -> Option<rusqlite::Result<T>> {
        let mut slot = self.readers.iter().find_map(|slot| slot.try_lock().ok())?;
        Some(self.ready(&mut slot).and_then(look))
    }

    fn ready<'a>(&self, slot: &'a mut Option<Connection>) -> rusqlite::Result<&'a Connection> {
        let connection = match slot.take() {
            Some(connection) => connection,
            None => connect(&self.file, Duration::ZERO)?,
        };
        Ok(slot.insert(connection))
    }

    /// Work with the writing connection, on a thread that may wait. It is carried through even if nobody waits for it
    /// any more.
    pub(super) async fn with_writer<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        let done = blocking(move || work(&mut writer)).await;
        if done.is_ok() && self.doubt.swap(false, Ordering::Relaxed) {
            self.tidy_up();
        }
        done
    }

    /// One transaction.
    pub(super) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (database, removal) = (Arc::clone(self), is_removal());
        self.with_writer(move |connection| {
            database.admit(removal)?;
            transact(connection, work).map_err(StoreError::from)
        })
        .await
    }

    /// Lets removals write, and everybody else as long as there is room that is kept for removals.
    pub(super) fn admit(&self, removal: bool) -> Result<(), StoreError> {
        if removal { Ok(()) } else { self.reserve.keep().map_err(StoreError::broken) }
    }

    /// One transaction, which gets the room that is kept for removals where it is one and finds none.
    pub(super) fn transact_with_reserve<T>(
        &self,
        connection: &mut Connection,
        removal: bool,
        work: impl Fn(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, Failure> {
        match transact(connection, &work) {
            Err(Failure::Refused(error)) if removal && is_full(&error) && self.reserve.give() => {
                transact(connection, work)
            }
            outcome => outcome,
        }
    }

    /// Notes that a content file was kept without knowing whether its row is there: it is looked after once writing is
    /// possible again.
    pub(super) fn doubt(&self) {
        self.doubt.store(true, Ordering::Relaxed);
    }

    /// Removes in the background what was left behind, and sees to the room for removals.
    pub(super) fn tidy_up(self: &Arc<Self>) {
        let database = Arc::clone(self);
        std::thread::spawn(move || {
            if let Err(error) = sweep::sweep(&database) {
                tracing::warn!(error = &error as &dyn std::error::Error, "leftovers remain");
            }
            if let Err(error) = database.reserve.keep() {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "there is no room to keep for removals: nothing else is written"
                );
            }
        });
    }

    /// Work with the writing connection on this thread, which must not be one of the runtime's.
    pub(super) fn write_here<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        transact(&mut self.writer.blocking_lock(), work).map_err(StoreError::from)
    }
}

/// Makes a folder, and those above it, that other users of the machine cannot look into.
fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Whether a file in the folder of contents is none that somebody is making, or was.
fn is_complete(file: &fs::DirEntry) -> bool {
    !file.file_name().to_string_lossy().ends_with(PART)
}

/// Whether files can be made in a folder.
fn try_to_write(folder: &Path) -> io::Result<()> {
    // Named as a content that is not complete: a sweep removes it should it remain, or before.
    let file = folder.join(format!("{:032x}{PART}", std::process::id()));
    fs::File::create(&file)?;
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// One transaction that sees nobody else's work.
pub(super) fn transact<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, Failure> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| Failure::Refused(StoreError::broken(error)))?;
    let outcome = work(&transaction).map_err(Failure::Refused)?;
    transaction.commit().map_err(|error| {
        let error = StoreError::broken(error);
        // The last page of a transaction says that it is committed: without room for that it is not.
        if is_full(&error) { Failure::Refused(error) } else { Failure::Uncertain(error) }
    })?;
    Ok(outcome)
}

/// Whether a disk was full.
fn is_full(error: &StoreError) -> bool {
    let StoreError::Unavailable { source, .. } = error else { return false };
    let error = source.downcast_ref::<rusqlite::Error>();
    error.is_some_and(|error| error.sqlite_error_code() == Some(ErrorCode::DiskFull))
}

/// Empties the write-ahead log; false when somebody is in the way.
pub(super) fn checkpoint(connection: &Connection) -> Result<bool, StoreError> {
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
        .map(|busy| busy == 0)
        .map_err(StoreError::broken)
}

/// Work on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(StoreError::broken)?
}

fn connect(file: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(patience)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "secure_delete", "on")?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(32);
    // Plans must not follow the values that are bound: SQLite would prepare each statement anew for each value, which takes
    // several times as long as the look itself.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}
