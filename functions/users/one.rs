//! `GET T/users/{user}`.

use kundportal_domain::{UserId, records::Profile};

use super::view::{Scope, UserView};
use crate::{
    audit::{AuditRecord, By, Purpose},
    auth::User,
    context::Context,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(super) async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let id: UserId = context.parameter("user")?;
    let scope = Scope::of(&user);
    let (profile, etag) = app
        .read::<Profile>(&user.layout.profile(id))
        .await?
        .filter(|(profile, _)| !profile.is_leaving() && scope.shows(profile))
        .ok_or(ProblemType::NotFound)?;
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, id)
        .about([id])
        .for_purpose(Purpose::UserAdministration);
    app.audit_look_up(&user.tenant.id, &record, id).await?;
    let view = UserView::of(app, &user.tenant.id, &scope, profile).await?;
    Ok(respond::with_etag(respond::ok(&view)?, &etag))
}
