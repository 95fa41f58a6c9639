//! `GET /api/keys`: the public keys by which the signature of a package is checked.

use http::Method;
use kundportal_store::PublicKey;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    context::Context,
    operation::{Access, Operation, RequestBody, Success, schema},
    problem::Problem,
    respond::{self, Answer},
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "getKeys",
    method: Method::GET,
    path: "/api/keys",
    summary: "Public keys by which the signature of a package is checked, retired ones included",
    access: Access::Anyone(|context| Box::pin(get(context))),
    step_up: false,
    parameters: &[],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<KeySet>),
    problems: &[],
}];

/// A JSON Web Key set (RFC 7517, 5). The key that signs now comes first.
#[derive(Serialize, JsonSchema)]
struct KeySet {
    keys: Vec<Jwk>,
}

/// A public key of ES256 (RFC 7518, 6.2.1).
#[derive(Serialize, JsonSchema)]
struct Jwk {
    kty: &'static str,
    crv: &'static str,
    /// The thumbprint of the key (RFC 7638).
    kid: String,
    r#use: &'static str,
    alg: &'static str,
    x: String,
    y: String,
}

impl From<&PublicKey> for Jwk {
    fn from(key: &PublicKey) -> Self {
        Self {
            kty: "EC",
            crv: "P-256",
            kid: key.id().to_owned(),
            r#use: "sig",
            alg: "ES256",
            x: key.x(),
            y: key.y(),
        }
    }
}

async fn get(context: Context) -> Result<Answer, Problem> {
    let keys = context.app.signer().keys().await?;
    respond::ok(&KeySet { keys: keys.iter().map(Jwk::from).collect() })
}
