//! Somebody who signed in at a local run, and trusts the certificate of its storage.

use std::{
    fs,
    time::{Duration, Instant},
};

use reqwest::{Certificate, Client, RequestBuilder};
use serde_json::{Value, json};

use crate::{process::LocalRun, support::Azurite};

/// Somebody with a token and the certificate of storage.
pub(crate) struct Caller {
    pub(crate) client: Client,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Caller {
    pub(crate) async fn sign_in(run: &LocalRun, azurite: &Azurite, email: &str) -> Self {
        let trusted = Certificate::from_pem(&fs::read(azurite.certificate()).expect("a file")).expect("PEM");
        let client = Client::builder().tls_certs_only([trusted]).build().expect("a client");
        let token: Value =
            run.post("/dev/token", &json!({"email": email})).await.json().await.expect("a token");
        let token = token["accessToken"].as_str().expect("a token").to_owned();
        Self { client, address: run.address.clone(), token }
    }

    pub(crate) async fn ask(&self, request: RequestBuilder, status: u16) -> Value {
        let answer = request.bearer_auth(&self.token).send().await.expect("an answer");
        let answered = answer.status();
        let text = answer.text().await.expect("a body");
        assert_eq!(answered, status, "{text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask(self.client.get(format!("{}{path}", self.address)), 200).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        self.ask(self.client.post(format!("{}{path}", self.address)).json(body), status).await
    }

    /// A POST without a body.
    pub(crate) async fn post_empty(&self, path: &str, status: u16) -> Value {
        let request = self.client.post(format!("{}{path}", self.address)).header("content-length", "0");
        self.ask(request, status).await
    }

    /// Asks until the state is there.
    pub(crate) async fn until(&self, path: &str, state: &str) -> Value {
        let patience = Instant::now() + Duration::from_mins(15);
        loop {
            let seen = self.get(path).await;
            if seen["state"] == state {
                return seen;
            }
            assert!(Instant::now() < patience, "never {state}: {seen}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}
