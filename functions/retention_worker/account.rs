//! Accounts: an idle one is warned and goes, a deactivated one goes after its period. The last active administrator stays.

use jiff::civil::Date;
use kundportal_domain::{
    RecordId, UserId,
    records::Profile,
    retention::{self, Decision, Item, Protection, Warning, due_day},
};
use kundportal_store::{Condition, ETag, StoreError};

use super::{Next, Run};
use crate::{
    context::if_unchanged,
    due::DueItem,
    mail::{Link, Outgoing},
    people::{RACES, administrators, index_user, is_active_administrator},
    problem::{Problem, ProblemType},
    sign_ins::LastUse,
};

impl Run<'_> {
    /// The marker of a deactivation counts while the account is deactivated: an active one has a marker of its own.
    pub(super) async fn deactivated(&mut self, due: &DueItem, user: UserId) -> Result<Next, Problem> {
        let profile = self.app.read::<Profile>(&self.layout.profile(user)).await?;
        if profile.is_some_and(|(profile, _)| profile.is_active()) {
            return Ok(Next::Done);
        }
        self.account(due, user).await
    }

    pub(super) async fn account(&mut self, due: &DueItem, user: UserId) -> Result<Next, Problem> {
        for _ in 0..RACES {
            let Some((profile, etag)) = self.app.read::<Profile>(&self.layout.profile(user)).await? else {
                // A removal was cut short between its last two steps.
                return self.clear_person(user, None).await;
            };
            if profile.is_leaving() {
                return self.look_and_remove(profile, &etag).await;
            }
            let (last_use, version) = self.last_use(user).await?;
            let (day, warned) = last_use.map_or((None, None), |last| (Some(last.day), last.warned));
            let item = Item::account(&profile, day, warned);
            let gone = match self.decide_account(&item, &profile).await? {
                Decision::Keep { recheck } => return Ok(recheck.into()),
                Decision::Warn(warning) => self.warn(due, &profile, warning, version).await?,
                Decision::Purge | Decision::Expire => self.mark_leaving(due, profile, &etag).await?,
            };
            if let Some(next) = gone {
                return Ok(next);
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    async fn last_use(&self, user: UserId) -> Result<(Option<LastUse>, Option<ETag>), Problem> {
        let found = self.app.read::<LastUse>(&self.layout.last_use(user)).await?;
        Ok(found.map_or((None, None), |(last, etag)| (Some(last), Some(etag))))
    }

    async fn decide_account(&mut self, item: &Item, profile: &Profile) -> Result<Decision, Problem> {
        let decision = self.decide(item, Some(profile.id)).await?;
        let goes = matches!(decision, Decision::Purge | Decision::Warn(_));
        if goes && is_active_administrator(profile) {
            let list = administrators::list(self.app, &self.layout).await?;
            if !list.iter().any(|other| *other != profile.id) {
                return Ok(self.keep_last_administrator(item));
            }
        }
        Ok(decision)
    }

    fn keep_last_administrator(&self, item: &Item) -> Decision {
        retention::decide(item, Some(Protection::LastAdministrator), self.app.now(), &self.rules)
    }

    /// Warns the person and notes it beside the last day of use, unless they have come back meanwhile: then none. The mail is
    /// stored before, so that a warning that is noted is sent.
    async fn warn(
        &self,
        due: &DueItem,
        profile: &Profile,
        warning: Warning,
        version: Option<ETag>,
    ) -> Result<Option<Next>, Problem> {
        let (app, user) = (self.app, profile.id);
        self.audit("retentionWarning", due, [user]).await?;
        let days = warning.days_left(app.now());
        let mail = Outgoing::new(app, "idle-warning")
            .with("days", days.to_string())
            .with("date", warning.goes_on.to_string())
            .link(Link::Portal);
        let id = format!("idle-warning-{}-{}", warning.last_used_on, warning.stage);
        let marker = app.prepare_mail(&self.tenant, user, &id, &mail).await?;
        let noted = LastUse { day: warning.last_used_on, warned: Some(warning) };
        let condition = version.as_ref().map_or(Condition::IfAbsent, if_unchanged);
        match app.write(&self.layout.last_use(user), &noted, condition).await {
            Ok(_) => app.announce(&marker).await?,
            Err(StoreError::PreconditionFailed | StoreError::AlreadyExists) => {
                let (now, _) = self.last_use(user).await?;
                if now.and_then(|last| last.warned) == noted.warned {
                    // Another run gives the very same warning, by the very same mail.
                    app.announce_prepared(&self.tenant, user, &id).await?;
                } else {
                    app.unmark(&self.layout.outgoing(user, &id)).await?;
                    app.finish(&marker).await?;
                }
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
        let warned = Item::account(profile, Some(noted.day), noted.warned);
        let next: Option<Date> = due_day(&warned, &self.rules);
        Ok(Some(next.into()))
    }

    /// The commit point: from here on the account counts as absent, and whatever is killed when, it goes. None when
    /// the profile has changed meanwhile.
    async fn mark_leaving(
        &mut self,
        due: &DueItem,
        mut profile: Profile,
        etag: &ETag,
    ) -> Result<Option<Next>, Problem> {
        let (app, user) = (self.app, profile.id);
        self.audit("retention", due, [user]).await?;
        let change = RecordId::new(app.now(), app.random());
        let administers = is_active_administrator(&profile);
        if administers {
            match administrators::leave(app, &self.layout, user, change, None).await {
                Err(problem) if problem.is(ProblemType::LastAdministrator) => return Ok(None),
                left => left?,
            }
        }
        profile.leaving_since = Some(app.now());
        let written = app.write(&self.layout.profile(user), &profile, if_unchanged(etag)).await;
        if administers {
            administrators::settle(app, &self.layout, user, Some(change)).await?;
        }
        match written {
            Ok(etag) => self.look_and_remove(profile, &etag).await.map(Some),
            Err(StoreError::PreconditionFailed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Mark, then look, also for whoever resumes after the mark: who asked for access meanwhile is answered first, and who came
    /// back stays. Whoever does so later finds the mark.
    async fn look_and_remove(&mut self, profile: Profile, etag: &ETag) -> Result<Next, Problem> {
        if self.has_open_request(profile.id).await? {
            self.protected.insert(profile.id, Some(Protection::OpenRequest));
            let review = self.rules.review_protected.add_to(self.app.today());
            return self.stay(profile, etag, Next::LookAgain(review)).await;
        }
        let (last_use, _) = self.last_use(profile.id).await?;
        let unmarked = Profile { leaving_since: None, ..profile.clone() };
        let (day, warned) = last_use.map_or((None, None), |last| (Some(last.day), last.warned));
        let item = Item::account(&unmarked, day, warned);
        match retention::decide(&item, None, self.app.now(), &self.rules) {
            Decision::Keep { recheck } => self.stay(profile, etag, recheck.into()).await,
            _ => self.remove(&profile).await,
        }
    }

    /// Takes the mark back.
    async fn stay(&mut self, mut profile: Profile, etag: &ETag, next: Next) -> Result<Next, Problem> {
        profile.leaving_since = None;
        self.app.write(&self.layout.profile(profile.id), &profile, if_unchanged(etag)).await?;
        if is_active_administrator(&profile) {
            administrators::add(self.app, &self.layout, profile.id).await?;
        }
        // Whoever was writing the person's entries meanwhile has seen the mark.
        index_user(self.app, &self.tenant, &profile).await?;
        Ok(next)
    }
}
