//! What the embedded store promises beyond the port: several processes, restarts, kills, messages and mail.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod failures;
mod opening;
mod outbox;
mod processes;
mod queues;
mod restarts;

use std::{path::Path, sync::Arc, time::Duration};

use kundportal_store::{
    BlobPath, Container, EmbeddedStore, FixedClock, OpenError, SigningKey, SystemEntropy,
};

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::new("2026-03-01T12:00:00Z".parse().unwrap()))
}

/// Opens the store of a folder, as each process does for itself.
fn open(folder: &Path) -> EmbeddedStore {
    open_at(folder, clock()).unwrap()
}

fn open_at(folder: &Path, clock: Arc<FixedClock>) -> Result<EmbeddedStore, OpenError> {
    let key = SigningKey::new(&[1; 32]);
    EmbeddedStore::open(folder, key, "http://localhost:7071/dev/storage", clock, Arc::new(SystemEntropy))
}

fn container() -> Container {
    Container::new("tenant-one")
}

fn at(name: &str) -> BlobPath {
    BlobPath::new(container(), name)
}

/// Names of the content files.
fn content_files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("contents")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Waits for what another thread is about to do.
async fn eventually(holds: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came about");
}
