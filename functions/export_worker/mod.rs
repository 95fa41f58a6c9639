//! Queue `exports`: puts the package of an access request together and tells the person.
//!
//! Killed anywhere and run again it comes to the same end; two runs on one request make one package. A run that the host ends
//! because it takes too long (`functionTimeout`) begins again: until the package is whole nothing of it is stored. So that it
//! does not begin again for ever, a run that has taken long gives up by itself before, and the next one leaves half of the files
//! out: a package comes to its end however slow everything is, and says what is not in it.

use std::time::Duration;

use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    RequestId, RetentionRules, TenantId, UserId,
    records::{Case, CasePackage, CaseState, Profile, Tenant},
    retention::{self, Item},
};
use kundportal_store::{ETag, StoreError};
use tokio::time::timeout;

use crate::{
    activity,
    app::App,
    audit::{AuditRecord, By},
    context::if_unchanged,
    due::DueItem,
    layout::TenantLayout,
    mail::{Link, Outgoing},
    package::{self, Plan, Sealed, Source},
    people::{RACES, administrators},
    problem::{Problem, ProblemType},
    requests::claim,
    work::{Marker, Work},
    worker::{self, Progress},
};

/// When to ask again for the turn to write a package.
const TURN: Duration = Duration::from_secs(10);

/// The name under which it acts in the audit log.
const NAME: &str = "exportWorker";

/// The message's request, if its marker is still there.
pub(crate) async fn run(app: App, text: String) -> Result<(), Problem> {
    let Some((app, marker, marked)) = worker::open(app, &text).await? else { return Ok(()) };
    let Work::Export { request, subject } = marked.work else { return Err(ProblemType::Malformed.into()) };
    let Some(_turn) = app.package_turn() else { return app.announce_after(&marker, TURN).await };
    let abandoned = marked.is_abandoned(app.now());
    let export = Export::new(&app, &marker.tenant, request, subject).await?;
    match Box::pin(export.complete(abandoned)).await? {
        Outcome::Come(Progress::Finished) => Ok(app.finish(&marker).await?),
        Outcome::Come(Progress::UnderWay) => Ok(()),
        Outcome::Again => app.announce(&marker).await,
    }
}

/// What came of a run.
enum Outcome {
    Come(Progress),
    /// It took too long: the next run has less to do.
    Again,
}

/// What came of writing a package.
enum Written {
    /// The case in its new version, and the person as they are by now.
    Ready(Box<(Case, ETag, Profile)>),
    /// There is nobody left to have it, or the case has been closed meanwhile.
    Changed,
    /// It took too long.
    TooSlow,
}

/// One request on its way.
struct Export<'a> {
    app: &'a App,
    tenant: std::sync::Arc<Tenant>,
    layout: TenantLayout,
    request: RequestId,
    subject: UserId,
}

impl<'a> Export<'a> {
    async fn new(
        app: &'a App,
        tenant: &TenantId,
        request: RequestId,
        subject: UserId,
    ) -> Result<Self, Problem> {
        let layout = TenantLayout::new(tenant);
        Ok(Self { app, tenant: app.tenant(tenant).await?, layout, request, subject })
    }

    /// Step by step, each by the state that the case is in.
    async fn complete(&self, abandoned: bool) -> Result<Outcome, Problem> {
        let Some((mut case, mut etag)) = self.case().await? else {
            return self.never_made(abandoned).await.map(Outcome::Come);
        };
        let person = if case.state.is_closed() { None } else { self.profile().await? };
        match &person {
            _ if case.state.is_closed() => {}
            None => return self.end_without_person().await.map(Outcome::Come),
            // Retention takes its mark back where it finds this case; else the account is gone soon.
            Some((profile, _)) if profile.is_leaving() => return Ok(Outcome::Come(Progress::UnderWay)),
            Some(_) => {}
        }
        let mut reader = None;
        if let Some((profile, version)) = person {
            if case.state == CaseState::InProgress && abandoned {
                // The entry of the list comes after the case: whoever made it may not have come so far.
                self.app.mark(&self.layout.request_entry(self.request)).await?;
            }
            if case.state == CaseState::InProgress {
                match self.package(case, &etag, (&profile, &version)).await? {
                    Written::Ready(ready) => {
                        let (ready, version, profile) = *ready;
                        (case, etag, reader) = (ready, version, Some(profile));
                    }
                    Written::Changed => return self.after_a_change().await.map(Outcome::Come),
                    Written::TooSlow => return Ok(Outcome::Again),
                }
            } else {
                reader = Some(profile);
            }
        }
        if case.state == CaseState::Ready
            && (self.app.is_locked() || !self.app.may_mail(&self.tenant.id).await?)
        {
            // The package can be fetched. That it is told, and the case closed by it, waits.
            return Ok(Outcome::Come(Progress::UnderWay));
        }
        if let Some(reader) = reader.filter(|_| case.state == CaseState::Ready) {
            let closed_at = self.app.now();
            self.count_from(closed_at, &mut case).await?;
            let (marker, id, mail) = self.prepare_mail(&case).await?;
            mark_case_due(self.app, &self.tenant, self.request, closed_at).await?;
            case.fulfil(closed_at).map_err(Problem::internal)?;
            if self.save(&case, &etag).await?.is_none() {
                self.app.announce_prepared(&self.tenant.id, self.subject, &id).await?;
                return self.after_a_change().await.map(Outcome::Come);
            }
            self.app.send_prepared(&marker, &reader, (&id, &mail)).await?;
        }
        if case.state == CaseState::Withdrawn {
            self.drop_package().await?;
        }
        self.release().await?;
        Ok(Outcome::Come(Progress::Finished))
    }

    async fn case(&self) -> Result<Option<(Case, ETag)>, Problem> {
        self.app.read::<Case>(&self.layout.case(self.request)).await
    }

    /// The case was never written: what came before it goes, once nobody can be writing it any more.
    async fn never_made(&self, abandoned: bool) -> Result<Progress, Problem> {
        if !abandoned {
            return Ok(Progress::UnderWay);
        }
        self.app.unmark(&self.layout.request_reference(self.subject, self.request)).await?;
        self.app.unmark(&self.layout.request_entry(self.request)).await?;
        self.release().await?;
        Ok(Progress::Finished)
    }

    /// The person may ask anew.
    async fn release(&self) -> Result<(), Problem> {
        claim::release(self.app, &self.layout, self.subject, self.request).await
    }

    /// Puts the package together and notes it in the case.
    async fn package(
        &self,
        mut case: Case,
        etag: &ETag,
        (profile, version): (&Profile, &ETag),
    ) -> Result<Written, Problem> {
        // The plan comes before the package and goes after it.
        let plan = Plan::read(self.app, &self.layout, self.request).await?;
        let there = if plan.is_some() { self.sealed().await? } else { None };
        let (sealed, marked, left_out) = match there {
            Some(sealed) => (sealed, None, plan.map_or(0, |plan| plan.left_out.len())),
            None => match Box::pin(self.write(&case, plan, profile, version)).await? {
                Some((sealed, day, left_out)) => (sealed, Some(day), left_out),
                None => return Ok(Written::TooSlow),
            },
        };
        // Mark, then look: an erasure that began meanwhile has not seen this package.
        let Some((reader, _)) = self.profile().await?.filter(|(profile, _)| !profile.is_leaving()) else {
            self.drop_package().await?;
            return Ok(Written::Changed);
        };
        let left_out = left_out as u64;
        let ready_at = self.app.now();
        let until = self.due_day(ready_at)?;
        if marked != Some(until) {
            self.mark_due(until).await?;
        }
        let Sealed { size, sha256 } = sealed;
        case.ready(CasePackage { size, sha256, ready_at, until, left_out }, ready_at)
            .map_err(Problem::internal)?;
        if let Some(etag) = self.save(&case, etag).await? {
            return Ok(Written::Ready(Box::new((case, etag, reader))));
        }
        // Another run was faster, or the person has withdrawn.
        match self.case().await? {
            Some((case, etag)) if case.state == CaseState::Ready => {
                Ok(Written::Ready(Box::new((case, etag, reader))))
            }
            Some(_) => Ok(Written::Changed),
            None => Err(Problem::internal("a case went while its package was being written")),
        }
    }

    /// The package, if an earlier run has written it.
    async fn sealed(&self) -> Result<Option<Sealed>, Problem> {
        let path = self.layout.package(self.request);
        if self.app.exists(&path).await? { package::sealed(self.app, &path).await } else { Ok(None) }
    }

    /// Writes the package, on which day it is noted to go, and how many files it leaves out; none where it took too long and the plan is shorter now.
    async fn write(
        &self,
        case: &Case,
        plan: Option<Plan>,
        profile: &Profile,
        version: &ETag,
    ) -> Result<Option<(Sealed, Date, usize)>, Problem> {
        let (app, tenant, layout) = (self.app, &self.tenant, &self.layout);
        let record = AuditRecord::intended(app, By::SYSTEM, NAME, self.request).about([self.subject]);
        app.audit(&tenant.id, &record).await?;
        activity::copy_reads(app, &tenant.id).await?;
        let mut plan = match plan {
            Some(plan) => plan,
            None => Plan::freeze(app, layout, self.request, profile).await?,
        };
        // Before the package, so that one of a run that was killed goes too.
        let day = self.due_day(app.now())?;
        self.mark_due(day).await?;
        let source = Source { app, layout, tenant, profile, etag: version, case, plan: &plan };
        if let Ok(stored) = timeout(app.settings().packages.time, package::store(source)).await {
            return Ok(Some((stored?, day, plan.left_out.len())));
        }
        // Storage has it whole or not at all: what came just too late is there for the next run.
        if app.exists(&layout.package(self.request)).await? {
            return Ok(None);
        }
        tracing::warn!(request = %self.request, "a package took too long; it is begun again with fewer files");
        if plan.shorten(app, &layout.package_plan(self.request)).await? {
            Ok(None)
        } else {
            Err(Problem::internal("a package without files takes too long"))
        }
    }

    /// The person's profile; none where their account is gone.
    async fn profile(&self) -> Result<Option<(Profile, ETag)>, Problem> {
        self.app.read::<Profile>(&self.layout.profile(self.subject)).await
    }

    /// When a package that is ready at this time goes.
    fn due_day(&self, ready_at: Timestamp) -> Result<Date, Problem> {
        let rules = RetentionRules::with(&self.tenant.retention);
        retention::due_day(&Item::Package { ready_at }, &rules)
            .ok_or_else(|| Problem::internal("a package without a period"))
    }

    /// The package's period is counted from when the person is told, which may have waited.
    async fn count_from(&self, told_at: Timestamp, case: &mut Case) -> Result<(), Problem> {
        let until = self.due_day(told_at)?;
        if let Some(package) = case.package.as_mut().filter(|package| package.until != until) {
            self.mark_due(until).await?;
            package.until = until;
        }
        Ok(())
    }

    /// Notes the day on which the package goes.
    async fn mark_due(&self, day: Date) -> Result<(), Problem> {
        Ok(self.app.mark_due(&self.tenant.id, day, DueItem::Package(self.request)).await?)
    }

    /// Stores the mail that tells the person, so that it goes out at least once.
    async fn prepare_mail(&self, case: &Case) -> Result<(Marker, String, Outgoing), Problem> {
        let until = case.package.as_ref().map(|package| package.until.to_string()).unwrap_or_default();
        let left_out = case.package.as_ref().map_or(0, |package| package.left_out);
        let template = if left_out == 0 { "package-ready" } else { "package-too-much" };
        let mail = Outgoing::new(self.app, template)
            .with("until", until)
            .with("number", left_out.to_string())
            .link(Link::Request(self.request));
        let id = format!("package-ready-{}", self.request);
        let marker = self.app.prepare_mail(&self.tenant.id, self.subject, &id, &mail).await?;
        if left_out > 0 {
            self.tell_administrators(left_out).await?;
        }
        Ok((marker, id, mail))
    }

    /// Tells the administrators that the person is owed the rest (Art. 15(3)).
    async fn tell_administrators(&self, left_out: u64) -> Result<(), Problem> {
        let mail = Outgoing::new(self.app, "package-left-out")
            .with("number", left_out.to_string())
            .with("reference", self.request.to_string())
            .link(Link::Request(self.request));
        let id = format!("package-left-out-{}", self.request);
        for administrator in administrators::list(self.app, &self.layout).await? {
            self.app.mail_user(&self.tenant.id, administrator, &id, &mail).await?;
        }
        Ok(())
    }

    /// Writes the case unless somebody else has changed it.
    async fn save(&self, case: &Case, etag: &ETag) -> Result<Option<ETag>, Problem> {
        match self.app.write(&self.layout.case(self.request), case, if_unchanged(etag)).await {
            Ok(etag) => Ok(Some(etag)),
            Err(StoreError::PreconditionFailed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Closes the case of a person whose account is gone, and leaves nothing of theirs. Again changes nothing.
    async fn end_without_person(&self) -> Result<Progress, Problem> {
        for _ in 0..RACES {
            if let Some((mut case, etag)) = self.case().await? {
                let closed_at = self.app.now();
                let changed = if case.state.is_closed() {
                    case.forget_content()
                } else {
                    let record = AuditRecord::intended(self.app, By::SYSTEM, NAME, self.request);
                    self.app.audit(&self.tenant.id, &record.about([self.subject])).await?;
                    mark_case_due(self.app, &self.tenant, self.request, closed_at).await?;
                    case.lose_subject(closed_at).map_err(Problem::internal)?;
                    true
                };
                if changed && self.save(&case, &etag).await?.is_none() {
                    continue;
                }
            }
            self.drop_package().await?;
            self.app.unmark(&self.layout.request_reference(self.subject, self.request)).await?;
            self.release().await?;
            return Ok(Progress::Finished);
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    /// Somebody else was faster: a withdrawal, another run that has told the person, or the end of their account.
    async fn after_a_change(&self) -> Result<Progress, Problem> {
        match self.profile().await? {
            None => return self.end_without_person().await,
            Some((profile, _)) if profile.is_leaving() => return Ok(Progress::UnderWay),
            Some(_) => {}
        }
        match self.case().await? {
            Some((case, _)) if case.state == CaseState::Withdrawn => {
                self.drop_package().await?;
                self.release().await?;
                Ok(Progress::Finished)
            }
            Some((case, _)) if matches!(case.state, CaseState::Fulfilled | CaseState::PartlyFulfilled) => {
                self.release().await?;
                Ok(Progress::Finished)
            }
            _ => Err(ProblemType::Unavailable.into()),
        }
    }

    async fn drop_package(&self) -> Result<(), Problem> {
        drop_package(self.app, &self.layout, self.request).await
    }
}

/// Notes when a case that is closed now is to be looked at.
pub(crate) async fn mark_case_due(
    app: &App,
    tenant: &Tenant,
    request: RequestId,
    closed_at: Timestamp,
) -> Result<(), Problem> {
    let rules = RetentionRules::with(&tenant.retention);
    let Some(day) = retention::due_day(&Item::Case { closed_at: Some(closed_at) }, &rules) else {
        return Ok(());
    };
    Ok(app.mark_due(&tenant.id, day, DueItem::Case(request)).await?)
}

/// Removes a package and the plan it was made by. Again changes nothing.
pub(crate) async fn drop_package(
    app: &App,
    layout: &TenantLayout,
    request: RequestId,
) -> Result<(), Problem> {
    app.unmark(&layout.package(request)).await?;
    Ok(app.unmark(&layout.package_plan(request)).await?)
}
