//! `GET T/users/{user}/picture`.

use kundportal_domain::{UserId, records::Profile};

use crate::{
    audit::{AuditRecord, By, Purpose},
    auth::User,
    context::Context,
    problem::{Problem, ProblemType},
    profile,
    respond::Answer,
};

/// For the person, for colleagues of the same customer, and for administrators. Among colleagues a picture is shown like an
/// author's name, which is no look-up; to an administrator who shares no customer with the person it is one.
pub(super) async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let id: UserId = context.parameter("user")?;
    let found = app.read::<Profile>(&user.layout.profile(id)).await?.map(|(person, _)| person);
    let person = found.filter(|person| !person.is_leaving()).ok_or(ProblemType::NotFound)?;
    let shared = |membership: &kundportal_domain::records::Membership| {
        user.profile.membership(membership.customer).is_some()
    };
    if id != user.id() && !person.memberships.iter().any(shared) {
        if !user.is_administrator() {
            return Err(ProblemType::NotFound.into());
        }
        let record = AuditRecord::intended(app, By::user(&user), context.operation.id, id)
            .about([id])
            .for_purpose(Purpose::UserAdministration);
        app.audit_look_up(&user.tenant.id, &record, id).await?;
    }
    profile::picture::picture_of(app, &user.layout, &person).await
}
