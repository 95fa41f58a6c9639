//! A content file that is being written and has no row yet.
//!
//! Its writer holds a lock on it from its making until after the commit; the system lets go of the lock when the
//! process dies, however it dies. A file without a row whose lock is free is therefore nobody's.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;

use crate::Entropy;

/// Ending of the names of files that are not yet complete.
pub(super) const PART: &str = ".part";

/// A content file without a row; removed when dropped, unless kept.
pub(super) struct Draft {
    folder: PathBuf,
    name: String,
    complete: bool,
    kept: bool,
    file: File,
}

impl Draft {
    /// An empty file under a random name.
    pub(super) fn create(folder: &Path, entropy: &dyn Entropy) -> io::Result<Self> {
        loop {
            let mut random = [0; 16];
            entropy.fill(&mut random);
            let name = HEXLOWER.encode(&random);
            let path = folder.join(format!("{name}{PART}"));
            if folder.join(&name).try_exists()? {
                continue;
            }
            let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            match file.try_lock() {
                Ok(()) => {}
                // Somebody sweeps, and came between the two steps.
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let draft = Self { folder: folder.to_owned(), name, complete: false, kept: false, file };
            if path.try_exists()? {
                return Ok(draft);
            }
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Puts the whole content on disk, under its final name.
    pub(super) fn complete(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(self.path(), self.folder.join(&self.name))?;
        self.complete = true;
        sync_folder(&self.folder)
    }

    /// The name for the row.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The file has a row now, or may have one.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }

    fn path(&self) -> PathBuf {
        let ending = if self.complete { "" } else { PART };
        self.folder.join(format!("{}{ending}", self.name))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            remove(&self.path());
        }
    }
}

/// Puts a folder's own list of names on disk.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows does that by itself, and lets nobody open a folder.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes a content file that no row names any more. Should that fail, the next sweep does it.
pub(super) fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a content file without a row remains");
        }
        _ => {}
    }
}
