//! What the local run answers: its own routes for development, and everything else as the Functions host.

use std::{net::IpAddr, sync::Arc};

use http::{
    HeaderMap, Method, Request, Response, StatusCode, Uri,
    header::{HOST, ORIGIN},
};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use kundportal_store::{Clock, EmbeddedStore};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    host::{AnswerBody, AnsweredAt, Cors, Host, Reset},
    issuer::{Issuer, Refused, TokenRequest},
    reply::{self, Reply},
    server::Answers,
    storage,
};

/// The longest JSON body of a development route, in bytes.
const LONGEST_JSON: usize = 64 * 1024;

/// Everything that the front door leads to.
pub(crate) struct Front {
    /// The Functions host.
    pub(crate) host: Arc<Host>,
    /// The store behind signed URLs, and its outbox.
    pub(crate) store: EmbeddedStore,
    /// Origins whose pages may use signed URLs, as storage is told too.
    pub(crate) cors: Cors,
    /// Gives tokens.
    pub(crate) issuer: Issuer,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

/// The body of `POST /dev/timers/{function}`, which may be empty.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimerRequest {
    now: Option<Timestamp>,
}

impl Answers for Front {
    async fn answer(&self, request: Request<Incoming>, peer: IpAddr, reset: Reset) -> Response<AnswerBody> {
        if !is_loopback(request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()) {
            return reply::plain(StatusCode::FORBIDDEN, "The local run answers to loopback names only.");
        }
        let path = request.uri().path();
        if path != "/" && !path.starts_with("/dev/") {
            return self.host.answer(request, peer, reset).await;
        }
        if from_elsewhere(request.headers()) {
            return reply::plain(
                StatusCode::FORBIDDEN,
                "Pages of other sites may not use development routes.",
            );
        }
        let (route, mut reply) = self.own(request).await;
        reply.extensions_mut().insert(AnsweredAt(route.into()));
        reply
    }
}

impl Front {
    /// Answers one of the local run's own routes, and says which.
    async fn own(&self, request: Request<Incoming>) -> (&'static str, Reply) {
        let path = request.uri().path().to_owned();
        let get = *request.method() == Method::GET;
        let post = *request.method() == Method::POST;
        match path.strip_prefix("/dev/").unwrap_or_default() {
            "" if get => ("/", reply::content(StatusCode::OK, "text/html; charset=utf-8", LANDING.into())),
            "oidc/.well-known/openid-configuration" if get => (
                "/dev/oidc/.well-known/openid-configuration",
                reply::json(StatusCode::OK, &self.issuer.discovery()),
            ),
            "oidc/jwks" if get => ("/dev/oidc/jwks", reply::json(StatusCode::OK, &self.issuer.key_set())),
            "token" if post => ("/dev/token", self.token(request).await),
            "outbox" if get => ("/dev/outbox", self.outbox().await),
            rest => match (rest.strip_prefix("timers/"), rest.strip_prefix("storage/")) {
                (Some(function), _) if post => {
                    ("/dev/timers/{function}", self.timer(function, request).await)
                }
                (_, Some(_)) => (
                    "/dev/storage",
                    storage::answer(&self.store, &self.cors, request, self.clock.now()).await,
                ),
                _ => ("no route", reply::plain(StatusCode::NOT_FOUND, "There is no such development route.")),
            },
        }
    }

    async fn token(&self, request: Request<Incoming>) -> Reply {
        let request: TokenRequest = match body(request).await {
            Ok(request) => request,
            Err(refusal) => return refusal,
        };
        match self.issuer.token(&request, self.clock.now()) {
            Ok(token) => reply::json(StatusCode::OK, &json!({"accessToken": token})),
            Err(Refused(rule)) => reply::plain(StatusCode::BAD_REQUEST, rule),
        }
    }

    async fn outbox(&self) -> Reply {
        match self.store.outbox().list().await {
            Ok(mails) => reply::json(StatusCode::OK, &mails),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the outbox cannot be read");
                reply::plain(StatusCode::SERVICE_UNAVAILABLE, "The outbox cannot be read.")
            }
        }
    }

    async fn timer(&self, function: &str, request: Request<Incoming>) -> Reply {
        let TimerRequest { now } = match body(request).await {
            Ok(request) => request,
            Err(refusal) => return refusal,
        };
        match self.host.run_timer(function, now).await {
            None => reply::plain(StatusCode::NOT_FOUND, "There is no such timer function."),
            Some(Ok(run)) => reply::json(
                StatusCode::OK,
                &json!({"function": function, "succeeded": run.succeeded, "messages": run.messages}),
            ),
            Some(Err(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the queues cannot be read");
                reply::plain(StatusCode::SERVICE_UNAVAILABLE, "The queues cannot be read.")
            }
        }
    }
}

/// A small JSON body; an empty one reads as `{}`.
async fn body<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Reply> {
    let unreadable = || reply::plain(StatusCode::BAD_REQUEST, "The body cannot be read.");
    let bytes =
        Limited::new(request.into_body(), LONGEST_JSON).collect().await.map_err(|_| unreadable())?.to_bytes();
    let json = if bytes.is_empty() { b"{}".as_slice() } else { &bytes };
    serde_json::from_slice(json).map_err(|_| {
        reply::plain(StatusCode::BAD_REQUEST, "The body is not JSON with the members that this route knows.")
    })
}

/// Whether `name`, with or without a port, names this machine to itself: another name is a page's attempt to reach it.
fn is_loopback(name: &str) -> bool {
    let Ok(uri) = format!("http://{name}/").parse::<Uri>() else { return false };
    uri.host().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

fn from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_some_and(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        !origin.split_once("://").is_some_and(|(_, name)| is_loopback(name))
    })
}

const LANDING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Kundportal</title>\
<h1>Kundportal is running</h1>\
<ul><li><a href=\"/api/openapi.json\">The API's description</a><li><a href=\"/dev/outbox\">Sent mail</a></ul></html>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_answered() {
        for name in ["localhost", "LOCALHOST:7071", "127.0.0.1:80", "127.1.2.3", "[::1]:7071"] {
            assert!(is_loopback(name), "{name}");
        }
        for name in
            ["", "example.com", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1:7071", "evil@x y"]
        {
            assert!(!is_loopback(name), "{name}");
        }
    }

    #[test]
    fn pages_of_other_sites_are_told_apart() {
        let from = |origin: &'static str| {
            from_elsewhere(&HeaderMap::from_iter([(ORIGIN, http::HeaderValue::from_static(origin))]))
        };
        assert!(!from_elsewhere(&HeaderMap::new()));
        assert!(!from("http://localhost:5173"));
        assert!(from("https://evil.example.com"));
        assert!(from("null"));
    }
}
