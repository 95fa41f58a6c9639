//! The front door of what is killed: the handler with the test as its host, or a whole local run.

use std::{
    cell::RefCell,
    collections::HashMap,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Person, Portal};

/// A request.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Bytes>,
}

impl Ask {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::POST, path).json("application/json", body)
    }

    pub(crate) fn patch(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::PATCH, path).json("application/merge-patch+json", body)
    }

    pub(crate) fn upload(path: impl Into<String>, name: &str, content: Vec<u8>) -> Self {
        let encoded: Vec<_> = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        Self { body: Some(content.into()), ..Self::new(Method::POST, path) }
            .header("content-type", "application/octet-stream")
            .header("content-disposition", format!("attachment; filename*=UTF-8''{}", encoded.concat()))
    }

    fn json(self, media_type: &str, body: &Value) -> Self {
        Self { body: Some(body.to_string().into()), ..self }.header("content-type", media_type)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }
}

/// Where requests go in.
#[async_trait(?Send)]
pub(crate) trait Door {
    /// The answer; none where the connection broke before it had come.
    async fn attempt(&self, person: &Person, operator: bool, ask: &Ask) -> Option<Answer>;

    /// The token of the newest invitation in a mail to the address, once there is one.
    async fn invite_token(&self, email: &str) -> Option<String>;

    /// Asks; none where nobody knows what came of it: no answer, or one that says to try again.
    async fn ask(&self, person: &Person, ask: &Ask) -> Option<Answer> {
        known(self.attempt(person, false, ask).await?)
    }

    /// The same as somebody at the operator.
    async fn ask_as_operator(&self, ask: &Ask) -> Option<Answer> {
        known(self.attempt(&Person::new("drift@example.com"), true, ask).await?)
    }

    /// The answer to what is asked while nobody kills anything.
    async fn now(&self, person: &Person, ask: &Ask, status: u16) -> Answer {
        let answer = self.attempt(person, false, ask).await;
        answer.unwrap_or_else(|| panic!("{} {}: no answer", ask.method, ask.path)).expect(status)
    }
}

fn known(answer: Answer) -> Option<Answer> {
    assert_ne!(answer.problem(), "internal", "{}: {}", answer.asked, answer.text());
    (answer.status < 500).then_some(answer)
}

/// What follows `#invite=` in a text.
pub(crate) fn token_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("#invite=")?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.~".contains(c)));
    Some(rest[..end.unwrap_or(rest.len())].trim_end_matches('.').to_owned())
}

/// Invitations in mails, read now and then: reading all of them for each question would be most of the load.
#[derive(Default)]
pub(crate) struct Mails(RefCell<(Option<Instant>, HashMap<String, String>)>);

impl Mails {
    pub(crate) fn are_old(&self) -> bool {
        self.0.borrow().0.is_none_or(|read| read.elapsed() > Duration::from_millis(60))
    }

    /// Addresses and the tokens that were mailed to them, the newest last.
    pub(crate) fn set(&self, tokens: impl Iterator<Item = (String, String)>) {
        let tokens = tokens.collect();
        *self.0.borrow_mut() = (Some(Instant::now()), tokens);
    }

    pub(crate) fn token(&self, email: &str) -> Option<String> {
        self.0.borrow().1.get(email).cloned()
    }

    /// The same, by what a portal has sent.
    pub(crate) fn token_from(&self, portal: &Portal, email: &str) -> Option<String> {
        if self.are_old() {
            let mails = portal.mails();
            self.set(mails.iter().filter_map(|mail| {
                Some((mail.to.reveal().as_str().to_owned(), token_in(mail.text.reveal())?))
            }));
        }
        self.token(email)
    }
}
