//! An answer's body on its way to the client.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use super::deadline::Deadline;

/// Set when an answer breaks off, so that the client's connection ends with a reset instead of looking complete.
pub(crate) type Reset = Arc<AtomicBool>;

/// A body that began to arrive. Its trailers are lost, as at the host.
pub(crate) struct Download {
    first: Option<Bytes>,
    remainder: Incoming,
    patience: Duration,
    silence: Pin<Box<Sleep>>,
    reset: Reset,
    _deadline: Deadline,
}

impl Download {
    /// The body whose first piece is `first`; it ends with an error after `patience` without a byte.
    pub(crate) fn new(
        first: Bytes,
        remainder: Incoming,
        patience: Duration,
        reset: Reset,
        deadline: Deadline,
    ) -> Self {
        let silence = Box::pin(tokio::time::sleep(patience));
        Self { first: Some(first), remainder, patience, silence, reset, _deadline: deadline }
    }

    fn broken(&self, error: io::Error) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.reset.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        loop {
            match Pin::new(&mut self.remainder).poll_frame(context) {
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => return self.broken(io::Error::other(error)),
                Poll::Ready(Some(Ok(frame))) => {
                    let later = Instant::now() + self.patience;
                    self.silence.as_mut().reset(later);
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                }
                Poll::Pending => {
                    ready!(self.silence.as_mut().poll(context));
                    return self.broken(io::ErrorKind::TimedOut.into());
                }
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.remainder.size_hint();
        let first = self.first.as_ref().map_or(0, |first| first.len() as u64);
        match hint.exact() {
            Some(rest) => hint.set_exact(rest + first),
            None => hint.set_lower(hint.lower() + first),
        }
        hint
    }
}
