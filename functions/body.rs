//! A body on its way in or out: how long it may take, and what happens to the part that nobody read.
//!
//! The host ends the handler, and with it whatever else is in flight, when one function runs longer than `functionTimeout`
//! in `host.json`. So that no caller can bring that about by sending or reading slowly, a body breaks off before.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderMap, header};
use kundportal_store::ByteStream;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout, timeout_at},
};

/// How long a body may take from its first byte to its last: less than the 10 minutes of `functionTimeout`.
const WHOLE: Duration = Duration::from_mins(9);
/// How long nothing may come of it.
const SILENCE: Duration = Duration::from_mins(1);
/// The longest body that the host passes on, in bytes.
const LONGEST: u64 = 104_857_600;
/// How long the rest of a body is read off, ...
const REST: Duration = Duration::from_secs(30);
/// ... and how long nothing may come of it: whoever sends nothing waits for the answer.
const REST_SILENCE: Duration = Duration::from_secs(2);

/// The body, which ends with [`io::ErrorKind::TimedOut`] when it takes too long.
pub(crate) fn in_time(body: ByteStream) -> ByteStream {
    within(body, WHOLE, SILENCE)
}

fn within(body: ByteStream, whole: Duration, silence: Duration) -> ByteStream {
    let end = Instant::now() + whole;
    Box::pin(stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        let now = Instant::now();
        let piece = match timeout_at(end.min(now + silence), body.next()).await {
            Ok(piece) if now < end => piece?,
            _ => Err(io::ErrorKind::TimedOut.into()),
        };
        let body = piece.is_ok().then_some(body);
        Some((piece, body))
    }))
}

/// A body that comes back when whoever got it leaves a part unread.
pub(crate) fn returning(body: ByteStream, headers: &HeaderMap) -> (ByteStream, Rest) {
    let (back, returned) = oneshot::channel();
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    // Of these the caller sends nothing before an answer, or the host lets nothing through.
    let is_held_back =
        headers.contains_key(header::EXPECT) || declared.is_some_and(|length: u64| length > LONGEST);
    let returning = Returning { body: Some(body), back: (!is_held_back).then_some(back) };
    (Box::pin(returning), Rest(returned))
}

struct Returning {
    body: Option<ByteStream>,
    back: Option<oneshot::Sender<ByteStream>>,
}

impl Stream for Returning {
    type Item = <ByteStream as Stream>::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        let piece = ready!(body.poll_next_unpin(context));
        if !matches!(piece, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(piece)
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take()) {
            let _ = back.send(body);
        }
    }
}

/// What nobody read of a request's body.
pub(crate) struct Rest(oneshot::Receiver<ByteStream>);

impl Rest {
    /// Reads it off and throws it away. A connection that ends with unread bytes is reset, which can destroy the answer on
    /// its way: the host would make a 500 of a refusal.
    pub(crate) async fn read_off(mut self) {
        let Ok(mut body) = self.0.try_recv() else { return };
        let reading = async {
            let mut left = LONGEST;
            while let Ok(Some(Ok(piece))) = timeout(REST_SILENCE, body.next()).await {
                match left.checked_sub(piece.len() as u64) {
                    Some(fewer) => left = fewer,
                    None => break,
                }
            }
        };
        let _ = timeout(REST, reading).await;
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);
    const SHORT: Duration = Duration::from_millis(100);

    #[expect(clippy::unnecessary_wraps, reason = "pieces of a stream come as results")]
    fn piece() -> io::Result<Bytes> {
        Ok(Bytes::from_static(b"x"))
    }

    fn is_too_late(piece: Option<&io::Result<Bytes>>) -> bool {
        matches!(piece, Some(Err(error)) if error.kind() == io::ErrorKind::TimedOut)
    }

    #[tokio::test]
    async fn a_body_that_stops_breaks_off() {
        let stopping = Box::pin(stream::iter([piece()]).chain(stream::pending()));
        let pieces: Vec<_> = within(stopping, LONG, SHORT).collect().await;
        assert_eq!(pieces.len(), 2);
        assert!(is_too_late(pieces.last()));
    }

    #[tokio::test]
    async fn a_body_that_drips_breaks_off() {
        let dripping = stream::repeat_with(piece).then(async |piece| {
            tokio::time::sleep(SHORT / 20).await;
            piece
        });
        let started = Instant::now();
        let pieces: Vec<_> = within(Box::pin(dripping), SHORT, LONG).collect().await;
        assert!(is_too_late(pieces.last()));
        assert!(started.elapsed() >= SHORT);
    }

    #[tokio::test]
    async fn a_reader_that_takes_too_long_is_given_up() {
        let mut body = within(Box::pin(stream::repeat_with(piece)), SHORT, LONG);
        tokio::time::sleep(SHORT * 2).await;
        assert!(is_too_late(body.next().await.as_ref()));
        assert!(body.next().await.is_none());
    }
}
