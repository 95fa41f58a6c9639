//! What is answered when the folder itself fails.

use std::{fs, time::Duration};

use kundportal_store::{BlobStore as _, BlobStoreExt as _, Condition, StoreError, as_removal};

use crate::{at, container, content_files, eventually, open};

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

/// The room is there from the first start on; without it, and without a way to have it again, only removals write.
#[tokio::test]
async fn room_that_is_kept_for_removals_is_theirs_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let reserve = folder.path().join("reserve");
    store.create_container(&container()).await.unwrap();
    let etag = store.put_bytes(&at("file"), "old".into(), Condition::Always).await.unwrap();
    assert!(fs::metadata(&reserve).unwrap().len() > 4 * 1024 * 1024);

    fs::create_dir(folder.path().join("reserve.draft")).unwrap();
    fs::remove_file(&reserve).unwrap();
    let put = store.put_bytes(&at("file"), "new".into(), Condition::Always).await;
    assert!(matches!(put, Err(StoreError::Unavailable { .. })));
    let large = store.put_bytes(&at("file"), vec![1; 100_000].into(), Condition::Always).await;
    assert!(matches!(large, Err(StoreError::Unavailable { .. })));
    eventually(|| content_files(folder.path()).is_empty()).await;
    assert_eq!(store.get_bytes(&at("file"), 10).await.unwrap(), ("old".into(), etag));
    as_removal(store.put_bytes(&at("record"), "of the removal".into(), Condition::Always)).await.unwrap();
    store.delete(&at("file"), None).await.unwrap();

    fs::remove_dir(folder.path().join("reserve.draft")).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    store.put_bytes(&at("file"), "new".into(), Condition::Always).await.unwrap();
    assert!(reserve.exists());
}
