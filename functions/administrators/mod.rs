//! `POST T/administrators`: the operator invites an administrator again, on recorded authority.

use http::Method;
use kundportal_domain::{EmailAddress, InviteId, PersonName, Personal, Reason, records::InviteRole};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    audit::{AuditRecord, By},
    auth::{self, Identity},
    context::Context,
    invites::{self, InviteView, NewInvitation},
    operation::{Access, Operation, Parameter, RequestBody, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "inviteAdministrator",
    method: Method::POST,
    path: "/api/tenants/{tenant}/administrators",
    summary: "Invites an administrator on recorded authority; all administrators are told",
    access: Access::Operator(|context, identity| Box::pin(invite(context, identity))),
    step_up: false,
    parameters: &[Parameter::IDEMPOTENCY_KEY],
    request: RequestBody::Json(schema::<NewAdministrator>),
    success: Success::Json(201, schema::<InviteView>),
    problems: &[ProblemType::NotFound],
}];

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewAdministrator {
    name: Personal<PersonName>,
    email: Personal<EmailAddress>,
    /// On whose word, and how it was checked.
    authority: Personal<Reason>,
}

async fn invite(mut context: Context, identity: Identity) -> Result<Answer, Problem> {
    let (new, body) = context.json::<NewAdministrator>().await?;
    let tenant = auth::tenant(&context, &identity).await?;
    let app = &context.app;
    let id = context.claim_as_operator(&identity, &body, || InviteId::new(app.now(), app.random())).await?;
    app.audit(&tenant.id, &AuditRecord::intended(app, By::OPERATOR, context.operation.id, id)).await?;
    let invitation = NewInvitation {
        id,
        email: new.email,
        name: new.name,
        role: InviteRole::Administrator,
        customer: None,
        message: None,
        invited_by: None,
        authority: Some(new.authority),
        rebinds: None,
    };
    let (invite, etag) = invites::store(app, &tenant, invitation).await?;
    Ok(respond::with_etag(respond::created(&InviteView::of(invite, app.now()))?, &etag))
}
