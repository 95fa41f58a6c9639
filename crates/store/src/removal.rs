//! Removal goes on where storage is full: it is the way out, and owed to people.

tokio::task_local! {
    static REMOVAL: ();
}

/// Does work that removes something: a store that keeps room back for that gives it to what this work writes.
pub async fn as_removal<F: Future>(work: F) -> F::Output {
    REMOVAL.scope((), work).await
}

/// Whether this task is at such work.
#[cfg(feature = "embedded")]
pub(crate) fn is_removal() -> bool {
    REMOVAL.try_with(|()| ()).is_ok()
}
