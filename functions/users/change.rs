//! `PATCH T/users/{user}`: an administrator changes a person's role or status, or corrects their data (Art. 5(1)(d), 16).
//!
//! The commit point is the profile, except where an administrator stops being one: then it is the list of administrators,
//! which comes first ([`administrators`]). The person is told by mail, which is prepared before and sent after.

mod patch;

use kundportal_domain::{RecordId, RetentionRules, Texts, UserId, records::Profile, retention, stockholm};
use kundportal_store::{ETag, StoreError};

pub(super) use patch::UserPatch;

use super::view::{Scope, UserView};
use crate::{
    app::App,
    audit::{AuditRecord, By, Purpose},
    auth::User,
    context::{Context, if_unchanged},
    mail::{Link, Outgoing},
    people::{self, RACES, administrators, is_active_administrator},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::{Marker, Work},
};

pub(super) async fn patch(mut context: Context, user: User) -> Result<Answer, Problem> {
    let id: UserId = context.parameter("user")?;
    let found = find(&context, &user, id).await?;
    let (patch, _) = context.json::<UserPatch>().await?;
    patch.check()?;
    let app = &context.app;
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, id)
        .about([id])
        .for_purpose(Purpose::UserAdministration);
    app.audit_look_up(&user.tenant.id, &record, id).await?;
    let (profile, etag) = if patch.applied_to(&found.0, app.now()).is_some() {
        let change = Change { context: &context, by: &user, subject: id, patch: &patch, id: record.id };
        change.carry_out(found).await?
    } else {
        found
    };
    let view = UserView::of(app, &user.tenant.id, &Scope::of(&user), profile).await?;
    Ok(respond::with_etag(respond::ok(&view)?, &etag))
}

/// The profile, in the version that the change is meant for.
async fn find(context: &Context, by: &User, id: UserId) -> Result<(Profile, ETag), Problem> {
    let found = context.app.read::<Profile>(&by.layout.profile(id)).await?;
    let found = found.filter(|(profile, _)| !profile.is_leaving()).ok_or(ProblemType::NotFound)?;
    context.check_if_match(&found.1)?;
    Ok(found)
}

/// One change of one person.
struct Change<'a> {
    context: &'a Context,
    by: &'a User,
    subject: UserId,
    patch: &'a UserPatch,
    /// Of its audit record.
    id: RecordId,
}

/// What a change has left on its way.
#[derive(Default)]
struct Trail {
    /// Whether it concerns the list of administrators.
    administrators: bool,
    mails: Vec<(String, Marker)>,
}

impl Change<'_> {
    fn app(&self) -> &App {
        &self.context.app
    }

    async fn carry_out(&self, found: (Profile, ETag)) -> Result<(Profile, ETag), Problem> {
        let (app, tenant) = (self.app(), &self.by.tenant.id);
        let marker = app.begin(tenant, Work::UserChange { user: self.subject, change: self.id }).await?;
        let mut trail = Trail::default();
        let outcome = self.commit(found, &mut trail).await;
        match &outcome {
            Ok(_) => {}
            // Nobody knows how far it came: the marker stays, and the profile decides.
            Err(problem) if problem.kind.parts().1.is_server_error() => return outcome,
            Err(_) => self.withdraw(&mut trail).await?,
        }
        if trail.administrators {
            administrators::settle(app, &self.by.layout, self.subject, Some(self.id)).await?;
        }
        for (_, mail) in &trail.mails {
            app.announce(mail).await?;
        }
        app.finish(&marker).await?;
        outcome
    }

    /// Decides and writes, again where somebody else was faster and the caller did not say which version is meant.
    async fn commit(&self, found: (Profile, ETag), trail: &mut Trail) -> Result<(Profile, ETag), Problem> {
        let app = self.app();
        let (mut profile, mut etag) = found;
        for _ in 0..RACES {
            let Some(mut next) = self.patch.applied_to(&profile, app.now()) else {
                return Ok((profile, etag));
            };
            next.note_change(self.id);
            if next.status != profile.status {
                people::mark_account_due(app, &self.by.tenant.id, &next).await?;
            }
            self.prepare_mails(&profile, &next, trail).await?;
            let (was, will_be) = (is_active_administrator(&profile), is_active_administrator(&next));
            trail.administrators |= was != will_be;
            if was && !will_be {
                let by = Some(self.by.id());
                administrators::leave(app, &self.by.layout, self.subject, self.id, by).await?;
            }
            match app.write(&self.by.layout.profile(self.subject), &next, if_unchanged(&etag)).await {
                Ok(etag) => return Ok((next, etag)),
                Err(StoreError::PreconditionFailed) => {}
                Err(error) => return Err(error.into()),
            }
            self.withdraw(trail).await?;
            (profile, etag) = find(self.context, self.by, self.subject).await?;
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    /// Stores the mails that tell the person of it; they go out only once the profile has changed.
    async fn prepare_mails(
        &self,
        before: &Profile,
        next: &Profile,
        trail: &mut Trail,
    ) -> Result<(), Problem> {
        let (app, tenant) = (self.app(), &self.by.tenant.id);
        for mail in self.mails(before, next) {
            let id = format!("{}-{}", self.id, mail.template);
            let mail = mail.following(self.id);
            let marker = app.prepare_mail(tenant, self.subject, &id, &mail).await?;
            trail.mails.push((id, marker));
        }
        Ok(())
    }

    fn mails(&self, before: &Profile, next: &Profile) -> Vec<Outgoing> {
        let app = self.app();
        let mut mails = Vec::new();
        if next.role != before.role {
            let role = Texts::of(next.locale).get(patch::role_text(next.role));
            mails.push(Outgoing::new(app, "role-changed").with("role", role));
        }
        if next.status != before.status {
            mails.push(if next.is_active() {
                Outgoing::new(app, "account-reactivated").link(Link::Portal)
            } else {
                Outgoing::new(app, "account-deactivated").with("days", self.days_left(next).to_string())
            });
        }
        if let Some(reason) = &self.patch.reason
            && self.patch.corrects(before)
        {
            let mail = Outgoing::new(app, "profile-corrected").with("reason", reason.reveal().as_str());
            mails.push(mail.link(Link::Portal));
        }
        mails
    }

    /// In how many days a deactivated account goes.
    fn days_left(&self, profile: &Profile) -> i32 {
        let rules = RetentionRules::with(&self.by.tenant.retention);
        let day = retention::due_day(&retention::Item::account(profile, None, None), &rules);
        let today = stockholm::date_of(self.app().now());
        day.and_then(|day| today.until(day).ok()).map_or(0, |span| span.get_days())
    }

    /// Takes back the mails of a change that did not come about.
    async fn withdraw(&self, trail: &mut Trail) -> Result<(), Problem> {
        for (id, marker) in trail.mails.drain(..) {
            self.app().unmark(&self.by.layout.outgoing(self.subject, &id)).await?;
            self.app().finish(&marker).await?;
        }
        Ok(())
    }
}
