//! Queue `retention`: looks at everything of a tenant that is marked for a day, decides each item anew by the rules in
//! force, and purges it, or marks it for the day on which to look again. The items' own markers are the progress: whoever is
//! killed leaves the marker, and the next run finds the item as far as it came.

mod account;
mod case;
mod comment;
mod file;
mod invite;
mod protection;
mod removal;
mod small;
mod upload;

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use kundportal_domain::{
    RequestId, RetentionRules, TenantId, UserId,
    records::Tenant,
    retention::{self, Decision, Item, Protection},
};
use kundportal_store::{Condition, Continuation, StoreError};

use crate::{
    app::App,
    audit::{AuditRecord, By},
    due::DueItem,
    layout::{self, TenantLayout, on_platform},
    problem::{Problem, ProblemType},
    work::{MarkedWork, Marker, Work},
    worker,
};

/// Items on one page of a day's list.
const PAGE: usize = 200;
/// Pages looked at for one message, so that it ends before the host's time is up.
const PAGES: usize = 5;

/// What is to be done with a marker once its item was looked at.
enum Next {
    /// It goes: the item is gone, or nothing will end it.
    Done,
    /// It goes on on another day, or stays if that is its own.
    LookAgain(Date),
    /// The item is so large that it takes another message; its marker stays.
    Unfinished,
}

impl From<Option<Date>> for Next {
    fn from(day: Option<Date>) -> Self {
        day.map_or(Self::Done, Self::LookAgain)
    }
}

/// One tenant's run.
struct Run<'a> {
    app: &'a App,
    tenant: TenantId,
    layout: TenantLayout,
    day: Date,
    rules: RetentionRules,
    /// Who has an open access request, of those asked for so far.
    protected: HashMap<UserId, Option<Protection>>,
    /// Requests that were read and are closed.
    closed: HashSet<RequestId>,
}

/// The message's day, if its marker is still there.
pub(crate) async fn run(app: App, text: String) -> Result<(), Problem> {
    let Some((app, marker, marked)) = worker::open(app, &text).await? else { return Ok(()) };
    if app.is_locked() {
        return Ok(());
    }
    let Work::Retention { day, from, failed } = marked.work else {
        return Err(ProblemType::Malformed.into());
    };
    // Not from the cache: what is purged by a rule of a minute ago does not come back.
    let Some((tenant, _)) = app.read::<Tenant>(&on_platform::tenant(&marker.tenant)).await? else {
        app.unmark(&on_platform::due(day, &marker.tenant)).await?;
        return Ok(app.finish(&marker).await?);
    };
    let mut run = Run {
        app: &app,
        layout: TenantLayout::new(&tenant.id),
        day,
        rules: RetentionRules::with(&tenant.retention),
        tenant: tenant.id,
        protected: HashMap::new(),
        closed: HashSet::new(),
    };
    let mut progress = Progress { from: from.map(Continuation), failed };
    for _ in 0..PAGES {
        match run.page(&mut progress).await? {
            Page::Another => {}
            Page::Last => return run.end(&marker, progress.failed).await,
            Page::Unfinished => break,
        }
    }
    save(&app, &marker, marked.since, day, &progress).await?;
    app.announce(&marker).await
}

/// How far a day's list was looked at.
struct Progress {
    from: Option<Continuation>,
    failed: bool,
}

enum Page {
    Another,
    Last,
    Unfinished,
}

async fn save(
    app: &App,
    marker: &Marker,
    since: jiff::Timestamp,
    day: Date,
    progress: &Progress,
) -> Result<(), Problem> {
    let from = progress.from.as_ref().map(|Continuation(position)| position.clone());
    let work = Work::Retention { day, from, failed: progress.failed };
    app.write(&marker.path(), &MarkedWork::new(work, since), Condition::Always).await?;
    Ok(())
}

impl Run<'_> {
    /// Looks at one page of the day's list.
    async fn page(&mut self, progress: &mut Progress) -> Result<Page, Problem> {
        let prefix = layout::due_on(self.day);
        let container = self.layout.container().clone();
        let page = self.app.list(&container, &prefix, progress.from.as_ref(), PAGE).await?;
        for entry in page.entries {
            let name = entry.name.strip_prefix(&prefix).unwrap_or_default();
            match self.item(name).await {
                Ok(false) => {}
                Ok(true) => return Ok(Page::Unfinished),
                // Storage is away for all items alike.
                Err(problem) if problem.is(ProblemType::Unavailable) => return Err(problem),
                Err(problem) => {
                    progress.failed = true;
                    let cause = problem.source.as_ref().map(ToString::to_string);
                    tracing::warn!(item = name, cause, "retention could not decide an item");
                }
            }
        }
        match page.next {
            Some(next) => {
                progress.from = Some(next);
                Ok(Page::Another)
            }
            None => Ok(Page::Last),
        }
    }

    /// Looks at one item and at what becomes of its marker; true when it takes another message.
    async fn item(&mut self, name: &str) -> Result<bool, Problem> {
        let item: DueItem = name.parse().map_err(Problem::internal)?;
        let next = match self.look(&item).await? {
            Next::Unfinished => return Ok(true),
            Next::LookAgain(next) => Some(next.max(self.app.today())),
            Next::Done => None,
        };
        if next == Some(self.day) {
            return Ok(false);
        }
        if let Some(next) = next {
            self.app.mark_due(&self.tenant, next, &item).await?;
        }
        self.app.unmark(&self.layout.due(self.day, name)).await?;
        Ok(false)
    }

    async fn look(&mut self, item: &DueItem) -> Result<Next, Problem> {
        match item {
            DueItem::SignIn { user, name } => self.sign_in(item, *user, name).await,
            DueItem::Activity { user, record } => self.activity(item, *user, *record).await,
            DueItem::Key { user, hash } => self.key(item, *user, hash).await,
            DueItem::EmailChange(user) => self.email_change(item, *user).await,
            DueItem::Idle(user) => self.account(item, *user).await,
            DueItem::Deactivated(user) => self.deactivated(item, *user).await,
            DueItem::Invite(invite) => self.invite(item, *invite).await,
            DueItem::File(file) => self.file(item, *file).await,
            DueItem::Upload { user, file } => self.upload(item, *user, *file).await,
            DueItem::Comment(comment) => self.comment(item, *comment).await,
            DueItem::Package(request) => self.package(item, *request).await,
            DueItem::Case(request) => self.case(item, *request).await,
        }
    }

    /// The decision by the rules in force; protection is asked for only where something would go.
    async fn decide(&mut self, item: &Item, of: Option<UserId>) -> Result<Decision, Problem> {
        let now = self.app.now();
        let decision = retention::decide(item, None, now, &self.rules);
        if !matches!(decision, Decision::Purge | Decision::Warn(_)) {
            return Ok(decision);
        }
        let protection = match of {
            Some(user) => self.protection(user).await?,
            None => None,
        };
        Ok(retention::decide(item, protection, now, &self.rules))
    }

    /// What follows from a decision for an item that is neither warned of nor expires: none when it must go.
    async fn kept(&mut self, item: &Item, of: Option<UserId>) -> Result<Option<Next>, Problem> {
        Ok(match self.decide(item, of).await? {
            Decision::Keep { recheck } => Some(recheck.into()),
            Decision::Purge | Decision::Expire | Decision::Warn(_) => None,
        })
    }

    /// Records what is about to be done.
    async fn audit(
        &self,
        action: &str,
        item: &DueItem,
        about: impl IntoIterator<Item = UserId>,
    ) -> Result<(), Problem> {
        let record = AuditRecord::intended(self.app, By::SYSTEM, action, item).about(about);
        Ok(self.app.audit(&self.tenant, &record).await?)
    }

    /// The day's end: its note for the tenant goes once nothing is left under it. Today's stays, since more may come.
    async fn end(&self, marker: &Marker, failed: bool) -> Result<(), Problem> {
        if failed {
            // Begins again at the start, when the message comes again or the timer.
            let progress = Progress { from: None, failed: false };
            save(self.app, marker, self.app.now(), self.day, &progress).await?;
            return Err(Problem::internal("retention could not decide every item of a day"));
        }
        if self.day < self.app.today() {
            self.clear().await?;
        }
        Ok(self.app.finish(marker).await?)
    }

    /// Removes the day's note unless an item is there, or came while this looked: see [`App::mark_due`].
    async fn clear(&self) -> Result<(), Problem> {
        let note = on_platform::due(self.day, &self.tenant);
        let version = match self.app.blobs().properties(&note).await {
            Ok(properties) => properties.etag,
            Err(StoreError::NotFound) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let left = self.app.list(self.layout.container(), &layout::due_on(self.day), None, 1).await?;
        if !left.entries.is_empty() || left.next.is_some() {
            return Ok(());
        }
        match self.app.blobs().delete(&note, Some(&version)).await {
            Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
