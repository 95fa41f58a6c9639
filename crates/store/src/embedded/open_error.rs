//! Why a store does not open: one sentence each, for the person at the terminal.

use std::{io, path::PathBuf};

/// Why a store does not open. Each message is one whole sentence for the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder cannot be made or written.
    #[error("The data folder {} cannot be written.", folder.display())]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The database is no SQLite database, or one that is damaged.
    #[error("The database in the data folder {} is damaged; restore a copy or choose another folder.", folder.display())]
    Damaged {
        /// The folder.
        folder: PathBuf,
    },
    /// The database was made by a later version of this program.
    #[error("The data folder {} was made by a newer version of this program.", folder.display())]
    Newer {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process holds the database.
    #[error("The database in the data folder {} is held by another program.", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
}

impl OpenError {
    /// What an error of SQLite while opening means.
    pub(super) fn of(folder: PathBuf, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { folder },
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure,
            ) => Self::Unwritable { folder, source: io::Error::other(error.to_string()) },
            _ => Self::Damaged { folder },
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn each_failure_of_the_database_has_its_sentence() {
        let sentence = |code| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            OpenError::of(PathBuf::from("data"), &error).to_string()
        };
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_LOCKED] {
            assert_eq!(sentence(code), "The database in the data folder data is held by another program.");
        }
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_READONLY, ffi::SQLITE_CANTOPEN, ffi::SQLITE_PERM] {
            assert_eq!(sentence(code), "The data folder data cannot be written.");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            assert!(sentence(code).contains("is damaged"));
        }
    }
}
