//! The key that signs what is handed out, by configuration.

use std::sync::Arc;

use kundportal_store::{AzureConnection, AzureCredential, KeyVaultKey, LocalSigner, PublicKey, Signer};

use crate::{config::Reader, storage::data_credential};

const KEY: &str = "KUNDPORTAL_SIGNING_KEY";
const RETIRED: &str = "KUNDPORTAL_RETIRED_SIGNING_KEYS";

/// The key that signs.
pub(crate) enum SigningConfig {
    /// It is in the configuration itself.
    Local(LocalSigner),
    /// It is in a vault, and never leaves it.
    Vault {
        /// Which.
        key: KeyVaultKey,
        /// As whom the vault is asked.
        credential: AzureCredential,
        /// Keys that signed before.
        retired: Vec<PublicKey>,
    },
}

impl SigningConfig {
    /// Reads the variables of the signer.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let retired = retired(reader);
        if reader.optional(KEY).is_some_and(|text| text.starts_with("https://")) {
            let key = reader.parsed(KEY, str::parse);
            let credential = data_credential(reader);
            return Some(Self::Vault { key: key?, credential: credential?, retired: retired? });
        }
        let pkcs8 = reader
            .parsed(KEY, |text| data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| "is not Base64"));
        let retired = retired?;
        match LocalSigner::new(&pkcs8?, retired) {
            Ok(signer) => Some(Self::Local(signer)),
            Err(rule) => {
                reader.refuse(KEY, rule.to_string());
                None
            }
        }
    }

    /// Makes the signer; a vault is not asked yet. The error is a sentence for the log.
    pub(crate) fn open(self) -> Result<Arc<dyn Signer>, String> {
        match self {
            Self::Local(signer) => Ok(Arc::new(signer)),
            Self::Vault { key, credential, retired } => {
                let connection = AzureConnection::new(&credential)
                    .map_err(|error| format!("The key vault cannot be used: {error}."))?;
                let signer = connection
                    .signer(key, retired)
                    .map_err(|error| format!("The key vault cannot be used: {error}."))?;
                Ok(Arc::new(signer))
            }
        }
    }
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

    const VAULT_KEY: &str = "https://v.vault.azure.net/keys/signing/0123456789abcdef";

    fn key(algorithm: &'static aws_lc_rs::signature::EcdsaSigningAlgorithm) -> String {
        BASE64.encode(EcdsaKeyPair::generate(algorithm).unwrap().to_pkcs8v1().unwrap().as_ref())
    }

    fn read_all(variables: &[(&str, &str)]) -> Result<Arc<dyn Signer>, String> {
        let environment: Environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut reader = Reader::new(&environment);
        let Some(signer) = SigningConfig::read(&mut reader) else {
            return Err(reader.into_problems().to_string());
        };
        signer.open()
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
    fn a_key_in_a_vault_is_asked_for_by_the_identity_of_the_data() {
        assert!(read_all(&[(KEY, VAULT_KEY), ("DataStorage__credential", "managedidentity")]).is_ok());
    }

    #[test]
    fn a_key_that_is_missing_wrong_or_weak_is_named_and_not_shown() {
        let good = key(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let private = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "c2VjcmV0", "y": "c2VjcmV0", "d": "c2VjcmV0"}]});
        for (variables, name, rule) in [
            (vec![], KEY, "is missing"),
            (vec![(KEY, "secret!")], KEY, "is not Base64"),
            (vec![(KEY, "c2VjcmV0")], KEY, "in PKCS #8"),
            (
                vec![(KEY, "https://v.vault.azure.net/keys/secret")],
                KEY,
                "the address of one version of a key",
            ),
            (vec![(KEY, VAULT_KEY)], "DataStorage__credential", "is missing"),
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
