//! Length and SHA-256 of a body while it is on its way into storage.

use std::{io, sync::Arc};

use bytes::Bytes;
use futures_util::StreamExt as _;
use kundportal_store::{Aside, ByteStream, StoreError};
use tokio::sync::Mutex;

use crate::keys::Sha256;

/// Bytes that are hashed on another thread at a time; fewer are hashed at once.
const LONG: usize = 256 * 1024;
/// Pieces that are kept until they are hashed: each may hold more memory than it is long.
const PIECES: usize = 8;
const SHORT: usize = 32 * 1024;

/// What has passed so far.
struct Passed {
    sha256: Aside<Sha256>,
    /// Passed and not hashed yet.
    pieces: Vec<Bytes>,
    held: usize,
    size: u64,
}

impl Passed {
    async fn pass(&mut self, piece: Bytes) -> Result<(), StoreError> {
        self.size += piece.len() as u64;
        self.held += piece.len();
        self.pieces.push(piece);
        if self.held >= LONG || self.pieces.len() >= PIECES { self.hash().await } else { Ok(()) }
    }

    /// Hashes what has passed, beside whatever else is done where that is long.
    async fn hash(&mut self) -> Result<(), StoreError> {
        let pieces = std::mem::take(&mut self.pieces);
        let update = move |sha256: &mut Sha256| pieces.iter().for_each(|piece| sha256.update(piece));
        if std::mem::take(&mut self.held) < SHORT {
            update(self.sha256.here().await?);
            return Ok(());
        }
        self.sha256.step(update).await
    }
}

/// What a body turned out to be, once it has been read to its end.
pub(super) struct Digest(Arc<Mutex<Passed>>);

impl Digest {
    /// The same body, and what will be known of it.
    pub(super) fn of(body: ByteStream) -> (ByteStream, Self) {
        let sha256 = Aside::new(Sha256::new());
        let passed = Arc::new(Mutex::new(Passed { sha256, pieces: Vec::new(), held: 0, size: 0 }));
        let digest = Self(Arc::clone(&passed));
        let body = body.then(move |piece| {
            let passed = Arc::clone(&passed);
            async move {
                let piece = piece?;
                passed.lock().await.pass(piece.clone()).await.map_err(io::Error::other)?;
                Ok(piece)
            }
        });
        (Box::pin(body), digest)
    }

    /// SHA-256 in lower-case hexadecimal, and the length in bytes.
    pub(super) async fn finish(self) -> Result<(String, u64), StoreError> {
        let mut passed = self.0.lock().await;
        passed.hash().await?;
        let sha256 = std::mem::replace(passed.sha256.here().await?, Sha256::new());
        Ok((sha256.finish(), passed.size))
    }
}

/// SHA-256 of a body that is read and kept nowhere.
pub(super) async fn sha256_of(body: ByteStream) -> io::Result<String> {
    let (mut body, digest) = Digest::of(body);
    while let Some(piece) = body.next().await {
        piece?;
    }
    Ok(digest.finish().await.map_err(io::Error::other)?.0)
}

#[cfg(test)]
mod tests {
    use futures_util::{TryStreamExt as _, stream};

    use super::*;

    #[tokio::test]
    async fn pieces_pass_unchanged_and_are_counted_together() {
        let pieces = ["ab", "", "c"].map(|piece| Ok(Bytes::from(piece)));
        let (body, digest) = Digest::of(Box::pin(stream::iter(pieces)));
        let read: Vec<_> = body.try_collect().await.expect("a body");
        assert_eq!(read.concat(), b"abc");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.finish().await.expect("a digest"), (sha256.to_owned(), 3));
    }

    #[tokio::test]
    async fn an_empty_body_has_the_digest_of_nothing() {
        let sha256 = sha256_of(kundportal_store::once(Bytes::new())).await.expect("a body");
        assert_eq!(sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
