//! The test build (cargo feature `faults`): a test can fail any call of the handler's ports, end the process in the midst of
//! one, and set its clock. Nothing of this is in the deployed executable, and in a test build nothing of it works unless a
//! variable asks for it:
//!
//! - `KUNDPORTAL_TEST_FAULTS`, with any value, opens these routes, in the handler and in the local run's host:
//!   - `POST /api/test/faults` plans one fault ([`Planned`]): at the `nth` matching call from now on;
//!   - `DELETE /api/test/faults` forgets what was planned;
//!   - `POST /api/test/calls` takes out the calls made so far: `[{"kind": "Put", "name": "platform/…"}]`;
//!   - `/api/test/panic` and `/api/test/exit` (GET, POST, DELETE): a handler that panics, and one that ends the process.
//! - `KUNDPORTAL_TEST_FAULT` plans one fault in a command that serves nothing (`kundportal index rebuild`).
//! - `KUNDPORTAL_TEST_CLOCK` names a file with the time (RFC 3339), read at each look at the clock.

use std::{convert::Infallible, path::PathBuf, sync::Arc};

use http::StatusCode;
use jiff::Timestamp;
use kundportal_functions::{Adapters, App, Settings, serve_test_build};
use kundportal_store::{BlobStore, CallKind, Clock, Faults, Faulty, Matching, Moment};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use warp::{Filter as _, Rejection, Reply};

use crate::environment::Environment;

const FAULTS: &str = "KUNDPORTAL_TEST_FAULTS";
const FAULT: &str = "KUNDPORTAL_TEST_FAULT";
const CLOCK: &str = "KUNDPORTAL_TEST_CLOCK";

/// A fault as a test asks for it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Planned {
    /// Only calls of this kind, named as in [`CallKind`].
    kind: Option<String>,
    /// Only calls whose name contains this.
    name: Option<String>,
    /// The n-th such call from now on, from 1.
    #[serde(default = "one")]
    nth: usize,
    /// Where in the call.
    #[serde(default)]
    moment: When,
    /// What happens there.
    action: What,
}

fn one() -> usize {
    1
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum When {
    #[default]
    Before,
    After,
    Midway,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum What {
    /// The call fails, once.
    Fail,
    /// It fails, and every later one that matches, until all is forgotten.
    FailAlways,
    /// The process ends at once: nothing is written, told or tidied up any more.
    Kill,
}

const KINDS: [CallKind; 11] = [
    CallKind::CreateContainer,
    CallKind::DeleteContainer,
    CallKind::Get,
    CallKind::Put,
    CallKind::Delete,
    CallKind::Properties,
    CallKind::List,
    CallKind::Sign,
    CallKind::Enqueue,
    CallKind::Send,
    CallKind::Signature,
];

/// Whether the routes of the test build are wanted.
pub(crate) fn asked_for(environment: &Environment) -> bool {
    environment.get(FAULTS).is_some()
}

/// The test's clock, where there is one.
pub(crate) fn clock(environment: &Environment) -> Option<Arc<dyn Clock>> {
    environment.get(CLOCK).map(|file| Arc::new(FileClock(file.into())) as Arc<dyn Clock>)
}

/// The blobs of a command, with the fault that a test plans for it.
pub(crate) fn planned(
    environment: &Environment,
    blobs: Arc<dyn BlobStore>,
) -> Result<Arc<dyn BlobStore>, String> {
    let Some(text) = environment.get(FAULT) else { return Ok(blobs) };
    let faults = Faults::new();
    serde_json::from_str(text)
        .ok()
        .and_then(|planned| plan(&faults, planned))
        .ok_or_else(|| format!("{FAULT} plans no fault."))?;
    Ok(Arc::new(Faulty::new(blobs, faults)))
}

/// Shows what a file says. A test replaces the file, so it is never seen half written.
struct FileClock(PathBuf);

impl Clock for FileClock {
    #[expect(clippy::expect_used, reason = "a test that takes the time away is wrong")]
    fn now(&self) -> Timestamp {
        std::fs::read_to_string(&self.0)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .expect("the test's clock shows a time")
    }
}

/// Serves the functions over ports that fail as planned.
pub(crate) async fn serve(listener: TcpListener, adapters: Adapters, settings: Settings) {
    let faults = Faults::new();
    let adapters = Adapters {
        blobs: Arc::new(Faulty::new(adapters.blobs, faults.clone())),
        queue: Arc::new(Faulty::new(adapters.queue, faults.clone())),
        mailer: Arc::new(Faulty::new(adapters.mailer, faults.clone())),
        signer: Arc::new(Faulty::new(adapters.signer, faults.clone())),
        ..adapters
    };
    serve_test_build(listener, App::new(adapters, settings), control(faults)).await;
}

fn control(faults: Faults) -> impl warp::Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let with_faults = warp::any().map(move || faults.clone());
    let plan = warp::path!("api" / "test" / "faults")
        .and(warp::post())
        .and(with_faults.clone())
        .and(warp::body::bytes())
        .map(|faults: Faults, body: bytes::Bytes| {
            match serde_json::from_slice(&body).ok().and_then(|planned| plan(&faults, planned)) {
                Some(()) => StatusCode::NO_CONTENT,
                None => StatusCode::BAD_REQUEST,
            }
        });
    let clear = warp::path!("api" / "test" / "faults").and(warp::delete()).and(with_faults.clone()).map(
        |faults: Faults| {
            faults.clear();
            StatusCode::NO_CONTENT
        },
    );
    let calls = warp::path!("api" / "test" / "calls").and(warp::post()).and(with_faults).and_then(
        |faults: Faults| async move {
            let calls: Vec<_> = faults
                .take_calls()
                .into_iter()
                .map(|call| json!({"kind": format!("{:?}", call.kind), "name": call.name}))
                .collect();
            Ok::<_, Infallible>(warp::reply::json(&calls))
        },
    );
    plan.or(clear).or(calls)
}

/// None where there is no such kind.
fn plan(faults: &Faults, planned: Planned) -> Option<()> {
    let mut matching = Matching::any().nth(planned.nth);
    if let Some(name) = planned.kind {
        matching = matching.kind(KINDS.into_iter().find(|kind| format!("{kind:?}") == name)?);
    }
    if let Some(part) = planned.name {
        matching = matching.name(part);
    }
    let moment = match planned.moment {
        When::Before => Moment::Before,
        When::After => Moment::After,
        When::Midway => Moment::Midway,
    };
    match planned.action {
        What::Fail => faults.fail(matching, moment),
        What::FailAlways => faults.fail_always(matching, moment),
        What::Kill => faults.run(matching, moment, || std::process::abort()),
    }
    Some(())
}
