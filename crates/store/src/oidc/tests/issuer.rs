//! An issuer on loopback that counts how often it is asked and answers as a test wants, and its keys.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use warp::{Filter as _, http::Response, path::FullPath};

/// How a path answers.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    pub(super) body: String,
    pub(super) after: Duration,
}

impl Answer {
    pub(super) fn json(body: &Value) -> Self {
        Self { status: 200, location: None, body: body.to_string(), after: Duration::ZERO }
    }

    pub(super) fn status(status: u16) -> Self {
        Self { status, ..Self::json(&json!({})) }
    }
}

pub(super) struct StandIn {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    discovery: Answer,
    keys: Answer,
    discovery_reads: usize,
    key_reads: usize,
    other_reads: usize,
}

impl StandIn {
    pub(super) async fn start() -> Self {
        let listener =
            tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let url = format!("http://{}/id", listener.local_addr().expect("an address"));
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let state = Arc::new(Mutex::new(State {
            discovery: Answer::json(&discovery),
            keys: Answer::json(&json!({"keys": []})),
            discovery_reads: 0,
            key_reads: 0,
            other_reads: 0,
        }));
        let served = Arc::clone(&state);
        let routes = warp::path::full().then(move |path: FullPath| {
            let answer = served.lock().expect("the state").answer(path.as_str());
            async move {
                tokio::time::sleep(answer.after).await;
                let mut response = Response::builder().status(answer.status);
                if let Some(location) = answer.location {
                    response = response.header("location", location);
                }
                response.body(answer.body).expect("a response")
            }
        });
        tokio::spawn(warp::serve(routes).incoming(listener).run());
        Self { url, state }
    }

    pub(super) fn publish(&self, keys: &[&Key]) {
        self.answer_keys(Answer::json(&json!({"keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>()})));
    }

    pub(super) fn answer_keys(&self, answer: Answer) {
        self.state.lock().expect("the state").keys = answer;
    }

    pub(super) fn answer_discovery(&self, answer: Answer) {
        self.state.lock().expect("the state").discovery = answer;
    }

    /// Reads so far of the discovery document.
    pub(super) fn fetches(&self) -> usize {
        self.state.lock().expect("the state").discovery_reads
    }

    /// Reads so far of the keys.
    pub(super) fn key_reads(&self) -> usize {
        self.state.lock().expect("the state").key_reads
    }

    /// Reads so far of anything else, as where a redirect leads.
    pub(super) fn other_reads(&self) -> usize {
        self.state.lock().expect("the state").other_reads
    }
}

impl State {
    fn answer(&mut self, path: &str) -> Answer {
        match path {
            "/id/.well-known/openid-configuration" => {
                self.discovery_reads += 1;
                self.discovery.clone()
            }
            "/id/keys" => {
                self.key_reads += 1;
                self.keys.clone()
            }
            _ => {
                self.other_reads += 1;
                self.keys.clone()
            }
        }
    }
}

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// A key pair of the issuer's, and how it is published.
pub(super) struct Key {
    pair: Pair,
    pub(super) jwk: Value,
}

pub(super) fn ec_key(id: &str) -> Key {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let jwk = json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "alg": "ES256", "x": encode(x),
        "y": encode(y)});
    Key { pair: Pair::Ec(pair), jwk }
}

pub(super) fn rsa_key(id: &str) -> Key {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
    let jwk = json!({"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256",
        "n": encode(n.big_endian_without_leading_zero()), "e": encode(e.big_endian_without_leading_zero())});
    Key { pair: Pair::Rsa(Box::new(pair)), jwk }
}

impl Key {
    pub(super) fn header(&self) -> Value {
        json!({"alg": self.jwk["alg"], "kid": self.jwk["kid"], "typ": "at+jwt"})
    }

    pub(super) fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header(), claims)
    }

    pub(super) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let signature = encode(&self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, message).expect("a signature").as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                signature
            }
        }
    }
}

pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()))
}

pub(super) fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}
