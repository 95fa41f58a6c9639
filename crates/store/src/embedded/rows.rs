//! Rows of blobs: the statements.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use crate::{BlobPath, Condition, Container, ETag, Entry, Properties, StoreError};

/// Rows removed in one transaction, so that others get their turn.
const PURGED_AT_ONCE: u32 = 500;

/// Where a blob's content lies.
pub(super) enum Content {
    /// In the row.
    Inline(Vec<u8>),
    /// In a file of this name.
    File(String),
}

/// A blob as its rows tell.
pub(super) struct Found {
    pub(super) properties: Properties,
    pub(super) content: Content,
}

/// A content that lost its row; a file's name where it lies in one.
pub(super) type Orphan = Option<String>;

fn etag(number: i64) -> ETag {
    ETag(format!("{number:x}"))
}

/// Columns etag, size, modified from `first` on.
fn properties(row: &Row<'_>, first: usize) -> rusqlite::Result<Properties> {
    let modified = Timestamp::from_microsecond(row.get(first + 2)?);
    Ok(Properties {
        etag: etag(row.get(first)?),
        size: row.get::<_, i64>(first + 1)?.unsigned_abs(),
        last_modified: modified.unwrap_or(Timestamp::MIN),
    })
}

pub(super) fn create_container(
    transaction: &Transaction<'_>,
    container: &Container,
) -> rusqlite::Result<bool> {
    let rows =
        transaction.execute("INSERT OR IGNORE INTO containers (name) VALUES (?1)", [container.as_str()])?;
    Ok(rows > 0)
}

pub(super) fn containers(connection: &Connection) -> rusqlite::Result<Vec<Container>> {
    connection
        .prepare_cached("SELECT name FROM containers ORDER BY name")?
        .query_map([], |row| row.get::<_, String>(0).map(Container::new))?
        .collect()
}

/// Makes a container vanish at once; its rows go later.
pub(super) fn drop_container(transaction: &Transaction<'_>, container: &Container) -> rusqlite::Result<bool> {
    let id: Option<i64> = transaction
        .query_row("DELETE FROM containers WHERE name = ?1 RETURNING id", [container.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(id) = id {
        transaction.execute("INSERT INTO dropped_containers VALUES (?1)", [id])?;
    }
    Ok(id.is_some())
}

/// Removes some rows of dropped containers and answers the files they named; None when there are no such rows left.
pub(super) fn purge_some(transaction: &Transaction<'_>) -> Result<Option<Vec<String>>, StoreError> {
    let purge = || -> rusqlite::Result<Option<Vec<String>>> {
        let Some(container) = transaction
            .query_row("SELECT id FROM dropped_containers LIMIT 1", [], |row| row.get::<_, i64>(0))
            .optional()?
        else {
            return Ok(None);
        };
        let rows: Vec<(String, Option<i64>, Option<String>)> = transaction
            .prepare_cached("SELECT name, content, file FROM blobs WHERE container = ?1 LIMIT ?2")?
            .query_map(params![container, PURGED_AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        if rows.len() < PURGED_AT_ONCE as usize {
            transaction.execute("DELETE FROM dropped_containers WHERE id = ?1", [container])?;
        }
        let mut files = Vec::new();
        for (name, content, file) in rows {
            transaction
                .prepare_cached("DELETE FROM blobs WHERE container = ?1 AND name = ?2")?
                .execute(params![container, name])?;
            remove_content(transaction, content)?;
            files.extend(file);
        }
        Ok(Some(files))
    };
    purge().map_err(StoreError::broken)
}

fn remove_content(transaction: &Transaction<'_>, content: Option<i64>) -> rusqlite::Result<()> {
    if let Some(content) = content {
        transaction.prepare_cached("DELETE FROM contents WHERE id = ?1")?.execute([content])?;
    }
    Ok(())
}

pub(super) fn find(connection: &Connection, path: &BlobPath) -> rusqlite::Result<Option<Found>> {
    connection
        .prepare_cached(
            "SELECT b.etag, b.size, b.modified, b.file, c.bytes
             FROM containers k JOIN blobs b ON b.container = k.id LEFT JOIN contents c ON c.id = b.content
             WHERE k.name = ?1 AND b.name = ?2",
        )?
        .query_row([path.container.as_str(), &path.name], |row| {
            let content = match row.get(3)? {
                Some(file) => Content::File(file),
                None => Content::Inline(row.get::<_, Option<Vec<u8>>>(4)?.unwrap_or_default()),
            };
            Ok(Found { properties: properties(row, 0)?, content })
        })
        .optional()
}

pub(super) fn find_properties(
    connection: &Connection,
    path: &BlobPath,
) -> rusqlite::Result<Option<Properties>> {
    connection
        .prepare_cached(
            "SELECT b.etag, b.size, b.modified FROM containers k JOIN blobs b ON b.container = k.id
             WHERE k.name = ?1 AND b.name = ?2",
        )?
        .query_row([path.container.as_str(), &path.name], |row| properties(row, 0))
        .optional()
}

fn container_id(connection: &Connection, container: &Container) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM containers WHERE name = ?1")?
        .query_row([container.as_str()], |row| row.get(0))
        .optional()
}

/// What a write finds in its way.
struct Present {
    etag: ETag,
    content: Option<i64>,
    file: Orphan,
}

fn present(transaction: &Transaction<'_>, container: i64, name: &str) -> Result<Option<Present>, StoreError> {
    transaction
        .prepare_cached("SELECT etag, content, file FROM blobs WHERE container = ?1 AND name = ?2")
        .and_then(|mut statement| {
            statement
                .query_row(params![container, name], |row| {
                    Ok(Present { etag: etag(row.get(0)?), content: row.get(1)?, file: row.get(2)? })
                })
                .optional()
        })
        .map_err(StoreError::broken)
}

/// Writes a blob's row; answers its version and the content it replaced.
pub(super) fn write(
    transaction: &Transaction<'_>,
    path: &BlobPath,
    condition: &Condition,
    size: u64,
    content: &Content,
    now: Timestamp,
) -> Result<(ETag, Orphan), StoreError> {
    let container = container_id(transaction, &path.container)
        .map_err(StoreError::broken)?
        .ok_or(StoreError::NotFound)?;
    let replaced = present(transaction, container, &path.name)?;
    condition.check(replaced.as_ref().map(|present| &present.etag))?;
    let size = i64::try_from(size).map_err(StoreError::broken)?;
    let write = || -> rusqlite::Result<(ETag, Orphan)> {
        let version: i64 = transaction
            .prepare_cached("UPDATE versions SET last = last + 1 RETURNING last")?
            .query_row([], |row| row.get(0))?;
        let orphan = match replaced {
            Some(Present { content, file, .. }) => {
                remove_content(transaction, content)?;
                file
            }
            None => None,
        };
        let (content, file) = match content {
            Content::Inline(bytes) if bytes.is_empty() => (None, None),
            Content::Inline(bytes) => {
                transaction.prepare_cached("INSERT INTO contents (bytes) VALUES (?1)")?.execute([bytes])?;
                (Some(transaction.last_insert_rowid()), None)
            }
            Content::File(file) => (None, Some(file)),
        };
        transaction
            .prepare_cached("INSERT OR REPLACE INTO blobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![container, path.name, version, size, now.as_microsecond(), content, file])?;
        Ok((etag(version), orphan))
    };
    write().map_err(StoreError::broken)
}

/// Deletes a blob's row; answers the content that lost it.
pub(super) fn delete(
    transaction: &Transaction<'_>,
    path: &BlobPath,
    if_match: Option<&ETag>,
) -> Result<Orphan, StoreError> {
    let container = container_id(transaction, &path.container)
        .map_err(StoreError::broken)?
        .ok_or(StoreError::NotFound)?;
    let Present { etag, content, file } =
        present(transaction, container, &path.name)?.ok_or(StoreError::NotFound)?;
    if if_match.is_some_and(|wanted| *wanted != etag) {
        return Err(StoreError::PreconditionFailed);
    }
    let delete = || -> rusqlite::Result<()> {
        transaction
            .prepare_cached("DELETE FROM blobs WHERE container = ?1 AND name = ?2")?
            .execute(params![container, path.name])?;
        remove_content(transaction, content)
    };
    delete().map_err(StoreError::broken)?;
    Ok(file)
}

/// Up to `max` entries after `last`, in the byte order of their names; None where the container is absent.
pub(super) fn list(
    connection: &Connection,
    container: &Container,
    prefix: &str,
    last: Option<&str>,
    max: usize,
) -> rusqlite::Result<Option<Vec<Entry>>> {
    let Some(container) = container_id(connection, container)? else { return Ok(None) };
    let (from, sql) = match last {
        Some(last) => (
            last,
            "SELECT name, etag, size, modified FROM blobs WHERE container = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
        ),
        None => (
            prefix,
            "SELECT name, etag, size, modified FROM blobs WHERE container = ?1 AND name >= ?2 ORDER BY name LIMIT ?3",
        ),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![container, from, i64::try_from(max).unwrap_or(i64::MAX)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        if !name.starts_with(prefix) {
            break;
        }
        entries.push(Entry { name, properties: properties(row, 1)? });
    }
    Ok(Some(entries))
}
