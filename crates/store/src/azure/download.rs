//! Reading: one version throughout, in ranges of bounded size.

use std::{io, num::NonZero, ops::Range};

use azure_core::http::headers::HeaderName;
use azure_storage_blob::{
    BlobClient,
    models::{BlobClientDownloadOptions, BlobClientDownloadResult, HttpRange},
};
use futures_util::{StreamExt as _, stream};

use super::{
    blobs,
    client::Call,
    failure::{Failure, Lacking},
    listing::known,
};
use crate::{Blob, ByteStream, StoreError, conditions::within};

const CONTENT_RANGE: HeaderName = HeaderName::from_static_standard("content-range");

/// What one request asks for. The SDK holds a range in memory before it gives it out, and asks for the next meanwhile: a
/// reader takes at most twice this, however slow it is, and no connection waits for it. Further ranges are bound to the
/// version of the first.
const RANGE: NonZero<usize> = NonZero::new(4 * 1024 * 1024).unwrap();

/// One range in flight beside the one that is given out.
const PARALLEL: NonZero<usize> = NonZero::new(1).unwrap();

pub(super) async fn get(client: &BlobClient, range: Option<Range<u64>>) -> Result<Blob, StoreError> {
    if let Some(asked) = range.as_ref().filter(|range| range.is_empty()) {
        let properties = blobs::properties(client).await?;
        let range = within(properties.size, Some(asked.clone()))?;
        return Ok(Blob { properties, range, body: Box::pin(stream::empty()) });
    }
    let answer = match ask(client, range.clone()).await {
        Ok(answer) => answer,
        Err(failure) if failure.range() => {
            let size = blobs::properties(client).await?.size;
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
    let body = whole(answer.body, range.end - range.start);
    Ok(Blob { properties, range, body })
}

async fn ask(client: &BlobClient, range: Option<Range<u64>>) -> Result<BlobClientDownloadResult, Failure> {
    let call = Call::new();
    let options = BlobClientDownloadOptions {
        range: range.map(HttpRange::from),
        parallel: Some(PARALLEL),
        partition_size: Some(RANGE),
        method_options: call.options(),
        ..BlobClientDownloadOptions::default()
    };
    call.ask(client.download(Some(options))).await
}

/// The pieces, and an error where they end before their length says.
fn whole(
    pieces: impl futures_util::Stream<Item = azure_core::Result<bytes::Bytes>> + Send + 'static,
    length: u64,
) -> ByteStream {
    let pieces = pieces.map(|piece| piece.map_err(io::Error::other));
    let ended = stream::once(async { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) });
    Box::pin(pieces.chain(ended).scan(length, |left, piece| {
        let piece = match piece {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && *left == 0 => None,
            Err(error) => {
                *left = 0;
                Some(Err(error))
            }
            Ok(piece) => match left.checked_sub(piece.len() as u64) {
                Some(rest) => {
                    *left = rest;
                    Some(Ok(piece))
                }
                None => Some(Err(io::Error::other("more bytes than were announced"))),
            },
        };
        std::future::ready(piece)
    }))
}
