//! Calls to timer and queue functions, and what the handler's answer means.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{CONTENT_TYPE, LOCATION, TRANSFER_ENCODING, USER_AGENT},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use kundportal_store::Entropy;
use serde::Deserialize;

use super::{
    client::CallBody,
    headers::{HOST_VERSION, HOST_VERSION_HEADER, INVOCATION_HEADER},
    invocation::InvocationId,
    worker::{State, Worker},
};

/// The clock of a run, for handlers of development builds only.
const NOW_HEADER: &str = "x-kundportal-dev-now";

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// So many redirects are followed.
const REDIRECTS: usize = 50;

/// The invocation failed; why, for the log: never what the handler said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) &'static str);

/// What the handler answers to a trigger call.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    logs: Option<Vec<String>>,
}

/// Calls a function with its envelope and waits for its end.
pub(crate) async fn call(
    worker: &Worker,
    function: &str,
    envelope: String,
    now: Option<Timestamp>,
    entropy: &dyn Entropy,
) -> Result<(), Failed> {
    if worker.settled().await != State::Ready {
        return Err(Failed("the handler is not there"));
    }
    let invocation = InvocationId::new(entropy).to_string();
    let called = async {
        match said(worker, function, envelope, now, &invocation).await? {
            Some(answer) => {
                for line in answer.logs.into_iter().flatten() {
                    tracing::info!(function, "{line}");
                }
                Ok(())
            }
            // The host waits for an answer that says something.
            None => std::future::pending().await,
        }
    };
    if let Ok(outcome) = tokio::time::timeout(worker.function_timeout(), called).await {
        return outcome;
    }
    tracing::error!(function, "the function timeout was exceeded; the handler is ended");
    worker.end_for_timeout().await;
    Err(Failed("the function timeout was exceeded"))
}

/// The handler's answer; none where it was empty or `null`.
async fn said(
    worker: &Worker,
    function: &str,
    envelope: String,
    now: Option<Timestamp>,
    invocation: &str,
) -> Result<Option<Answer>, Failed> {
    let broken = |_| Failed("the connection broke");
    let mut path = format!("/{function}");
    let mut envelope = Some(envelope);
    for _ in 0..=REDIRECTS {
        let mut request =
            request(&path, envelope.as_deref(), invocation).ok_or(Failed("the call cannot be made"))?;
        if let Some(now) = now.and_then(|now| HeaderValue::from_str(&now.to_string()).ok()) {
            request.headers_mut().insert(NOW_HEADER, now);
        }
        let answer = worker.client().send(request).await.map_err(broken)?;
        let Some(location) = redirect(&answer) else { return meaning(answer).await };
        if ![StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT].contains(&answer.status()) {
            envelope = None;
        }
        path = location;
    }
    Err(Failed("too many redirects"))
}

fn request(path: &str, envelope: Option<&str>, invocation: &str) -> Option<Request<CallBody>> {
    let body = Full::new(Bytes::from(envelope.unwrap_or_default().to_owned()));
    let mut request = Request::builder()
        .method(if envelope.is_some() { Method::POST } else { Method::GET })
        .uri(path)
        .header(HOST_VERSION_HEADER, HOST_VERSION)
        .header(INVOCATION_HEADER, invocation)
        .header(USER_AGENT, format!("Azure-Functions-Host/{HOST_VERSION}"))
        .body(body.map_err(|never| match never {}).boxed_unsync())
        .ok()?;
    if envelope.is_some() {
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        request.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    Some(request)
}

/// Where the handler sends the caller, as a path: it cannot send the host elsewhere.
fn redirect(answer: &Response<Incoming>) -> Option<String> {
    if ![301, 302, 303, 307, 308].contains(&answer.status().as_u16()) {
        return None;
    }
    let location: Uri = answer.headers().get(LOCATION)?.to_str().ok()?.parse().ok()?;
    Some(location.path_and_query()?.to_string())
}

async fn meaning(answer: Response<Incoming>) -> Result<Option<Answer>, Failed> {
    let (head, body) = answer.into_parts();
    if !head.status.is_success() {
        return Err(Failed("the handler answered with an error"));
    }
    let is_json = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    });
    let body =
        Limited::new(body, LONGEST_ANSWER).collect().await.map_err(|_| Failed("the answer broke off"))?;
    let body = body.to_bytes();
    if body.is_empty() {
        return Ok(None);
    }
    if !is_json {
        return Err(Failed("the answer is not application/json"));
    }
    serde_json::from_slice(&body).map_err(|_| Failed("the answer has not the form of one"))
}
