//! A ZIP that is written from front to back while it is being made: what is finished leaves for a stream at once, so that
//! memory stays bounded whatever its length.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use jiff::Timestamp;
use kundportal_domain::stockholm;
use kundportal_store::ByteStream;
use tokio::sync::mpsc;
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    result::ZipError,
    write::{SimpleFileOptions, StreamWriter},
};

use crate::{keys::Sha256, problem::Problem};

/// Finished bytes leave in pieces of about this length.
const PIECE: usize = 128 * 1024;
/// Pieces that wait for the store.
const WAITING: usize = 4;
/// Longer content gets sizes of 64 bits; a little below 4 GiB, for compression may lengthen what does not compress.
const ZIP64_FROM: u64 = 0xf000_0000;

/// Where the finished bytes gather between two pieces.
#[derive(Clone, Default)]
struct Gathering(Arc<Mutex<Vec<u8>>>);

impl Gathering {
    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self) -> Vec<u8> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Gathering {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What goes through the pipe.
enum Piece {
    Bytes(Bytes),
    /// The archive is whole. A pipe that closes without it has broken off.
    End,
}

/// The archive being made.
pub(super) struct Archive {
    zip: ZipWriter<StreamWriter<Gathering>>,
    outlet: Outlet,
    modified: DateTime,
}

/// Where finished bytes leave.
struct Outlet {
    gathering: Gathering,
    pipe: mpsc::Sender<Piece>,
    sha256: Sha256,
    size: u64,
}

impl Outlet {
    /// Sends what has gathered; waits while the store is behind.
    async fn send(&mut self) -> Result<(), Problem> {
        let bytes = Bytes::from(self.gathering.take());
        self.sha256.update(&bytes);
        self.size += bytes.len() as u64;
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

/// How an entry is stored. All are *deflated*: readers that stream refuse stored entries whose length comes after them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    /// It gets smaller.
    Compress,
    /// It is compressed already: the fastest level that the `zip` crate takes, which has no level 0.
    Copy,
}

impl Archive {
    /// An archive whose entries all bear the same time, and the stream that it leaves by. The stream ends with an error
    /// where the archive is dropped unfinished.
    pub(super) fn new(modified: Timestamp) -> (Self, ByteStream) {
        let (pipe, receiver) = mpsc::channel(WAITING);
        let gathering = Gathering::default();
        let zip = ZipWriter::new_stream(gathering.clone());
        let outlet = Outlet { gathering, pipe, sha256: Sha256::new(), size: 0 };
        let archive = Self { zip, outlet, modified: dos_time(modified) };
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
    pub(super) fn begin(&mut self, name: &str, packing: Packing, size: u64) -> Result<(), Problem> {
        let level = match packing {
            Packing::Compress => 6,
            Packing::Copy => 1,
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(level))
            .last_modified_time(self.modified)
            .unix_permissions(0o644)
            .large_file(size >= ZIP64_FROM);
        self.zip.start_file(name, options).map_err(broken)
    }

    /// Adds to the entry that was begun last.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        for part in bytes.chunks(PIECE) {
            self.zip.write_all(part).map_err(Problem::internal)?;
            if self.outlet.gathering.len() >= PIECE {
                self.outlet.send().await?;
            }
        }
        Ok(())
    }

    /// Closes the archive.
    pub(super) async fn finish(self) -> Result<Sealed, Problem> {
        let Self { zip, mut outlet, .. } = self;
        zip.finish().map_err(broken)?;
        outlet.send().await?;
        outlet.pipe.send(Piece::End).await.map_err(closed)?;
        Ok(Sealed { size: outlet.size, sha256: outlet.sha256.finish() })
    }
}

/// The store has stopped reading, and says why itself.
fn closed(_: mpsc::error::SendError<Piece>) -> Problem {
    Problem::internal("the package was not taken in to its end")
}

fn broken(error: ZipError) -> Problem {
    Problem::internal(error)
}

/// The time of an entry: in Swedish time, as ZIP has no zones; even seconds.
fn dos_time(time: Timestamp) -> DateTime {
    let local = stockholm::time_zone().to_datetime(time);
    let part = |number: i8| u8::try_from(number).unwrap_or(0);
    DateTime::from_date_and_time(
        u16::try_from(local.year()).unwrap_or(1980),
        part(local.month()),
        part(local.day()),
        part(local.hour()),
        part(local.minute()),
        part(local.second()),
    )
    .unwrap_or_default()
}
