//! `POST /api/email-changes/confirm`: a new address takes effect once its person has proven that mail to it reaches them.
//! Only then does anybody learn that another user has it.

mod claim;
mod confirmation;

use http::Method;
use kundportal_domain::{Personal, TenantId, UserId, records::Profile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use claim::{claim as claim_address, release as release_address};
pub(crate) use confirmation::complete;

use crate::{
    audit::{AuditRecord, By},
    auth::{self, Identity},
    context::Context,
    layout::TenantLayout,
    links,
    operation::{Access, Operation, RequestBody, Success, schema},
    problem::{Problem, ProblemType},
    profile::email_change::pending_at,
    respond::{self, Answer},
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "confirmEmailChange",
    method: Method::POST,
    path: "/api/email-changes/confirm",
    summary: "Confirm a new address by the link that was mailed to it",
    access: Access::SignedIn(|context, identity| Box::pin(confirm(context, identity))),
    step_up: false,
    parameters: &[],
    request: RequestBody::Json(schema::<Token>),
    success: Success::Json(200, schema::<Confirmed>),
    problems: &[ProblemType::NotFound, ProblemType::EmailTaken, ProblemType::PreconditionFailed],
}];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EmailChangeToken")]
struct Token {
    token: Personal<String>,
}

/// Whose address was changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConfirmedEmailChange")]
struct Confirmed {
    tenant: TenantId,
    user: UserId,
}

async fn confirm(mut context: Context, identity: Identity) -> Result<Answer, Problem> {
    let (body, _) = context.json::<Token>().await?;
    let app = &context.app;
    let (tenant, user, number) =
        links::read_email_change(app, body.token.reveal()).ok_or(ProblemType::NotFound)?;
    let profile = own_profile(&context, &identity, &tenant, user).await?;
    if profile.confirmed_email_change != number {
        if pending_at(&profile, context.now()).is_none_or(|change| change.number != number) {
            return Err(ProblemType::NotFound.into());
        }
        let by = By::person(user, auth::roles(&profile));
        let record = AuditRecord::intended(app, by, context.operation.id, user).about([user]);
        app.audit(&tenant, &record).await?;
        confirmation::confirm(app, &tenant, &profile, number).await?;
    }
    respond::ok(&Confirmed { tenant, user })
}

/// The profile that a token is about, for the very identity that signs in to it: to any other there is no such change.
async fn own_profile(
    context: &Context,
    identity: &Identity,
    tenant: &TenantId,
    user: UserId,
) -> Result<Profile, Problem> {
    let claims = &identity.claims;
    if claims.tenants.as_ref().is_some_and(|tenants| !tenants.iter().any(|own| own == tenant.as_str())) {
        return Err(ProblemType::NotFound.into());
    }
    context.app.tenant(tenant).await?;
    let path = TenantLayout::new(tenant).profile(user);
    let (profile, _) = context.app.read::<Profile>(&path).await?.ok_or(ProblemType::NotFound)?;
    if profile.issuer != claims.issuer || profile.subject.reveal() != claims.subject.reveal() {
        return Err(ProblemType::NotFound.into());
    }
    Ok(profile)
}
