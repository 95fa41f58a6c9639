//! Threads: each lies under the keyed hash of its name, and holds what the entries of its comments follow from.

use kundportal_domain::{CustomerId, records::Thread};
use kundportal_store::{BlobPath, Condition, Continuation, StoreError};

use super::{Rebuild, Verdict, objects::PAGE};
use crate::{
    keys::KeyOfName,
    layout::{self, TenantLayout},
    problem::Problem,
    threads,
};

/// The customer and the keyed hash in the name of a thread.
fn parts(name: &str) -> Option<(CustomerId, &str)> {
    let (customer, rest) = name.strip_prefix(layout::THREADS)?.split_once('/')?;
    let hash = rest.strip_suffix(".json")?;
    (!hash.contains('/')).then_some(())?;
    Some((customer.parse().ok()?, hash))
}

impl Rebuild<'_> {
    async fn threads(
        &self,
        from: Option<&Continuation>,
        deal: impl AsyncFn(&TenantLayout, &str, Option<(CustomerId, &str)>) -> Result<(), Problem>,
    ) -> Result<Option<Continuation>, Problem> {
        let (_, layout) = self.tenant()?;
        let page = self.app.list(layout.container(), layout::THREADS, from, PAGE).await?;
        for entry in page.entries {
            let outcome = deal(layout, &entry.name, parts(&entry.name)).await;
            self.tolerate(&entry.name, outcome)?;
        }
        Ok(page.next)
    }

    /// Writes threads that lie under another key under the current one, as they are. Until they go from there they are read there.
    pub(super) async fn bring_threads(
        &self,
        from: Option<&Continuation>,
    ) -> Result<Option<Continuation>, Problem> {
        self.threads(from, async |layout, name, parts| {
            let Some((_, hash)) = parts else { return Ok(()) };
            let key = self.app.settings().index_keys.key_of(hash);
            if !matches!(key, KeyOfName::Previous | KeyOfName::Coming) {
                return Ok(());
            }
            let Some((thread, _)) = self.app.read::<Thread>(&layout.at(name)).await? else { return Ok(()) };
            let names = threads::hashes(self.app, thread.customer, thread.name.reveal());
            let path = layout.thread(thread.customer, &names.current);
            match self.app.write(&path, &thread, Condition::IfAbsent).await {
                Ok(_) => self.tally().written += 1,
                Err(StoreError::AlreadyExists) => {}
                Err(error) => return Err(error.into()),
            }
            Ok(())
        })
        .await
    }

    /// Removes threads under other keys: every comment has its entry under the current one by now.
    pub(super) async fn remove_old_threads(
        &self,
        from: Option<&Continuation>,
    ) -> Result<Option<Continuation>, Problem> {
        self.threads(from, async |layout, name, parts| {
            let goes =
                parts.is_none_or(|(_, hash)| matches!(self.by_key(hash), Verdict::Other | Verdict::Remove));
            if goes { self.take(&layout.at(name)).await } else { Ok(()) }
        })
        .await
    }

    /// Removes threads in which no comment stands. Whoever writes one meanwhile keeps the thread.
    pub(super) async fn end_threads(
        &self,
        from: Option<&Continuation>,
    ) -> Result<Option<Continuation>, Problem> {
        self.threads(from, async |layout, name, parts| {
            let Some((customer, hash)) = parts else { return Ok(()) };
            if matches!(self.app.settings().index_keys.key_of(hash), KeyOfName::Unknown(_)) {
                return Ok(());
            }
            let prefix = layout::thread_comments(customer, hash);
            let page = self.app.list(layout.container(), &prefix, None, 1).await?;
            if !page.entries.is_empty() || page.next.is_some() {
                return Ok(());
            }
            threads::end(self.app, layout, customer, hash).await?;
            let path: BlobPath = layout.at(name);
            if !self.app.exists(&path).await? {
                self.tally().removed += 1;
            }
            Ok(())
        })
        .await
    }
}
