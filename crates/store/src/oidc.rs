//! Access tokens of `OpenID` Connect issuers, verified here: nothing is trusted because a header or a proxy says so.
//!
//! Which issuers count is configuration only. Of a token the issuer's name and the key's name are read before its
//! signature is checked, and only to find the key among those that the issuer publishes; `jku`, `x5u`, `x5c` and `jwk`
//! are never looked at (RFC 8725, 3.10). All times are compared with the `now` that is passed in.

mod cache;
mod config;
mod fetch;
#[cfg(feature = "fuzzing")]
pub mod foreign;
mod jwks;
mod keys;
mod token;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Claims, TokenError, TokenVerifier};
use cache::{Verified, VerifiedTokens};
use fetch::Fetcher;
use keys::IssuerKeys;
use token::Token;

pub use config::{EmailClaim, OidcConfigError, OidcIssuer};

/// Longest token that is looked at, in bytes: below it every cost is bounded.
const LONGEST_TOKEN: usize = 16 * 1024;
/// Verified tokens that are remembered until they expire.
const REMEMBERED_TOKENS: usize = 10_000;
/// An issuer that needs longer to give its keys counts as unreachable.
const FETCH_TIME: Duration = Duration::from_secs(5);

/// Verifies access tokens of the configured issuers.
///
/// Making one costs nothing: keys are fetched when the first token needs them, and so is the HTTP client made.
pub struct OidcVerifier {
    issuers: HashMap<String, Issuer>,
    verified: VerifiedTokens,
}

struct Issuer {
    config: OidcIssuer,
    keys: Arc<IssuerKeys>,
}

impl OidcVerifier {
    /// A verifier for these issuers and no other.
    pub fn new(issuers: Vec<OidcIssuer>) -> Result<Self, OidcConfigError> {
        Self::with_limits(issuers, FETCH_TIME, REMEMBERED_TOKENS)
    }

    fn with_limits(
        issuers: Vec<OidcIssuer>,
        fetch_time: Duration,
        remembered: usize,
    ) -> Result<Self, OidcConfigError> {
        config::check(&issuers)?;
        let fetcher = Arc::new(Fetcher::new(fetch_time));
        let issuers = issuers
            .into_iter()
            .map(|config| {
                let keys = Arc::new(IssuerKeys::new(config.clone(), Arc::clone(&fetcher)));
                (config.issuer.clone(), Issuer { config, keys })
            })
            .collect();
        Ok(Self { issuers, verified: VerifiedTokens::new(remembered) })
    }
}

#[async_trait]
impl TokenVerifier for OidcVerifier {
    async fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::Invalid);
        }
        let digest = VerifiedTokens::digest(token);
        if let Some(claims) = self.verified.get(&digest, now) {
            return Ok(claims);
        }
        let token = Token::parse(token).ok_or(TokenError::Invalid)?;
        let issuer = token.issuer().and_then(|name| self.issuers.get(name)).ok_or(TokenError::Invalid)?;
        // Before the key is looked for: a token that is wrong anyway makes nobody fetch anything.
        let (claims, period) = token.claims(&issuer.config, now).ok_or(TokenError::Invalid)?;
        let key = issuer.keys.get(token.key_id(), token.algorithm(), now).await?;
        if !key.verifies(token.signed_part(), token.signature()) {
            return Err(TokenError::Invalid);
        }
        self.verified.put(digest, Verified { claims: claims.clone(), period, key: Arc::downgrade(&key) });
        Ok(claims)
    }
}
