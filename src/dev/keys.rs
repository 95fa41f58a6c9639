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
    /// The private key that signs packages, PKCS #8. Folders of earlier versions have none yet.
    #[serde(default)]
    pub(crate) package_signing: String,
}

impl Keys {
    /// The folder's keys, made now where there are none.
    pub(crate) fn open(folder: &Folder, entropy: &dyn Entropy) -> io::Result<Self> {
        match std::fs::read(folder.file(FILE)) {
            Ok(json) => {
                let keys: Self = serde_json::from_slice(&json)?;
                if !keys.package_signing.is_empty() {
                    return Ok(keys);
                }
                Self { package_signing: key_pair()?, ..keys }.kept_in(folder)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::new(entropy)?.kept_in(folder),
            Err(error) => Err(error),
        }
    }

    fn new(entropy: &dyn Entropy) -> io::Result<Self> {
        let secret = || {
            let mut bytes = [0; 32];
            entropy.fill(&mut bytes);
            BASE64.encode(&bytes)
        };
        Ok(Self {
            index: secret(),
            mail_token: secret(),
            url_signing: secret(),
            subject: secret(),
            issuer: key_pair()?,
            package_signing: key_pair()?,
        })
    }

    fn kept_in(self, folder: &Folder) -> io::Result<Self> {
        folder.write_secret(FILE, &serde_json::to_vec_pretty(&self)?)?;
        Ok(self)
    }
}

/// A new private key of P-256, PKCS #8 as Base64.
fn key_pair() -> io::Result<String> {
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| io::Error::other("no key can be made"))?;
    Ok(BASE64.encode(pair.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_an_earlier_version_gets_the_key_it_has_not_and_keeps_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let open = || Keys::open(&folder, &kundportal_store::SystemEntropy).unwrap();
        let first = open();
        let mut earlier: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.file(FILE)).unwrap()).unwrap();
        earlier.as_object_mut().unwrap().remove("packageSigning").unwrap();
        folder.write_secret(FILE, earlier.to_string().as_bytes()).unwrap();
        let second = open();
        assert_eq!((&second.index, &second.issuer), (&first.index, &first.issuer));
        assert!(!second.package_signing.is_empty());
        assert_eq!(open().package_signing, second.package_signing);
    }
}
