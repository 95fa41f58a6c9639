//! Signs inside Azure Key Vault: the private key never leaves it, and only the hash of what is signed goes there.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use azure_core::{
    credentials::TokenCredential,
    http::{ClientOptions, ExponentialRetryOptions, RetryOptions},
};
use azure_security_keyvault_keys::{
    KeyClient, KeyClientOptions,
    models::{
        CurveName, JsonWebKey, KeyClientGetKeyOptions, KeyClientSignOptions, KeyType, SignParameters,
        SignatureAlgorithm,
    },
};
use tokio::{sync::OnceCell, time::timeout};

use crate::{PublicKey, Signature, Signer, SignerUnavailable};

/// How long a call may take, tries and pauses included. Whatever needs the signature waits and is tried again by itself.
const PATIENCE: Duration = Duration::from_secs(20);
/// Tries after the first, at growing distances from 200 milliseconds on.
const MORE_TRIES: u32 = 3;

/// One version of a key: `https://<vault>.vault.azure.net/keys/<name>/<version>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyVaultKey {
    vault: String,
    name: String,
    version: String,
}

/// Not the address of one version of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the address of one version of a key: https://<vault>/keys/<name>/<version>")]
pub struct KeyVaultKeyError;

impl FromStr for KeyVaultKey {
    type Err = KeyVaultKeyError;

    /// The version is wanted too: a new one in the vault would sign before anybody gives out its public key.
    fn from_str(text: &str) -> Result<Self, KeyVaultKeyError> {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let rest = text.strip_prefix("https://").ok_or(KeyVaultKeyError)?;
        match rest.split('/').collect::<Vec<_>>().as_slice() {
            [host, "keys", name, version] if plain(name) && plain(version) && host.split('.').all(plain) => {
                Ok(Self {
                    vault: format!("https://{host}"),
                    name: (*name).to_owned(),
                    version: (*version).to_owned(),
                })
            }
            _ => Err(KeyVaultKeyError),
        }
    }
}

/// A key in a vault. It needs the permissions to get the key and to sign with it, and no other.
pub struct KeyVaultSigner {
    client: KeyClient,
    key: KeyVaultKey,
    /// Read once: a version of a key never changes.
    public: OnceCell<PublicKey>,
    retired: Vec<PublicKey>,
}

impl fmt::Debug for KeyVaultSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyVaultSigner({:?})", self.key)
    }
}

/// The vault answered something that is no key, or no signature, of the kind that was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the key vault gave {0}")]
struct Unusable(&'static str);

impl KeyVaultSigner {
    /// Signs with this key; asks for nothing yet. Of the options everything counts but the tries.
    ///
    /// # Errors
    /// Where the options are none that the library takes.
    pub fn new(
        key: KeyVaultKey,
        credential: Arc<dyn TokenCredential>,
        options: ClientOptions,
        retired: Vec<PublicKey>,
    ) -> Result<Self, SignerUnavailable> {
        let retry = RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: MORE_TRIES,
            ..ExponentialRetryOptions::default()
        });
        let options = KeyClientOptions {
            client_options: ClientOptions { retry, ..options },
            ..KeyClientOptions::default()
        };
        let client =
            KeyClient::new(&key.vault, credential, Some(options)).map_err(SignerUnavailable::because)?;
        Ok(Self { client, key, public: OnceCell::new(), retired })
    }

    async fn read(&self) -> Result<PublicKey, SignerUnavailable> {
        let options =
            KeyClientGetKeyOptions { key_version: Some(self.key.version.clone()), ..Default::default() };
        let answer = in_time(self.client.get_key(&self.key.name, Some(options))).await?;
        let key = answer.into_model().map_err(SignerUnavailable::because)?.key;
        key.as_ref()
            .and_then(public_key)
            .ok_or_else(|| SignerUnavailable::because(Unusable("no key of ES256")))
    }
}

#[async_trait]
impl Signer for KeyVaultSigner {
    async fn key(&self) -> Result<PublicKey, SignerUnavailable> {
        self.public.get_or_try_init(|| self.read()).await.cloned()
    }

    fn retired(&self) -> &[PublicKey] {
        &self.retired
    }

    async fn sign(&self, message: &[u8]) -> Result<Signature, SignerUnavailable> {
        let key = self.key().await?;
        let parameters = SignParameters {
            algorithm: Some(SignatureAlgorithm::Es256),
            value: Some(digest(&SHA256, message).as_ref().to_vec()),
        };
        let parameters = parameters.try_into().map_err(SignerUnavailable::because)?;
        let options =
            KeyClientSignOptions { key_version: Some(self.key.version.clone()), ..Default::default() };
        let answer = in_time(self.client.sign(&self.key.name, parameters, Some(options))).await?;
        let signature = answer.into_model().map_err(SignerUnavailable::because)?.result;
        signature
            .filter(|signature| key.verifies(message, signature))
            .and_then(|signature| signature.try_into().ok())
            .ok_or_else(|| SignerUnavailable::because(Unusable("no signature of its key")))
    }
}

async fn in_time<T>(call: impl Future<Output = azure_core::Result<T>>) -> Result<T, SignerUnavailable> {
    match timeout(PATIENCE, Box::pin(call)).await {
        Ok(answer) => answer.map_err(SignerUnavailable::because),
        Err(late) => Err(SignerUnavailable::because(late)),
    }
}

fn public_key(key: &JsonWebKey) -> Option<PublicKey> {
    let fits = matches!(key.kty, Some(KeyType::Ec | KeyType::EcHsm)) && key.crv == Some(CurveName::P256);
    if fits { PublicKey::new(key.x.as_ref()?, key.y.as_ref()?).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_with_its_version() {
        let key: KeyVaultKey = "https://portal.vault.azure.net/keys/packages/0123abc".parse().unwrap();
        assert_eq!(key.vault, "https://portal.vault.azure.net");
        assert_eq!((key.name.as_str(), key.version.as_str()), ("packages", "0123abc"));
        for wrong in [
            "",
            "https://portal.vault.azure.net",
            "https://portal.vault.azure.net/keys/packages",
            "https://portal.vault.azure.net/keys/packages/",
            "https://portal.vault.azure.net/secrets/packages/0123abc",
            "https://portal.vault.azure.net/keys/packages/0123abc/sign",
            "https://portal.vault.azure.net/keys/packages/0123abc?x",
            "https://user@portal.vault.azure.net/keys/packages/0123abc",
            "http://portal.vault.azure.net/keys/packages/0123abc",
        ] {
            assert_eq!(wrong.parse::<KeyVaultKey>(), Err(KeyVaultKeyError), "{wrong}");
        }
    }
}
