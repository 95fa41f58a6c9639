//! Reading: one version throughout, in ranges of bounded size.

use std::{io, num::NonZero, ops::Range, pin::Pin};

use azure_core::http::headers::HeaderName;
use azure_storage_blob::{
    BlobClient,
    models::{BlobClientDownloadOptions, BlobClientDownloadResult, HttpRange},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use super::{
    blobs,
    client::Call,
    failure::{Failure, Lacking},
    listing::{exactly, known},
};
use crate::{Blob, ByteStream, ETag, StoreError, conditions::within};

const CONTENT_RANGE: HeaderName = HeaderName::from_static_standard("content-range");

/// What one request asks for. The SDK holds a range in memory before it gives it out, and asks for the next meanwhile: a
/// reader takes at most twice this, however slow it is, and no connection waits for it. Further ranges are bound to the
/// version of the first.
const RANGE: NonZero<usize> = NonZero::new(4 * 1024 * 1024).unwrap();

/// One range in flight beside the one that is given out.
const PARALLEL: NonZero<usize> = NonZero::new(1).unwrap();

/// How often in a row a body that breaks off is asked for again before anything more of it has come.
const AGAIN: usize = 3;

pub(super) async fn get(client: BlobClient, range: Option<Range<u64>>) -> Result<Blob, StoreError> {
    if let Some(asked) = range.as_ref().filter(|range| range.is_empty()) {
        let properties = blobs::properties(&client).await?;
        let range = within(properties.size, Some(asked.clone()))?;
        return Ok(Blob { properties, range, body: Box::pin(stream::empty()) });
    }
    let answer = match ask(&client, range.clone(), None).await {
        Ok(answer) => answer,
        Err(failure) if failure.range() => {
            let size = blobs::properties(&client).await?.size;
            return Err(StoreError::RangeNotSatisfiable { size });
        }
        Err(failure) => return Err(failure.or_not_found()),
    };
    let size = match answer.headers.get_optional_str(&CONTENT_RANGE) {
        Some(range) => {
            range.rsplit_once('/').and_then(|(_, size)| size.parse().ok()).ok_or(Lacking("length"))?
        }
        // An empty blob has no range; the SDK asks for it once more, without.
        None => answer.properties.content_length.ok_or(Lacking("length"))?,
    };
    let properties = known(answer.properties.etag, Some(size), answer.properties.last_modified)?;
    let range = within(size, range)?;
    let rest = Rest {
        client,
        version: properties.etag.clone(),
        range: range.clone(),
        pieces: Box::pin(answer.body),
        fruitless: 0,
    };
    Ok(Blob { properties, range, body: rest.into_stream() })
}

async fn ask(
    client: &BlobClient,
    range: Option<Range<u64>>,
    version: Option<&ETag>,
) -> Result<BlobClientDownloadResult, Failure> {
    let call = Call::new();
    let options = BlobClientDownloadOptions {
        range: range.map(HttpRange::from),
        if_match: version.map(exactly),
        parallel: Some(PARALLEL),
        partition_size: Some(RANGE),
        method_options: call.options(),
        ..BlobClientDownloadOptions::default()
    };
    call.ask(client.download(Some(options))).await
}

type Pieces = Pin<Box<dyn Stream<Item = azure_core::Result<Bytes>> + Send>>;

/// What is still to come of a body. The SDK tries a request again, but not a body that breaks off on its way.
struct Rest {
    client: BlobClient,
    version: ETag,
    range: Range<u64>,
    pieces: Pieces,
    fruitless: usize,
}

impl Rest {
    /// The pieces, and an error where no more of the same version is to be had before their length says that it ends.
    fn into_stream(self) -> ByteStream {
        Box::pin(stream::try_unfold(self, async |mut rest| Ok(rest.next().await?.map(|piece| (piece, rest)))))
    }

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            let broken = match self.pieces.next().await {
                Some(Ok(piece)) if piece.is_empty() => continue,
                Some(Ok(piece)) => {
                    let length = piece.len() as u64;
                    if length > self.range.end - self.range.start {
                        return Err(io::Error::other("more bytes than were announced"));
                    }
                    self.range.start += length;
                    self.fruitless = 0;
                    return Ok(Some(piece));
                }
                _ if self.range.is_empty() => return Ok(None),
                Some(Err(error)) => io::Error::other(error),
                None => io::ErrorKind::UnexpectedEof.into(),
            };
            if self.fruitless == AGAIN {
                return Err(broken);
            }
            self.fruitless += 1;
            let answer = ask(&self.client, Some(self.range.clone()), Some(&self.version)).await;
            self.pieces = Box::pin(answer.map_err(io::Error::other)?.body);
        }
    }
}
