//! The data folder of the local run, held by one local run at a time.

use std::{
    fs::{File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The file whose lock says that a local run uses the folder.
const LOCK: &str = "in-use";

/// The file that says where the data lie.
const STORAGE: &str = "storage";

/// A folder that this process alone uses as a local run, until dropped. Its handler uses it too.
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Why the folder cannot be used: one sentence each.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// It cannot be made or written.
    #[error("The data folder {} cannot be written: {source}.", folder.display())]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// It belongs to data that lie elsewhere.
    #[error("The data folder {} belongs to data that lie elsewhere (--storage {storage}): choose another folder with --data-dir.", folder.display())]
    Elsewhere {
        /// The folder.
        folder: PathBuf,
        /// Where they lie.
        storage: String,
    },
    /// Another local run uses it.
    #[error("The data folder {} is used by another local run; end that one or choose another folder with --data-dir.", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
}

impl Folder {
    /// Opens the folder, making it where it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        let unwritable = |source| FolderError::Unwritable { folder: path.to_owned(), source };
        let mut making = std::fs::DirBuilder::new();
        making.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut making, 0o700);
        making.create(path).map_err(unwritable)?;
        let path = path.canonicalize().map_err(unwritable)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse { folder: path }),
            Err(TryLockError::Error(source)) => Err(unwritable(source)),
        }
    }

    /// Notes where the data lie that the folder's keys belong to, or refuses where they lie elsewhere.
    pub(crate) fn belongs_to(&self, storage: &str) -> Result<(), FolderError> {
        let folder = || self.path.clone();
        let unwritable = |source| FolderError::Unwritable { folder: folder(), source };
        match std::fs::read_to_string(self.file(STORAGE)) {
            Ok(known) if known == storage => Ok(()),
            Ok(storage) => Err(FolderError::Elsewhere { folder: folder(), storage }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.write_secret(STORAGE, storage.as_bytes()).map_err(unwritable)
            }
            Err(error) => Err(unwritable(error)),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file that only the user may read: whole, or not at all.
    pub(crate) fn write_secret(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let draft = self.file(&format!("{name}.draft"));
        let mut options = File::options();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(draft, self.file(name))
    }
}
