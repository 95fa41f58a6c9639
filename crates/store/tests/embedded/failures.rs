//! What is answered when the folder itself fails.

use std::fs;

use kundportal_store::{BlobStore as _, BlobStoreExt as _, Condition, StoreError};

use crate::{at, container, content_files, open};

#[tokio::test]
async fn a_content_that_cannot_be_written_is_unavailable_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.create_container(&container()).await.unwrap();
    let etag = store.put_bytes(&at("file"), "old".into(), Condition::Always).await.unwrap();
    store.sweep().await.unwrap();
    fs::remove_dir_all(folder.path().join("contents")).unwrap();
    let put = store.put_bytes(&at("file"), vec![1; 100_000].into(), Condition::Always).await;
    assert!(matches!(put, Err(StoreError::Unavailable { .. })));
    assert_eq!(store.get_bytes(&at("file"), 10).await.unwrap(), ("old".into(), etag));
}

#[tokio::test]
async fn a_content_that_is_missing_or_cut_off_is_an_error_never_a_part() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.create_container(&container()).await.unwrap();
    store.put_bytes(&at("file"), vec![1; 100_000].into(), Condition::Always).await.unwrap();
    let [name] = content_files(folder.path()).try_into().unwrap();
    let file = folder.path().join("contents").join(name);
    fs::write(&file, vec![1; 99_999]).unwrap();
    assert!(matches!(store.get(&at("file"), None).await, Err(StoreError::Unavailable { .. })));
    fs::remove_file(&file).unwrap();
    assert!(matches!(store.get(&at("file"), None).await, Err(StoreError::Unavailable { .. })));
    store.delete(&at("file"), None).await.unwrap();
}
