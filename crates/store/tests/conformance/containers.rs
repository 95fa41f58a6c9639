//! Containers.

use kundportal_store::{BlobPath, BlobStoreExt as _, Condition, Container, StoreError};

use crate::stores::{Subject, at, container};

pub(crate) async fn a_container_is_made_once(subject: Subject) {
    let other = Container::new("tenant-two");
    assert!(subject.store.create_container(&other).await.unwrap());
    subject.store.put_bytes(&BlobPath::new(other.clone(), "a"), "1".into(), Condition::Always).await.unwrap();
    assert!(!subject.store.create_container(&other).await.unwrap());
    let (bytes, _) = subject.store.get_bytes(&BlobPath::new(other, "a"), 10).await.unwrap();
    assert_eq!(bytes, "1");
}

pub(crate) async fn a_deleted_container_is_gone_with_all_it_held(subject: Subject) {
    for number in 0..1200 {
        let body = format!("{number}").into();
        subject.store.put_bytes(&at(&format!("a/{number}")), body, Condition::Always).await.unwrap();
    }
    let large = vec![1; 100_000];
    subject.store.put_bytes(&at("large"), large.into(), Condition::Always).await.unwrap();
    assert!(subject.store.delete_container(&container()).await.unwrap());
    assert!(!subject.store.delete_container(&container()).await.unwrap());
    for name in ["a/0", "a/1199", "large"] {
        assert!(matches!(subject.store.get(&at(name), None).await, Err(StoreError::NotFound)));
    }
}

pub(crate) async fn a_container_made_again_is_empty(subject: Subject) {
    subject.store.put_bytes(&at("a"), "1".into(), Condition::Always).await.unwrap();
    subject.store.delete_container(&container()).await.unwrap();
    assert!(subject.store.create_container(&container()).await.unwrap());
    let page = subject.store.list(&container(), "", None, 10).await.unwrap();
    assert!(page.entries.is_empty() && page.next.is_none());
    subject.store.put_bytes(&at("a"), "2".into(), Condition::IfAbsent).await.unwrap();
}

pub(crate) async fn containers_do_not_see_each_other(subject: Subject) {
    let other = Container::new("tenant-two");
    subject.store.create_container(&other).await.unwrap();
    subject.store.put_bytes(&at("a"), "1".into(), Condition::IfAbsent).await.unwrap();
    let there = BlobPath::new(other.clone(), "a");
    assert!(matches!(subject.store.properties(&there).await, Err(StoreError::NotFound)));
    subject.store.put_bytes(&there, "2".into(), Condition::IfAbsent).await.unwrap();
    assert!(subject.store.delete_container(&other).await.unwrap());
    assert_eq!(subject.store.get_bytes(&at("a"), 10).await.unwrap().0, "1");
}

pub(crate) async fn a_missing_container_is_not_found(subject: Subject) {
    let missing = Container::new("tenant-none");
    let path = BlobPath::new(missing.clone(), "a");
    let store = &subject.store;
    for condition in [Condition::Always, Condition::IfAbsent] {
        assert!(matches!(store.put_bytes(&path, "1".into(), condition).await, Err(StoreError::NotFound)));
    }
    assert!(matches!(store.get(&path, None).await, Err(StoreError::NotFound)));
    assert!(matches!(store.properties(&path).await, Err(StoreError::NotFound)));
    assert!(matches!(store.delete(&path, None).await, Err(StoreError::NotFound)));
    assert!(matches!(store.list(&missing, "", None, 10).await, Err(StoreError::NotFound)));
}

pub(crate) async fn names_that_storage_refuses_are_errors(subject: Subject) {
    for name in ["ab", "Upper", "under_score", "-a-", "a--b", "å-container", &"a".repeat(64), "../../x"] {
        assert!(subject.store.create_container(&Container::new(name)).await.is_err(), "{name}");
    }
    for name in ["", "a/", "a.", "a\0b", "a\\b", "a\u{ffff}", &"a".repeat(1025)] {
        assert!(subject.store.put_bytes(&at(name), "1".into(), Condition::Always).await.is_err(), "{name}");
    }
    subject.store.put_bytes(&at(&"å".repeat(1024)), "1".into(), Condition::Always).await.unwrap();
}
