//! `GET /api/health`: whether the service works.

use std::time::Duration;

use http::{Method, StatusCode};
use jiff::SignedDuration;
use kundportal_store::StoreError;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::timeout;

use crate::{
    app::App,
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
    summary: "Region, version, and whether storage can be written",
    access: Access::Anyone(|context| Box::pin(get(context))),
    step_up: false,
    parameters: &[],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<Health>),
    problems: &[],
}];

/// How long an answer of storage counts.
const LIFETIME: SignedDuration = SignedDuration::from_secs(10);
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(5);

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
    if !was_reached(app) {
        let unavailable = |source| Problem { source: Some(source), ..ProblemType::Unavailable.into() };
        match timeout(PATIENCE, reach(app)).await {
            Ok(reached) => reached.map_err(|error| unavailable(error.into()))?,
            Err(late) => return Err(unavailable(late.into())),
        }
    }
    let settings = app.settings();
    let health = Health {
        region: settings.region.clone(),
        version: settings.version.clone(),
        storage: Storage::Reachable,
    };
    respond::json(StatusCode::OK, &health)
}

fn was_reached(app: &App) -> bool {
    let now = app.now();
    app.caches().storage_reached.get(&(), now).is_some_and(|at| now.duration_since(at) <= LIFETIME)
}

/// Writes something: storage that can only be read is of no use to anybody. One at a time, for nobody has to be signed in.
async fn reach(app: &App) -> Result<(), StoreError> {
    let _alone = app.caches().storage_asked.lock().await;
    if was_reached(app) {
        return Ok(());
    }
    match app.mark(&on_platform::probe()).await {
        // Nothing has been stored yet.
        Err(StoreError::NotFound) => app.blobs().create_container(&platform()).await.map(drop)?,
        written => written?,
    }
    let now = app.now();
    app.caches().storage_reached.put((), now, now);
    Ok(())
}
