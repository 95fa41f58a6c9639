//! `/dev/storage`: where signed URLs of the embedded store lead. A URL is its own permission; nothing else is asked for.

use std::{io, ops::Range};

use futures_util::{StreamExt as _, TryStreamExt};
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode,
    header::{
        ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
        CONTENT_TYPE, ETAG, RANGE, X_CONTENT_TYPE_OPTIONS,
    },
};
use http_body_util::{BodyExt as _, BodyStream, StreamBody};
use hyper::body::{Frame, Incoming};
use jiff::Timestamp;
use kundportal_store::{
    BlobPath, BlobStore as _, ByteStream, Condition, EmbeddedStore, SignedAccess, StoreError,
};

use super::{
    host::Cors,
    reply::{Reply, plain},
};

/// Answers one request below the base URL of signed URLs, for pages of these origins too.
pub(crate) async fn answer(
    store: &EmbeddedStore,
    cors: &Cors,
    request: Request<Incoming>,
    now: Timestamp,
) -> Reply {
    if let Some(allowed) = cors.preflight(request.method(), request.headers()) {
        let mut reply = plain(StatusCode::NO_CONTENT, "");
        reply.headers_mut().extend(allowed);
        return reply;
    }
    let origin = cors.allowed(request.headers());
    let mut reply = serve(store, request, now).await;
    reply.headers_mut().extend(origin.map(|origin| (ACCESS_CONTROL_ALLOW_ORIGIN, origin)));
    reply
}

async fn serve(store: &EmbeddedStore, request: Request<Incoming>, now: Timestamp) -> Reply {
    let address = request.uri().path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    let result = match store.verify_signed(request.method().as_str(), address, now) {
        None => return plain(StatusCode::FORBIDDEN, "The signature does not allow this."),
        Some(SignedAccess::Upload { path }) => upload(store, &path, request.into_body()).await,
        Some(SignedAccess::Download { path, content_disposition, content_type }) => {
            let head = *request.method() == Method::HEAD;
            download(store, &path, range(request.headers()), head).await.map(|mut reply| {
                let text = |text: &str| HeaderValue::from_str(text).ok();
                let headers = reply.headers_mut();
                headers.extend(text(content_disposition.reveal()).map(|value| (CONTENT_DISPOSITION, value)));
                headers.extend(text(&content_type).map(|value| (CONTENT_TYPE, value)));
                reply
            })
        }
    };
    result.unwrap_or_else(|error| match error {
        StoreError::NotFound => plain(StatusCode::NOT_FOUND, "There is no such blob."),
        StoreError::Body(_) => plain(StatusCode::BAD_REQUEST, "The body broke off."),
        StoreError::RangeNotSatisfiable { size } => {
            let mut reply = plain(StatusCode::RANGE_NOT_SATISFIABLE, "The range lies outside the blob.");
            if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
                reply.headers_mut().insert(CONTENT_RANGE, value);
            }
            reply
        }
        error => {
            tracing::error!(error = &error as &dyn std::error::Error, "a signed URL was not served");
            plain(StatusCode::SERVICE_UNAVAILABLE, "Storage is unavailable.")
        }
    })
}

async fn upload(store: &EmbeddedStore, path: &BlobPath, body: Incoming) -> Result<Reply, StoreError> {
    let frames = TryStreamExt::map_err(BodyStream::new(body), io::Error::other);
    let pieces = frames.try_filter_map(async |frame| Ok(frame.into_data().ok()));
    let body: ByteStream = Box::pin(pieces);
    // Until the URL expires it may be used again, as anywhere.
    let etag = store.put(path, body, Condition::Always).await?;
    let mut reply = plain(StatusCode::CREATED, "");
    tag(&mut reply, &etag.0);
    Ok(reply)
}

async fn download(
    store: &EmbeddedStore,
    path: &BlobPath,
    wanted: Option<Wanted>,
    head: bool,
) -> Result<Reply, StoreError> {
    let range = match wanted {
        None => None,
        Some(Wanted::From(start, end)) => Some(start..end),
        Some(Wanted::Last(length)) => {
            let size = store.properties(path).await?.size;
            Some(size.saturating_sub(length)..size)
        }
    };
    let partial = range.is_some();
    let blob = store.get(path, range).await?;
    let Range { start, end } = blob.range;
    let size = blob.properties.size;
    let frames = blob.body.map(|piece| piece.map(Frame::data));
    let mut reply = if head {
        plain(StatusCode::OK, "")
    } else {
        http::Response::new(StreamBody::new(frames).boxed_unsync())
    };
    let headers = reply.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(end - start));
    if partial && end > start {
        let range = format!("bytes {start}-{}/{size}", end - 1);
        headers.extend(HeaderValue::from_str(&range).ok().map(|value| (CONTENT_RANGE, value)));
        *reply.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    tag(&mut reply, &blob.properties.etag.0);
    Ok(reply)
}

fn tag(reply: &mut Reply, etag: &str) {
    reply.headers_mut().extend(HeaderValue::from_str(&format!("\"{etag}\"")).ok().map(|value| (ETAG, value)));
}

/// One range of bytes, as a request asks for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    /// From a first byte up to an end that is not part of it.
    From(u64, u64),
    /// So many bytes at the end.
    Last(u64),
}

/// RFC 9110, 14.2: a range that is malformed, or of several parts, is ignored.
fn range(headers: &HeaderMap) -> Option<Wanted> {
    let text = headers.get(RANGE)?.to_str().ok()?.strip_prefix("bytes=")?;
    let (first, last) = text.split_once('-')?;
    if first.is_empty() {
        return Some(Wanted::Last(last.parse().ok()?));
    }
    let first = first.parse().ok()?;
    let end = if last.is_empty() { u64::MAX } else { last.parse::<u64>().ok()?.checked_add(1)? };
    (first < end).then_some(Wanted::From(first, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_anything_else_ignored() {
        let read =
            |text: &'static str| range(&HeaderMap::from_iter([(RANGE, HeaderValue::from_static(text))]));
        assert_eq!(read("bytes=0-3"), Some(Wanted::From(0, 4)));
        assert_eq!(read("bytes=5-"), Some(Wanted::From(5, u64::MAX)));
        assert_eq!(read("bytes=-7"), Some(Wanted::Last(7)));
        for ignored in ["bytes=4-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-"] {
            assert_eq!(read(ignored), None, "{ignored}");
        }
    }
}
