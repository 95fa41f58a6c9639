//! From the entries back to the objects: what nothing leads to goes.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kundportal_domain::{UserId, records::Profile};
use kundportal_store::{Continuation, Entry};

use super::{
    Rebuild, Verdict,
    derived::{Object, object_of},
    objects::PAGE,
};
use crate::{
    keys::{KeyOfName, Names},
    layout,
    people::{email_names, identity_names, named_user},
    problem::Problem,
};

/// Entries that are looked at at once.
const AT_ONCE: usize = 16;

impl Rebuild<'_> {
    /// One page of all entries. What was written since the run began is as it should be, unless a run was ended that wrote it.
    pub(super) async fn sweep(&self, from: Option<&Continuation>) -> Result<Option<Continuation>, Problem> {
        let (_, layout) = self.tenant()?;
        let page = self.app.list(layout.container(), layout::INDEX, from, PAGE).await?;
        stream::iter(page.entries)
            .map(|entry| async move {
                let outcome = if entry.properties.last_modified < self.since {
                    self.look_at(&entry).await
                } else {
                    self.look_at_young(&entry).await
                };
                self.tolerate(&entry.name, outcome).map(drop)
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        Ok(page.next)
    }

    async fn look_at(&self, entry: &Entry) -> Result<(), Problem> {
        if self.is_needed(entry).await? {
            return Ok(());
        }
        let path = self.tenant()?.1.at(&entry.name);
        self.take_listed(&path, &entry.properties.etag).await
    }

    /// An entry of a thread that lay under another key until a moment ago was written there for whoever read it there. What is
    /// under another key otherwise was written by somebody who has that key, and is left to the next run.
    async fn look_at_young(&self, entry: &Entry) -> Result<(), Problem> {
        let (_, layout) = self.tenant()?;
        let parts: Vec<&str> = entry.name.split('/').collect();
        let is_current = || keyed_hash(&parts).is_none_or(|hash| self.by_key(hash) == Verdict::Look);
        if self.resumed && is_current() {
            return self.look_at(entry).await;
        }
        let ["index", "thread", customer, hash, _] = parts.as_slice() else { return Ok(()) };
        let key = self.app.settings().index_keys.key_of(hash);
        let Ok(customer) = customer.parse() else { return Ok(()) };
        if !matches!(key, KeyOfName::Previous | KeyOfName::Coming)
            || self.app.exists(&layout.thread(customer, hash)).await?
        {
            return Ok(());
        }
        self.take_listed(&layout.at(&entry.name), &entry.properties.etag).await
    }

    async fn is_needed(&self, entry: &Entry) -> Result<bool, Problem> {
        let parts: Vec<&str> = entry.name.split('/').collect();
        let verdict = keyed_hash(&parts).map_or(Verdict::Look, |hash| self.by_key(hash));
        match (verdict, parts.as_slice()) {
            (Verdict::Keep, _) => Ok(true),
            (Verdict::Look | Verdict::Other, ["index", kind @ ("identity" | "email"), hash]) => {
                self.is_claim_needed(entry, *kind == "identity", hash, verdict).await
            }
            (Verdict::Remove | Verdict::Other, _) => Ok(false),
            (Verdict::Look, _) => self.follows(entry).await,
        }
    }

    /// Whether an object leads to an empty entry, or whoever wrote it may be about to write the object.
    async fn follows(&self, entry: &Entry) -> Result<bool, Problem> {
        let (_, layout) = self.tenant()?;
        let Some((kind, path)) = object_of(layout, &entry.name) else { return Ok(false) };
        if let Some((object, _)) = Object::read(self.app, kind, &path).await? {
            return Ok(self.entries(&object)?.contains(&layout.at(&entry.name)));
        }
        let comes_first = entry.name.starts_with("index/email/");
        Ok(comes_first && !self.is_settled(entry.properties.last_modified))
    }

    /// Whether the user whom a claim names has what it is on, or may be about to get it. A claim under another key is not
    /// needed by whoever has it: they have one under the current key.
    async fn is_claim_needed(
        &self,
        entry: &Entry,
        is_identity: bool,
        hash: &str,
        verdict: Verdict,
    ) -> Result<bool, Problem> {
        let (_, layout) = self.tenant()?;
        let app = self.app;
        let Some((user, _)) = named_user(app, &layout.at(&entry.name)).await? else { return Ok(false) };
        let Some((profile, _)) = app.read::<Profile>(&layout.profile(user)).await? else {
            return Ok(!self.is_settled(entry.properties.last_modified) || self.is_invited(user).await?);
        };
        let named = |names: Names| names.contains(hash);
        let has = !profile.is_leaving()
            && named(if is_identity {
                identity_names(app, &profile)
            } else {
                email_names(app, profile.email.reveal())
            });
        if has {
            return Ok(verdict == Verdict::Look || !self.has_current(&profile, is_identity).await?);
        }
        // Whoever binds somebody to a new sign-in claims it while the old one still stands in the profile.
        if !self.is_settled(entry.properties.last_modified) {
            return Ok(true);
        }
        // A change that waits to be confirmed, or was confirmed a moment ago: its own work gives the claim up.
        let waits = profile.pending_email.as_ref();
        Ok(!is_identity && waits.is_some_and(|change| named(email_names(app, change.email.reveal()))))
    }

    /// Whether a person is found under the current key.
    async fn has_current(&self, profile: &Profile, is_identity: bool) -> Result<bool, Problem> {
        let (_, layout) = self.tenant()?;
        let path = if is_identity {
            layout.identity(&identity_names(self.app, profile).current)
        } else {
            layout.email(&email_names(self.app, profile.email.reveal()).current)
        };
        let found: Option<UserId> = named_user(self.app, &path).await?.map(|(user, _)| user);
        Ok(found == Some(profile.id))
    }
}

/// The keyed hash in the name of an entry.
fn keyed_hash<'a>(parts: &[&'a str]) -> Option<&'a str> {
    match parts {
        ["index", "identity" | "email" | "customer-name", hash, ..] | ["index", "thread", _, hash, _] => {
            Some(hash)
        }
        _ => None,
    }
}
