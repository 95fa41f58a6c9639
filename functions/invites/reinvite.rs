//! `POST T/users/{id}/reinvite`: somebody who has lost their sign-in gets a new one, for the same user.

use http::Method;
use kundportal_domain::{
    InviteId, UserId,
    records::{InviteRole, MembershipRole, Profile, TenantRole},
};

use super::{INVITERS, InviteView, NewInvitation, store};
use crate::{
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    operation::{Access, Operation, Parameter, RequestBody, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(crate) const REINVITE: Operation = Operation {
    id: "reinviteUser",
    method: Method::POST,
    path: "/api/tenants/{tenant}/users/{user}/reinvite",
    summary: "Invites a user to sign in anew; the former sign-in ends when they accept",
    access: Access::User(INVITERS, |context, user| Box::pin(reinvite(context, user))),
    step_up: false,
    parameters: &[Parameter::IDEMPOTENCY_KEY],
    request: RequestBody::Empty,
    success: Success::Json(201, schema::<InviteView>),
    problems: &[ProblemType::UserDeactivated],
};

async fn reinvite(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let subject: UserId = context.parameter("user")?;
    let found = app.read::<Profile>(&user.layout.profile(subject)).await?.map(|(profile, _)| profile);
    let profile = found.filter(|profile| !profile.is_leaving()).ok_or(ProblemType::NotFound)?;
    let shared = profile.memberships.iter().find(|membership| user.administers(membership.customer));
    if !user.is_administrator() {
        shared.ok_or(ProblemType::NotFound)?;
        if profile.role != TenantRole::Member {
            return Err(ProblemType::Forbidden.into());
        }
    }
    if !profile.is_active() {
        return Err(ProblemType::UserDeactivated.into());
    }
    let role = match (profile.role, shared.map(|membership| membership.role)) {
        (TenantRole::Administrator, _) => InviteRole::Administrator,
        (TenantRole::DataProtectionOfficer, _) => InviteRole::DataProtectionOfficer,
        (TenantRole::Member, Some(MembershipRole::CustomerAdministrator)) => {
            InviteRole::CustomerAdministrator
        }
        (TenantRole::Member, _) => InviteRole::Member,
    };
    let customer = shared.filter(|_| role.membership_role().is_some()).map(|membership| membership.customer);
    let id = context.claim(&user, &[], || InviteId::new(app.now(), app.random())).await?;
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, id).about([subject]);
    app.audit(&user.tenant.id, &record).await?;
    let invitation = NewInvitation {
        id,
        email: profile.email,
        name: profile.name,
        role,
        customer,
        message: None,
        invited_by: Some(user.id()),
        authority: None,
        rebinds: Some(subject),
    };
    let (invite, etag) = store(app, &user.tenant, invitation).await?;
    Ok(respond::with_etag(respond::created(&InviteView::of(invite, app.now()))?, &etag))
}
