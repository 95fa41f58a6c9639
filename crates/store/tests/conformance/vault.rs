//! A key vault in memory: so much of its REST interface (version 2025-07-01) as signing needs, at the end of the library's own
//! pipeline. It asks for a token, and really signs.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::{
    digest::{Digest, SHA256},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use azure_core::{
    Bytes,
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    http::{
        AsyncRawResponse, ClientOptions, HttpClient, Method, Request, StatusCode, Transport,
        headers::{AUTHORIZATION, Headers, WWW_AUTHENTICATE},
    },
    time::OffsetDateTime,
};
use data_encoding::BASE64URL_NOPAD;
use kundportal_store::{KeyVaultSigner, PublicKey};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "https://portal.vault.azure.net/keys/packages/v1";
const SCOPE: &str = "https://vault.azure.net/.default";

/// What the vault does with the next request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whim {
    /// Answers this status instead.
    Refuse(u16),
    /// Never answers.
    Hang,
    /// Signs with another key.
    SignWithAnother,
    /// Gives another kind of key.
    GiveRsa,
}

/// The vault, and what it was asked.
#[derive(Debug)]
pub(crate) struct Vault {
    pair: EcdsaKeyPair,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Requests with a token: method, path and body.
    asked: Vec<(String, Value)>,
    whims: Vec<Whim>,
}

impl Vault {
    pub(crate) fn new() -> Arc<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Arc::new(Self { pair, state: Mutex::default() })
    }

    /// The adapter over this vault.
    pub(crate) fn signer(self: &Arc<Self>, retired: Vec<PublicKey>) -> KeyVaultSigner {
        let transport = Transport::new(Arc::clone(self) as Arc<dyn HttpClient>);
        let options = ClientOptions { transport: Some(transport), ..ClientOptions::default() };
        KeyVaultSigner::new(KEY.parse().expect("a key"), Arc::new(Token), options, retired).expect("a signer")
    }

    /// What happens to the next requests, one each.
    pub(crate) fn plan(&self, whims: impl IntoIterator<Item = Whim>) {
        self.state.lock().expect("the state").whims.extend(whims);
    }

    /// What was asked for since the last time.
    pub(crate) fn asked(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.state.lock().expect("the state").asked)
    }

    fn sign(&self, asked: &Value, another: bool) -> Value {
        assert_eq!(asked["alg"], "ES256");
        let digest =
            BASE64URL_NOPAD.decode(asked["value"].as_str().expect("text").as_bytes()).expect("base64url");
        let digest = Digest::import_less_safe(&digest, &SHA256).expect("a hash");
        let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let pair = if another { &other } else { &self.pair };
        let signature = pair.sign_digest(&digest).expect("a signature");
        json!({"kid": KEY, "value": BASE64URL_NOPAD.encode(signature.as_ref())})
    }

    fn key(&self, rsa: bool) -> Value {
        let point = self.pair.public_key().as_ref();
        let half = |range| BASE64URL_NOPAD.encode(&point[range]);
        let key = if rsa {
            json!({"kid": KEY, "kty": "RSA", "n": half(1..65), "e": "AQAB", "key_ops": ["sign", "verify"]})
        } else {
            json!({"kid": KEY, "kty": "EC-HSM", "crv": "P-256", "x": half(1..33), "y": half(33..65),
                "key_ops": ["sign", "verify"]})
        };
        json!({"key": key, "attributes": {"enabled": true, "created": 1, "updated": 1}})
    }
}

#[async_trait]
impl HttpClient for Vault {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = |status: u16, body: &Value| {
            AsyncRawResponse::from_bytes(
                StatusCode::from(status),
                Headers::new(),
                Bytes::from(body.to_string()),
            )
        };
        if request.headers().get_optional_str(&AUTHORIZATION) != Some("Bearer a token") {
            let mut headers = Headers::new();
            headers.insert(
                WWW_AUTHENTICATE,
                r#"Bearer authorization="https://login.microsoftonline.com/a", resource="https://vault.azure.net""#,
            );
            return Ok(AsyncRawResponse::from_bytes(StatusCode::Unauthorized, headers, Bytes::new()));
        }
        let url = request.url();
        assert_eq!(
            (url.host_str(), url.query()),
            (Some("portal.vault.azure.net"), Some("api-version=2025-07-01"))
        );
        let body = serde_json::from_slice(&Bytes::from(request.body())).unwrap_or_default();
        let asked = format!("{} {}", request.method().as_str(), url.path());
        let whim = {
            let mut state = self.state.lock().expect("the state");
            state.asked.push((asked, body));
            if state.whims.is_empty() { None } else { Some(state.whims.remove(0)) }
        };
        match whim {
            Some(Whim::Refuse(status)) => {
                let error = json!({"error": {"code": "Refused", "message": "a planned refusal"}});
                return Ok(answer(status, &error));
            }
            Some(Whim::Hang) => {
                tokio::time::sleep(Duration::from_hours(1)).await;
            }
            _ => {}
        }
        let (_, body) = self.state.lock().expect("the state").asked.last().expect("a request").clone();
        Ok(match (request.method(), url.path()) {
            (Method::Get, "/keys/packages/v1") => answer(200, &self.key(whim == Some(Whim::GiveRsa))),
            (Method::Post, "/keys/packages/v1/sign") => {
                answer(200, &self.sign(&body, whim == Some(Whim::SignWithAnother)))
            }
            _ => answer(404, &json!({"error": {"code": "KeyNotFound", "message": "no such key"}})),
        })
    }
}

/// Whoever may use the vault.
#[derive(Debug)]
struct Token;

#[async_trait]
impl TokenCredential for Token {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, [SCOPE]);
        let expires_on = OffsetDateTime::now_utc() + Duration::from_hours(1);
        Ok(AccessToken { token: "a token".into(), expires_on })
    }
}
