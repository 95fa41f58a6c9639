//! Reading.

use bytes::Bytes;
use futures_util::StreamExt as _;
use kundportal_store::{BlobStoreExt as _, Condition, StoreError, once};

use crate::{
    stores::{Subject, at},
    writing::pieces,
};

pub(crate) async fn ranges_are_cut_to_the_content(subject: Subject) {
    for length in [1000_u64, 200_000] {
        let (body, whole) = pieces(usize::try_from(length).unwrap(), 10_000);
        subject.store.put(&at("file"), body, Condition::Always).await.unwrap();
        for (asked, given) in [
            (0..1, 0..1),
            (0..length, 0..length),
            (10..20, 10..20),
            (length - 1..length, length - 1..length),
            (length - 10..length + 1, length - 10..length),
            (5..u64::MAX, 5..length),
        ] {
            let blob = subject.store.get(&at("file"), Some(asked.clone())).await.unwrap();
            assert_eq!(blob.properties.size, length);
            assert_eq!(blob.range, given, "{asked:?}");
            let part =
                whole.slice(usize::try_from(given.start).unwrap()..usize::try_from(given.end).unwrap());
            assert!(blob.into_bytes(length).await.unwrap() == part, "{asked:?}");
        }
    }
}

pub(crate) async fn a_range_outside_the_content_is_refused(subject: Subject) {
    for length in [1000_u64, 200_000] {
        let (body, _) = pieces(usize::try_from(length).unwrap(), 10_000);
        subject.store.put(&at("file"), body, Condition::Always).await.unwrap();
        for start in [length, length + 1, u64::MAX - 1] {
            let read = subject.store.get(&at("file"), Some(start..u64::MAX)).await;
            assert!(matches!(read, Err(StoreError::RangeNotSatisfiable { size }) if size == length));
        }
    }
}

pub(crate) async fn an_empty_blob_satisfies_no_range(subject: Subject) {
    subject.store.put_bytes(&at("empty"), Bytes::new(), Condition::Always).await.unwrap();
    let read = subject.store.get(&at("empty"), Some(0..10)).await;
    assert!(matches!(read, Err(StoreError::RangeNotSatisfiable { size: 0 })));
}

pub(crate) async fn a_reader_keeps_its_version_while_the_blob_is_replaced(subject: Subject) {
    for length in [1000, 5 * 1024 * 1024] {
        let (body, whole) = pieces(length, 60_000);
        let etag = subject.store.put(&at("file"), body, Condition::Always).await.unwrap();
        let mut blob = subject.store.get(&at("file"), None).await.unwrap();
        let mut read = blob.body.next().await.unwrap().unwrap().to_vec();
        subject.store.put(&at("file"), once(vec![0; length]), Condition::Always).await.unwrap();
        let mut shown = false;
        while let Some(piece) = blob.body.next().await {
            match piece {
                Ok(piece) => read.extend_from_slice(&piece),
                // Where a reader asks for one range after the other, it learns that the version is gone.
                Err(_) if !subject.is_served() => shown = true,
                Err(error) => panic!("{error}"),
            }
        }
        if shown {
            assert!(read.len() < length && whole.starts_with(&read), "{length}");
            continue;
        }
        assert!(read == whole, "{length}");
        assert_eq!(blob.properties.etag, etag);
    }
}

pub(crate) async fn a_reader_keeps_its_version_while_the_blob_is_deleted(subject: Subject) {
    let (body, whole) = pieces(2 * 1024 * 1024, 60_000);
    subject.store.put(&at("file"), body, Condition::Always).await.unwrap();
    let blob = subject.store.get(&at("file"), None).await.unwrap();
    subject.store.delete(&at("file"), None).await.unwrap();
    assert!(blob.into_bytes(2 * 1024 * 1024).await.unwrap() == whole);
}

pub(crate) async fn readers_see_old_or_new_never_a_part(subject: Subject) {
    subject.store.put_bytes(&at("file"), vec![0; 100_000].into(), Condition::Always).await.unwrap();
    let store = subject.store.clone();
    let writer = tokio::spawn(async move {
        for round in 1..40_u8 {
            let length = if round % 2 == 0 { 100_000 } else { 1000 };
            store.put_bytes(&at("file"), vec![round; length].into(), Condition::Always).await.unwrap();
        }
    });
    while !writer.is_finished() {
        let (bytes, _) = subject.store.get_bytes(&at("file"), 100_000).await.unwrap();
        let round = bytes[0];
        assert_eq!(bytes.len(), if round % 2 == 0 { 100_000 } else { 1000 });
        assert!(bytes.iter().all(|byte| *byte == round));
    }
    writer.await.unwrap();
}

pub(crate) async fn more_than_the_caller_is_ready_to_hold_is_refused(subject: Subject) {
    subject.store.put_bytes(&at("file"), vec![0; 1000].into(), Condition::Always).await.unwrap();
    let read = subject.store.get_bytes(&at("file"), 999).await;
    assert!(matches!(read, Err(StoreError::TooLarge { limit: 999 })));
    assert_eq!(subject.store.get_bytes(&at("file"), 1000).await.unwrap().0.len(), 1000);
}

pub(crate) async fn properties_tell_what_a_reading_tells(subject: Subject) {
    assert!(matches!(subject.store.properties(&at("file")).await, Err(StoreError::NotFound)));
    assert!(matches!(subject.store.get(&at("file"), None).await, Err(StoreError::NotFound)));
    for length in [0_u8, 10] {
        let body = vec![0; usize::from(length)];
        subject.store.put_bytes(&at("file"), body.into(), Condition::Always).await.unwrap();
        let properties = subject.store.properties(&at("file")).await.unwrap();
        let read = subject.store.get(&at("file"), None).await.unwrap().properties;
        assert_eq!(properties.size, u64::from(length));
        assert_eq!(
            (properties.etag, properties.size, properties.last_modified),
            (read.etag, read.size, read.last_modified)
        );
    }
}
