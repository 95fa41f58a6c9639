//! What begins an operation: a request, a timer, a message. And how often it is begun.

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Delivery, Person, Portal, Speaker, contract, timer_envelope};

/// What begins an operation.
#[derive(Clone)]
pub(crate) enum Act {
    Request(Request),
    /// The timer function of this name.
    Timer(&'static str),
    /// A message in this queue.
    Message(&'static str, String),
}

/// A request that can be sent again.
#[derive(Clone)]
pub(crate) struct Request {
    method: Method,
    path: String,
    token: Option<String>,
    headers: Vec<(&'static str, String)>,
    body: Option<(&'static str, Bytes)>,
}

/// What came of an act.
pub(crate) struct Outcome {
    /// None where the handler ended before its answer had. A timer that ran to its end has 200.
    pub(crate) answer: Option<u16>,
    /// The queue messages that were delivered after it.
    pub(crate) deliveries: Vec<Delivery>,
    invocation: String,
}

impl Request {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), token: None, headers: Vec::new(), body: None }
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::POST, path).json("application/json", body)
    }

    pub(crate) fn put(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::PUT, path).json("application/json", body)
    }

    pub(crate) fn patch(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::PATCH, path).json("application/merge-patch+json", body)
    }

    fn json(self, media_type: &'static str, body: &Value) -> Self {
        self.body(media_type, body.to_string().into_bytes())
    }

    pub(crate) fn body(mut self, media_type: &'static str, body: Vec<u8>) -> Self {
        self.body = Some((media_type, body.into()));
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With an idempotency key.
    pub(crate) fn keyed(self) -> Self {
        self.header("idempotency-key", "one-and-the-same")
    }

    pub(crate) fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    pub(crate) fn by(self, portal: &Portal, person: &Person) -> Act {
        self.by_word_of(portal, Speaker::Main, person)
    }

    pub(crate) fn by_word_of(mut self, portal: &Portal, speaker: Speaker, person: &Person) -> Act {
        self.token = Some(portal.token(speaker, person, Value::Object(serde_json::Map::new())));
        Act::Request(self)
    }

    pub(crate) fn by_operator(mut self, portal: &Portal) -> Act {
        let person = Person::new("drift@example.com");
        let claims = serde_json::json!({"roles": ["Operator"]});
        self.token = Some(portal.token(Speaker::Main, &person, claims));
        Act::Request(self)
    }

    pub(crate) fn by_anyone(self) -> Act {
        Act::Request(self)
    }

    /// Its name in the operation table.
    fn operation(&self) -> String {
        let template = contract().template(path_of(&self.path)).expect("a described path");
        let method = self.method.as_str().to_ascii_lowercase();
        let operation = &contract().document()["paths"][template][method]["operationId"];
        operation.as_str().expect("the name of an operation").to_owned()
    }

    async fn send(&self, portal: &Portal, invocation: &str) -> Result<Answer, reqwest::Error> {
        let mut caller = match &self.token {
            Some(token) => portal.with_token(token.clone()),
            None => portal.anyone(),
        };
        caller = caller.invocation(invocation);
        for (name, value) in &self.headers {
            caller = caller.header(name, value);
        }
        caller
            .attempt(self.method.clone(), &self.path, |request| match &self.body {
                Some((media_type, body)) => request.header("content-type", *media_type).body(body.clone()),
                None if self.method == Method::POST => request.header("content-length", "0"),
                None => request,
            })
            .await
    }
}

fn path_of(path_and_query: &str) -> &str {
    path_and_query.split('?').next().unwrap_or(path_and_query)
}

impl Act {
    /// The operation of the table, or the function, that it begins.
    pub(crate) fn begins(&self) -> String {
        match self {
            Self::Request(request) => request.operation(),
            Self::Timer(function) => (*function).to_owned(),
            Self::Message(queue, _) => (*queue).to_owned(),
        }
    }

    /// Whether whoever began it may not come again. Timers always do, and messages are delivered until they succeed.
    pub(crate) fn may_be_left(&self) -> bool {
        matches!(self, Self::Request(_))
    }

    /// Begins it, and delivers the messages that it leads to. A handler that ends is started again, as the host does.
    pub(crate) async fn perform(&self, portal: &Portal) -> Outcome {
        self.perform_as(portal, portal.next_invocation()).await
    }

    /// Begins it again after an outcome that was none: the host delivers a request without a body again, by the same invocation,
    /// when its connection breaks; whoever was answered, or sent a body, sends it again themselves.
    pub(crate) async fn again(&self, portal: &Portal, before: &Outcome) -> Outcome {
        let bare = matches!(self, Self::Request(Request { body: None, .. }));
        let invocation = if bare && before.answer.is_none() {
            before.invocation.clone()
        } else {
            portal.next_invocation()
        };
        self.perform_as(portal, invocation).await
    }

    async fn perform_as(&self, portal: &Portal, invocation: String) -> Outcome {
        let answer = match self {
            Self::Request(request) => request.send(portal, &invocation).await.map(|answer| answer.status),
            Self::Timer(function) => {
                let ran = portal.try_trigger(function, &timer_envelope(function), None).await;
                ran.map(|(status, _)| status)
            }
            Self::Message(queue, text) => {
                portal.put_in_queue(queue, text);
                Ok(200)
            }
        };
        let answer = match answer {
            Ok(status) => Some(status),
            Err(error) => {
                assert!(portal.revive().await, "no answer, though the handler goes on: {error:?}");
                None
            }
        };
        Outcome { answer, deliveries: portal.pump().await, invocation }
    }
}
