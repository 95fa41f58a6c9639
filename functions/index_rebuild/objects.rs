//! From the objects to their entries.

use std::collections::HashMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kundportal_store::{BlobPath, Continuation, ETag, StoreError};

use super::{
    Rebuild,
    checkpoint::Step,
    derived::{Kind, Object},
};
use crate::{
    people::{self, RACES, step_back},
    problem::{Problem, ProblemType},
    threads,
};

/// Objects that are dealt with at once.
const AT_ONCE: usize = 16;
/// Names on one page.
pub(super) const PAGE: usize = 1_000;

/// An object whose entries have been written.
struct Written {
    name: String,
    version: ETag,
    object: Object,
}

impl Rebuild<'_> {
    /// One page of a step, and where it goes on.
    pub(super) async fn page(
        &self,
        step: Step,
        from: Option<&Continuation>,
    ) -> Result<Option<Continuation>, Problem> {
        match step {
            Step::Objects(kind) => self.objects(kind, from).await,
            Step::Entries => self.sweep(from).await,
            Step::Threads => self.bring_threads(from).await,
            Step::OldThreads => self.remove_old_threads(from).await,
            Step::EmptyThreads => self.end_threads(from).await,
        }
    }

    async fn objects(
        &self,
        kind: Kind,
        from: Option<&Continuation>,
    ) -> Result<Option<Continuation>, Problem> {
        let (_, layout) = self.tenant()?;
        let list = async || self.app.list(layout.container(), kind.prefix(), from, PAGE).await;
        let page = list().await?;
        let names = page.entries.into_iter().map(|entry| entry.name).filter(|name| kind.is_named(name));
        let written: Vec<Written> = stream::iter(names)
            .map(|name| async move {
                let outcome = self.write(kind, &name).await;
                Ok::<_, Problem>(self.tolerate(&name, outcome)?.flatten())
            })
            .buffer_unordered(AT_ONCE)
            .try_filter_map(|written| async move { Ok(written) })
            .try_collect()
            .await?;
        if written.is_empty() {
            return Ok(page.next);
        }
        let again = list().await?.entries;
        let versions: HashMap<_, _> =
            again.into_iter().map(|entry| (entry.name, entry.properties.etag)).collect();
        let changed = written.into_iter().filter(|one| versions.get(&one.name) != Some(&one.version));
        for one in changed {
            let name = one.name.clone();
            let outcome = self.follow(kind, one).await;
            self.tolerate(&name, outcome)?;
        }
        Ok(page.next)
    }

    /// Reads an object and writes its entries; none where it is gone.
    async fn write(&self, kind: Kind, name: &str) -> Result<Option<Written>, Problem> {
        let path = self.tenant()?.1.at(name);
        let Some((object, version)) = Object::read(self.app, kind, &path).await? else { return Ok(None) };
        self.tally().objects += 1;
        self.write_entries(&object).await?;
        Ok(Some(Written { name: name.to_owned(), version, object }))
    }

    async fn write_entries(&self, object: &Object) -> Result<(), Problem> {
        for entry in self.entries(object)? {
            self.put(&entry).await?;
        }
        if let Some(profile) = object.person() {
            self.claim_for(profile).await?;
        }
        if let Object::Comment(comment) = object {
            let (_, layout) = self.tenant()?;
            let hash = threads::hashes(self.app, comment.customer, comment.thread.reveal()).current;
            threads::ensure(self.app, layout, &hash, comment).await?;
        }
        Ok(())
    }

    /// Write, then look: the object was changed or removed meanwhile, by somebody who may not have seen what was written here.
    async fn follow(&self, kind: Kind, mut before: Written) -> Result<(), Problem> {
        let path = self.tenant()?.1.at(&before.name);
        for races in 0..RACES {
            let now = Object::read(self.app, kind, &path).await?;
            let entries = match &now {
                Some((object, _)) => {
                    self.write_entries(object).await?;
                    self.entries(object)?
                }
                None => Vec::new(),
            };
            self.withdraw(&before.object, now.as_ref().map(|(object, _)| object), &entries).await?;
            if self.version(&path).await? == now.as_ref().map(|(_, version)| version.clone()) {
                return Ok(());
            }
            if let Some((object, version)) = now {
                before = Written { version, object, ..before };
            }
            step_back(self.app, races).await;
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    async fn version(&self, path: &BlobPath) -> Result<Option<ETag>, Problem> {
        match self.app.blobs().properties(path).await {
            Ok(properties) => Ok(Some(properties.etag)),
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes what followed from an object as it was, and does not from what it is now.
    async fn withdraw(
        &self,
        before: &Object,
        now: Option<&Object>,
        entries: &[BlobPath],
    ) -> Result<(), Problem> {
        let (tenant, layout) = self.tenant()?;
        for entry in self.entries(before)?.iter().filter(|entry| !entries.contains(entry)) {
            self.take(entry).await?;
        }
        if let Some(profile) = before.person() {
            match now.and_then(Object::person) {
                Some(now) => self.release_claims(profile, now).await?,
                None => people::unindex_person(self.app, tenant, profile).await?,
            }
        }
        if let (Object::Comment(comment), None) = (before, now) {
            let hash = threads::hashes(self.app, comment.customer, comment.thread.reveal()).current;
            threads::settle(self.app, layout, comment.customer, &hash).await?;
        }
        Ok(())
    }
}
