//! The key that signs what is handed out, by configuration.

use std::sync::Arc;

use kundportal_store::{LocalSigner, PublicKey, Signer};

use crate::config::Reader;

const KEY: &str = "KUNDPORTAL_SIGNING_KEY";
const RETIRED: &str = "KUNDPORTAL_RETIRED_SIGNING_KEYS";

/// Reads the variables of the signer.
pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Arc<dyn Signer>> {
    let retired = retired(reader)?;
    let signer = reader.parsed(KEY, |text| {
        let pkcs8 = data_encoding::BASE64.decode(text.as_bytes());
        let pkcs8 = pkcs8.map_err(|_| "is not Base64".to_owned())?;
        LocalSigner::new(&pkcs8, retired).map_err(|rule| rule.to_string())
    })?;
    Some(Arc::new(signer))
}

/// The public keys by which older signatures are checked; none unless given.
fn retired(reader: &mut Reader<'_>) -> Option<Vec<PublicKey>> {
    match reader.optional(RETIRED) {
        None => Some(Vec::new()),
        Some(_) => reader.parsed(RETIRED, PublicKey::from_set),
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    };
    use data_encoding::BASE64;
    use serde_json::json;

    use super::*;
    use crate::environment::Environment;

    /// The number 2.
    const WEAK: &str =
        "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAg==";

    fn key(algorithm: &'static aws_lc_rs::signature::EcdsaSigningAlgorithm) -> String {
        BASE64.encode(EcdsaKeyPair::generate(algorithm).unwrap().to_pkcs8v1().unwrap().as_ref())
    }

    fn read_all(variables: &[(&str, &str)]) -> Result<Arc<dyn Signer>, String> {
        let environment: Environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut reader = Reader::new(&environment);
        let signer = read(&mut reader);
        signer.ok_or_else(|| reader.into_problems().to_string())
    }

    #[tokio::test]
    async fn the_key_that_signs_and_retired_ones_are_read() {
        let old = read_all(&[(KEY, &key(&ECDSA_P256_SHA256_FIXED_SIGNING))]).unwrap().key().await.unwrap();
        let jwk =
            json!({"kty": "EC", "crv": "P-256", "x": old.x(), "y": old.y(), "kid": old.id(), "use": "sig"});
        let set = json!({"keys": [jwk]}).to_string();
        let signer = read_all(&[(KEY, &key(&ECDSA_P256_SHA256_FIXED_SIGNING)), (RETIRED, &set)]).unwrap();
        let keys = signer.keys().await.unwrap();
        assert_eq!(keys.len(), 2);
        assert_eq!((&keys[0], &keys[1]), (&signer.key().await.unwrap(), &old));
        let signature = signer.sign(b"a message").await.unwrap();
        assert!(keys[0].verifies(b"a message", &signature) && !old.verifies(b"a message", &signature));
    }

    #[test]
    fn a_key_that_is_missing_wrong_or_weak_is_named_and_not_shown() {
        let good = key(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let private = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "c2VjcmV0", "y": "c2VjcmV0", "d": "c2VjcmV0"}]});
        for (variables, name, rule) in [
            (vec![], KEY, "is missing"),
            (vec![(KEY, "secret!")], KEY, "is not Base64"),
            (vec![(KEY, "c2VjcmV0")], KEY, "in PKCS #8"),
            (vec![(KEY, key(&ECDSA_P384_SHA384_FIXED_SIGNING).as_str())], KEY, "the curve P-256"),
            (vec![(KEY, WEAK)], KEY, "too weak"),
            (vec![(KEY, &good), (RETIRED, "secret")], RETIRED, "not a JSON Web Key set"),
            (vec![(KEY, &good), (RETIRED, &private.to_string())], RETIRED, "a private key"),
        ] {
            let problems = read_all(&variables).err().unwrap();
            assert!(problems.contains(name) && problems.contains(rule), "{problems}");
            assert!(!problems.contains("secret") && !problems.contains("c2VjcmV0"), "{problems}");
        }
    }
}
