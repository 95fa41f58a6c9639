//! A change of one's address: pending until it is confirmed from the new one, within 24 hours. A later change makes the
//! link of an older one void. The confirmation is in [`crate::email_changes`].

use jiff::Timestamp;
use kundportal_domain::{
    EmailAddress, Personal, RetentionRules, TenantId, UserId,
    records::{EmailChange, EmailChangesOn, Profile, Tenant},
    retention::{self, Item},
    stockholm,
};

use super::own::OwnProfile;
use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    due::DueItem,
    layout::TenantLayout,
    mail::{Link, Outgoing},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::{Marker, Work},
    worker::Progress,
};

/// The change that can still be confirmed: one whose time is up counts as gone before the retention run removes it.
pub(crate) fn pending_at(profile: &Profile, now: Timestamp) -> Option<&EmailChange> {
    let due = retention::due_at(&Item::email_change(profile)?, &RetentionRules::default())?;
    profile.pending_email.as_ref().filter(|_| now < due)
}

/// Asks for another address, whoever has it; the address that is the person's already changes nothing. More than `most` on one
/// day: 429.
pub(super) fn ask(
    profile: &mut Profile,
    email: &Personal<EmailAddress>,
    now: Timestamp,
    most: u32,
) -> Result<(), Problem> {
    if email.reveal().canonical() == profile.email.reveal().canonical() {
        return Ok(());
    }
    let day = stockholm::date_of(now);
    let asked = profile.email_changes_on.filter(|asked| asked.day == day).map_or(0, |asked| asked.number);
    if asked >= most {
        let tomorrow = day.tomorrow().map_or(Timestamp::MAX, stockholm::start_of);
        let retry_after = tomorrow.duration_since(now).try_into().ok();
        return Err(Problem { retry_after, ..ProblemType::TooManyRequests.into() });
    }
    profile.email_changes_on = Some(EmailChangesOn { day, number: asked + 1 });
    profile.email_changes = profile.email_changes.saturating_add(1);
    let number = profile.email_changes;
    profile.pending_email = Some(EmailChange { email: email.clone(), requested_at: now, number });
    Ok(())
}

/// Sees to it that a change that is about to be asked for is told to both addresses, and goes when its time is up.
pub(super) async fn prepare(
    app: &App,
    tenant: &Tenant,
    before: &Profile,
    next: &Profile,
) -> Result<Option<Marker>, Problem> {
    if next.email_changes == before.email_changes {
        return Ok(None);
    }
    let work = Work::EmailChange { user: next.id, number: next.email_changes };
    let marker = app.begin(&tenant.id, work).await?;
    let rules = RetentionRules::with(&tenant.retention);
    if let Some(day) = Item::email_change(next).and_then(|item| retention::due_day(&item, &rules)) {
        app.mark_due(&tenant.id, day, DueItem::EmailChange(next.id)).await?;
    }
    Ok(Some(marker))
}

/// Tells both addresses of a change that was asked for.
pub(crate) async fn complete(
    app: &App,
    tenant: &TenantId,
    user: UserId,
    number: u32,
    abandoned: bool,
) -> Result<Progress, Problem> {
    let Some((profile, _)) = app.read::<Profile>(&TenantLayout::new(tenant).profile(user)).await? else {
        return Ok(Progress::Finished);
    };
    if profile.email_changes < number && !abandoned {
        return Ok(Progress::UnderWay);
    }
    if let Some(change) = profile.pending_email.filter(|change| change.number == number) {
        let to_new =
            Outgoing::new(app, "email-change-confirm").to(change.email).link(Link::EmailChange(number));
        app.mail_user(tenant, user, &format!("email-change-{number}"), &to_new).await?;
        let to_old = Outgoing::new(app, "email-change-notice").to(profile.email);
        app.mail_user(tenant, user, &format!("email-change-notice-{number}"), &to_old).await?;
    }
    Ok(Progress::Finished)
}

/// `DELETE T/profile/email-change`: takes the change back; its link is void from then on.
pub(super) async fn cancel(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let Some(change) = pending_at(&user.profile, context.now()) else {
        return if context.has_removed(&user).await? {
            Ok(respond::no_content())
        } else {
            Err(ProblemType::NotFound.into())
        };
    };
    let mut own = OwnProfile::new(&context, &user)?;
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, user.id());
    app.audit(&user.tenant.id, &record.about([user.id()])).await?;
    context.remember_removal(&user).await?;
    while let Some(next) = without_pending(own.profile(), context.now()) {
        if own.commit(next).await? {
            return Ok(respond::no_content());
        }
    }
    // Somebody else was faster: what they have confirmed cannot be taken back.
    if own.profile().confirmed_email_change >= change.number {
        return Err(ProblemType::NotFound.into());
    }
    Ok(respond::no_content())
}

fn without_pending(profile: &Profile, now: Timestamp) -> Option<Profile> {
    profile.pending_email.is_some().then(|| Profile {
        pending_email: None,
        updated_at: now,
        ..profile.clone()
    })
}
