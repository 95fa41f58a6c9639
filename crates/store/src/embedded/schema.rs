//! The database's tables and their version.

use rusqlite::{Connection, TransactionBehavior};

/// Written as `user_version`; raised with every change of the tables.
pub(super) const VERSION: i64 = 2;

/// Names are kept apart from contents, so that a listing reads narrow rows in the order of its answer. They compare
/// as bytes (`BINARY`). A container's number is never used again, so that what is left of a deleted one cannot come
/// back with a new one of its name.
const TABLES: &str = "
    CREATE TABLE containers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE dropped_containers (id INTEGER PRIMARY KEY) STRICT;

    CREATE TABLE blobs (
        container INTEGER NOT NULL,
        name TEXT NOT NULL,
        etag INTEGER NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,  -- microseconds since 1970
        content INTEGER,            -- in contents; neither this nor file: empty
        file TEXT,                  -- in the folder of content files
        PRIMARY KEY (container, name)
    ) STRICT, WITHOUT ROWID;

    CREATE UNIQUE INDEX blobs_by_file ON blobs (file) WHERE file IS NOT NULL;

    CREATE TABLE contents (
        id INTEGER PRIMARY KEY,
        bytes BLOB NOT NULL
    ) STRICT;

    CREATE TABLE versions (last INTEGER NOT NULL) STRICT;
    INSERT INTO versions VALUES (0);

    CREATE TABLE messages (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        queue TEXT NOT NULL,
        text TEXT NOT NULL,
        inserted INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        visible INTEGER NOT NULL,
        dequeued INTEGER NOT NULL DEFAULT 0,
        receipt TEXT
    ) STRICT;

    CREATE INDEX messages_by_visibility ON messages (queue, visible, number);

    CREATE TABLE mails (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        message_id TEXT NOT NULL UNIQUE,
        recipient TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        html TEXT NOT NULL,
        sent INTEGER NOT NULL,      -- last
        times INTEGER NOT NULL DEFAULT 1
    ) STRICT;
";

/// From version 1.
const TIMES: &str = "ALTER TABLE mails ADD COLUMN times INTEGER NOT NULL DEFAULT 1";

/// The version of the tables; 0 for a new database.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Makes the tables, or those of an earlier version what they are now, unless another process was quicker.
pub(super) fn bring_up_to_date(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let change = match version(&transaction)? {
        0 => TABLES,
        1 => TIMES,
        _ => return Ok(()),
    };
    transaction.execute_batch(change)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
