//! Several processes on one folder.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use kundportal_store::{BlobStore as _, BlobStoreExt as _, Condition, EmbeddedStore, StoreError};
use tokio::sync::mpsc;

use crate::{at, container, content_files, eventually, open};

/// A body that a test feeds.
fn fed() -> (mpsc::Sender<Bytes>, kundportal_store::ByteStream) {
    let (feed, pieces) = mpsc::channel(1);
    let body = stream::unfold(pieces, |mut pieces| async move { Some((Ok(pieces.recv().await?), pieces)) });
    (feed, body.boxed())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_folder_are_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(folder.path()), open(folder.path()));
    assert!(one.create_container(&container()).await.unwrap());
    assert!(!two.create_container(&container()).await.unwrap());
    assert_eq!(two.containers().await.unwrap(), [container()]);
    for size in [10, 100_000] {
        let etag = one.put_bytes(&at("a"), vec![1; size].into(), Condition::Always).await.unwrap();
        assert_eq!(two.get_bytes(&at("a"), 100_000).await.unwrap(), (vec![1; size].into(), etag.clone()));
        let newer =
            two.put_bytes(&at("a"), vec![2; size].into(), Condition::IfMatch(etag.clone())).await.unwrap();
        let late = one.put_bytes(&at("a"), vec![3; size].into(), Condition::IfMatch(etag)).await;
        assert!(matches!(late, Err(StoreError::PreconditionFailed)));
        assert_eq!(one.get_bytes(&at("a"), 100_000).await.unwrap(), (vec![2; size].into(), newer));
    }
    two.delete(&at("a"), None).await.unwrap();
    assert!(matches!(one.get(&at("a"), None).await, Err(StoreError::NotFound)));
    assert!(two.delete_container(&container()).await.unwrap());
    assert!(matches!(one.list(&container(), "", None, 1).await, Err(StoreError::NotFound)));
}

async fn count_up(store: EmbeddedStore, times: usize) {
    for _ in 0..times {
        loop {
            let (bytes, etag) = store.get_bytes(&at("count"), 10).await.unwrap();
            let count: usize = String::from_utf8(bytes.to_vec()).unwrap().parse().unwrap();
            let next = (count + 1).to_string().into();
            match store.put_bytes(&at("count"), next, Condition::IfMatch(etag)).await {
                Ok(_) => break,
                Err(StoreError::PreconditionFailed) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_conditional_write_of_two_processes_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(folder.path()), open(folder.path()));
    one.create_container(&container()).await.unwrap();
    one.put_bytes(&at("count"), "0".into(), Condition::IfAbsent).await.unwrap();
    let counting =
        [one.clone(), one.clone(), two.clone(), two].map(|store| tokio::spawn(count_up(store, 25)));
    for counted in counting {
        counted.await.unwrap();
    }
    assert_eq!(one.get_bytes(&at("count"), 10).await.unwrap().0, "100");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_that_another_process_is_writing_is_spared() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(folder.path()), open(folder.path()));
    one.create_container(&container()).await.unwrap();
    let (feed, body) = fed();
    let put = tokio::spawn(async move { one.put(&at("file"), body, Condition::IfAbsent).await });
    for _ in 0..20 {
        feed.send(vec![7; 50_000].into()).await.unwrap();
    }
    eventually(|| !content_files(folder.path()).is_empty()).await;
    assert_eq!(two.sweep().await.unwrap(), 0);
    assert_eq!(content_files(folder.path()).len(), 1);
    drop(feed);
    put.await.unwrap().unwrap();
    assert_eq!(two.sweep().await.unwrap(), 0);
    assert_eq!(two.get_bytes(&at("file"), 1_000_000).await.unwrap().0, vec![7; 1_000_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeping_meanwhile_disturbs_no_write() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(folder.path()), open(folder.path()));
    one.create_container(&container()).await.unwrap();
    let writing = tokio::spawn(async move {
        for round in 0..100_u8 {
            let body = vec![round; 70_000];
            one.put_bytes(&at(&format!("file/{}", round % 10)), body.into(), Condition::Always)
                .await
                .unwrap();
        }
    });
    while !writing.is_finished() {
        two.sweep().await.unwrap();
    }
    writing.await.unwrap();
    for round in 90..100_u8 {
        let (bytes, _) = two.get_bytes(&at(&format!("file/{}", round % 10)), 70_000).await.unwrap();
        assert!(bytes.iter().all(|byte| *byte == round));
    }
    assert_eq!(content_files(folder.path()).len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_nobody_waits_for_any_more_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.create_container(&container()).await.unwrap();
    let (feed, body) = fed();
    let writer = store.clone();
    let put = tokio::spawn(async move { writer.put(&at("file"), body, Condition::IfAbsent).await });
    feed.send(vec![7; 100_000].into()).await.unwrap();
    eventually(|| !content_files(folder.path()).is_empty()).await;
    put.abort();
    assert!(put.await.unwrap_err().is_cancelled());
    eventually(|| content_files(folder.path()).is_empty()).await;
    assert!(matches!(store.get(&at("file"), None).await, Err(StoreError::NotFound)));
}
