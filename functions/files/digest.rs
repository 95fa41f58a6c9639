//! Length and SHA-256 of a body while it is on its way into storage.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use kundportal_store::ByteStream;

use crate::keys::Sha256;

/// What has passed so far.
struct Passed {
    sha256: Sha256,
    size: u64,
}

/// What a body turned out to be, once it has been read to its end.
pub(super) struct Digest(Arc<Mutex<Passed>>);

impl Digest {
    /// The same body, and what will be known of it.
    pub(super) fn of(body: ByteStream) -> (ByteStream, Self) {
        let passed = Arc::new(Mutex::new(Passed { sha256: Sha256::new(), size: 0 }));
        let digest = Self(Arc::clone(&passed));
        let body = body.map(move |piece| {
            if let Ok(bytes) = &piece {
                let mut passed = lock(&passed);
                passed.sha256.update(bytes);
                passed.size += bytes.len() as u64;
            }
            piece
        });
        (Box::pin(body), digest)
    }

    /// SHA-256 in lower-case hexadecimal, and the length in bytes.
    pub(super) fn finish(self) -> (String, u64) {
        let mut passed = lock(&self.0);
        (std::mem::replace(&mut passed.sha256, Sha256::new()).finish(), passed.size)
    }
}

fn lock(passed: &Mutex<Passed>) -> MutexGuard<'_, Passed> {
    passed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SHA-256 of a body that is read and kept nowhere.
pub(super) async fn sha256_of(body: ByteStream) -> std::io::Result<String> {
    let (mut body, digest) = Digest::of(body);
    while let Some(piece) = body.next().await {
        piece?;
    }
    Ok(digest.finish().0)
}

#[cfg(test)]
mod tests {
    use futures_util::{TryStreamExt as _, stream};

    use super::*;

    #[tokio::test]
    async fn pieces_pass_unchanged_and_are_counted_together() {
        let pieces = ["ab", "", "c"].map(|piece| Ok(bytes::Bytes::from(piece)));
        let (body, digest) = Digest::of(Box::pin(stream::iter(pieces)));
        let read: Vec<_> = body.try_collect().await.expect("a body");
        assert_eq!(read.concat(), b"abc");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.finish(), (sha256.to_owned(), 3));
    }

    #[tokio::test]
    async fn an_empty_body_has_the_digest_of_nothing() {
        let sha256 = sha256_of(kundportal_store::once(bytes::Bytes::new())).await.expect("a body");
        assert_eq!(sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
