//! What the verifier promises, against an issuer on loopback.

mod claims;
mod issuer;
mod key_fetching;
mod signatures;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{OidcIssuer, OidcVerifier};
use crate::{Claims, TokenError, TokenVerifier as _};
use issuer::{StandIn, ec_key};

const AUDIENCE: &str = "api://kundportal";

fn now() -> Timestamp {
    Timestamp::constant(1_800_000_000, 0)
}

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// The plainest configuration of the stand-in.
fn configured(issuer: &StandIn) -> OidcIssuer {
    let config = json!({"issuer": issuer.url, "audience": AUDIENCE, "allowHttpLoopback": true});
    serde_json::from_value(config).expect("a configuration")
}

fn verifier(config: OidcIssuer) -> OidcVerifier {
    OidcVerifier::new(vec![config]).expect("a usable configuration")
}

/// The claims of a token that counts from `now()` on for an hour.
fn good_claims(issuer: &StandIn) -> Value {
    let start = now().as_second();
    json!({"iss": issuer.url, "aud": AUDIENCE, "sub": "person-1", "iat": start, "nbf": start, "exp": start + 3600,
        "auth_time": start - 10})
}

/// The good claims with some replaced; null takes a claim away.
fn claims_with(issuer: &StandIn, changes: Value) -> Value {
    let mut claims = good_claims(issuer);
    let (Value::Object(members), Value::Object(changes)) = (&mut claims, changes) else { panic!("objects") };
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name)
        } else {
            members.insert(name, value)
        };
    }
    claims
}

/// The verdict on a token with these claims and a good signature.
async fn verdict_at(
    config: OidcIssuer,
    issuer: &StandIn,
    claims: &Value,
    now: Timestamp,
) -> Result<Claims, TokenError> {
    let key = ec_key("ec-1");
    issuer.publish(&[&key]);
    verifier(config).verify(&key.token(claims), now).await
}

#[track_caller]
fn assert_invalid(verdict: &Result<Claims, TokenError>) {
    assert!(matches!(verdict, Err(TokenError::Invalid)), "{verdict:?}");
}

#[track_caller]
fn assert_unavailable(verdict: &Result<Claims, TokenError>) {
    assert!(matches!(verdict, Err(TokenError::Unavailable(_))), "{verdict:?}");
}
