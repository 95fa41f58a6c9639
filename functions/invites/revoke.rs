//! `DELETE T/invites/{id}`.

use kundportal_domain::records::InviteStatus;

use super::{administered, close};
use crate::{
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(super) async fn revoke(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    for attempt in 0..RACES {
        let (invite, etag) = administered(&context, &user).await?;
        match invite.status_at(app.now()) {
            InviteStatus::Pending => {}
            InviteStatus::Accepted => return Err(ProblemType::InviteAccepted.into()),
            InviteStatus::Expired => return Err(ProblemType::InviteExpired.into()),
            InviteStatus::Revoked if context.has_removed(&user).await? => return Ok(respond::no_content()),
            InviteStatus::Revoked => return Err(ProblemType::NotFound.into()),
        }
        context.check_if_match(&etag)?;
        if attempt == 0 {
            let record = AuditRecord::intended(app, By::user(&user), context.operation.id, invite.id);
            app.audit(&user.tenant.id, &record).await?;
            context.remember_removal(&user).await?;
        }
        match close(app, &user.tenant.id, (invite, etag), InviteStatus::Revoked).await {
            Err(problem) if problem.is(ProblemType::PreconditionFailed) => {}
            done => return done.map(|()| respond::no_content()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}
