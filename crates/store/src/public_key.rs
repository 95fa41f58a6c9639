//! Public keys of ES256, as JSON Web Keys say them (RFC 7517; RFC 7518, 6.2).

use std::fmt;

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey},
};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde_json::Value;

/// Length of a coordinate.
const HALF: usize = 32;

/// A point on the curve P-256, under the name that its own content gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    x: [u8; HALF],
    y: [u8; HALF],
}

/// Why something is no public key of ES256. Never holds any part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Not an object with a list `keys`.
    #[error("is not a JSON Web Key set (RFC 7517)")]
    Form,
    /// Another kind of key, or no point on the curve.
    #[error("holds a key that is not one of ES256 (kty EC, crv P-256, with its x and y)")]
    Kind,
    /// Whoever publishes it gives it away.
    #[error("holds a private key")]
    Private,
    /// The name is not the key's own.
    #[error("holds a key whose kid is not its thumbprint (RFC 7638)")]
    Id,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    kid: Option<String>,
}

impl PublicKey {
    /// From the two coordinates, 32 bytes each.
    ///
    /// # Errors
    /// [`PublicKeyError::Kind`] where they are no point on the curve.
    pub fn new(x: &[u8], y: &[u8]) -> Result<Self, PublicKeyError> {
        let half = |bytes: &[u8]| <[u8; HALF]>::try_from(bytes).map_err(|_| PublicKeyError::Kind);
        let key = Self { id: String::new(), x: half(x)?, y: half(y)? };
        key.parsed().ok_or(PublicKeyError::Kind)?;
        // RFC 7638, 3: the required members in the order of their names, without a space.
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, key.x(), key.y());
        let thumbprint = digest::digest(&digest::SHA256, members.as_bytes());
        Ok(Self { id: BASE64URL_NOPAD.encode(thumbprint.as_ref()), ..key })
    }

    /// From an uncompressed point: 4, x, y (SEC 1, 2.3.3).
    ///
    /// # Errors
    /// [`PublicKeyError::Kind`] where it is none on the curve.
    pub fn from_point(point: &[u8]) -> Result<Self, PublicKeyError> {
        match point.split_first() {
            Some((4, coordinates)) if coordinates.len() == 2 * HALF => {
                let (x, y) = coordinates.split_at(HALF);
                Self::new(x, y)
            }
            _ => Err(PublicKeyError::Kind),
        }
    }

    /// From a JSON Web Key.
    ///
    /// # Errors
    /// [`PublicKeyError`], by which rule it is none of ours.
    pub fn from_jwk(jwk: &Value) -> Result<Self, PublicKeyError> {
        // In every kind of key the private part has this name, or it is a secret `k`.
        if jwk.get("d").is_some() || jwk.get("k").is_some() {
            return Err(PublicKeyError::Private);
        }
        let jwk = Jwk::deserialize(jwk).map_err(|_| PublicKeyError::Kind)?;
        if jwk.kty != "EC" || jwk.crv != "P-256" {
            return Err(PublicKeyError::Kind);
        }
        let half = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| PublicKeyError::Kind);
        let key = Self::new(&half(&jwk.x)?, &half(&jwk.y)?)?;
        if jwk.kid.is_some_and(|kid| kid != key.id) { Err(PublicKeyError::Id) } else { Ok(key) }
    }

    /// Every key of a JSON Web Key set; each must be one of ours.
    ///
    /// # Errors
    /// [`PublicKeyError`], by which rule the set, or a key of it, is none of ours.
    pub fn from_set(json: &str) -> Result<Vec<Self>, PublicKeyError> {
        let set: Value = serde_json::from_str(json).map_err(|_| PublicKeyError::Form)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(PublicKeyError::Form)?;
        keys.iter().map(Self::from_jwk).collect()
    }

    /// Its thumbprint (RFC 7638): the `kid` of what it signs.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `x` of the JSON Web Key.
    #[must_use]
    pub fn x(&self) -> String {
        BASE64URL_NOPAD.encode(&self.x)
    }

    /// `y` of the JSON Web Key.
    #[must_use]
    pub fn y(&self) -> String {
        BASE64URL_NOPAD.encode(&self.y)
    }

    /// Whether this is a signature of the message by this key: `r` and `s`, 32 bytes each.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed().is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }

    fn parsed(&self) -> Option<ParsedPublicKey> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [&[4][..], &self.x, &self.y].concat()).ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7515, A.3: key, message and signature.
    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    const SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn jwk() -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": X, "y": Y, "use": "sig"})
    }

    #[test]
    fn the_example_of_the_standard_is_verified_and_nothing_near_it() {
        let key = PublicKey::from_jwk(&jwk()).unwrap();
        assert_eq!((key.x(), key.y()), (X.to_owned(), Y.to_owned()));
        let mut signature = BASE64URL_NOPAD.decode(SIGNATURE.as_bytes()).unwrap();
        assert!(key.verifies(SIGNED.as_bytes(), &signature));
        assert!(!key.verifies(SIGNED.to_lowercase().as_bytes(), &signature));
        assert!(!key.verifies(SIGNED.as_bytes(), &signature[..63]));
        signature[40] ^= 1;
        assert!(!key.verifies(SIGNED.as_bytes(), &signature));
        assert!(!key.verifies(SIGNED.as_bytes(), &[0; 64]));
    }

    #[test]
    fn a_name_follows_from_the_key_as_another_program_makes_it_too() {
        // By `jose jwk thp` of the package of that name.
        assert_eq!(PublicKey::from_jwk(&jwk()).unwrap().id(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }

    #[test]
    fn what_is_no_public_key_of_es256_is_refused_by_its_rule() {
        let with = |name: &str, value: Value| {
            let mut jwk = jwk();
            jwk[name] = value;
            PublicKey::from_jwk(&jwk).unwrap_err()
        };
        assert_eq!(with("d", json!("AAAA")), PublicKeyError::Private);
        assert_eq!(with("kid", json!("1")), PublicKeyError::Id);
        for (name, value) in [
            ("kty", json!("RSA")),
            ("crv", json!("P-384")),
            ("x", json!(Y)),
            ("y", json!("AAAA")),
            ("y", json!(null)),
        ] {
            assert_eq!(with(name, value), PublicKeyError::Kind, "{name}");
        }
        assert_eq!(PublicKey::from_set("[]"), Err(PublicKeyError::Form));
        assert_eq!(PublicKey::from_set(r#"{"keys":[{}]}"#), Err(PublicKeyError::Kind));
        assert_eq!(PublicKey::from_set(&json!({"keys": [jwk()]}).to_string()).unwrap().len(), 1);
        let mut point = vec![4];
        point.extend([0; 64]);
        assert!(PublicKey::from_point(&point).is_err());
    }
}
