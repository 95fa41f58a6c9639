//! A connection that is closed so that the last answer arrives.
//!
//! Whoever is refused may still be sending. A connection that is closed over unread bytes is reset, and a reset can destroy the
//! answer on its way: the host would make a 500 of the refusal. So the answer goes out at once, and what still comes is read
//! off and thrown away for a while. The request itself is over by then and holds nothing but this.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep},
};

/// Most connections that linger at once; one more is closed over whatever it has not read.
const MOST: usize = 32;
/// Most bytes that are read off, as many as the host passes on of a body.
const LONGEST: u64 = 104_857_600;
/// How long reading off may take in all, ...
const WHOLE: Duration = Duration::from_secs(30);
/// ... and how long nothing may come: whoever sends nothing waits for the answer.
const SILENCE: Duration = Duration::from_secs(2);
/// Bytes that are read off at a time, on the stack.
const PIECE: usize = 8 * 1024;

/// Places for connections that linger. Clones share them.
#[derive(Clone, Debug)]
pub struct Lingerers(Arc<Semaphore>);

impl Default for Lingerers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

/// A connection that reads off what still comes once its own side is closed.
#[derive(Debug)]
pub struct Lingering<S> {
    stream: S,
    lingerers: Lingerers,
    rest: Rest,
}

#[derive(Debug)]
enum Rest {
    /// Our own side is open.
    Open,
    ReadOff(ReadingOff),
    /// Nothing more is read.
    Over,
}

#[derive(Debug)]
struct ReadingOff {
    left: u64,
    end: Instant,
    patience: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl<S> Lingering<S> {
    /// The same connection, lingering at its end where there is a place.
    pub fn new(stream: S, lingerers: Lingerers) -> Self {
        Self { stream, lingerers, rest: Rest::Open }
    }

    /// The connection itself.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl ReadingOff {
    fn poll(&mut self, stream: Pin<&mut impl AsyncRead>, context: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; PIECE];
        let mut buffer = ReadBuf::new(&mut space);
        match stream.poll_read(context, &mut buffer) {
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                let now = Instant::now();
                self.left = self.left.saturating_sub(buffer.filled().len() as u64);
                if self.left == 0 || now >= self.end {
                    return Poll::Ready(());
                }
                self.patience.as_mut().reset(self.end.min(now + SILENCE));
                // One piece at a time, so that others have their turn.
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending => self.patience.as_mut().poll(context),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.rest {
                Rest::Open => {
                    ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
                    this.rest = match Arc::clone(&this.lingerers.0).try_acquire_owned() {
                        Ok(place) => Rest::ReadOff(ReadingOff {
                            left: LONGEST,
                            end: Instant::now() + WHOLE,
                            patience: Box::pin(tokio::time::sleep(SILENCE)),
                            _place: place,
                        }),
                        Err(_) => Rest::Over,
                    };
                }
                Rest::ReadOff(reading) => {
                    ready!(reading.poll(Pin::new(&mut this.stream), context));
                    this.rest = Rest::Over;
                }
                Rest::Over => return Poll::Ready(Ok(())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::{sleep, timeout},
    };

    use super::*;

    const SOON: Duration = Duration::from_secs(1);

    /// A connection with little room, and its other end.
    fn connection(lingerers: &Lingerers) -> (Lingering<DuplexStream>, DuplexStream) {
        let (near, far) = duplex(16);
        (Lingering::new(near, lingerers.clone()), far)
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_after_the_answer_is_read_off() {
        let (mut near, mut far) = connection(&Lingerers::default());
        let closing = tokio::spawn(async move {
            near.write_all(b"answer").await.expect("written");
            near.shutdown().await.expect("closed");
        });
        far.write_all(&[0; 10_000]).await.expect("taken in");
        let mut answer = String::new();
        far.read_to_string(&mut answer).await.expect("read");
        assert_eq!(answer, "answer");
        drop(far);
        timeout(SOON, closing).await.expect("the caller is gone").expect("closed");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_sends_nothing_is_soon_left() {
        let (mut near, _far) = connection(&Lingerers::default());
        timeout(SILENCE + SOON, near.shutdown()).await.expect("left").expect("closed");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_goes_on_sending_is_left_at_last() {
        let (mut near, mut far) = connection(&Lingerers::default());
        tokio::spawn(async move {
            while far.write_all(b"x").await.is_ok() {
                sleep(SOON).await;
            }
        });
        timeout(WHOLE + SOON, near.shutdown()).await.expect("left").expect("closed");
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_linger() {
        let lingerers = Lingerers(Arc::new(Semaphore::new(1)));
        let (mut first, _far) = connection(&lingerers);
        let lingering = tokio::spawn(async move { first.shutdown().await });
        tokio::task::yield_now().await;
        let (mut second, _other) = connection(&lingerers);
        timeout(Duration::ZERO, second.shutdown()).await.expect("at once").expect("closed");
        lingering.await.expect("ended").expect("closed");
        let (mut third, far) = connection(&lingerers);
        assert!(timeout(SOON, third.shutdown()).await.is_err(), "there is a place again");
        drop(far);
    }
}
