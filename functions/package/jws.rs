//! The signature of a package: a JSON Web Signature (RFC 7515) in compact form, whose payload is the tag manifest, byte for byte.

use data_encoding::BASE64URL_NOPAD;
use kundportal_store::Signer;
use serde::Serialize;

use crate::problem::Problem;

/// What the signature says of itself. A reader chooses the key by `kid` from `GET /api/keys`.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
}

/// Signs the payload.
pub(super) async fn sign(signer: &dyn Signer, payload: &[u8]) -> Result<String, Problem> {
    let key = signer.key().await?;
    let header = serde_json::to_vec(&Header { alg: "ES256", kid: key.id() }).map_err(Problem::internal)?;
    let mut jws = format!("{}.{}", BASE64URL_NOPAD.encode(&header), BASE64URL_NOPAD.encode(payload));
    let signature = signer.sign(jws.as_bytes()).await?;
    jws.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut jws);
    Ok(jws)
}
