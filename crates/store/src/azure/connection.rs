//! Which account, and as whom.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use azure_core::{
    credentials::TokenCredential,
    http::{ClientOptions, Transport, Url},
};
use azure_identity::{
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use azure_storage_blob::{BlobServiceClient, BlobServiceClientOptions};
use azure_storage_queue::{QueueServiceClient, QueueServiceClientOptions};

use super::{AzureBlobs, AzureQueue, MessageEncoding, client};
use crate::{KeyVaultKey, KeyVaultSigner, PublicKey, SignerUnavailable};

/// A storage account as it is configured.
#[derive(Clone, Debug)]
pub struct AzureConfig {
    /// Such as `https://account.blob.core.windows.net`.
    pub blob_url: String,
    /// Such as `https://account.queue.core.windows.net`.
    pub queue_url: String,
    /// The account's name where the URL does not say it: signed URLs need it.
    pub account: Option<String>,
    /// As whom.
    pub credential: AzureCredential,
}

/// As whom storage is asked. There is no key and no secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AzureCredential {
    /// The identity of the app: the user-assigned one with this client id, or the system's.
    ManagedIdentity {
        /// Of a user-assigned identity.
        client_id: Option<String>,
    },
    /// Whoever is signed in on this machine with the Azure CLI or the Azure Developer CLI.
    Developer,
    /// A token that only an emulator takes, and only with this certificate (PEM).
    #[cfg(feature = "emulator")]
    Emulator {
        /// The emulator's own.
        certificate: Vec<u8>,
    },
}

/// Why a configured account cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AzureConfigError {
    /// Not an `https` URL of a storage service.
    #[error("is not an https URL without query, fragment, user and final slash")]
    Url,
    /// Signed URLs name the account.
    #[error("does not say the account's name, which then must be set")]
    Account,
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The credential, or a client, could not be made.
    #[error("the client of Azure could not be made: {0}")]
    Azure(#[from] azure_core::Error),
}

/// What every client of Azure shares: the HTTP client, the credential, the tries.
#[derive(Clone)]
pub struct AzureConnection {
    transport: Transport,
    pub(super) credential: Arc<dyn TokenCredential>,
    sent: Arc<AtomicU64>,
}

impl fmt::Debug for AzureConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureConnection").finish_non_exhaustive()
    }
}

impl AzureConnection {
    /// Connects as this identity. Nothing is asked yet.
    pub fn new(credential: &AzureCredential) -> Result<Self, AzureConfigError> {
        let trusted = match credential {
            #[cfg(feature = "emulator")]
            AzureCredential::Emulator { certificate } => reqwest::Certificate::from_pem_bundle(certificate)?,
            AzureCredential::ManagedIdentity { .. } | AzureCredential::Developer => Vec::new(),
        };
        let transport = client::transport(trusted)?;
        let credential: Arc<dyn TokenCredential> = match credential {
            AzureCredential::ManagedIdentity { client_id } => {
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                    client_options: client::options(transport.clone(), Arc::default()),
                }))?
            }
            AzureCredential::Developer => DeveloperToolsCredential::new(None)?,
            #[cfg(feature = "emulator")]
            AzureCredential::Emulator { .. } => Arc::new(EmulatorToken),
        };
        Ok(Self::over(transport, credential))
    }

    /// Over this transport.
    pub(super) fn over(transport: Transport, credential: Arc<dyn TokenCredential>) -> Self {
        Self { transport, credential, sent: Arc::default() }
    }

    /// Options for a client of any service of Azure.
    pub(super) fn options(&self) -> ClientOptions {
        client::options(self.transport.clone(), Arc::clone(&self.sent))
    }

    /// Signs with a key in a vault.
    pub fn signer(
        &self,
        key: KeyVaultKey,
        retired: Vec<PublicKey>,
    ) -> Result<KeyVaultSigner, SignerUnavailable> {
        let options = client::options(self.transport.clone(), Arc::default());
        KeyVaultSigner::new(key, Arc::clone(&self.credential), options, retired)
    }

    /// How many requests were sent to storage, every try counted.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The blobs of an account.
    pub fn blobs(&self, config: &AzureConfig) -> Result<AzureBlobs, AzureConfigError> {
        let url = service(&config.blob_url)?;
        let account = config.account.clone().or_else(|| account(&url)).ok_or(AzureConfigError::Account)?;
        let options = BlobServiceClientOptions {
            client_options: self.options(),
            ..BlobServiceClientOptions::default()
        };
        let client = BlobServiceClient::new(url, Some(Arc::clone(&self.credential)), Some(options))?;
        Ok(AzureBlobs::new(client, account))
    }

    /// The queues of an account.
    pub fn queue(
        &self,
        config: &AzureConfig,
        encoding: MessageEncoding,
    ) -> Result<AzureQueue, AzureConfigError> {
        let url = service(&config.queue_url)?;
        let options = QueueServiceClientOptions {
            client_options: self.options(),
            ..QueueServiceClientOptions::default()
        };
        let client = QueueServiceClient::new(url, Some(Arc::clone(&self.credential)), Some(options))?;
        Ok(AzureQueue::new(client, encoding))
    }
}

/// Whether this is the URL of a storage service; with `account`, one that says the account's name.
pub fn check_service_url(text: &str, account: bool) -> Result<(), AzureConfigError> {
    let url = service(text)?;
    if account && self::account(&url).is_none() { Err(AzureConfigError::Account) } else { Ok(()) }
}

/// A service's URL. A final slash after a path would become a part of every name.
fn service(text: &str) -> Result<Url, AzureConfigError> {
    let url: Url = text.parse().map_err(|_| AzureConfigError::Url)?;
    let good = url.scheme() == "https"
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && (url.path() == "/" || !url.path().ends_with('/'));
    good.then_some(url).ok_or(AzureConfigError::Url)
}

/// `https://<account>.blob.…`, or `https://<address>/<account>` as emulators have it.
fn account(url: &Url) -> Option<String> {
    let first = url.path().trim_matches('/').split('/').next().filter(|first| !first.is_empty());
    let host = url.domain().and_then(|host| host.split_once(".blob.")).map(|(account, _)| account);
    first.or(host).map(str::to_owned)
}

#[cfg(feature = "emulator")]
pub use emulator::EmulatorToken;

#[cfg(feature = "emulator")]
mod emulator {
    use async_trait::async_trait;
    use azure_core::{
        credentials::{AccessToken, TokenCredential, TokenRequestOptions},
        time::{Duration, OffsetDateTime},
    };
    use data_encoding::BASE64URL_NOPAD;

    /// A token in the form of Entra's, which nobody signed: an emulator reads it, storage refuses it.
    #[derive(Debug)]
    pub struct EmulatorToken;

    #[async_trait]
    impl TokenCredential for EmulatorToken {
        async fn get_token(
            &self,
            _: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            let now = OffsetDateTime::now_utc();
            let expires = now + Duration::hours(12);
            let nobody = "00000000-0000-0000-0000-000000000000";
            let claims = serde_json::json!({
                "aud": "https://storage.azure.com",
                "iss": format!("https://sts.windows.net/{nobody}/"),
                "iat": now.unix_timestamp() - 60,
                "nbf": now.unix_timestamp() - 60,
                "exp": expires.unix_timestamp(),
                "ver": "1.0",
                "tid": nobody,
                "oid": nobody,
                "sub": nobody,
            });
            let part = |json: &str| BASE64URL_NOPAD.encode(json.as_bytes());
            let header = part(r#"{"alg":"RS256","typ":"JWT"}"#);
            let token = format!("{header}.{}.{}", part(&claims.to_string()), part("nobody"));
            Ok(AccessToken::new(token, expires))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_read_from_either_form_of_a_url() {
        for (url, name) in [
            ("https://account1.blob.core.windows.net", Some("account1")),
            ("https://account1.blob.core.windows.net/", Some("account1")),
            ("https://127.0.0.1:10000/devstoreaccount1", Some("devstoreaccount1")),
            ("https://files.example.com", None),
        ] {
            assert_eq!(account(&service(url).unwrap()).as_deref(), name, "{url}");
        }
    }

    #[test]
    fn a_url_that_no_token_may_be_sent_to_is_refused() {
        for url in [
            "",
            "account1",
            "http://account1.blob.core.windows.net",
            "https://127.0.0.1:10000/devstoreaccount1/",
            "https://user@account1.blob.core.windows.net",
            "https://account1.blob.core.windows.net?sv=1",
            "https://account1.blob.core.windows.net#a",
            "data:text/plain,x",
        ] {
            assert!(service(url).is_err(), "{url}");
        }
    }
}
