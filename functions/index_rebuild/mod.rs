//! `kundportal index rebuild`: every index is made again from the objects, under the current key, while the portal is in use.
//!
//! First each object is read and its entries are written, page by page; then entries that no object leads to, or that are
//! under another key, are removed. A look-up tries every configured key, so none fails meanwhile. Rules:
//!
//! - **Write, then look**: after a page the list is read again; an object that was changed or removed since it was read is
//!   looked at again, and what was written by its earlier version goes.
//! - **An entry is removed only if it was written before the run began** and its object does not lead to it: what the run or
//!   anybody else writes meanwhile is younger. (An entry of a thread goes with the thread from under another key.) What is
//!   written before its object (claims, and the entries of an invitation by its address) also has to be older than anybody can
//!   still be at it.
//! - **A run that was ended** may have written entries for an object as it was, without having looked again: the one that goes
//!   on holds young entries against their objects too.
//! - **Claims are claimed**, not overwritten: an address or an identity that two users have is reported, by their ids.
//! - **Killed anywhere, run again, same end.** A checkpoint spares what has been done; each step may be done twice.
//!
//! An object that is purged in the very moment of its page may leave an entry that leads to nothing, which every reader leaves
//! out and the next rebuild removes. A claim that a run wrote for a person as they were, and was ended before it looked again,
//! stays until a rebuild that begins later, for somebody may be about to be bound to it; it gives way to whoever has what it is
//! on. References under a person, due markers and idempotency keys are no indexes: they follow from no object.

mod checkpoint;
mod claims;
mod derived;
mod memberships;
mod objects;
mod sweep;
mod tally;
mod threads;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use kundportal_domain::{TenantId, records::Tenant};
use kundportal_store::{BlobPath, Condition, ETag, StoreError};

use crate::{
    app::App,
    keys::KeyOfName,
    layout::{TenantLayout, on_platform, platform},
    problem::{Problem, ProblemType},
    work::GRACE,
};

use checkpoint::Checkpoint;
pub use tally::{Conflict, Tally};

/// What is to be made again.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// One tenant; all without it.
    pub tenant: Option<TenantId>,
    /// Versions of keys that no instance has any more: what is under them goes too. Other keys that are not configured are
    /// left alone, for an instance may have them.
    pub retired_keys: Vec<String>,
}

/// Makes the indexes again. `say` is told how far it has come, without personal data. A failure of storage ends it: run again,
/// it goes on where it stopped.
///
/// # Errors
/// A sentence for the terminal.
pub async fn run(app: &App, options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Tally, String> {
    rebuild(app, options, say).await.map_err(|problem| match &problem.source {
        _ if problem.is(ProblemType::NotFound) && options.tenant.is_some() => {
            "There is no such tenant.".to_owned()
        }
        _ if problem.is(ProblemType::NotFound) => "Nothing is stored here yet.".to_owned(),
        Some(source) => format!("Storage failed: {source}. Run it again: it goes on where it stopped."),
        None => "Storage failed. Run it again: it goes on where it stopped.".to_owned(),
    })
}

async fn rebuild(app: &App, options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Tally, Problem> {
    let one = options.tenant.as_ref();
    if let Some(tenant) = one {
        app.read::<Tenant>(&on_platform::tenant(tenant)).await?.ok_or(ProblemType::NotFound)?;
    }
    let mut checkpoint = Checkpoint::open(app, one).await?;
    if checkpoint.is_resumed() {
        say("goes on where an earlier run stopped");
    }
    match one {
        Some(tenant) => rebuild_tenant(app, options, say, &mut checkpoint, tenant).await?,
        None => rebuild_all(app, options, say, &mut checkpoint).await?,
    }
    let run = Rebuild::new(app, options, &checkpoint, None);
    run.memberships(one).await?;
    let tally = run.into_tally();
    say(&format!("memberships: {}", tally.in_words()));
    tally.details().for_each(|line| say(&line));
    checkpoint.leave();
    checkpoint.total.add(tally);
    checkpoint.remove(app).await?;
    Ok(checkpoint.total)
}

/// The tenants in the order of their names in storage.
async fn rebuild_all(
    app: &App,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
    checkpoint: &mut Checkpoint,
) -> Result<(), Problem> {
    let mut from = None;
    loop {
        let page = app.list(&platform(), on_platform::TENANTS, from.as_ref(), objects::PAGE).await?;
        for entry in page.entries {
            let name = entry.name.strip_prefix(on_platform::TENANTS).unwrap_or_default();
            let id = name.strip_suffix(".json").and_then(|id| id.parse::<TenantId>().ok());
            if let Some(id) = id.filter(|_| !checkpoint.is_past(name)) {
                rebuild_tenant(app, options, say, checkpoint, &id).await?;
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(()),
        }
    }
}

/// One tenant, from where the checkpoint says.
async fn rebuild_tenant(
    app: &App,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
    checkpoint: &mut Checkpoint,
    tenant: &TenantId,
) -> Result<(), Problem> {
    checkpoint.enter(tenant);
    while let Some((step, after)) = checkpoint.position() {
        let run = Rebuild::new(app, options, checkpoint, Some(tenant));
        let next = run.page(step, after.as_ref()).await?;
        let ends = next.is_none();
        checkpoint.advance(next, run.into_tally());
        if ends {
            say(&format!("{tenant}: {} done", step.in_words()));
        }
        checkpoint.write(app).await?;
    }
    say(&format!("{tenant}: {}", checkpoint.tally.in_words()));
    for line in checkpoint.tally.details() {
        say(&format!("{tenant}: {line}"));
    }
    checkpoint.leave();
    Ok(())
}

/// One page of one step.
struct Rebuild<'a> {
    app: &'a App,
    options: &'a Options,
    /// When the run began, by storage's clock.
    since: Timestamp,
    /// Whether it goes on with a run that was ended.
    resumed: bool,
    tenant: Option<&'a TenantId>,
    layout: Option<TenantLayout>,
    tally: Mutex<Tally>,
}

impl<'a> Rebuild<'a> {
    fn new(
        app: &'a App,
        options: &'a Options,
        checkpoint: &Checkpoint,
        tenant: Option<&'a TenantId>,
    ) -> Self {
        let layout = tenant.map(TenantLayout::new);
        let (since, resumed) = (checkpoint.since, checkpoint.is_resumed());
        Self { app, options, since, resumed, tenant, layout, tally: Mutex::default() }
    }

    fn into_tally(self) -> Tally {
        self.tally.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tenant(&self) -> Result<(&'a TenantId, &TenantLayout), Problem> {
        let layout = self.layout.as_ref();
        self.tenant.zip(layout).ok_or_else(|| Problem::internal("a step of a tenant without one"))
    }

    /// Writes an empty entry.
    async fn put(&self, path: &BlobPath) -> Result<(), Problem> {
        self.app.mark(path).await?;
        self.tally().written += 1;
        Ok(())
    }

    /// Removes an entry that is there.
    async fn take(&self, path: &BlobPath) -> Result<(), Problem> {
        self.app.unmark(path).await?;
        self.tally().removed += 1;
        Ok(())
    }

    /// Removes an entry in the version that was listed; one that was written anew since stays.
    async fn take_listed(&self, path: &BlobPath, version: &ETag) -> Result<(), Problem> {
        match self.app.blobs().delete(path, Some(version)).await {
            Ok(()) => self.tally().removed += 1,
            Err(StoreError::NotFound | StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Whether an entry was written so long ago that nobody can still be at what it was written for.
    fn is_settled(&self, written: Timestamp) -> bool {
        self.app.now().duration_since(written) > GRACE
    }

    /// Goes on where one object cannot be dealt with, which is reported; storage that fails ends the run.
    fn tolerate<T>(&self, name: &str, outcome: Result<T, Problem>) -> Result<Option<T>, Problem> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(problem) if problem.is(ProblemType::Unavailable) => Err(problem),
            Err(problem) => {
                let reason = match problem.source {
                    Some(source) => source.to_string(),
                    None if problem.is(ProblemType::PreconditionFailed) => {
                        "it is changed again and again; run it again".to_owned()
                    }
                    None => format!("{:?}", problem.kind),
                };
                self.tally().fail(format!("{name}: {reason}"));
                Ok(None)
            }
        }
    }

    /// What to do with a listed name, by the key that it was made with.
    fn by_key(&self, hash: &str) -> Verdict {
        match self.app.settings().index_keys.key_of(hash) {
            KeyOfName::Current | KeyOfName::None => Verdict::Look,
            // What could not be dealt with has no entry under the current key.
            KeyOfName::Previous | KeyOfName::Coming if !self.tally().failures.is_empty() => Verdict::Keep,
            KeyOfName::Previous | KeyOfName::Coming => Verdict::Other,
            KeyOfName::Unknown(version) if self.options.retired_keys.iter().any(|own| own == version) => {
                Verdict::Remove
            }
            KeyOfName::Unknown(version) => {
                self.tally().meet_unknown(version);
                Verdict::Keep
            }
        }
    }
}

/// What a name's key says about what is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It counts if its object leads to it.
    Look,
    /// It is under a configured key that is not the current one: the entry under that is there by now.
    Other,
    /// It is under a key that is retired.
    Remove,
    /// It is under a key of which this run knows nothing.
    Keep,
}

/// How long a checkpoint counts.
const LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Always: whoever runs it twice at once writes nothing that is not so.
const CHECKPOINT: Condition = Condition::Always;
