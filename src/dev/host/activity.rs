//! When something last moved, so that silence ends an exchange and slowness does not.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The last sign of life of one exchange. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Activity(Arc<Mutex<Instant>>);

impl Activity {
    /// Begins now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Something moved.
    pub(crate) fn touch(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Comes back once nothing has moved for `limit`.
    pub(crate) async fn silence(&self, limit: Duration) {
        loop {
            let end = *self.0.lock().unwrap_or_else(PoisonError::into_inner) + limit;
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(500);

    #[tokio::test]
    async fn silence_counts_from_the_last_movement() {
        let activity = Activity::new();
        let movement = async {
            tokio::time::sleep(LIMIT / 50).await;
            let moved = Instant::now();
            activity.touch();
            moved
        };
        let ((), moved) = tokio::join!(activity.silence(LIMIT), movement);
        assert!(moved.elapsed() >= LIMIT);
    }
}
