//! Answers to HTTP requests.

use futures_util::TryStreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kundportal_store::{ByteStream, ETag};
use serde::Serialize;
use sync_wrapper::SyncStream;
use warp::Reply as _;

use crate::{
    body::{Pace, in_time},
    problem::Problem,
};

/// An answer on its way to the host.
pub(crate) type Answer = warp::reply::Response;

/// That a body comes out of storage while it is being read: an extension of answers.
#[derive(Clone, Copy)]
pub(crate) struct Streams;

/// A JSON body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Answer, Problem> {
    let body = serde_json::to_vec(body).map_err(Problem::internal)?;
    let mut answer = Answer::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}

/// A JSON body with 200.
pub(crate) fn ok(body: &impl Serialize) -> Result<Answer, Problem> {
    json(StatusCode::OK, body)
}

/// A JSON body with 201.
pub(crate) fn created(body: &impl Serialize) -> Result<Answer, Problem> {
    json(StatusCode::CREATED, body)
}

/// A JSON body with 202.
pub(crate) fn accepted(body: &impl Serialize) -> Result<Answer, Problem> {
    json(StatusCode::ACCEPTED, body)
}

/// 204.
pub(crate) fn no_content() -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// Adds the version of the representation.
pub(crate) fn with_etag(mut answer: Answer, etag: &ETag) -> Answer {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", etag.0)) {
        answer.headers_mut().insert(header::ETAG, value);
    }
    answer
}

/// A body of known length, passed on as it comes; it breaks off where the caller takes too long to read it.
pub(crate) fn stream(status: StatusCode, body: ByteStream, length: u64, headers: HeaderMap) -> Answer {
    // Its head has gone out: nobody but the log can be told why it ends.
    let body: ByteStream = Box::pin(body.inspect_err(|error| {
        tracing::error!(error = error as &dyn std::error::Error, "storage broke off in the midst of a file");
    }));
    let mut answer = warp::reply::stream(SyncStream::new(in_time(body, Pace::LONG))).into_response();
    *answer.status_mut() = status;
    answer.headers_mut().extend(headers);
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    answer.extensions_mut().insert(Streams);
    answer
}

/// Adds a header whose value may not be one: then it is left out.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
