//! `T/invites`: invitations by administrators and customer administrators.

mod create;
mod import;
mod reinvite;
mod resend;
mod revoke;
mod store;

use http::Method;
use jiff::Timestamp;
use kundportal_domain::{
    CustomerId, EmailAddress, InviteId, InviteMessage, PersonName, Personal, UserId,
    records::{Invite, InviteRole, InviteStatus},
};
use kundportal_store::ETag;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use reinvite::REINVITE;
pub(crate) use store::{
    NewInvitation, close, complete, complete_closed, complete_code, email_name, index, mark_record_due,
    remove, store,
};

use crate::{
    app::App,
    audit::{AuditRecord, By, Purpose},
    auth::User,
    context::Context,
    layout::{self, TenantLayout},
    listing::{List, load},
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

const INVITERS: Roles = Roles::ADMINISTRATOR.or(Roles::CUSTOMER_ADMINISTRATOR);

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "createInvite",
        method: Method::POST,
        path: "/api/tenants/{tenant}/invites",
        summary: "Invites somebody by e-mail",
        access: Access::User(INVITERS, |context, user| Box::pin(create::create(context, user))),
        step_up: false,
        parameters: &[Parameter::IDEMPOTENCY_KEY],
        request: RequestBody::Json(schema::<create::NewInvite>),
        success: Success::Json(201, schema::<InviteView>),
        problems: &[ProblemType::TooManyPending, ProblemType::AwaitingAgreement],
    },
    Operation {
        id: "importInvites",
        method: Method::POST,
        path: "/api/tenants/{tenant}/invites/import",
        summary: "Invites everybody in a CSV file; a bad row stops no other",
        access: Access::User(INVITERS, |context, user| Box::pin(import::import(context, user))),
        step_up: false,
        parameters: &[Parameter {
            place: "query",
            name: "dryRun",
            required: false,
            description: "Only says what would happen",
            schema: r#"{"type":"boolean","default":false}"#,
        }],
        request: RequestBody::Bytes(&["text/csv"]),
        success: Success::Json(200, schema::<import::Imported>),
        problems: &[ProblemType::UnsupportedMediaType],
    },
    Operation {
        id: "listInvites",
        method: Method::GET,
        path: "/api/tenants/{tenant}/invites",
        summary: "Invitations of one status; customer administrators see their own customers'",
        access: Access::User(INVITERS, |context, user| Box::pin(list(context, user))),
        step_up: false,
        parameters: &[
            Parameter {
                place: "query",
                name: "status",
                required: false,
                description: "Where they stand",
                schema: r#"{"enum":["pending","accepted","revoked","expired"],"default":"pending"}"#,
            },
            Parameter { required: false, ..Parameter::CUSTOMER },
            Parameter::LIMIT,
            Parameter::CURSOR,
        ],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<InviteView>>),
        problems: &[],
    },
    Operation {
        id: "revokeInvite",
        method: Method::DELETE,
        path: "/api/tenants/{tenant}/invites/{invite}",
        summary: "Takes an invitation back",
        access: Access::User(INVITERS, |context, user| Box::pin(revoke::revoke(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::Empty,
        success: Success::Empty(204),
        problems: &[ProblemType::InviteAccepted, ProblemType::InviteExpired],
    },
    Operation {
        id: "resendInvite",
        method: Method::POST,
        path: "/api/tenants/{tenant}/invites/{invite}/resend",
        summary: "Sends an invitation again; the older link is void",
        access: Access::User(INVITERS, |context, user| Box::pin(resend::resend(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<InviteView>),
        problems: &[
            ProblemType::InviteAccepted,
            ProblemType::InviteExpired,
            ProblemType::InviteRevoked,
            ProblemType::Conflict,
        ],
    },
];

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InviteView {
    id: InviteId,
    email: Personal<EmailAddress>,
    name: Personal<PersonName>,
    role: InviteRole,
    customer: Option<CustomerId>,
    message: Option<Personal<InviteMessage>>,
    status: InviteStatus,
    /// Null for the operator.
    invited_by: Option<UserId>,
    /// The user who gets a new sign-in by it.
    rebinds: Option<UserId>,
    resends: u32,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    sent_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    expires_at: Timestamp,
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    closed_at: Option<Timestamp>,
}

impl InviteView {
    pub(crate) fn of(invite: Invite, now: Timestamp) -> Self {
        Self {
            status: invite.status_at(now),
            id: invite.id,
            email: invite.email,
            name: invite.name,
            role: invite.role,
            customer: invite.customer,
            message: invite.message,
            invited_by: invite.invited_by,
            rebinds: invite.rebinds,
            resends: invite.resends,
            created_at: invite.created_at,
            sent_at: invite.sent_at,
            expires_at: invite.expires_at,
            closed_at: invite.closed_at,
        }
    }
}

async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let request = context.page_request()?;
    let status = status(&context)?;
    let customer = context.query_as::<CustomerId>("customer")?;
    if customer.is_some_and(|customer| !user.administers(customer)) {
        return Err(ProblemType::NotFound.into());
    }
    let container = user.layout.container();
    let (ids, next) = match customer {
        None if user.is_administrator() => app.page(container, &layout::invites(status), &request).await?,
        Some(customer) => app.page(container, &layout::customer_invites(customer, status), &request).await?,
        None => {
            let lists: Vec<_> = user
                .profile
                .administered()
                .map(|customer| (customer, layout::customer_invites(customer, status)))
                .collect();
            let (found, next) = app.page_over(container, &lists, &request).await?;
            (found.into_iter().map(|(_, id)| id).collect(), next)
        }
    };
    let (layout, user) = (&user.layout, &user);
    let invites: Vec<Invite> = load(ids, |id| async move {
        let Ok(id) = id.parse() else { return Ok(None) };
        let invite = app.read::<Invite>(&layout.invite(id)).await?.map(|(invite, _)| invite);
        Ok(invite.filter(|invite| invite.status == status && is_administered(user, invite)))
    })
    .await?;
    let accepted = invites.iter().filter_map(|invite| Some(invite.acceptance.as_ref()?.user));
    let subjects = accepted.chain(invites.iter().filter_map(|invite| invite.rebinds));
    let record = AuditRecord::intended(app, By::user(user), context.operation.id, "invites")
        .about(subjects)
        .for_purpose(Purpose::UserAdministration);
    app.audit_list(&user.tenant.id, &record).await?;
    let now = app.now();
    respond::ok(&List {
        items: invites.into_iter().map(|invite| InviteView::of(invite, now)).collect(),
        next,
    })
}

fn status(context: &Context) -> Result<InviteStatus, Problem> {
    let Some(wanted) = context.query("status")? else { return Ok(InviteStatus::Pending) };
    let found = InviteStatus::ALL.into_iter().find(|status| status.as_str() == wanted);
    found.ok_or_else(|| Problem::invalid("?status", "must be pending, accepted, revoked or expired"))
}

/// The invitation in the path, if it is the caller's to administer.
async fn administered(context: &Context, user: &User) -> Result<(Invite, ETag), Problem> {
    let (invite, etag) = read(&context.app, &user.layout, context.parameter("invite")?).await?;
    if is_administered(user, &invite) { Ok((invite, etag)) } else { Err(ProblemType::NotFound.into()) }
}

/// Whether the invitation is the caller's to administer: those of no customer are the tenant's alone.
fn is_administered(user: &User, invite: &Invite) -> bool {
    match invite.customer {
        Some(customer) => user.administers(customer),
        None => user.is_administrator(),
    }
}

/// An invitation; 404 where there is none.
pub(crate) async fn read(app: &App, layout: &TenantLayout, id: InviteId) -> Result<(Invite, ETag), Problem> {
    app.read::<Invite>(&layout.invite(id)).await?.ok_or_else(|| ProblemType::NotFound.into())
}
