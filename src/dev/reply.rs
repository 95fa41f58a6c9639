//! Answers of the local run's own routes.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use serde::Serialize;

use super::host::AnswerBody;

/// An answer.
pub(crate) type Reply = Response<AnswerBody>;

/// JSON; a value that cannot be written gives a 500.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(json) => content(status, "application/json", json),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "The answer cannot be written."),
    }
}

/// One sentence for a developer.
pub(crate) fn plain(status: StatusCode, sentence: &'static str) -> Reply {
    content(status, "text/plain; charset=utf-8", sentence.as_bytes().to_vec())
}

/// Any small content.
pub(crate) fn content(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Reply {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync();
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}
