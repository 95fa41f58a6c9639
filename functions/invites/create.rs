//! `POST T/invites`.

use kundportal_domain::{
    CustomerId, EmailAddress, InviteId, InviteMessage, PersonName, Personal,
    records::{InviteRole, InviteStatus},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{InviteView, NewInvitation, store};
use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    layout,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewInvite {
    pub(super) email: Personal<EmailAddress>,
    pub(super) name: Personal<PersonName>,
    pub(super) role: InviteRole,
    /// With the roles `member` and `customerAdministrator`.
    #[serde(default)]
    pub(super) customer: Option<CustomerId>,
    #[serde(default)]
    pub(super) message: Option<Personal<InviteMessage>>,
}

pub(super) async fn create(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (new, body) = context.json::<NewInvite>().await?;
    let app = &context.app;
    check(app, &user, new.role, new.customer).await?;
    let id = context.claim(&user, &body, || InviteId::new(app.now(), app.random())).await?;
    let (invite, etag) = match super::read(app, &user.layout, id).await {
        Ok(earlier) => earlier,
        Err(problem) if problem.is(ProblemType::NotFound) => {
            require_room(app, &user, new.customer, 0).await?;
            app.audit(
                &user.tenant.id,
                &AuditRecord::intended(app, By::user(&user), context.operation.id, id),
            )
            .await?;
            store(app, &user.tenant, invitation(id, new, &user)).await?
        }
        Err(problem) => return Err(problem),
    };
    Ok(respond::with_etag(respond::created(&InviteView::of(invite, app.now()))?, &etag))
}

pub(super) fn invitation(id: InviteId, new: NewInvite, inviter: &User) -> NewInvitation {
    let NewInvite { email, name, role, customer, message } = new;
    let invited_by = Some(inviter.id());
    NewInvitation { id, email, name, role, customer, message, invited_by, authority: None, rebinds: None }
}

/// Whether this caller may invite somebody as this, to this customer.
pub(super) async fn check(
    app: &App,
    user: &User,
    role: InviteRole,
    customer: Option<CustomerId>,
) -> Result<(), Problem> {
    match (role.membership_role(), customer) {
        (Some(_), None) => return Err(Problem::invalid("/customer", "is required with this role")),
        (None, Some(_)) => return Err(Problem::invalid("/customer", "is not allowed with this role")),
        (None, None) if !user.is_administrator() => return Err(ProblemType::Forbidden.into()),
        (None, None) => {}
        (Some(_), Some(customer)) => {
            if !user.administers(customer)
                || crate::customers::cached(app, &user.tenant.id, customer).await?.is_none()
            {
                return Err(ProblemType::NotFound.into());
            }
        }
    }
    if !user.tenant.is_active() && role != InviteRole::Administrator {
        return Err(ProblemType::AwaitingAgreement.into());
    }
    Ok(())
}

/// At most a number of unanswered invitations of one customer; `more` are about to be made in the same request.
pub(super) async fn require_room(
    app: &App,
    user: &User,
    customer: Option<CustomerId>,
    more: usize,
) -> Result<(), Problem> {
    let Some(customer) = customer else { return Ok(()) };
    let limit = app.settings().limits.pending_invites;
    let prefix = layout::customer_invites(customer, InviteStatus::Pending);
    let page = app.list(user.layout.container(), &prefix, None, limit.clamp(1, 5_000)).await?;
    if page.entries.len() + more >= limit {
        return Err(Problem { limit: u64::try_from(limit).ok(), ..ProblemType::TooManyPending.into() });
    }
    Ok(())
}
