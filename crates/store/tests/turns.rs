//! Interleavings that follow from a seed.

#![expect(clippy::unwrap_used, reason = "a test ends where a promise is broken")]

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use kundportal_store::{
    BlobPath, BlobStore as _, BlobStoreExt as _, Condition, Container, FixedClock, InTurns, MemoryStore,
    Turns,
};

/// Three callers add their letter to a blob without a condition, in the order of a seed; the calls in their order, and what
/// the blob holds in the end.
async fn raced(seed: u64) -> (Vec<String>, Bytes) {
    let clock = Arc::new(FixedClock::new(jiff::Timestamp::UNIX_EPOCH));
    let turns = Turns::new(Duration::from_mins(1));
    let store = Arc::new(InTurns::new(MemoryStore::new(clock), turns.clone()));
    store.create_container(&Container::new("box")).await.unwrap();
    let racers = ["x", "y", "z"].map(|name| {
        let store = Arc::clone(&store);
        // Each in a task of its own, as requests are.
        let task = tokio::spawn(async move {
            let path = BlobPath::new(Container::new("box"), "blob");
            for _ in 0..3 {
                let before =
                    store.get_bytes(&path, 100).await.map_or_else(|_| Bytes::new(), |(bytes, _)| bytes);
                let after = [&before[..], name.as_bytes()].concat();
                store.put_bytes(&path, after.into(), Condition::Always).await.unwrap();
            }
        });
        async move { task.await.unwrap() }
    });
    turns.race(seed, racers).await;
    let (bytes, _) = store.get_bytes(&BlobPath::new(Container::new("box"), "blob"), 100).await.unwrap();
    (turns.calls(), bytes)
}

#[tokio::test]
async fn an_interleaving_follows_from_its_seed() {
    let mut outcomes = BTreeSet::new();
    for seed in 0..40 {
        let (calls, outcome) = raced(seed).await;
        assert_eq!(calls.len(), 18, "{calls:?}");
        assert_eq!(raced(seed).await, (calls, outcome.clone()), "seed {seed}");
        outcomes.insert(outcome);
    }
    // From one after the other (nine letters) to all but one lost.
    assert!(outcomes.iter().any(|outcome| outcome.len() == 9), "{outcomes:?}");
    assert!(outcomes.len() > 15, "{outcomes:?}");
}

#[tokio::test]
async fn a_racer_that_waits_for_something_else_holds_nobody_up_for_ever() {
    let clock = Arc::new(FixedClock::new(jiff::Timestamp::UNIX_EPOCH));
    let turns = Turns::new(Duration::from_millis(50));
    let store = Arc::new(InTurns::new(MemoryStore::new(clock), turns.clone()));
    let lock = Arc::new(tokio::sync::Mutex::new(()));
    let racers = [1, 2].map(|_| {
        let (store, lock) = (Arc::clone(&store), Arc::clone(&lock));
        let task = tokio::spawn(async move {
            let _held = lock.lock().await;
            store.create_container(&Container::new("box")).await.unwrap()
        });
        async move { task.await.unwrap() }
    });
    let mut made = turns.race(1, racers).await;
    made.sort_unstable();
    assert_eq!(made, [false, true]);
}
