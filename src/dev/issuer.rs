//! An identity issuer for the local run: discovery and keys as any `OpenID` Connect provider has them, and a way to get a
//! token for anybody. Absent from the deployed executable.

use std::io;

use aws_lc_rs::{
    hmac,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kundportal_domain::{EmailAddress, Personal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::keys::Keys;

/// `aud` of its tokens.
pub(crate) const AUDIENCE: &str = "kundportal";
/// How long a token lasts unless asked otherwise, in seconds.
const LIFETIME: i64 = 3600;

/// The issuer.
pub(crate) struct Issuer {
    url: String,
    key: EncodingKey,
    key_id: String,
    public: Vec<u8>,
    subject_key: hmac::Key,
}

/// Who a token is for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TokenRequest {
    /// The person's address.
    pub(crate) email: Personal<String>,
    /// The person's name.
    #[serde(default)]
    pub(crate) name: Option<Personal<String>>,
    /// `sub`; without it the same address always gives the same.
    #[serde(default)]
    pub(crate) sub: Option<String>,
    /// `roles`, such as `Operator`.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    /// `auth_time` in seconds since 1970; now unless given.
    #[serde(default)]
    pub(crate) auth_time: Option<i64>,
    /// Seconds until the token expires; one that has expired already with a negative number.
    #[serde(default)]
    pub(crate) expires_in: Option<i64>,
    /// Whether the issuer vouches for the address.
    #[serde(default)]
    pub(crate) email_verified: Option<bool>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    auth_time: i64,
    email: &'a str,
    email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    roles: &'a [String],
}

/// The token cannot be made as asked; names the rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) &'static str);

impl Issuer {
    /// The issuer at `url` with the folder's key.
    pub(crate) fn new(url: String, keys: &Keys) -> io::Result<Self> {
        let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let private =
            BASE64.decode(keys.issuer.as_bytes()).map_err(|_| broken("the issuer's key is not Base64"))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private)
            .map_err(|_| broken("the issuer's key is none"))?;
        let subject =
            BASE64.decode(keys.subject.as_bytes()).map_err(|_| broken("the subject key is not Base64"))?;
        let public = pair.public_key().as_ref().to_vec();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &public);
        Ok(Self {
            url,
            key: EncodingKey::from_ec_der(&private),
            key_id: BASE64URL_NOPAD.encode(digest.as_ref().get(..12).unwrap_or_default()),
            public,
            subject_key: hmac::Key::new(hmac::HMAC_SHA256, &subject),
        })
    }

    /// `OpenID` Connect Discovery 1.0, 4.2.
    pub(crate) fn discovery(&self) -> Value {
        json!({
            "issuer": self.url,
            "jwks_uri": format!("{}/jwks", self.url),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "claims_supported": ["iss", "aud", "sub", "iat", "exp", "auth_time", "email", "email_verified", "name", "roles"],
        })
    }

    /// The public key (RFC 7517; the point is uncompressed: 4, x, y).
    pub(crate) fn key_set(&self) -> Value {
        let half = |range| BASE64URL_NOPAD.encode(self.public.get(range).unwrap_or_default());
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.key_id,
            "x": half(1..33), "y": half(33..65),
        }]})
    }

    /// An access token (RFC 9068).
    pub(crate) fn token(&self, request: &TokenRequest, now: Timestamp) -> Result<String, Refused> {
        let email: EmailAddress =
            request.email.reveal().parse().map_err(|_| Refused("email is not an e-mail address"))?;
        let sub = request.sub.clone().unwrap_or_else(|| self.subject(&email));
        if sub.is_empty() {
            return Err(Refused("sub is empty"));
        }
        let now = now.as_second();
        let expires_in = request.expires_in.unwrap_or(LIFETIME);
        let exp = now.checked_add(expires_in).ok_or(Refused("expiresIn is out of range"))?;
        // A token that has expired already was given before that.
        let given = now.min(exp.saturating_sub(LIFETIME));
        let claims = Claims {
            iss: &self.url,
            aud: AUDIENCE,
            sub: &sub,
            iat: if expires_in < 0 { given } else { now },
            nbf: if expires_in < 0 { given } else { now },
            exp,
            auth_time: request.auth_time.unwrap_or(now),
            email: email.as_str(),
            email_verified: request.email_verified.unwrap_or(true),
            name: request.name.as_ref().map(|name| name.reveal().as_str()),
            roles: &request.roles,
        };
        let header = Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(self.key_id.clone()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(|_| Refused("the token cannot be signed"))
    }

    /// The same for one address always, and nothing that shows the address.
    fn subject(&self, email: &EmailAddress) -> String {
        let tag = hmac::sign(&self.subject_key, email.canonical().as_bytes());
        BASE64URL_NOPAD.encode(tag.as_ref().get(..18).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::folder::Folder;

    fn issuer() -> Issuer {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let keys = Keys::open(&folder, &kundportal_store::SystemEntropy).unwrap();
        Issuer::new("http://localhost:7071/dev/oidc".to_owned(), &keys).unwrap()
    }

    fn claims(issuer: &Issuer, request: Value) -> Value {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let token = issuer.token(&serde_json::from_value(request).unwrap(), now).unwrap();
        let payload = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn one_address_is_always_the_same_person_and_the_sub_does_not_show_it() {
        let issuer = issuer();
        let one = claims(&issuer, json!({"email": "anna@example.com"}));
        let other = claims(&issuer, json!({"email": "ANNA@example.com"}));
        assert_eq!(one["sub"], other["sub"]);
        assert!(!one["sub"].as_str().unwrap().contains("anna"));
        assert_ne!(one["sub"], claims(&issuer, json!({"email": "bo@example.com"}))["sub"]);
    }

    #[test]
    fn a_token_lasts_an_hour_for_somebody_who_signed_in_now_with_a_verified_address() {
        let claims = claims(&issuer(), json!({"email": "anna@example.com"}));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
        assert_eq!(claims["auth_time"], claims["iat"]);
        assert_eq!(claims["email_verified"], true);
        assert_eq!(claims["aud"], AUDIENCE);
    }

    #[test]
    fn everything_can_be_asked_for_otherwise() {
        let claims = claims(
            &issuer(),
            json!({"email": "anna@example.com", "sub": "x", "roles": ["Operator"], "authTime": 1000, "expiresIn": -60,
                   "emailVerified": false, "name": "Anna"}),
        );
        assert_eq!((&claims["sub"], &claims["roles"][0]), (&json!("x"), &json!("Operator")));
        assert_eq!((&claims["auth_time"], &claims["email_verified"]), (&json!(1000), &json!(false)));
        assert!(claims["exp"].as_i64() < Some(1_795_521_600));
        assert_eq!(claims["name"], "Anna");
    }

    #[test]
    fn what_is_no_address_gets_no_token() {
        let request = TokenRequest {
            email: Personal::new("nobody".to_owned()),
            name: None,
            sub: None,
            roles: Vec::new(),
            auth_time: None,
            expires_in: None,
            email_verified: None,
        };
        assert!(issuer().token(&request, Timestamp::UNIX_EPOCH).is_err());
    }
}
