//! An issuer's key set (RFC 7517), and what of it may sign access tokens: RSA of 2,048 bits or more and P-256.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Most bits of an RSA modulus: verification gets slow beyond, and the library refuses it.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The issuer's answer holds no key that could verify a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the issuer's key set holds no usable key")]
pub(super) struct NoUsableKey;

/// A public key that may verify tokens of one algorithm.
pub(super) struct VerifyingKey {
    id: String,
    algorithm: Algorithm,
    /// What tells it from another key of the same name: modulus and exponent, or the coordinates.
    numbers: [Vec<u8>; 2],
    key: DecodingKey,
}

impl VerifyingKey {
    /// Whether the base64url signature is this key's over these bytes.
    pub(super) fn verifies(&self, signed: &str, signature: &str) -> bool {
        jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &self.key, self.algorithm).unwrap_or(false)
    }

    fn same_as(&self, other: &Self) -> bool {
        self.id == other.id && self.algorithm == other.algorithm && self.numbers == other.numbers
    }
}

/// The usable keys of one issuer.
#[derive(Default)]
pub(super) struct KeySet(Vec<Arc<VerifyingKey>>);

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a published set. Keys that are not understood or not usable are passed over, as RFC 7517, 5 asks.
    pub(super) fn from_json(json: &[u8]) -> Result<Self, NoUsableKey> {
        let published: Published = serde_json::from_slice(json).map_err(|_| NoUsableKey)?;
        let keys: Vec<_> = published
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
            .filter_map(|key| usable(&key))
            .map(Arc::new)
            .collect();
        if keys.is_empty() { Err(NoUsableKey) } else { Ok(Self(keys)) }
    }

    /// The key of this name for this algorithm.
    pub(super) fn get(&self, id: &str, algorithm: Algorithm) -> Option<Arc<VerifyingKey>> {
        self.0.iter().find(|key| key.id == id && key.algorithm == algorithm).cloned()
    }

    /// Every key.
    #[cfg(feature = "fuzzing")]
    pub(super) fn iter(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.0.iter().map(Arc::as_ref)
    }

    /// The newer set, in which keys that stayed are the same objects: whoever holds a weak reference to a key sees
    /// whether it has been withdrawn.
    pub(super) fn renewed_by(&self, newer: Self) -> Self {
        let stayed =
            |key: Arc<VerifyingKey>| self.0.iter().find(|old| old.same_as(&key)).cloned().unwrap_or(key);
        Self(newer.0.into_iter().map(stayed).collect())
    }
}

fn usable(jwk: &Jwk) -> Option<VerifyingKey> {
    // `use` may be absent where a set holds signing keys only (OpenID Connect Discovery 1.0, 3).
    let for_signatures = jwk.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
        && jwk
            .key_ops
            .as_ref()
            .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
    let id = jwk.kid.clone().filter(|id| !id.is_empty())?;
    let (algorithm, name) = match jwk.kty.as_str() {
        "RSA" => (Algorithm::RS256, "RS256"),
        "EC" if jwk.crv.as_deref() == Some("P-256") => (Algorithm::ES256, "ES256"),
        _ => return None,
    };
    if !for_signatures || jwk.alg.as_deref().is_some_and(|alg| alg != name) {
        return None;
    }
    let (numbers, key) = if algorithm == Algorithm::RS256 {
        let (modulus, exponent) = (number(jwk.n.as_deref())?, number(jwk.e.as_deref())?);
        if !RSA_BITS.contains(&bits(&modulus)) {
            return None;
        }
        let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
        ([modulus, exponent], key)
    } else {
        let (x, y) = (number(jwk.x.as_deref())?, number(jwk.y.as_deref())?);
        if x.len() != 32 || y.len() != 32 {
            return None;
        }
        // SEC 1, 2.3.3: an uncompressed point. That it lies on the curve is checked with each signature.
        let key = DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat());
        ([x, y], key)
    };
    Some(VerifyingKey { id, algorithm, numbers, key })
}

fn number(text: Option<&str>) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text?.as_bytes()).ok()
}

fn bits(number: &[u8]) -> usize {
    let significant = number.iter().skip_while(|byte| **byte == 0);
    let leading = significant.clone().next().map_or(0, |byte| byte.leading_zeros() as usize);
    significant.count() * 8 - leading
}
