//! Signs within the process, by a key from the configuration: for the local run, and where there is no key vault.

use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::{
    encoding::{AsBigEndian as _, EcPrivateKeyBin},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};

use crate::{PublicKey, Signature, Signer, SignerUnavailable};

/// A key pair of P-256 in memory.
pub struct LocalSigner {
    pair: EcdsaKeyPair,
    public: PublicKey,
    retired: Vec<PublicKey>,
}

/// Why a private key cannot be used. Never holds any part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// Not PKCS #8, another curve, or another kind of key.
    #[error("is not a private key of the curve P-256 in PKCS #8")]
    Form,
    /// Anybody can guess it.
    #[error("holds a key that is too weak (make one by chance)")]
    Weak,
}

impl LocalSigner {
    /// From a private key in PKCS #8 (DER), and the keys that signed before it.
    ///
    /// # Errors
    /// [`SigningKeyError`] where it is no key, or one that can be guessed.
    pub fn new(pkcs8: &[u8], retired: Vec<PublicKey>) -> Result<Self, SigningKeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map_err(|_| SigningKeyError::Form)?;
        let public = PublicKey::from_point(pair.public_key().as_ref()).map_err(|_| SigningKeyError::Form)?;
        let secret: EcPrivateKeyBin<'_> =
            pair.private_key().as_be_bytes().map_err(|_| SigningKeyError::Form)?;
        // By chance the first half is never zero, nor are all bytes the same.
        let (head, _) = secret.as_ref().split_at(secret.as_ref().len() / 2);
        if head.iter().all(|byte| Some(byte) == head.first()) {
            return Err(SigningKeyError::Weak);
        }
        Ok(Self { pair, public, retired })
    }
}

impl fmt::Debug for LocalSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalSigner({})", self.public.id())
    }
}

#[async_trait]
impl Signer for LocalSigner {
    async fn key(&self) -> Result<PublicKey, SignerUnavailable> {
        Ok(self.public.clone())
    }

    fn retired(&self) -> &[PublicKey] {
        &self.retired
    }

    async fn sign(&self, message: &[u8]) -> Result<Signature, SignerUnavailable> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(SignerUnavailable::because)?;
        signature.as_ref().try_into().map_err(SignerUnavailable::because)
    }
}
