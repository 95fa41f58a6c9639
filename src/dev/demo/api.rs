//! The HTTP interface, as the demo data are made through it.

use std::time::Duration;

use kundportal_store::{Clock as _, SystemClock};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderValue};
use serde_json::{Value, json};

/// Why the demo data were not made: names the step, nobody's data.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DemoError(String);

impl DemoError {
    /// At this step, for this reason.
    pub(super) fn at(step: &str, reason: impl std::fmt::Display) -> Self {
        Self(format!("{step}: {reason}"))
    }
}

/// After this long, work that has not come to its end is taken up by the timer `waiting_work`.
const ABANDONED: Duration = Duration::from_mins(20);

/// How long a mail may take to come.
const MAIL_TIME: Duration = Duration::from_secs(30);

/// The local run's own interface.
pub(super) struct Api {
    client: Client,
    address: String,
}

/// A person's, or the operator's, calls.
pub(super) struct SignedIn<'a> {
    api: &'a Api,
    token: String,
}

impl Api {
    /// At an address such as `http://localhost:7071`.
    pub(super) fn new(address: &str) -> Self {
        Self { client: Client::new(), address: address.to_owned() }
    }

    /// Brings to its end what a start that was killed left half done, which in time a timer would do.
    pub(super) async fn settle(&self) -> Result<(), DemoError> {
        let later = SystemClock.now() + ABANDONED;
        let path = format!("{}/dev/timers/waiting_work", self.address);
        succeeded("settling", self.client.post(path).json(&json!({"now": later}))).await.map(drop)
    }

    /// Signs somebody in.
    pub(super) async fn sign_in(&self, who: Value) -> Result<SignedIn<'_>, DemoError> {
        let request = self.client.post(format!("{}/dev/token", self.address)).json(&who);
        let (status, answer) = send("signing in", request).await?;
        match answer["accessToken"].as_str() {
            Some(token) => Ok(SignedIn { api: self, token: token.to_owned() }),
            None => Err(DemoError::at("signing in", status)),
        }
    }

    /// The tokens of all invitations mailed to an address, the newest first.
    async fn invitations(&self, email: &str) -> Result<Vec<String>, DemoError> {
        let (_, mails) =
            send("reading mail", self.client.get(format!("{}/dev/outbox", self.address))).await?;
        let mails = mails.as_array().cloned().unwrap_or_default();
        let texts = mails.iter().filter(|mail| mail["to"] == email).filter_map(|mail| mail["text"].as_str());
        Ok(texts.filter_map(invitation_in).map(str::to_owned).collect())
    }

    /// The token of an open invitation to this tenant, as soon as its mail is there.
    pub(super) async fn invitation(&self, email: &str, tenant: &str) -> Result<String, DemoError> {
        let looking = async {
            loop {
                for token in self.invitations(email).await? {
                    let request = self
                        .client
                        .post(format!("{}/api/invites/lookup", self.address))
                        .json(&json!({"token": token}));
                    let (status, answer) = send("looking an invitation up", request).await?;
                    if status == StatusCode::OK && answer["tenant"] == tenant {
                        return Ok(token);
                    }
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let late = |_| DemoError::at("waiting for an invitation's mail", "it did not come");
        tokio::time::timeout(MAIL_TIME, looking).await.map_err(late)?
    }
}

impl SignedIn<'_> {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.api.client.request(method, format!("{}{path}", self.api.address)).bearer_auth(&self.token)
    }

    /// The answer to a GET.
    pub(super) async fn get(&self, path: &str, step: &str) -> Result<Value, DemoError> {
        succeeded(step, self.request(Method::GET, path)).await
    }

    /// Changes something.
    pub(super) async fn patch(&self, path: &str, body: &Value, step: &str) -> Result<Value, DemoError> {
        succeeded(step, self.request(Method::PATCH, path).json(body)).await
    }

    /// Puts bytes somewhere.
    pub(super) async fn put(
        &self,
        path: &str,
        kind: &'static str,
        bytes: Vec<u8>,
        step: &str,
    ) -> Result<Value, DemoError> {
        succeeded(step, self.request(Method::PUT, path).header("content-type", kind).body(bytes)).await
    }

    /// Does something once, however often this is called.
    pub(super) async fn post(
        &self,
        path: &str,
        body: &Value,
        key: &str,
        step: &str,
    ) -> Result<Value, DemoError> {
        succeeded(step, self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// Does something, and says what came of it.
    pub(super) async fn try_post(
        &self,
        path: &str,
        body: &Value,
        step: &str,
    ) -> Result<StatusCode, DemoError> {
        Ok(send(step, self.request(Method::POST, path).json(body)).await?.0)
    }

    /// Uploads a file once.
    pub(super) async fn upload(
        &self,
        path: &str,
        (name, kind, bytes): (&str, &'static str, Vec<u8>),
        key: &str,
        step: &str,
    ) -> Result<Value, DemoError> {
        let name = percent_encoded(name);
        let disposition = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}"))
            .map_err(|_| DemoError::at(step, "the name is none"))?;
        let request = self
            .request(Method::POST, path)
            .header("idempotency-key", key)
            .header("content-type", kind)
            .header("content-disposition", disposition)
            .body(bytes);
        succeeded(step, request).await
    }
}

async fn send(step: &str, request: RequestBuilder) -> Result<(StatusCode, Value), DemoError> {
    let failed = |error: reqwest::Error| DemoError::at(step, error.without_url());
    let answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(failed)?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

async fn succeeded(step: &str, request: RequestBuilder) -> Result<Value, DemoError> {
    let (status, answer) = send(step, request).await?;
    if status.is_success() {
        return Ok(answer);
    }
    let problem = answer["type"].as_str().unwrap_or("no problem named");
    Err(DemoError::at(step, format_args!("{status}, {problem}")))
}

/// The token in an invitation's link.
fn invitation_in(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("#invite=")?;
    rest.split(|letter: char| letter.is_whitespace() || "<>\"')".contains(letter)).next()
}

/// RFC 8187, 3.2.1.
fn percent_encoded(name: &str) -> String {
    name.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_ends_where_the_link_does() {
        assert_eq!(invitation_in("Hej\nhttp://x/#invite=abc.d-e_f\n\nVälkommen"), Some("abc.d-e_f"));
        assert_eq!(invitation_in("Hej"), None);
    }
}
