//! The function timeout: whoever exceeds it takes the handler down, as at the host.

use tokio::task::JoinHandle;

use super::worker::Worker;

/// Ends the handler when the function timeout passes before this is dropped.
pub(crate) struct Deadline(JoinHandle<()>);

impl Deadline {
    /// Begins now.
    pub(crate) fn start(worker: &Worker) -> Self {
        let worker = worker.clone();
        Self(tokio::spawn(async move {
            tokio::time::sleep(worker.function_timeout()).await;
            tracing::error!("a function exceeded the function timeout; the handler is ended");
            worker.end_for_timeout().await;
        }))
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        self.0.abort();
    }
}
