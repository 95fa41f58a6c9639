//! What came back.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer that the description of the interface allows.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The request, for messages: method and path.
    pub(crate) asked: String,
}

impl Answer {
    /// This very answer, if it has the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text());
        self
    }

    /// This very answer, if it is a problem of this status and name.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, slug: &str) -> Self {
        assert_eq!((self.status, self.problem().as_str()), (status, slug), "{}: {}", self.asked, self.text());
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}: no JSON: {}", self.asked, self.text()))
    }

    /// The value at a JSON pointer; null where there is none.
    #[track_caller]
    pub(crate) fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or_default()
    }

    /// The text at a JSON pointer.
    #[track_caller]
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        match self.at(pointer) {
            Value::String(text) => text,
            other => panic!("{}: no text at {pointer} but {other}: {}", self.asked, self.text()),
        }
    }

    /// The items of a list.
    #[track_caller]
    pub(crate) fn items(&self) -> Vec<Value> {
        self.at("/items").as_array().unwrap_or_else(|| panic!("{}: no list", self.asked)).clone()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The `ETag`, as `If-Match` takes it.
    #[track_caller]
    pub(crate) fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("{}: no ETag", self.asked)).to_owned()
    }

    /// The name after `/problems/`; empty when it is no problem.
    pub(crate) fn problem(&self) -> String {
        let is_problem = self.header("content-type") == Some("application/problem+json");
        if !is_problem {
            return String::new();
        }
        self.text_at("/type").trim_start_matches("/problems/").to_owned()
    }
}
