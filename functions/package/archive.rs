//! A ZIP that is written from front to back while it is being made: what is finished leaves for a stream at once, so that
//! memory stays bounded whatever its length. Reading, packing, hashing and storing go on side by side.

use std::io;

use bytes::Bytes;
use jiff::Timestamp;
use kundportal_domain::stockholm;
use kundportal_store::{Aside, ByteStream};
use tokio::sync::mpsc;

use super::zip::{DosTime, Zip};
pub(super) use super::zip::{Packing, Written};
use crate::{keys::Sha256, problem::Problem};

/// Finished bytes leave in pieces of at least this length.
const PIECE: usize = 128 * 1024;
/// Pieces that wait for the store.
const WAITING: usize = 4;
/// Shorter pieces are packed at once: going to another thread would take longer.
const LONG: usize = 32 * 1024;

/// What goes through the pipe.
enum Piece {
    Bytes(Bytes),
    /// The archive is whole. A pipe that closes without it has broken off.
    End,
}

/// The archive being made.
pub(super) struct Archive {
    zip: Aside<Zip>,
    outlet: Outlet,
}

/// Where finished bytes leave.
struct Outlet {
    pipe: mpsc::Sender<Piece>,
    sha256: Aside<Sha256>,
    size: u64,
}

impl Outlet {
    /// Sends finished bytes; waits while the store is behind.
    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), Problem> {
        let bytes = Bytes::from(bytes);
        self.size += bytes.len() as u64;
        let hashed = bytes.clone();
        self.sha256.step(move |sha256| sha256.update(&hashed)).await?;
        self.pipe.send(Piece::Bytes(bytes)).await.map_err(closed)
    }
}

/// Length and hash of a finished archive.
pub(crate) struct Sealed {
    /// In bytes.
    pub(crate) size: u64,
    /// In lower-case hexadecimal.
    pub(crate) sha256: String,
}

impl Archive {
    /// An archive whose entries all bear the same time, and the stream that it leaves by. The stream ends with an error
    /// where the archive is dropped unfinished.
    pub(super) fn new(modified: Timestamp) -> (Self, ByteStream) {
        let (pipe, receiver) = mpsc::channel(WAITING);
        let outlet = Outlet { pipe, sha256: Aside::new(Sha256::new()), size: 0 };
        let archive = Self { zip: Aside::new(Zip::new(dos_time(modified))), outlet };
        let pieces = futures_util::stream::unfold(Some(receiver), |receiver| async move {
            let mut receiver = receiver?;
            match receiver.recv().await {
                Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(receiver))),
                Some(Piece::End) => None,
                None => Some((Err(io::Error::from(io::ErrorKind::BrokenPipe)), None)),
            }
        });
        (archive, Box::pin(pieces))
    }

    /// Begins an entry of about `size` bytes; what is written next is its content.
    pub(super) async fn begin(&mut self, name: String, packing: Packing, size: u64) -> Result<(), Problem> {
        self.zip.here().await?.begin(name, packing, size).map_err(Problem::internal)
    }

    /// Adds to the entry that was begun last.
    pub(super) async fn write(&mut self, bytes: impl Into<Bytes>) -> Result<(), Problem> {
        let zip = self.zip.here().await?;
        if zip.gathered() >= PIECE {
            let finished = zip.take();
            self.outlet.send(finished).await?;
        }
        let bytes = bytes.into();
        if bytes.len() < LONG {
            self.zip.here().await?.write(&bytes);
            return Ok(());
        }
        Ok(self.zip.step(move |zip| zip.write(&bytes)).await?)
    }

    /// Ends the entry that was begun last.
    pub(super) async fn end(&mut self) -> Result<Written, Problem> {
        self.zip.here().await?.end().map_err(Problem::internal)
    }

    /// Closes the archive.
    pub(super) async fn finish(mut self) -> Result<Sealed, Problem> {
        let zip = self.zip.here().await?;
        zip.finish().map_err(Problem::internal)?;
        let finished = zip.take();
        let Self { mut outlet, .. } = self;
        outlet.send(finished).await?;
        let sha256 = std::mem::replace(outlet.sha256.here().await?, Sha256::new()).finish();
        outlet.pipe.send(Piece::End).await.map_err(closed)?;
        Ok(Sealed { size: outlet.size, sha256 })
    }
}

/// The store has stopped reading, and says why itself.
fn closed(_: mpsc::error::SendError<Piece>) -> Problem {
    Problem::internal("the package was not taken in to its end")
}

/// The time in Sweden; the first that there is, where it is none.
fn dos_time(time: Timestamp) -> DosTime {
    let local = stockholm::time_zone().to_datetime(time);
    let part = |number: i8| u16::try_from(number).unwrap_or(0);
    let year = u16::try_from(local.year()).unwrap_or(0);
    match year.checked_sub(1980).filter(|years| *years < 128) {
        Some(years) => DosTime {
            date: years << 9 | part(local.month()) << 5 | part(local.day()),
            time: part(local.hour()) << 11 | part(local.minute()) << 5 | (part(local.second()) / 2),
        },
        None => DosTime { date: 1 << 5 | 1, time: 0 },
    }
}
