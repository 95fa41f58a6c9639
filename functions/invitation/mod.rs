//! `/api/invites`: what somebody does with an invitation.

mod accept;
mod apply;
mod code;

use http::Method;
use jiff::Timestamp;
use kundportal_domain::{CompanyName, InviteId, PersonName, Personal, TenantId, UserId, records::Invite};
use kundportal_store::ETag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use apply::complete;
pub(crate) use code::digits as code_digits;

use crate::{
    about::privacy_notice,
    app::App,
    context::Context,
    invites,
    layout::TenantLayout,
    links,
    operation::{Access, Operation, RequestBody, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

const CLOSED: &[ProblemType] = &[
    ProblemType::NotFound,
    ProblemType::InviteExpired,
    ProblemType::InviteRevoked,
    ProblemType::InviteAccepted,
];

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "lookUpInvite",
        method: Method::POST,
        path: "/api/invites/lookup",
        summary: "What an invitation's link leads to",
        access: Access::Anyone(|context| Box::pin(look_up(context))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Json(schema::<Link>),
        success: Success::Json(200, schema::<Invitation>),
        problems: CLOSED,
    },
    Operation {
        id: "acceptInvite",
        method: Method::POST,
        path: "/api/invites/accept",
        summary: "Accepts an invitation, once",
        access: Access::SignedIn(|context, identity| Box::pin(accept::accept(context, identity))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Json(schema::<accept::Acceptance>),
        success: Success::Json(200, schema::<Accepted>),
        problems: &[
            ProblemType::NotFound,
            ProblemType::InviteExpired,
            ProblemType::InviteRevoked,
            ProblemType::InviteAccepted,
            ProblemType::Forbidden,
            ProblemType::UserDeactivated,
            ProblemType::CodeRequired,
            ProblemType::CodeInvalid,
            ProblemType::TooManyRequests,
            ProblemType::AlreadyMember,
            ProblemType::EmailTaken,
            ProblemType::PreconditionFailed,
        ],
    },
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Link {
    token: Personal<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Invitation {
    tenant: TenantId,
    tenant_name: CompanyName,
    name: Personal<PersonName>,
    /// First letters only: enough to recognise one's own address by.
    email_hint: String,
    #[schemars(with = "String", extend("format" = "date-time"))]
    expires_at: Timestamp,
    privacy_notice: String,
}

#[derive(Serialize, JsonSchema)]
struct Accepted {
    tenant: TenantId,
    user: UserId,
}

async fn look_up(mut context: Context) -> Result<Answer, Problem> {
    let (link, _) = context.json::<Link>().await?;
    let app = &context.app;
    let (tenant, invite, _) = find(app, link.token.reveal()).await?;
    invite.usable_at(app.now())?;
    let tenant = app.tenant(&tenant).await?;
    respond::ok(&Invitation {
        tenant: tenant.id.clone(),
        tenant_name: tenant.name.clone(),
        name: invite.name,
        email_hint: invite.email.reveal().hint(),
        expires_at: invite.expires_at,
        privacy_notice: privacy_notice(context.locale(), &tenant.name),
    })
}

/// The invitation that a token is of; 404 where the token is none of ours or a later one has made it void.
async fn find(app: &App, token: &str) -> Result<(TenantId, Invite, ETag), Problem> {
    let (tenant, id, resend) = links::read_invite(app, token).ok_or(ProblemType::NotFound)?;
    let (invite, etag) = reread(app, &tenant, id, resend).await?;
    Ok((tenant, invite, etag))
}

async fn reread(app: &App, tenant: &TenantId, id: InviteId, resend: u32) -> Result<(Invite, ETag), Problem> {
    let (invite, etag) = invites::read(app, &TenantLayout::new(tenant), id).await?;
    if invite.resends == resend { Ok((invite, etag)) } else { Err(ProblemType::NotFound.into()) }
}
