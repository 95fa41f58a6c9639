//! Removes what killed processes left behind.

use std::{
    fs::{self, File},
    io,
    sync::Arc,
};

use rusqlite::{Connection, OptionalExtension as _};

use super::{
    database::Database,
    draft::{self, PART},
    rows,
};
use crate::StoreError;

/// Removes content files without a row that nobody is writing, and rows of dropped containers; answers the number of
/// files.
pub(super) fn sweep(database: &Arc<Database>) -> Result<usize, StoreError> {
    let mut removed = 0;
    for entry in fs::read_dir(database.contents()).map_err(StoreError::broken)? {
        let path = entry.map_err(StoreError::broken)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = name.strip_suffix(PART).unwrap_or(name).to_owned();
        if !is_ours(&name) || has_row(database, &name)? {
            continue;
        }
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(StoreError::broken(error)),
        };
        // Whoever writes it holds its lock until the row is there: with the lock, no row is to come.
        if file.try_lock().is_ok() && !has_row(database, &name)? {
            draft::remove(&path);
            removed += 1;
        }
    }
    while let Some(files) = database.write_here(rows::purge_some)? {
        for file in files {
            draft::remove(&database.contents().join(file));
        }
    }
    Ok(removed)
}

/// Whether a file can be a content: whatever else lies there, whoever put it there, stays.
fn is_ours(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn has_row(database: &Database, file: &str) -> Result<bool, StoreError> {
    let look = |connection: &Connection| {
        connection
            .prepare_cached("SELECT 1 FROM blobs WHERE file = ?1")?
            .query_row([file], |_| Ok(()))
            .optional()
    };
    Ok(database.read_here(look)?.is_some())
}
