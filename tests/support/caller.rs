//! Whoever makes requests, through the host.

use bytes::Bytes;
use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use serde_json::Value;

use super::{answer::Answer, contract::contract, host, portal::Portal};

/// Somebody with a token, or nobody, and the headers that they send.
#[derive(Clone)]
pub(crate) struct Caller<'a> {
    portal: &'a Portal,
    token: Option<String>,
    headers: Vec<(String, String)>,
    described: bool,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(portal: &'a Portal, token: Option<String>) -> Self {
        Self { portal, token, headers: Vec::new(), described: true }
    }

    /// Sends one more header with each request.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Comes through the host as this invocation: as when the host delivers a request again.
    pub(crate) fn invocation(self, id: &str) -> Self {
        self.header(host::INVOCATION, id)
    }

    /// Asks for what is not described: answers are then held against the rules for all problems only.
    pub(crate) fn off_the_description(mut self) -> Self {
        self.described = false;
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, |request| request).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, |request| request).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::POST, path, "application/json", &body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::PUT, path, "application/json", &body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::PATCH, path, "application/merge-patch+json", &body).await
    }

    /// A POST without a body.
    pub(crate) async fn post_empty(&self, path: &str) -> Answer {
        self.send(Method::POST, path, |request| request.header("content-length", "0")).await
    }

    /// Any method with bytes as its body.
    pub(crate) async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: impl Into<Bytes>,
    ) -> Answer {
        let body: Bytes = body.into();
        self.send(method, path, |request| request.header(CONTENT_TYPE, content_type).body(body)).await
    }

    async fn send_json(&self, method: Method, path: &str, content_type: &str, body: &Value) -> Answer {
        self.send_bytes(method, path, content_type, body.to_string()).await
    }

    /// Any request, which must be answered.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        build: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let attempt = self.attempt(method.clone(), path, build).await;
        attempt.unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }

    /// Any request; an error where the handler ended before its answer had.
    pub(crate) async fn attempt(
        &self,
        method: Method,
        path: &str,
        build: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, reqwest::Error> {
        self.portal.tell_time();
        let chosen = self.headers.iter().find(|(name, _)| name == host::INVOCATION).map(|(_, id)| id.clone());
        let invocation = chosen.unwrap_or_else(|| self.portal.next_invocation());
        let asked = format!("{method} {path}");
        let mut request = self
            .portal
            .client()
            .request(method.clone(), format!("{}{path}", self.portal.url()))
            .header(host::INVOCATION, &invocation)
            .header("x-ms-invocation-id", &invocation)
            .header("x-azure-functions-hostversion", host::VERSION)
            .header("x-forwarded-for", "127.0.0.1");
        if !self.headers.iter().any(|(name, _)| name == "client-ip") {
            request = request.header("client-ip", "203.0.113.7");
        }
        for (name, value) in self.headers.iter().filter(|(name, _)| name != host::INVOCATION) {
            request = request.header(name, value);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = build(request).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?;
        let answer = Answer { status, headers, body, asked };
        check(&answer, &invocation);
        if self.described {
            contract().check(method.as_str(), path.split('?').next().unwrap_or(path), &answer);
        }
        Ok(answer)
    }
}

/// What every answer promises.
fn check(answer: &Answer, invocation: &str) {
    let asked = &answer.asked;
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{asked}");
    assert!(answer.header("cache-control").is_some(), "{asked}: nothing said of caches");
    if answer.status < 400 {
        return;
    }
    contract().check_problem(answer);
    assert_eq!(answer.at("/status"), answer.status, "{asked}");
    assert_eq!(answer.at("/instance"), invocation, "{asked}");
    let expected = match answer.status {
        401 => "www-authenticate",
        405 => "allow",
        429 | 503 => "retry-after",
        _ => "content-language",
    };
    assert!(answer.header(expected).is_some(), "{asked}: {} without {expected}", answer.status);
    if answer.status >= 500 {
        assert!(answer.at("/errors").is_null(), "{asked}: a {} says why", answer.status);
    }
}
