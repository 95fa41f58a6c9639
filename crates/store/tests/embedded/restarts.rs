//! What is there after a process has ended, well or not.

use std::{fs, path::Path};

use bytes::Bytes;
use kundportal_store::{BlobStore as _, BlobStoreExt as _, Condition, StoreError};

use crate::{at, container, content_files, eventually, open};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.create_container(&container()).await.unwrap();
    let small = store.put_bytes(&at("small"), "1".into(), Condition::Always).await.unwrap();
    let large = store.put_bytes(&at("large"), vec![1; 100_000].into(), Condition::Always).await.unwrap();
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.get_bytes(&at("small"), 10).await.unwrap(), ("1".into(), small.clone()));
    assert_eq!(
        store.get_bytes(&at("large"), 100_000).await.unwrap(),
        (vec![1; 100_000].into(), large.clone())
    );
    let next = store.put_bytes(&at("small"), "2".into(), Condition::IfMatch(small.clone())).await.unwrap();
    assert!(next != small && next != large);
}

#[tokio::test]
async fn contents_replaced_refused_or_deleted_leave_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.create_container(&container()).await.unwrap();
    let large = Bytes::from(vec![1; 100_000]);
    let files = || content_files(folder.path()).len();
    store.put_bytes(&at("a"), large.clone(), Condition::Always).await.unwrap();
    store.put_bytes(&at("a"), large.clone(), Condition::Always).await.unwrap();
    assert_eq!(files(), 1);
    store.put_bytes(&at("a"), large.clone(), Condition::IfAbsent).await.unwrap_err();
    assert_eq!(files(), 1);
    store.put_bytes(&at("a"), "small".into(), Condition::Always).await.unwrap();
    assert_eq!(files(), 0);
    store.put_bytes(&at("b"), large.clone(), Condition::Always).await.unwrap();
    store.delete(&at("b"), None).await.unwrap();
    assert_eq!(files(), 0);
    store.put_bytes(&at("c"), large, Condition::Always).await.unwrap();
    store.delete_container(&container()).await.unwrap();
    assert_eq!(files(), 0);
}

#[tokio::test]
async fn leftovers_of_a_killed_process_are_removed_and_contents_never() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.create_container(&container()).await.unwrap();
    store.put_bytes(&at("a"), vec![1; 100_000].into(), Condition::Always).await.unwrap();
    // Whatever else somebody keeps there is none of ours.
    fs::write(folder.path().join("contents/notes.txt"), "mine").unwrap();
    let mut kept = content_files(folder.path());
    kept.sort_unstable();
    for leftover in ["00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100.part"] {
        fs::write(folder.path().join("contents").join(leftover), "leftover").unwrap();
    }
    drop(store);
    let store = open(folder.path());
    // The start sweeps in the background too: either of the two removes them.
    store.sweep().await.unwrap();
    eventually(|| content_files(folder.path()).len() == 2).await;
    let mut left = content_files(folder.path());
    left.sort_unstable();
    assert_eq!(left, kept);
    assert_eq!(store.get_bytes(&at("a"), 100_000).await.unwrap().0, vec![1; 100_000]);
}

#[tokio::test]
async fn a_deletion_of_a_container_that_was_interrupted_is_ended_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.create_container(&container()).await.unwrap();
    store.put_bytes(&at("small"), "1".into(), Condition::Always).await.unwrap();
    store.put_bytes(&at("large"), vec![1; 100_000].into(), Condition::Always).await.unwrap();
    drop(store);
    let raw = rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap();
    raw.execute_batch("INSERT INTO dropped_containers SELECT id FROM containers; DELETE FROM containers")
        .unwrap();
    let store = open(folder.path());
    assert!(matches!(store.get(&at("small"), None).await, Err(StoreError::NotFound)));
    store.sweep().await.unwrap();
    eventually(|| content_files(folder.path()).is_empty()).await;
    for table in ["blobs", "contents", "dropped_containers"] {
        let rows: i64 =
            raw.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

/// Whether any file of a folder holds these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test]
async fn what_was_deleted_is_nowhere_on_disk_after_a_checkpoint() {
    const CANARY: &[u8] = b"kim.canary@example.se";
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.create_container(&container()).await.unwrap();
    let large = CANARY.repeat(10_000);
    store.put_bytes(&at("replaced"), CANARY.into(), Condition::Always).await.unwrap();
    store.put_bytes(&at("small"), CANARY.into(), Condition::Always).await.unwrap();
    store.put_bytes(&at("middle"), CANARY.repeat(2000).into(), Condition::Always).await.unwrap();
    store.put_bytes(&at("large"), large.into(), Condition::Always).await.unwrap();
    assert!(holds(folder.path(), CANARY));
    store.put_bytes(&at("replaced"), "anything else".into(), Condition::Always).await.unwrap();
    for name in ["small", "middle", "large"] {
        store.delete(&at(name), None).await.unwrap();
    }
    assert!(store.checkpoint().await.unwrap());
    assert!(!holds(folder.path(), CANARY));
}
