//! Faults and counts, as tests plan and read them.

#![expect(clippy::unwrap_used, reason = "a test ends where a promise is broken")]

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use kundportal_domain::Personal;
use kundportal_store::{
    BlobPath, BlobStore, BlobStoreExt as _, Call, CallKind, Condition, Container, Counting, Counts, Faults,
    Faulty, FixedClock, Mail, MailError, Mailer as _, Matching, MemoryMailer, MemoryQueue, MemoryStore,
    Moment, Queue as _, StoreError,
};

fn container() -> Container {
    Container::new("tenant-one")
}

fn at(name: &str) -> BlobPath {
    BlobPath::new(container(), name)
}

async fn memory() -> Arc<MemoryStore> {
    let store =
        Arc::new(MemoryStore::new(Arc::new(FixedClock::new("2026-03-01T12:00:00Z".parse().unwrap()))));
    store.create_container(&container()).await.unwrap();
    store
}

async fn put(store: &dyn BlobStore, name: &str) -> Result<(), StoreError> {
    store.put_bytes(&at(name), "1".into(), Condition::Always).await.map(drop)
}

fn planned<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Unavailable { .. }))
}

#[tokio::test]
async fn the_nth_call_fails_before_its_effect_and_only_that() {
    let (memory, faults) = (memory().await, Faults::new());
    let store: Arc<dyn BlobStore> = Arc::new(Faulty::new(memory.clone(), faults.clone()));
    faults.fail_nth(2, Moment::Before);
    put(&store, "a").await.unwrap();
    assert!(planned(&put(&store, "b").await));
    put(&store, "c").await.unwrap();
    assert_eq!(memory.dump(None).into_keys().collect::<Vec<_>>(), ["tenant-one/a", "tenant-one/c"]);
}

#[tokio::test]
async fn a_call_fails_after_its_effect() {
    let (memory, faults) = (memory().await, Faults::new());
    let store = Faulty::new(memory.clone(), faults.clone());
    faults.fail_nth(1, Moment::After);
    assert!(planned(&put(&store, "a").await));
    assert_eq!(memory.dump(Some(&container())).into_keys().collect::<Vec<_>>(), ["tenant-one/a"]);
    faults.fail_nth(1, Moment::After);
    assert!(planned(&store.delete(&at("a"), None).await));
    assert!(memory.dump(None).is_empty());
}

#[tokio::test]
async fn calls_fail_by_their_kind_and_name() {
    let (memory, faults) = (memory().await, Faults::new());
    let store = Faulty::new(memory, faults.clone());
    faults.fail(Matching::any().kind(CallKind::Put).name("index/").nth(2), Moment::Before);
    put(&store, "index/1").await.unwrap();
    put(&store, "subjects/1").await.unwrap();
    store.properties(&at("index/1")).await.unwrap();
    assert!(planned(&put(&store, "index/2").await));
    put(&store, "index/3").await.unwrap();
    faults.fail_always(Matching::any().kind(CallKind::Get), Moment::Before);
    for _ in 0..3 {
        assert!(planned(&store.get(&at("index/1"), None).await));
    }
    faults.clear();
    store.get(&at("index/1"), None).await.unwrap();
}

#[tokio::test]
async fn an_error_of_the_store_itself_comes_through() {
    let store = Faulty::new(memory().await, Faults::new());
    assert!(matches!(store.get(&at("none"), None).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn the_calls_of_an_operation_can_be_told_over_all_ports() {
    let faults = Faults::new();
    let store = Faulty::new(memory().await, faults.clone());
    let queue = Faulty::new(MemoryQueue::new(), faults.clone());
    put(&store, "a").await.unwrap();
    queue.enqueue("exports", "1", Duration::ZERO).await.unwrap();
    let call = |kind, name: &str| Call { kind, name: name.to_owned() };
    let calls = [call(CallKind::Put, "tenant-one/a"), call(CallKind::Enqueue, "exports")];
    assert_eq!(faults.take_calls(), calls);
    assert!(faults.take_calls().is_empty());
    faults.fail_nth(2, Moment::Before);
    put(&store, "a").await.unwrap();
    assert!(planned(&queue.enqueue("exports", "2", Duration::ZERO).await));
}

#[tokio::test]
async fn a_call_waits_where_it_is_told_until_it_is_released() {
    let (memory, faults) = (memory().await, Faults::new());
    let store = Faulty::new(memory.clone(), faults.clone());
    for (moment, remains) in [(Moment::Before, 0), (Moment::After, 1)] {
        let pause = faults.pause(Matching::any().kind(CallKind::Put), moment);
        let writer = store.clone();
        let writing = tokio::spawn(async move { put(&writer, "a").await });
        pause.reached().await;
        assert_eq!(memory.dump(None).len(), remains);
        put(&store, "b").await.unwrap();
        store.delete(&at("b"), None).await.unwrap();
        assert!(!writing.is_finished());
        pause.release();
        writing.await.unwrap().unwrap();
        store.delete(&at("a"), None).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_may_wait_and_then_fail() {
    let (memory, faults) = (memory().await, Faults::new());
    let store = Faulty::new(memory.clone(), faults.clone());
    let pause = faults.pause(Matching::any(), Moment::Before);
    faults.fail(Matching::any(), Moment::Before);
    let writing = tokio::spawn(async move { put(&store, "a").await });
    pause.reached().await;
    pause.release();
    assert!(planned(&writing.await.unwrap()));
    assert!(memory.dump(None).is_empty());
}

#[tokio::test]
async fn a_body_breaks_off_midway() {
    let (memory, faults) = (memory().await, Faults::new());
    let store = Faulty::new(memory, faults.clone());
    faults.fail(Matching::any(), Moment::Midway);
    put(&store, "a").await.unwrap();
    let mut body = store.get(&at("a"), None).await.unwrap().body;
    assert_eq!(body.next().await.unwrap().unwrap(), "1");
    assert!(body.next().await.unwrap().is_err());
    assert!(body.next().await.is_none());
    faults.fail(Matching::any(), Moment::Midway);
    assert!(planned(&store.get_bytes(&at("a"), 10).await));
    assert_eq!(store.get_bytes(&at("a"), 10).await.unwrap().0, "1");
    let pause = faults.pause(Matching::any(), Moment::Midway);
    let reader = store.clone();
    let reading = tokio::spawn(async move { reader.get_bytes(&at("a"), 10).await });
    pause.reached().await;
    store.delete(&at("a"), None).await.unwrap();
    pause.release();
    assert_eq!(reading.await.unwrap().unwrap().0, "1");
}

#[tokio::test]
async fn mail_fails_before_or_after_it_is_sent() {
    let (sent, faults) = (Arc::new(MemoryMailer::new()), Faults::new());
    let mailer = Faulty::new(sent.clone(), faults.clone());
    let mail = Mail {
        message_id: "1@example.se".to_owned(),
        to: Personal::new("kim@example.se".parse().unwrap()),
        subject: Personal::default(),
        text: Personal::default(),
        html: Personal::default(),
    };
    for (moment, count) in [(Moment::Before, 0), (Moment::After, 1)] {
        faults.fail(Matching::any().kind(CallKind::Send).name("1@example.se"), moment);
        assert!(matches!(mailer.send(&mail).await, Err(MailError::Unavailable(_))));
        assert_eq!(sent.drain().len(), count);
    }
    mailer.send(&mail).await.unwrap();
    assert_eq!(sent.drain().len(), 1);
}

#[tokio::test]
async fn transactions_are_counted_by_kind_with_their_names() {
    let counts = Counts::new();
    let store = Counting::new(memory().await, counts.clone());
    let queue = Counting::new(Arc::new(MemoryQueue::new()), counts.clone());
    put(&store, "a").await.unwrap();
    store.get_bytes(&at("a"), 10).await.unwrap();
    store.properties(&at("a")).await.unwrap();
    store.list(&container(), "index/", None, 10).await.unwrap();
    store.delete(&at("none"), None).await.unwrap_err();
    store.create_container(&container()).await.unwrap();
    store.signed_upload_url(&at("a"), "2026-03-01T13:00:00Z".parse().unwrap()).await.unwrap();
    queue.enqueue("exports", "1", Duration::ZERO).await.unwrap();
    let tally = counts.take();
    assert_eq!(tally.reads, ["tenant-one/a", "tenant-one/a"]);
    assert_eq!(tally.writes, ["tenant-one/a", "tenant-one"]);
    assert_eq!(tally.deletes, ["tenant-one/none"]);
    assert_eq!(tally.lists, ["tenant-one/index/"]);
    assert_eq!(tally.messages, ["exports"]);
    assert_eq!(tally.total(), 7);
    assert_eq!(counts.take().total(), 0);
}

#[tokio::test]
async fn a_drained_queue_is_empty() {
    let queue = MemoryQueue::new();
    queue.enqueue("exports", "1", Duration::from_secs(3)).await.unwrap();
    let [sent] = queue.drain().try_into().unwrap();
    assert_eq!(
        (sent.queue.as_str(), sent.message.as_str(), sent.delay),
        ("exports", "1", Duration::from_secs(3))
    );
    assert!(queue.drain().is_empty());
}
