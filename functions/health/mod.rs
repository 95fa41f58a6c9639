//! `GET /api/health`: whether the service works.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    context::Context,
    layout::{on_platform, platform},
    operation::{Access, Operation, RequestBody, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "getHealth",
    method: Method::GET,
    path: "/api/health",
    summary: "Region, version, and whether storage can be reached",
    access: Access::Anyone(|context| Box::pin(get(context))),
    step_up: false,
    parameters: &[],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<Health>),
    problems: &[],
}];

/// How long an answer of storage counts.
const LIFETIME: SignedDuration = SignedDuration::from_secs(10);

#[derive(Serialize, JsonSchema)]
struct Health {
    region: Option<String>,
    version: String,
    storage: Storage,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Storage {
    Reachable,
}

async fn get(context: Context) -> Result<Answer, Problem> {
    let app = &context.app;
    let now = app.now();
    let reached =
        app.caches().storage_reached.get(&(), now).is_some_and(|at| now.duration_since(at) <= LIFETIME);
    if !reached {
        if let Err(error) = app.list(&platform(), on_platform::TENANTS, None, 1).await {
            return Err(Problem { source: Some(error.into()), ..ProblemType::Unavailable.into() });
        }
        app.caches().storage_reached.put((), now, now);
    }
    let settings = app.settings();
    let health = Health {
        region: settings.region.clone(),
        version: settings.version.clone(),
        storage: Storage::Reachable,
    };
    respond::json(StatusCode::OK, &health)
}
