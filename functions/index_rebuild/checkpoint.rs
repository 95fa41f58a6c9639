//! How far a rebuild has come: `platform/index-rebuild/…`. Ids, names of entries and numbers only.

use jiff::Timestamp;
use kundportal_domain::TenantId;
use kundportal_store::{BlobStoreExt as _, Continuation, StoreError};
use serde::{Deserialize, Serialize};

use super::{CHECKPOINT, LIFETIME, Tally, derived::Kind};
use crate::{
    app::App,
    layout::on_platform,
    problem::{Problem, ProblemType},
};

/// The steps of a tenant, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Step {
    /// Threads that lie under another key are written under the current one.
    Threads,
    /// The entries of all objects of a kind.
    Objects(Kind),
    /// Threads under another key go: from then on they are read under the current one.
    OldThreads,
    /// Entries that nothing leads to go.
    Entries,
    /// Threads without comments go.
    EmptyThreads,
}

impl Step {
    fn all() -> impl Iterator<Item = Self> {
        [Self::Threads].into_iter().chain(Kind::ALL.into_iter().map(Self::Objects)).chain([
            Self::OldThreads,
            Self::Entries,
            Self::EmptyThreads,
        ])
    }

    fn next(self) -> Option<Self> {
        Self::all().skip_while(|step| *step != self).nth(1)
    }

    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Objects(kind) => kind.in_words(),
            Self::OldThreads => "threads under other keys",
            Self::Entries => "entries that nothing leads to",
            Self::EmptyThreads => "threads without comments",
        }
    }
}

/// Where a run is, and what it has done so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkpoint {
    /// When the run began, by storage's clock.
    pub(super) since: Timestamp,
    /// The versions of the keys by which it goes.
    keys: String,
    /// The tenant that it is at, or else has finished last.
    tenant: Option<TenantId>,
    /// None where the tenant is finished.
    step: Option<Step>,
    /// Where the step's list goes on.
    after: Option<String>,
    /// Of the tenant.
    pub(super) tally: Tally,
    /// Of the tenants before.
    pub(super) total: Tally,
    #[serde(skip)]
    resumed: bool,
    #[serde(skip)]
    of: Option<TenantId>,
}

impl Checkpoint {
    /// The one that is there, if it is of a run by the same keys and not long ago; else a new one.
    pub(super) async fn open(app: &App, of: Option<&TenantId>) -> Result<Self, Problem> {
        let path = on_platform::index_rebuild(of);
        let keys = app.settings().index_keys.versions();
        let found = match app.read::<Self>(&path).await {
            Ok(found) => found,
            // Of another version of this program.
            Err(problem) if problem.is(ProblemType::Internal) => None,
            Err(problem) => return Err(problem),
        };
        let counts = |found: &Self| found.keys == keys && app.now().duration_since(found.since) <= LIFETIME;
        if let Some((found, _)) = found.filter(|(found, _)| counts(found)) {
            return Ok(Self { resumed: true, of: of.cloned(), ..found });
        }
        let mut new = Self {
            since: app.now(),
            keys,
            tenant: None,
            step: None,
            after: None,
            tally: Tally::default(),
            total: Tally::default(),
            resumed: false,
            of: of.cloned(),
        };
        new.write(app).await?;
        // Entries are as old as storage says, so the run's beginning is too.
        new.since = app.blobs().properties(&path).await?.last_modified;
        new.write(app).await?;
        Ok(new)
    }

    pub(super) const fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Whether a tenant of this name in the list was finished before.
    pub(super) fn is_past(&self, name: &str) -> bool {
        let Some(tenant) = &self.tenant else { return false };
        let at = format!("{tenant}.json");
        if self.step.is_some() { name < at.as_str() } else { name <= at.as_str() }
    }

    /// Begins with a tenant, or goes on with it.
    pub(super) fn enter(&mut self, tenant: &TenantId) {
        if self.step.is_none() || self.tenant.as_ref() != Some(tenant) {
            self.leave();
            self.tenant = Some(tenant.clone());
            self.step = Step::all().next();
            self.after = None;
        }
    }

    pub(super) fn position(&self) -> Option<(Step, Option<Continuation>)> {
        self.step.map(|step| (step, self.after.clone().map(Continuation)))
    }

    /// A page is done.
    pub(super) fn advance(&mut self, next: Option<Continuation>, tally: Tally) {
        self.tally.add(tally);
        self.after = next.map(|Continuation(next)| next);
        if self.after.is_none() {
            self.step = self.step.and_then(Step::next);
        }
    }

    /// The tenant is finished.
    pub(super) fn leave(&mut self) {
        self.total.add(std::mem::take(&mut self.tally));
    }

    pub(super) async fn write(&self, app: &App) -> Result<(), StoreError> {
        app.write(&on_platform::index_rebuild(self.of.as_ref()), self, CHECKPOINT).await.map(drop)
    }

    pub(super) async fn remove(&self, app: &App) -> Result<(), StoreError> {
        app.blobs().delete_if_exists(&on_platform::index_rebuild(self.of.as_ref())).await.map(drop)
    }
}
