//! Writing and deleting.

use std::{io, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use kundportal_store::{BlobPath, BlobStoreExt as _, ByteStream, Condition, Container, ETag, StoreError};

use crate::stores::{Subject, at, container};

/// A body in pieces whose bytes differ from place to place.
pub(crate) fn pieces(length: usize, size: usize) -> (ByteStream, Bytes) {
    let whole: Bytes =
        (0..length).map(|index| u8::try_from((index * 31 + index / 251) % 256).unwrap()).collect();
    let split: Vec<_> = whole.chunks(size).map(Bytes::copy_from_slice).collect();
    (Box::pin(stream::iter(split).map(Ok)), whole)
}

/// A body that ends with an error after `length` bytes.
fn broken(length: usize) -> ByteStream {
    let (body, _) = pieces(length, 16 * 1024);
    Box::pin(body.chain(stream::iter([Err(io::Error::from(io::ErrorKind::ConnectionReset))])))
}

async fn names(subject: &Subject) -> Vec<String> {
    let page = subject.store.list(&container(), "", None, 5000).await.unwrap();
    page.entries.into_iter().map(|entry| entry.name).collect()
}

pub(crate) async fn a_blob_is_read_as_it_was_written(subject: Subject) {
    let path = at("subjects/å ä?&=%2F+~/profile.json");
    let etag = subject.store.put_bytes(&path, "{\"a\":1}".into(), Condition::Always).await.unwrap();
    let (bytes, read) = subject.store.get_bytes(&path, 100).await.unwrap();
    assert_eq!((bytes, read), ("{\"a\":1}".into(), etag));
}

pub(crate) async fn an_empty_blob_is_a_blob(subject: Subject) {
    subject.store.put_bytes(&at("empty"), Bytes::new(), Condition::IfAbsent).await.unwrap();
    let blob = subject.store.get(&at("empty"), None).await.unwrap();
    assert_eq!((blob.properties.size, blob.range.clone()), (0, 0..0));
    assert!(blob.into_bytes(0).await.unwrap().is_empty());
    assert_eq!(names(&subject).await, ["empty"]);
}

pub(crate) async fn every_write_gives_a_new_version(subject: Subject) {
    let mut versions = std::collections::HashSet::new();
    for _ in 0..3 {
        for body in [Bytes::from_static(b"same"), Bytes::new(), vec![0; 70_000].into()] {
            let etag = subject.store.put_bytes(&at("a"), body, Condition::Always).await.unwrap();
            assert_eq!(subject.store.properties(&at("a")).await.unwrap().etag, etag);
            assert!(!etag.0.contains('"'));
            assert!(versions.insert(etag));
        }
    }
}

pub(crate) async fn if_absent_writes_once(subject: Subject) {
    subject.store.put_bytes(&at("a"), "1".into(), Condition::IfAbsent).await.unwrap();
    let again = subject.store.put_bytes(&at("a"), "2".into(), Condition::IfAbsent).await;
    assert!(matches!(again, Err(StoreError::AlreadyExists)));
    assert_eq!(subject.store.get_bytes(&at("a"), 10).await.unwrap().0, "1");
}

pub(crate) async fn if_match_writes_only_over_that_version(subject: Subject) {
    let first = subject.store.put_bytes(&at("a"), "1".into(), Condition::Always).await.unwrap();
    let path = at("a");
    let second = subject.store.put_bytes(&path, "2".into(), Condition::IfMatch(first.clone())).await.unwrap();
    for etag in [first, ETag("nonsense".into()), ETag(String::new())] {
        let late = subject.store.put_bytes(&path, "3".into(), Condition::IfMatch(etag)).await;
        assert!(matches!(late, Err(StoreError::PreconditionFailed)));
    }
    let absent = subject.store.put_bytes(&at("b"), "3".into(), Condition::IfMatch(second.clone())).await;
    assert!(matches!(absent, Err(StoreError::PreconditionFailed)));
    let (bytes, etag) = subject.store.get_bytes(&path, 10).await.unwrap();
    assert_eq!((bytes, etag), ("2".into(), second));
    assert_eq!(names(&subject).await, ["a"]);
}

pub(crate) async fn of_two_who_create_at_once_one_wins(subject: Subject) {
    for round in 0..20 {
        let path = at(&format!("claims/{round}"));
        let create = |body: &'static str| {
            let (store, path) = (subject.store.clone(), path.clone());
            tokio::spawn(async move { store.put_bytes(&path, body.into(), Condition::IfAbsent).await })
        };
        let (one, two) = (create("one"), create("two"));
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        let winner = match (&one, &two) {
            (Ok(_), Err(StoreError::AlreadyExists)) => "one",
            (Err(StoreError::AlreadyExists), Ok(_)) => "two",
            other => panic!("not exactly one won: {other:?}"),
        };
        assert_eq!(subject.store.get_bytes(&path, 10).await.unwrap().0, winner);
    }
}

pub(crate) async fn of_many_who_change_one_version_one_wins(subject: Subject) {
    let path = at("profile.json");
    let mut etag = subject.store.put_bytes(&path, "0".into(), Condition::Always).await.unwrap();
    for _ in 0..5 {
        let tries: Vec<_> = (0..8)
            .map(|number| {
                let (store, path, etag) = (subject.store.clone(), path.clone(), etag.clone());
                tokio::spawn(async move {
                    store.put_bytes(&path, format!("{number}").into(), Condition::IfMatch(etag)).await
                })
            })
            .collect();
        let mut winners = Vec::new();
        for (number, attempt) in tries.into_iter().enumerate() {
            match attempt.await.unwrap() {
                Ok(etag) => winners.push((number, etag)),
                Err(error) => assert!(matches!(error, StoreError::PreconditionFailed), "{error}"),
            }
        }
        let [(number, won)] = winners.as_slice() else { panic!("{} won", winners.len()) };
        let (bytes, read) = subject.store.get_bytes(&path, 10).await.unwrap();
        assert_eq!((bytes, &read), (number.to_string().into(), won));
        etag = read;
    }
}

pub(crate) async fn a_blob_is_deleted_once(subject: Subject) {
    for body in [Bytes::from_static(b"1"), vec![1; 100_000].into()] {
        subject.store.put_bytes(&at("a"), body, Condition::Always).await.unwrap();
        subject.store.delete(&at("a"), None).await.unwrap();
        assert!(matches!(subject.store.delete(&at("a"), None).await, Err(StoreError::NotFound)));
        assert!(matches!(subject.store.get(&at("a"), None).await, Err(StoreError::NotFound)));
        assert!(!subject.store.delete_if_exists(&at("a")).await.unwrap());
        assert!(names(&subject).await.is_empty());
    }
}

pub(crate) async fn what_is_discarded_is_gone_and_nothing_there_is_no_error(subject: Subject) {
    subject.store.put_bytes(&at("a/b"), "2".into(), Condition::Always).await.unwrap();
    for body in [Bytes::from_static(b"1"), Bytes::new(), vec![1; 100_000].into()] {
        subject.store.discard(&at("a")).await.unwrap();
        subject.store.put_bytes(&at("a"), body, Condition::IfAbsent).await.unwrap();
        subject.store.discard(&at("a")).await.unwrap();
        assert!(matches!(subject.store.get(&at("a"), None).await, Err(StoreError::NotFound)));
        assert_eq!(names(&subject).await, ["a/b"]);
    }
    let nowhere = BlobPath::new(Container::new("tenant-two"), "a");
    subject.store.discard(&nowhere).await.unwrap();
}

pub(crate) async fn delete_if_match_spares_another_version(subject: Subject) {
    let first = subject.store.put_bytes(&at("a"), "1".into(), Condition::Always).await.unwrap();
    let second = subject.store.put_bytes(&at("a"), "2".into(), Condition::Always).await.unwrap();
    let late = subject.store.delete(&at("a"), Some(&first)).await;
    assert!(matches!(late, Err(StoreError::PreconditionFailed)));
    assert_eq!(subject.store.get_bytes(&at("a"), 10).await.unwrap().0, "2");
    subject.store.delete(&at("a"), Some(&second)).await.unwrap();
    assert!(matches!(subject.store.delete(&at("a"), Some(&second)).await, Err(StoreError::NotFound)));
}

pub(crate) async fn a_version_does_not_come_back_after_delete(subject: Subject) {
    let first = subject.store.put_bytes(&at("a"), "1".into(), Condition::Always).await.unwrap();
    subject.store.delete(&at("a"), None).await.unwrap();
    let second = subject.store.put_bytes(&at("a"), "1".into(), Condition::IfAbsent).await.unwrap();
    assert_ne!(first, second);
}

pub(crate) async fn a_large_body_is_stored_whole_and_can_shrink_again(subject: Subject) {
    const KIB: usize = 1024;
    for (length, size) in [
        (5 * 1024 * KIB, 60_000),
        (64 * KIB, 1000),
        (64 * KIB + 1, 64 * KIB + 1),
        (3 * 1024 * KIB, 3 * 1024 * KIB),
        (10, 1),
        (64 * KIB + 1, 1000),
    ] {
        let (body, whole) = pieces(length, size);
        let etag = subject.store.put(&at("file"), body, Condition::Always).await.unwrap();
        let (bytes, read) = subject.store.get_bytes(&at("file"), 10 * 1024 * 1024).await.unwrap();
        assert!(bytes == whole, "{length} bytes in pieces of {size}");
        assert_eq!(read, etag);
        assert_eq!(subject.store.properties(&at("file")).await.unwrap().size, length as u64);
    }
}

pub(crate) async fn a_body_that_breaks_off_leaves_nothing(subject: Subject) {
    for length in [0, 1000, 64 * 1024, 5 * 1024 * 1024] {
        let put = subject.store.put(&at("file"), broken(length), Condition::IfAbsent).await;
        assert!(
            matches!(put, Err(StoreError::Body(error)) if error.kind() == io::ErrorKind::ConnectionReset)
        );
        assert!(matches!(subject.store.get(&at("file"), None).await, Err(StoreError::NotFound)));
        assert!(names(&subject).await.is_empty());
    }
}

pub(crate) async fn a_body_that_breaks_off_leaves_the_old_content(subject: Subject) {
    for old in [Bytes::from_static(b"old"), vec![1; 100_000].into()] {
        let etag = subject.store.put_bytes(&at("file"), old.clone(), Condition::Always).await.unwrap();
        let put = subject.store.put(&at("file"), broken(200_000), Condition::Always).await;
        assert!(matches!(put, Err(StoreError::Body(_))));
        assert_eq!(subject.store.get_bytes(&at("file"), 100_000).await.unwrap(), (old, etag));
    }
}

pub(crate) async fn a_refused_write_changes_nothing(subject: Subject) {
    let (body, whole) = pieces(100_000, 10_000);
    let etag = subject.store.put(&at("file"), body, Condition::IfAbsent).await.unwrap();
    let (body, _) = pieces(300_000, 10_000);
    let put = subject.store.put(&at("file"), body, Condition::IfAbsent).await;
    assert!(matches!(put, Err(StoreError::AlreadyExists)));
    assert_eq!(subject.store.get_bytes(&at("file"), 100_000).await.unwrap(), (whole, etag));
}

pub(crate) async fn last_modified_is_the_time_of_the_last_write(subject: Subject) {
    let clock = &subject.served().clock;
    subject.store.put_bytes(&at("a"), "1".into(), Condition::Always).await.unwrap();
    clock.advance(Duration::from_mins(1));
    let now = kundportal_store::Clock::now(&**clock);
    subject.store.put_bytes(&at("a"), "2".into(), Condition::Always).await.unwrap();
    clock.advance(Duration::from_mins(1));
    assert_eq!(subject.store.properties(&at("a")).await.unwrap().last_modified, now);
}
