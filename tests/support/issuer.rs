//! Issuers of tokens on loopback. Their keys are made when a test starts.

use std::net::SocketAddr;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD;
use kundportal_store::{OidcIssuer, OidcVerifier};
use serde_json::{Map, Value, json};
use warp::{Filter as _, http::StatusCode, path::FullPath};

const AUDIENCE: &str = "api://kundportal";

/// Which of the issuers speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Speaker {
    /// Vouches for addresses, and names operators.
    Main,
    /// Vouches for addresses; its word on operators does not count.
    Partner,
    /// Vouches for no address.
    Bare,
    /// In no configuration.
    Stranger,
}

impl Speaker {
    const ALL: [Self; 4] = [Self::Main, Self::Partner, Self::Bare, Self::Stranger];

    const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Partner => "partner",
            Self::Bare => "bare",
            Self::Stranger => "stranger",
        }
    }
}

/// All issuers of a test, on one socket.
pub(crate) struct Issuer {
    base: String,
    keys: Vec<EcdsaKeyPair>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let keys: Vec<_> = Speaker::ALL
            .iter()
            .map(|_| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
            .collect();
        let listener =
            tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let mut pages = Map::new();
        for (speaker, key) in Speaker::ALL.iter().zip(&keys) {
            let issuer = format!("{base}/{}", speaker.name());
            let (x, y) = key.public_key().as_ref()[1..].split_at(32);
            pages.insert(
                format!("/{}/.well-known/openid-configuration", speaker.name()),
                json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}),
            );
            pages.insert(
                format!("/{}/keys", speaker.name()),
                json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "alg": "ES256",
                    "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y)}]}),
            );
        }
        let routes = warp::path::full().map(move |path: FullPath| {
            let page = pages.get(path.as_str());
            let status = if page.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
            warp::reply::with_status(warp::reply::json(&page), status)
        });
        tokio::spawn(warp::serve(routes).incoming(listener).run());
        Self { base, keys }
    }

    pub(crate) fn url(&self, speaker: Speaker) -> String {
        format!("{}/{}", self.base, speaker.name())
    }

    /// The real verifier, configured for these issuers.
    pub(crate) fn verifier(&self) -> OidcVerifier {
        let issuers = serde_json::from_value::<Vec<OidcIssuer>>(self.configuration()).expect("issuers");
        OidcVerifier::new(issuers).expect("a usable configuration")
    }

    /// What the program is configured with.
    pub(crate) fn configuration(&self) -> Value {
        let configured = |speaker: Speaker, email_claim: &str| {
            json!({"issuer": self.url(speaker), "audience": AUDIENCE, "emailClaim": email_claim,
                "operator": speaker == Speaker::Main, "allowHttpLoopback": true})
        };
        json!([
            configured(Speaker::Main, "verifiedEmail"),
            configured(Speaker::Partner, "verifiedEmail"),
            configured(Speaker::Bare, "none"),
        ])
    }

    /// A token with these claims over the plain ones; null takes a claim away.
    pub(crate) fn token(&self, speaker: Speaker, now: i64, claims: Value) -> String {
        let mut all = json!({"iss": self.url(speaker), "aud": AUDIENCE, "iat": now, "exp": now + 3600, "auth_time": now});
        merge(&mut all, claims);
        self.sign(speaker, &all)
    }

    /// The same token with a signature that is not the issuer's.
    pub(crate) fn forged(&self, speaker: Speaker, now: i64, claims: Value) -> String {
        let token = self.token(speaker, now, claims);
        let (signed, _) = token.rsplit_once('.').expect("a token");
        format!("{signed}.{}", self.signature(Speaker::Stranger, signed))
    }

    fn sign(&self, speaker: Speaker, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "kid": "1", "typ": "at+jwt"});
        let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.signature(speaker, &signed);
        format!("{signed}.{signature}")
    }

    fn signature(&self, speaker: Speaker, signed: &str) -> String {
        let signature = self.keys[speaker as usize].sign(&SystemRandom::new(), signed.as_bytes());
        BASE64URL_NOPAD.encode(signature.expect("a signature").as_ref())
    }
}

fn merge(claims: &mut Value, changes: Value) {
    let (Value::Object(claims), Value::Object(changes)) = (claims, changes) else {
        panic!("claims are objects")
    };
    for (name, value) in changes {
        if value.is_null() {
            claims.remove(&name);
        } else {
            claims.insert(name, value);
        }
    }
}
