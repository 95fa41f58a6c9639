//! Tokens and key sets taken apart, for the fuzz targets alone.

use jiff::Timestamp;

use super::{config::OidcIssuer, jwks::KeySet, token::Token};
use crate::Claims;

/// What is read of a token before its signature is checked: the name of the key, the name of the issuer, and the parts that
/// make up the token. None where it is no token.
#[must_use]
pub fn token(text: &str) -> Option<(String, Option<String>, [String; 2])> {
    let token = Token::parse(text)?;
    let issuer = token.issuer().map(str::to_owned);
    Some((token.key_id().to_owned(), issuer, [token.signed_part(), token.signature()].map(str::to_owned)))
}

/// What a token would say once its signature was checked.
#[must_use]
pub fn claims(text: &str, issuer: &OidcIssuer, now: Timestamp) -> Option<Claims> {
    Token::parse(text)?.claims(issuer, now).map(|(claims, _)| claims)
}

/// Whether any key of a published set takes a signature for its own over what is signed.
#[must_use]
pub fn verifies(key_set: &[u8], signed: &str, signature: &str) -> bool {
    KeySet::from_json(key_set).is_ok_and(|keys| keys.iter().any(|key| key.verifies(signed, signature)))
}
