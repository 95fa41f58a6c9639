//! `GET /api/openapi.json`: the description of the interface.

use http::Method;
use schemars::JsonSchema;

use crate::{
    context::Context,
    openapi,
    operation::{Access, Operation, RequestBody, Success, schema},
    problem::Problem,
    respond::{self, Answer},
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "getDescription",
    method: Method::GET,
    path: "/api/openapi.json",
    summary: "This description",
    access: Access::Anyone(|context| Box::pin(std::future::ready(get(&context)))),
    step_up: false,
    parameters: &[],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<Document>),
    problems: &[],
}];

/// An `OpenAPI` document.
#[derive(JsonSchema)]
#[schemars(transparent)]
struct Document(
    #[expect(dead_code, reason = "only its schema is used")] serde_json::Map<String, serde_json::Value>,
);

fn get(context: &Context) -> Result<Answer, Problem> {
    respond::ok(&openapi::document(&context.app.settings().version))
}
