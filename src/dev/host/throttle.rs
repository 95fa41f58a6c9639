//! How many requests the host lets through at once, how many more wait for that, and that it refuses the rest with 429.

use std::sync::Arc;

use http::Response;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::proxy::AnswerBody;

/// The limits of `host.json`; none where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `maxConcurrentRequests`.
    pub(crate) concurrent: Option<usize>,
    /// `maxOutstandingRequests`: waiting ones and those that are let through.
    pub(crate) outstanding: Option<usize>,
}

/// The places of a host.
pub(crate) struct Throttle {
    concurrent: Option<Arc<Semaphore>>,
    outstanding: Option<Arc<Semaphore>>,
}

/// A place, until it is dropped.
pub(crate) struct Place {
    _concurrent: Option<OwnedSemaphorePermit>,
    _outstanding: Option<OwnedSemaphorePermit>,
}

impl Throttle {
    pub(crate) fn new(Limits { concurrent, outstanding }: Limits) -> Self {
        let places = |most: Option<usize>| most.map(|most| Arc::new(Semaphore::new(most)));
        Self { concurrent: places(concurrent), outstanding: places(outstanding) }
    }

    /// Waits for a place; none at once where already too many wait.
    pub(crate) async fn enter(&self) -> Option<Place> {
        let outstanding = match &self.outstanding {
            Some(places) => Some(Arc::clone(places).try_acquire_owned().ok()?),
            None => None,
        };
        let concurrent = match &self.concurrent {
            Some(places) => Some(Arc::clone(places).acquire_owned().await.ok()?),
            None => None,
        };
        Some(Place { _concurrent: concurrent, _outstanding: outstanding })
    }
}

impl Place {
    /// Keeps the place until the answer has been sent.
    pub(crate) fn until_sent(self, answer: Response<AnswerBody>) -> Response<AnswerBody> {
        answer.map(|body| {
            body.map_frame(move |frame| {
                let _ = &self;
                frame
            })
            .boxed_unsync()
        })
    }
}
