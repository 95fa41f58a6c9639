//! Signatures that anybody can check without asking us.

use async_trait::async_trait;

use crate::PublicKey;

/// An ES256 signature: the numbers `r` and `s`, 32 bytes each, big-endian, one after the other (RFC 7518, 3.4).
pub type Signature = [u8; 64];

/// Nothing can be signed now, or the key cannot be had: worth another try. The cause is for the log only.
#[derive(Debug, thiserror::Error)]
#[error("nothing can be signed now")]
pub struct SignerUnavailable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl SignerUnavailable {
    /// For this reason.
    pub fn because(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Signs by ES256: ECDSA on the curve P-256 with SHA-256 (RFC 7518, 3.4). The private key never leaves the adapter.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The key that signs: the same for as long as the adapter lives.
    async fn key(&self) -> Result<PublicKey, SignerUnavailable>;

    /// Keys that signed once, as they are configured: what they signed can still be checked.
    fn retired(&self) -> &[PublicKey];

    /// Signs a message. A signature that is given is one that [`Signer::key`] verifies.
    async fn sign(&self, message: &[u8]) -> Result<Signature, SignerUnavailable>;

    /// Every key by which a signature may have to be checked: the one that signs, then the retired ones, each once.
    async fn keys(&self) -> Result<Vec<PublicKey>, SignerUnavailable> {
        let mut keys = vec![self.key().await?];
        for key in self.retired() {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        Ok(keys)
    }
}
