//! A signed token (RFC 7519, 7515) taken apart, and what its claims must be for it to count as an access token.

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;
use kundportal_domain::{EmailAddress, Personal};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::config::{EmailClaim, OidcIssuer};
use crate::Claims;

/// How far clocks may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// `OpenID` Connect Core 1.0, 2: a `sub` has at most 255 characters.
const LONGEST_SUBJECT: usize = 255;
/// Claims of ID tokens (`OpenID` Connect Core 1.0, 2 and 3.3.2.11) and of logout tokens and other security events
/// (RFC 8417), none of which is in an access token.
const CLAIMS_OF_OTHER_TOKENS: [&str; 5] = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

/// When a token counts, leeway included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    from: Timestamp,
    to: Timestamp,
}

impl Period {
    /// Whether it counts at this time. The end is outside (RFC 7519, 4.1.4).
    pub(super) fn contains(self, now: Timestamp) -> bool {
        self.from <= now && !self.ends_by(now)
    }

    /// Whether it will never count again.
    pub(super) fn ends_by(self, now: Timestamp) -> bool {
        now >= self.to
    }
}

/// A token whose signature nobody has checked yet.
pub(super) struct Token<'a> {
    signed_part: &'a str,
    signature: &'a str,
    key_id: String,
    algorithm: Algorithm,
    claims: Map<String, Value>,
}

/// What is read of a header. `jku`, `x5u`, `x5c` and `jwk` are not.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: Option<String>,
    crit: Option<IgnoredAny>,
}

impl<'a> Token<'a> {
    /// Takes a token apart; nothing when it is none, or of a kind or algorithm that never counts.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (signed_part, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed_part.split_once('.')?;
        // RFC 7515, 4.1.11: extensions that must be understood. None is.
        let header: Header = json(header)?;
        if header.crit.is_some() || header.kid.is_empty() || !may_be_access_token(header.typ.as_deref()) {
            return None;
        }
        let algorithm = match header.alg.as_str() {
            "RS256" => Algorithm::RS256,
            "ES256" => Algorithm::ES256,
            _ => return None,
        };
        Some(Self { signed_part, signature, key_id: header.kid, algorithm, claims: json(claims)? })
    }

    pub(super) fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn signed_part(&self) -> &str {
        self.signed_part
    }

    pub(super) fn signature(&self) -> &str {
        self.signature
    }

    /// What the token says, once its signature is checked, and when it counts; nothing when it does not count now or
    /// was not made for us.
    pub(super) fn claims(&self, issuer: &OidcIssuer, now: Timestamp) -> Option<(Claims, Period)> {
        let ours = self.issuer() == Some(&issuer.issuer) && self.is_for(&issuer.audience);
        if !ours || self.is_of_another_kind() {
            return None;
        }
        let auth_time = self.time("auth_time")?;
        let period = self.period(auth_time)?;
        let subject = self.text("sub").filter(|sub| !sub.is_empty() && sub.len() <= LONGEST_SUBJECT)?;
        let claims = Claims {
            issuer: issuer.issuer.clone(),
            subject: Personal::new(subject.to_owned()),
            auth_time,
            email: self.email(&issuer.email_claim),
            operator: issuer.operator && self.has_role("Operator"),
            tenants: issuer.tenants.clone(),
        };
        period.contains(now).then_some((claims, period))
    }

    /// An `auth_time` in the future would pass for a fresh sign-in for ever: it delays the token as `nbf` does.
    fn period(&self, auth_time: Option<Timestamp>) -> Option<Period> {
        let to = self.time("exp")??.checked_add(LEEWAY).ok()?;
        let starts = [self.time("nbf")?, self.time("iat")?, auth_time];
        let from = match starts.into_iter().flatten().max() {
            Some(start) => start.checked_sub(LEEWAY).ok()?,
            None => Timestamp::MIN,
        };
        Some(Period { from, to })
    }

    fn is_for(&self, audience: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(aud)) => aud == audience,
            Some(Value::Array(aud)) => aud.iter().any(|aud| aud.as_str() == Some(audience)),
            _ => false,
        }
    }

    /// Tokens without a telling `typ` header are told apart by what only others hold. Keycloak says it in a claim.
    fn is_of_another_kind(&self) -> bool {
        CLAIMS_OF_OTHER_TOKENS.iter().any(|name| self.claims.contains_key(*name))
            || self.claims.get("typ").is_some_and(|kind| kind.as_str() != Some("Bearer"))
    }

    fn email(&self, claim: &EmailClaim) -> Option<Personal<EmailAddress>> {
        let address = match claim {
            EmailClaim::None => None,
            EmailClaim::VerifiedEmail => {
                let verified = self.claims.get("email_verified") == Some(&Value::Bool(true));
                self.text("email").filter(|_| verified)
            }
            EmailClaim::Named(name) => match self.claims.get(name)? {
                Value::Array(addresses) => addresses.first()?.as_str(),
                address => address.as_str(),
            },
        };
        address?.parse().ok().map(Personal::new)
    }

    fn has_role(&self, role: &str) -> bool {
        let roles = self.claims.get("roles").and_then(Value::as_array);
        roles.is_some_and(|roles| roles.iter().any(|held| held.as_str() == Some(role)))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim that is a `NumericDate` (RFC 7519, 2), whole seconds or not: `None` when it is there and is none.
    #[expect(clippy::option_option, reason = "not understood, absent and present are three things")]
    fn time(&self, name: &str) -> Option<Option<Timestamp>> {
        let Some(value) = self.claims.get(name) else { return Some(None) };
        let since = match value.as_i64() {
            Some(seconds) => SignedDuration::from_secs(seconds),
            None => SignedDuration::try_from_secs_f64(value.as_f64()?).ok()?,
        };
        Timestamp::from_duration(since).ok().map(Some)
    }
}

/// RFC 9068, 2.1 gives access tokens a type of their own; many issuers still write `JWT` or nothing.
fn may_be_access_token(typ: Option<&str>) -> bool {
    let Some(typ) = typ else { return true };
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "at+jwt" | "jwt")
}

fn json<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).ok()?).ok()
}
