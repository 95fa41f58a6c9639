//! The signature: a JSON Web Signature in compact form (RFC 7515, 7.1) whose payload is the tag manifest.

use data_encoding::BASE64URL_NOPAD;
use kundportal_store::PublicKey;
use serde::Deserialize;

/// No other member is known: what a header asks for and nobody understands is not passed over (RFC 7515, 4.1.11).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
}

/// The name of the key by which the manifest is signed.
pub(super) fn check(jws: &[u8], manifest: &[u8], keys: &[PublicKey]) -> Result<String, String> {
    let form = || "signature.jws is not a signature in compact form (RFC 7515)".to_owned();
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| form());
    let text = std::str::from_utf8(jws).map_err(|_| form())?.trim_end();
    let (signed, signature) = text.rsplit_once('.').ok_or_else(form)?;
    let (header, payload) = signed.split_once('.').ok_or_else(form)?;
    let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
    let header: Header = serde_json::from_slice(&header).map_err(|_| form())?;
    if header.alg != "ES256" {
        return Err("signature.jws is not made by ES256".to_owned());
    }
    let key = keys.iter().find(|key| key.id() == header.kid).ok_or_else(|| {
        "signature.jws is made by a key that is not among those given: fetch them anew from the portal, or somebody else signed it"
            .to_owned()
    })?;
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err("signature.jws is forged or damaged: its key did not sign it".to_owned());
    }
    if payload != manifest {
        return Err("tagmanifest-sha256.txt is not what was signed".to_owned());
    }
    Ok(header.kid)
}
