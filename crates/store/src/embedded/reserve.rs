//! Room that is kept back for removal: a deletion writes too (its record in the audit log, its marker, the pages of the database
//! that it empties), and on a full disk nothing else would ever make room.
//!
//! It is a file that is given up when a removal finds the disk full. As long as there is no room for a new one, only
//! removals write.

use std::{
    fs::{self, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// 8 MiB: more than the write-ahead log holds before it is moved into the database.
const PIECES: usize = 128;
static PIECE: [u8; 64 * 1024] = [0x5a; 64 * 1024];
/// How often it is tried to make a new one.
const TRY_EVERY: Duration = Duration::from_secs(1);

/// The room that is kept back, in the folder of a store.
pub(super) struct Reserve {
    file: PathBuf,
    tried: Mutex<Option<Instant>>,
}

impl Reserve {
    pub(super) fn new(folder: &Path) -> Self {
        Self { file: folder.join("reserve"), tried: Mutex::default() }
    }

    /// Sees to it that the room is kept; an error where there is none to be kept. May wait for the disk.
    pub(super) fn keep(&self) -> io::Result<()> {
        if self.file.try_exists()? {
            return Ok(());
        }
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if self.file.try_exists()? {
            return Ok(());
        }
        if tried.is_some_and(|tried| tried.elapsed() < TRY_EVERY) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let made = self.make();
        *tried = made.is_err().then(Instant::now);
        made
    }

    fn make(&self) -> io::Result<()> {
        let draft = self.file.with_extension("draft");
        let mut options = OpenOptions::new();
        let made = options.create(true).truncate(false).write(true).open(&draft).and_then(|mut file| {
            match file.try_lock() {
                Ok(()) => {}
                // Another process makes it just now.
                Err(TryLockError::WouldBlock) => return Ok(()),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Something that is written, and no hole.
            file.set_len(0)?;
            for _ in 0..PIECES {
                file.write_all(&PIECE)?;
            }
            fs::rename(&draft, &self.file)
        });
        if made.is_err() {
            if self.file.try_exists()? {
                return Ok(());
            }
            let _absent = fs::remove_file(&draft);
        }
        made
    }

    /// Gives the room to whoever finds the disk full; false where it was given before.
    pub(super) fn give(&self) -> bool {
        tracing::warn!("the disk is full: the room that is kept for removals is given up");
        fs::remove_file(&self.file).is_ok()
    }
}
