//! `GET /api/config`: what a front end needs to start with.

use http::Method;
use kundportal_domain::Locale;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    context::Context,
    operation::{Access, Operation, RequestBody, Success, schema},
    problem::Problem,
    respond::{self, Answer},
    settings::Limits,
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "getConfig",
    method: Method::GET,
    path: "/api/config",
    summary: "What a front end needs to start with",
    access: Access::Anyone(|context| Box::pin(std::future::ready(get(&context)))),
    step_up: false,
    parameters: &[],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<Config>),
    problems: &[],
}];

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Config {
    issuer: String,
    client_id: String,
    scopes: Vec<String>,
    limits: Limits,
    locales: Vec<Locale>,
}

fn get(context: &Context) -> Result<Answer, Problem> {
    let settings = context.app.settings();
    let front_end = &settings.front_end;
    respond::ok(&Config {
        issuer: front_end.issuer.clone(),
        client_id: front_end.client_id.clone(),
        scopes: front_end.scopes.clone(),
        limits: settings.limits,
        locales: vec![Locale::Sv, Locale::En],
    })
}
