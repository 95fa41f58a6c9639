//! A body on its way in or out: how long it may take.
//!
//! The host ends the handler, and with it whatever else is in flight, when one function runs longer than `functionTimeout`
//! in `host.json`. So that no caller can bring that about by sending or reading slowly, a body breaks off before. And so that
//! nobody can hold a place among the few for nothing, it has to come at some pace.

use std::{io, time::Duration};

use futures_util::{StreamExt as _, stream};
use kundportal_store::ByteStream;
use tokio::time::{Instant, timeout_at};

use crate::admission::Kind;

/// How fast a body has to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How long it may take from its first byte to its last.
    whole: Duration,
    /// How long nothing may come of it.
    silence: Duration,
    /// How long it may take however little comes; ...
    grace: Duration,
    /// ... after that, bytes a second on average.
    rate: u64,
}

impl Pace {
    /// Of what is small.
    pub(crate) const SMALL: Self = Self::within(Duration::from_secs(30));
    /// Of what is held in memory.
    const HELD: Self = Self::within(Duration::from_mins(2));
    /// Of what is of any length: less than the 10 minutes of `functionTimeout`.
    pub(crate) const LONG: Self = Self {
        whole: Duration::from_mins(9),
        silence: Duration::from_mins(1),
        grace: Duration::from_mins(1),
        rate: 4 * 1024,
    };

    const fn within(whole: Duration) -> Self {
        Self { whole, silence: whole, grace: whole, rate: 1 }
    }

    /// Of a body of this kind of exchange.
    pub(crate) const fn of(kind: Option<Kind>) -> Self {
        match kind {
            Some(Kind::Upload | Kind::Download) => Self::LONG,
            Some(Kind::Held) => Self::HELD,
            Some(Kind::Small) | None => Self::SMALL,
        }
    }

    /// How long the body may take in all once this much has come.
    fn allows(self, bytes: u64) -> Duration {
        self.whole.min(self.grace.saturating_add(Duration::from_secs(bytes / self.rate)))
    }
}

/// The body, which ends with [`io::ErrorKind::TimedOut`] when it takes too long.
pub(crate) fn in_time(body: ByteStream, pace: Pace) -> ByteStream {
    let started = Instant::now();
    Box::pin(stream::unfold((Some(body), 0), move |(body, come)| async move {
        let mut body = body?;
        let (now, end) = (Instant::now(), started + pace.allows(come));
        let piece = match timeout_at(end.min(now + pace.silence), body.next()).await {
            Ok(piece) if now < end => piece?,
            _ => Err(io::ErrorKind::TimedOut.into()),
        };
        let come = piece.as_ref().map_or(come, |piece| come + piece.len() as u64);
        let body = piece.is_ok().then_some(body);
        Some((piece, (body, come)))
    }))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);
    const SHORT: Duration = Duration::from_millis(100);

    fn within(body: ByteStream, whole: Duration, silence: Duration) -> ByteStream {
        in_time(body, Pace { silence, ..Pace::within(whole) })
    }

    /// A piece of this length every so often.
    fn dripping(length: usize, every: Duration) -> ByteStream {
        let piece = Bytes::from(vec![0; length]);
        Box::pin(stream::repeat(piece).then(move |piece| async move {
            tokio::time::sleep(every).await;
            Ok(piece)
        }))
    }

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
        let started = Instant::now();
        let pieces: Vec<_> = within(dripping(1, SHORT / 20), SHORT, LONG).collect().await;
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

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_too_slowly_breaks_off_after_its_grace() {
        let started = Instant::now();
        let pieces: Vec<_> = in_time(dripping(1, Duration::from_secs(1)), Pace::LONG).collect().await;
        assert!(is_too_late(pieces.last()));
        assert!(started.elapsed() < Pace::LONG.grace + Duration::from_secs(2), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_fast_enough_has_all_its_time() {
        let started = Instant::now();
        let pieces: Vec<_> = in_time(dripping(8 * 1024, Duration::from_secs(1)), Pace::LONG).collect().await;
        assert!(is_too_late(pieces.last()));
        assert!(started.elapsed() >= Pace::LONG.whole, "{:?}", started.elapsed());
    }
}
