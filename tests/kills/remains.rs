//! What is stored in the end: nothing that was begun and is not finished, and nothing that nobody knows of.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use kundportal_store::{BlobStore as _, EmbeddedStore, SigningKey, SystemClock, SystemEntropy};
use rusqlite::Connection;

fn open(folder: &Path) -> EmbeddedStore {
    let key = SigningKey::new(&[3; 32]);
    EmbeddedStore::open(folder, key, "http://storage.invalid", Arc::new(SystemClock), Arc::new(SystemEntropy))
        .expect("a store that opens")
}

async fn names(store: &EmbeddedStore) -> Vec<String> {
    let mut names = Vec::new();
    for container in store.containers().await.expect("containers") {
        let mut from = None;
        loop {
            let page = store.list(&container, "", from.as_ref(), 5_000).await.expect("a page");
            names.extend(
                page.entries.into_iter().map(|entry| format!("{}/{}", container.as_str(), entry.name)),
            );
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
    }
    names
}

/// Markers of work that is to be brought to its end.
fn markers(names: &[String]) -> Vec<&String> {
    names.iter().filter(|name| name.starts_with("platform/work/")).collect()
}

/// Whether work waits.
pub(crate) async fn work_waits(folder: &Path) -> bool {
    !markers(&names(&open(folder)).await).is_empty()
}

/// Looks at everything that is stored, once all have ended.
pub(crate) async fn check(folder: &Path) {
    let store = open(folder);
    let names = names(&store).await;
    assert_eq!(markers(&names), Vec::<&String>::new(), "work that never came to its end");

    // Each file has a content and a description, or nothing.
    let with = |ending: &str| -> BTreeSet<&str> {
        names.iter().filter_map(|name| name.split_once("/files/")?.1.strip_suffix(ending)).collect()
    };
    assert_eq!(with("/content"), with("/meta.json"));

    store.sweep().await.expect("leftovers can be removed");
    let database = Connection::open(folder.join("store.sqlite3")).expect("the database");
    let verdict: String =
        database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("a verdict");
    assert_eq!(verdict, "ok");
    let mut rows = database.prepare("SELECT file FROM blobs WHERE file IS NOT NULL").expect("the rows");
    let rows: BTreeSet<String> =
        rows.query_map([], |row| row.get(0)).expect("the rows").map(|row| row.expect("a name")).collect();
    let files: BTreeSet<String> = fs::read_dir(folder.join("contents"))
        .expect("the contents")
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    assert_eq!(files, rows, "content files and their rows");
}
