//! `POST T/invites/{id}/resend`.

use kundportal_domain::retention::{Item, RetentionRules, due_at, due_day};
use kundportal_store::StoreError;

use super::{InviteView, administered, store};
use crate::{
    audit::{AuditRecord, By},
    auth::User,
    context::{Context, if_unchanged},
    due::DueItem,
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::Work,
};

pub(super) async fn resend(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let tenant = &user.tenant;
    let (invite, etag) = administered(&context, &user).await?;
    let this = &context.invocation;
    if !invite.resent_by.contains(this) {
        invite.usable_at(app.now())?;
        context.check_if_match(&etag)?;
        let record = AuditRecord::intended(app, By::user(&user), context.operation.id, invite.id);
        app.audit(&tenant.id, &record).await?;
    }
    for _ in 0..RACES {
        let (mut invite, etag) = administered(&context, &user).await?;
        if invite.resent_by.contains(this) {
            return answer(&context, invite, &etag);
        }
        let now = app.now();
        invite.usable_at(now)?;
        let most = app.settings().limits.resends;
        if invite.resends >= most {
            return Err(Problem { limit: Some(most.into()), ..ProblemType::Conflict.into() });
        }
        context.check_if_match(&etag)?;
        let rules = RetentionRules::with(&tenant.retention);
        let pending = Item::PendingInvitation { sent_at: now };
        invite.resends += 1;
        invite.sent_at = now;
        invite.expires_at = due_at(&pending, &rules).unwrap_or(now);
        invite.resent_by.push(this.clone());
        invite.code = None;
        let email = store::email_name(app, invite.email.reveal());
        let work = Work::Invite { invite: invite.id, resend: invite.resends, email };
        let marker = app.begin(&tenant.id, work).await?;
        if let Some(day) = due_day(&pending, &rules) {
            app.mark_due(&tenant.id, day, DueItem::Invite(invite.id)).await?;
        }
        match app.write(&user.layout.invite(invite.id), &invite, if_unchanged(&etag)).await {
            Ok(etag) => {
                app.announce(&marker).await?;
                return answer(&context, invite, &etag);
            }
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

fn answer(
    context: &Context,
    invite: kundportal_domain::records::Invite,
    etag: &kundportal_store::ETag,
) -> Result<Answer, Problem> {
    Ok(respond::with_etag(respond::ok(&InviteView::of(invite, context.now()))?, etag))
}
