//! Messages, with the ways of Azure Storage queues.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use kundportal_store::{Clock as _, EmbeddedQueue, FixedClock, Queue as _, StoreError};

use crate::{clock, open, open_at};

const HIDDEN: Duration = Duration::from_secs(30);

struct Setting {
    queue: EmbeddedQueue,
    clock: Arc<FixedClock>,
    _folder: tempfile::TempDir,
}

impl Setting {
    fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
        let queue = open_at(folder.path(), clock.clone()).unwrap().queue();
        Self { queue, clock, _folder: folder }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn received(&self, queue: &str) -> Option<kundportal_store::embedded::Message> {
        self.queue.receive(queue, HIDDEN, self.now()).await.unwrap()
    }
}

#[tokio::test]
async fn a_message_is_received_as_it_was_sent_and_hidden() {
    let setting = Setting::new();
    setting.queue.enqueue("exports", "{\"id\":\"å\"}", Duration::ZERO).await.unwrap();
    let message = setting.received("exports").await.unwrap();
    assert_eq!((message.text.as_str(), message.dequeue_count), ("{\"id\":\"å\"}", 1));
    assert_eq!(message.inserted_at, setting.now());
    assert_eq!(message.next_visible_at, setting.now() + HIDDEN);
    assert_eq!(message.expires_at, setting.now() + Duration::from_hours(7 * 24));
    assert_eq!(message.id.len(), 36);
    assert!(setting.received("exports").await.is_none());
    assert!(setting.received("other").await.is_none());
}

#[tokio::test]
async fn a_message_that_is_not_deleted_comes_back_and_its_old_receipt_is_void() {
    let setting = Setting::new();
    setting.queue.enqueue("exports", "1", Duration::ZERO).await.unwrap();
    let first = setting.received("exports").await.unwrap();
    setting.clock.advance(HIDDEN);
    let second = setting.received("exports").await.unwrap();
    assert_eq!((&second.id, second.dequeue_count), (&first.id, 2));
    let late = setting.queue.delete(&first.id, &first.pop_receipt).await;
    assert!(matches!(late, Err(StoreError::NotFound)));
    setting.queue.delete(&second.id, &second.pop_receipt).await.unwrap();
    setting.clock.advance(HIDDEN);
    assert!(setting.received("exports").await.is_none());
}

#[tokio::test]
async fn a_released_message_comes_back_when_it_was_told_to() {
    let setting = Setting::new();
    setting.queue.enqueue("exports", "1", Duration::ZERO).await.unwrap();
    let first = setting.received("exports").await.unwrap();
    setting.queue.release(&first.id, &first.pop_receipt, Duration::from_secs(5)).await.unwrap();
    assert!(setting.received("exports").await.is_none());
    setting.clock.advance(Duration::from_secs(5));
    assert_eq!(setting.received("exports").await.unwrap().dequeue_count, 2);
}

#[tokio::test]
async fn a_delayed_message_is_invisible_until_then() {
    let setting = Setting::new();
    setting.queue.enqueue("exports", "1", Duration::from_secs(10)).await.unwrap();
    assert!(setting.received("exports").await.is_none());
    assert!(setting.queue.visible_queues(setting.now()).await.unwrap().is_empty());
    setting.clock.advance(Duration::from_secs(10));
    assert_eq!(setting.queue.visible_queues(setting.now()).await.unwrap(), ["exports"]);
    assert!(setting.received("exports").await.is_some());
}

#[tokio::test]
async fn a_moved_message_is_a_new_one_in_the_other_queue() {
    let setting = Setting::new();
    setting.queue.enqueue("exports", "1", Duration::ZERO).await.unwrap();
    let message = setting.received("exports").await.unwrap();
    setting.queue.move_to(&message.id, &message.pop_receipt, "exports-poison").await.unwrap();
    let again = setting.queue.move_to(&message.id, &message.pop_receipt, "exports-poison").await;
    assert!(matches!(again, Err(StoreError::NotFound)));
    let moved = setting.received("exports-poison").await.unwrap();
    assert_eq!((moved.text.as_str(), moved.dequeue_count), ("1", 1));
    assert_ne!(moved.id, message.id);
    setting.clock.advance(HIDDEN);
    assert!(setting.received("exports").await.is_none());
}

#[tokio::test]
async fn messages_come_in_the_order_of_their_sending() {
    let setting = Setting::new();
    for number in 0..5 {
        setting.queue.enqueue("exports", &number.to_string(), Duration::ZERO).await.unwrap();
    }
    for number in 0..5 {
        assert_eq!(setting.received("exports").await.unwrap().text, number.to_string());
    }
}

#[tokio::test]
async fn a_message_vanishes_after_seven_days() {
    let setting = Setting::new();
    setting.queue.enqueue("exports", "1", Duration::ZERO).await.unwrap();
    setting.clock.advance(Duration::from_hours(7 * 24));
    assert!(setting.queue.visible_queues(setting.now()).await.unwrap().is_empty());
    assert!(setting.received("exports").await.is_none());
}

#[tokio::test]
async fn a_message_over_48_kib_is_refused() {
    let setting = Setting::new();
    let refused = setting.queue.enqueue("exports", &"a".repeat(48 * 1024 + 1), Duration::ZERO).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { limit: 49_152 })));
    setting.queue.enqueue("exports", &"a".repeat(48 * 1024), Duration::ZERO).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_receive_at_once_one_gets_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(folder.path()).queue(), open(folder.path()).queue());
    let now = clock().now();
    for number in 0..50 {
        one.enqueue("exports", &number.to_string(), Duration::ZERO).await.unwrap();
    }
    let receiving = [one.clone(), one, two.clone(), two].map(|queue| {
        tokio::spawn(async move {
            let mut texts = Vec::new();
            while let Some(message) = queue.receive("exports", HIDDEN, now).await.unwrap() {
                texts.push(message.text);
            }
            texts
        })
    });
    let mut texts = Vec::new();
    for received in receiving {
        texts.extend(received.await.unwrap());
    }
    texts.sort_by_key(|text| text.parse::<u8>().unwrap());
    assert_eq!(texts, (0..50).map(|number| number.to_string()).collect::<Vec<_>>());
}
