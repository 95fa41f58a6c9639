//! The keys of one data folder: made at its first start, kept beside the data that they belong to.

use std::io;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use data_encoding::BASE64;
use kundportal_store::Entropy;
use serde::{Deserialize, Serialize};

use super::folder::Folder;

const FILE: &str = "keys.json";

/// Development keys, as Base64. They never leave the folder, except to the handler.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Keys {
    /// Names index entries.
    pub(crate) index: String,
    /// Makes the tokens in mails.
    pub(crate) mail_token: String,
    /// Signs storage URLs.
    pub(crate) url_signing: String,
    /// Makes a `sub` of an e-mail address.
    pub(crate) subject: String,
    /// The issuer's private key, PKCS #8.
    pub(crate) issuer: String,
}

impl Keys {
    /// The folder's keys, made now where there are none.
    pub(crate) fn open(folder: &Folder, entropy: &dyn Entropy) -> io::Result<Self> {
        match std::fs::read(folder.file(FILE)) {
            Ok(json) => Ok(serde_json::from_slice(&json)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let keys = Self::new(entropy)?;
                folder.write_secret(FILE, &serde_json::to_vec_pretty(&keys)?)?;
                Ok(keys)
            }
            Err(error) => Err(error),
        }
    }

    fn new(entropy: &dyn Entropy) -> io::Result<Self> {
        let secret = || {
            let mut bytes = [0; 32];
            entropy.fill(&mut bytes);
            BASE64.encode(&bytes)
        };
        let issuer = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| io::Error::other("no key can be made"))?;
        Ok(Self {
            index: secret(),
            mail_token: secret(),
            url_signing: secret(),
            subject: secret(),
            issuer: BASE64.encode(issuer.as_ref()),
        })
    }
}
