//! `T/customers/{customer}/users/{user}`: one membership, changed or ended without touching the others. Who is to be added
//! is invited.

use http::Method;
use kundportal_domain::{
    CustomerId, UserId,
    records::{MembershipRole, Profile, TenantRole},
};
use kundportal_store::{ETag, StoreError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    audit::{AuditRecord, By, Purpose},
    auth::User,
    context::{Context, if_unchanged},
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    people::{self, RACES},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    users::{Scope, UserView},
    work::Work,
};

const PATH: &str = "/api/tenants/{tenant}/customers/{customer}/users/{user}";
const EDITORS: Roles = Roles::ADMINISTRATOR.or(Roles::CUSTOMER_ADMINISTRATOR);

pub(super) const PUT_MEMBER: Operation = Operation {
    id: "putMember",
    method: Method::PUT,
    path: PATH,
    summary: "Changes what a member of a customer may do there",
    access: Access::User(EDITORS, |context, user| Box::pin(put(context, user))),
    step_up: false,
    parameters: &[Parameter::IF_MATCH],
    request: RequestBody::Json(schema::<MemberRole>),
    success: Success::Json(200, schema::<UserView>),
    problems: &[ProblemType::PreconditionFailed],
};

pub(super) const DELETE_MEMBER: Operation = Operation {
    id: "deleteMember",
    method: Method::DELETE,
    path: PATH,
    summary: "Ends a person's membership of a customer",
    access: Access::User(EDITORS, |context, user| Box::pin(delete(context, user))),
    step_up: false,
    parameters: &[Parameter::IF_MATCH],
    request: RequestBody::Empty,
    success: Success::Empty(204),
    problems: &[ProblemType::PreconditionFailed],
};

/// What somebody may do within a customer.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MemberRole {
    role: MembershipRole,
}

async fn put(mut context: Context, user: User) -> Result<Answer, Problem> {
    let member = Member::of(&context, &user)?;
    let mut found = member.find(&context, &user).await?.ok_or(ProblemType::NotFound)?;
    let (MemberRole { role }, _) = context.json().await?;
    member.audit(&context, &user).await?;
    let app = &context.app;
    for _ in 0..RACES {
        let (mut profile, mut etag) = found;
        if profile.membership(member.customer).is_none_or(|membership| membership.role != role) {
            profile.join(member.customer, role, app.now());
            profile.updated_at = app.now().max(profile.updated_at);
            match app.write(&user.layout.profile(member.user), &profile, if_unchanged(&etag)).await {
                Ok(new) => etag = new,
                Err(StoreError::PreconditionFailed) => {
                    found = member.find(&context, &user).await?.ok_or(ProblemType::NotFound)?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let view = UserView::of(app, &user.tenant.id, &Scope::of(&user), profile).await?;
        return Ok(respond::with_etag(respond::ok(&view)?, &etag));
    }
    Err(ProblemType::PreconditionFailed.into())
}

async fn delete(context: Context, user: User) -> Result<Answer, Problem> {
    let member = Member::of(&context, &user)?;
    let Some(mut found) = member.find(&context, &user).await? else {
        return member.gone(&context, &user).await;
    };
    member.audit(&context, &user).await?;
    let app = &context.app;
    let work = Work::MembershipEnd { user: member.user, customer: member.customer };
    let marker = app.begin(&user.tenant.id, work).await?;
    context.remember_removal(&user).await?;
    for _ in 0..RACES {
        let (mut profile, etag) = found;
        profile.leave(member.customer);
        profile.updated_at = app.now().max(profile.updated_at);
        match app.write(&user.layout.profile(member.user), &profile, if_unchanged(&etag)).await {
            Ok(_) => {
                let (tenant, user, customer) = (&user.tenant.id, member.user, member.customer);
                people::complete_membership(app, tenant, user, customer, false).await?;
                app.finish(&marker).await?;
                return Ok(respond::no_content());
            }
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
        found = match member.find(&context, &user).await? {
            Some(again) => again,
            // Whoever was faster has begun the same work, and the marker is theirs.
            None => return member.gone(&context, &user).await,
        };
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// The membership in the path.
struct Member {
    customer: CustomerId,
    user: UserId,
}

impl Member {
    /// Other customers than the caller's own do not exist for them.
    fn of(context: &Context, by: &User) -> Result<Self, Problem> {
        let member = Self { customer: context.parameter("customer")?, user: context.parameter("user")? };
        if by.administers(member.customer) { Ok(member) } else { Err(ProblemType::NotFound.into()) }
    }

    /// The profile of the member in the version that the change is meant for; none where there is no such member. A customer
    /// administrator has no say over the tenant's own people, members though they may be.
    async fn find(&self, context: &Context, by: &User) -> Result<Option<(Profile, ETag)>, Problem> {
        let found = context.app.read::<Profile>(&by.layout.profile(self.user)).await?;
        let is_one = |profile: &Profile| !profile.is_leaving() && profile.membership(self.customer).is_some();
        let Some((profile, etag)) = found.filter(|(profile, _)| is_one(profile)) else { return Ok(None) };
        if profile.role != TenantRole::Member && !by.is_administrator() {
            return Err(ProblemType::Forbidden.into());
        }
        context.check_if_match(&etag)?;
        Ok(Some((profile, etag)))
    }

    async fn audit(&self, context: &Context, by: &User) -> Result<(), Problem> {
        let app = &context.app;
        let mut record = AuditRecord::intended(app, By::user(by), context.operation.id, self.user)
            .about([self.user])
            .for_purpose(Purpose::UserAdministration);
        record.customer = Some(self.customer);
        Ok(app.audit_look_up(&by.tenant.id, &record, self.user).await?)
    }

    /// The answer where there is no such membership: the host delivers a DELETE again when its answer got lost.
    async fn gone(&self, context: &Context, by: &User) -> Result<Answer, Problem> {
        if context.has_removed(by).await? {
            Ok(respond::no_content())
        } else {
            Err(ProblemType::NotFound.into())
        }
    }
}
