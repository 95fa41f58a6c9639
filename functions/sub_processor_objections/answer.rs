//! `POST T/sub-processor-objections/{id}/answer`: what the operator says, and what comes of it.

use http::Method;
use kundportal_domain::{ObjectionId, Personal, Reason};
use kundportal_store::StoreError;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Objection, ObjectionView, State};
use crate::{
    audit::{AuditRecord, By},
    auth::{self, Identity},
    context::{Context, if_unchanged},
    layout::TenantLayout,
    operation::{Access, Operation, Parameter, RequestBody, Success, schema},
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(super) const ANSWER: Operation = Operation {
    id: "answerSubProcessorObjection",
    method: Method::POST,
    path: "/api/tenants/{tenant}/sub-processor-objections/{id}/answer",
    summary: "Answers an objection, or says what has come of it",
    access: Access::Operator(|context, identity| Box::pin(answer(context, identity))),
    step_up: false,
    parameters: &[Parameter::IF_MATCH],
    request: RequestBody::Json(schema::<NewAnswer>),
    success: Success::Json(200, schema::<ObjectionView>),
    problems: &[ProblemType::Conflict],
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewAnswer {
    answer: Personal<Reason>,
    /// What has come of it; without it the objection is answered and stays.
    #[serde(default)]
    outcome: Option<Ending>,
}

/// What can come of an objection.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Ending {
    /// The operator does without the sub-processor for this tenant.
    Accepted,
    /// The tenant has taken it back.
    Withdrawn,
    /// The agreement ends.
    Terminating,
}

impl From<Option<Ending>> for State {
    fn from(outcome: Option<Ending>) -> Self {
        match outcome {
            None => Self::Answered,
            Some(Ending::Accepted) => Self::Accepted,
            Some(Ending::Withdrawn) => Self::Withdrawn,
            Some(Ending::Terminating) => Self::Terminating,
        }
    }
}

async fn answer(mut context: Context, identity: Identity) -> Result<Answer, Problem> {
    let (new, _) = context.json::<NewAnswer>().await?;
    let tenant = auth::tenant(&context, &identity).await?;
    let id: ObjectionId = context.parameter("id")?;
    let app = &context.app;
    let path = TenantLayout::new(&tenant.id).objection(id);
    let state = State::from(new.outcome);
    for _ in 0..RACES {
        let (mut objection, etag) = app.read::<Objection>(&path).await?.ok_or(ProblemType::NotFound)?;
        if objection.state == state
            && objection.answer.as_ref().map(Personal::reveal) == Some(new.answer.reveal())
        {
            // The same again.
            return Ok(respond::with_etag(respond::ok(&ObjectionView::from(objection))?, &etag));
        }
        context.check_if_match(&etag)?;
        if !matches!(objection.state, State::Open | State::Answered) {
            return Err(ProblemType::Conflict.into());
        }
        app.audit(&tenant.id, &AuditRecord::intended(app, By::OPERATOR, context.operation.id, id)).await?;
        objection.state = state;
        objection.answer = Some(new.answer.clone());
        objection.answered_at = Some(app.now());
        match app.write(&path, &objection, if_unchanged(&etag)).await {
            Ok(etag) => return Ok(respond::with_etag(respond::ok(&ObjectionView::from(objection))?, &etag)),
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}
