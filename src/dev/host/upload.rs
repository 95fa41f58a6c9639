//! A request's body on its way to the handler: streamed, counted, and sent once at most.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::activity::Activity;

/// The longest body that the host passes on, in bytes.
pub(crate) const LONGEST_BODY: u64 = 104_857_600;

/// A body that can be offered to one connection after the other until one has begun to read it.
#[derive(Clone)]
pub(crate) struct Upload {
    shared: Arc<Mutex<Shared>>,
    activity: Activity,
    hint: SizeHint,
}

struct Shared {
    body: Incoming,
    read: u64,
    begun: bool,
    too_long: bool,
}

impl Upload {
    /// The body of a request.
    pub(crate) fn new(body: Incoming, activity: Activity) -> Self {
        let hint = body.size_hint();
        Self {
            shared: Arc::new(Mutex::new(Shared { body, read: 0, begun: false, too_long: false })),
            activity,
            hint,
        }
    }

    /// Whether a connection has read from it: then it cannot be sent again.
    pub(crate) fn begun(&self) -> bool {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).begun
    }

    /// Whether it turned out longer than [`LONGEST_BODY`].
    pub(crate) fn too_long(&self) -> bool {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).too_long
    }
}

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// It is longer than the host allows.
    #[error("the body is longer than {LONGEST_BODY} bytes")]
    TooLong,
    /// The client stopped sending.
    #[error("the client stopped sending")]
    Client(#[source] hyper::Error),
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.begun = true;
        loop {
            let frame = ready!(Pin::new(&mut shared.body).poll_frame(context));
            self.activity.touch();
            let data = match frame {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(UploadError::Client(error)))),
                Some(Ok(frame)) => frame.into_data(),
            };
            // Trailers are lost on the way, as at the host.
            let Ok(data) = data else { continue };
            shared.read += data.len() as u64;
            if shared.read > LONGEST_BODY {
                shared.too_long = true;
                return Poll::Ready(Some(Err(UploadError::TooLong)));
            }
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}
