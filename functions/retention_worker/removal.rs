//! Removing an account that is marked as leaving. Each step finds what the one before left, so that whoever is killed is
//! followed by whoever comes next: the entries by which the person is found, then what they wrote for others, which stays
//! without its author, then what is their own, and the mark itself last.

use kundportal_domain::{
    CommentId, FileId, InviteId, RequestId, UserId,
    records::{Case, Comment, FileMeta, Invite, InviteStatus, Profile},
    retention::{IdleAccount, Item, due_day},
    stockholm,
};
use kundportal_store::{BlobPath, Entry, StoreError};
use serde::{Serialize, de::DeserializeOwned};

use super::{Next, Run, protection::request_of};
use crate::{
    context::if_unchanged,
    due::DueItem,
    export_worker::drop_package,
    files, invites,
    layout::{self, RefKind},
    people::{self, RACES},
    problem::{Problem, ProblemType},
    sign_ins::{self, LastUse},
};

/// Blobs that one message removes or changes at most, so that it ends before the host's time is up.
const STEPS: usize = 1_000;
/// Names on one page.
const PAGE: usize = 200;

impl Run<'_> {
    /// Removes the account as far as one message gets.
    pub(super) async fn remove(&mut self, profile: &Profile) -> Result<Next, Problem> {
        let user = profile.id;
        people::unindex_person(self.app, &self.tenant, profile).await?;
        let mut steps = STEPS;
        loop {
            let prefix = layout::refs(user);
            let page = self.app.list(self.layout.container(), &prefix, None, PAGE).await?;
            if page.entries.is_empty() && page.next.is_none() {
                break;
            }
            for entry in page.entries {
                if steps == 0 {
                    return Ok(Next::Unfinished);
                }
                steps -= 1;
                self.detach(user, entry.name.strip_prefix(&prefix).unwrap_or_default()).await?;
                self.app.unmark(&self.layout.at(entry.name)).await?;
            }
        }
        self.forget_account(profile).await?;
        self.clear_person(user, Some(steps)).await
    }

    /// Removes the due markers of the account itself, on the days that its profile and its last use give.
    async fn forget_account(&self, profile: &Profile) -> Result<(), Problem> {
        let user = profile.id;
        if let Some(item) = Item::email_change(profile) {
            self.forget(&item, &DueItem::EmailChange(user)).await?;
        }
        let deactivated = Item::account(profile, None, None);
        self.forget(&deactivated, &DueItem::Deactivated(user)).await?;
        let last_use = self.app.read::<LastUse>(&self.layout.last_use(user)).await?;
        let (used, warned) = last_use.map_or((None, None), |(last, _)| (Some(last.day), last.warned));
        let made = stockholm::date_of(profile.created_at);
        for (last_used_on, warned) in
            [(made, None), (used.unwrap_or(made), None), (used.unwrap_or(made), warned)]
        {
            let item = Item::Account(IdleAccount { last_used_on, warned });
            self.forget(&item, &DueItem::Idle(user)).await?;
        }
        Ok(())
    }

    /// Takes the person off what a reference names. What is not theirs any more stays as it is.
    async fn detach(&self, user: UserId, reference: &str) -> Result<(), Problem> {
        let Some((kind, name)) = reference.split_once('/') else { return Ok(()) };
        match kind {
            _ if kind == RefKind::File.as_str() => {
                let Ok(id) = name.parse::<FileId>() else { return Ok(()) };
                let path = self.layout.file_meta(id);
                self.change(&path, |file: &mut FileMeta| take(&mut file.author, user)).await
            }
            _ if kind == RefKind::Comment.as_str() => {
                let Ok(id) = name.parse::<CommentId>() else { return Ok(()) };
                let path = self.layout.comment(id);
                self.change(&path, |comment: &mut Comment| take(&mut comment.author, user)).await
            }
            _ if kind == RefKind::Invite.as_str() => match name.parse() {
                Ok(id) => self.remove_accepted(user, id).await,
                Err(_) => Ok(()),
            },
            _ if kind == RefKind::Request.as_str() => match request_of(name) {
                Some(id) => self.strip(user, id).await,
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Changes an object by its version until the change has nothing more to do.
    async fn change<T: Serialize + DeserializeOwned + Sync>(
        &self,
        path: &BlobPath,
        change: impl Fn(&mut T) -> bool + Send,
    ) -> Result<(), Problem> {
        for _ in 0..RACES {
            let Some((mut object, etag)) = self.app.read::<T>(path).await? else { return Ok(()) };
            if !change(&mut object) {
                return Ok(());
            }
            match self.app.write(path, &object, if_unchanged(&etag)).await {
                Ok(_) => return Ok(()),
                Err(StoreError::PreconditionFailed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    /// The invitation by which the person came: name, address and identity are theirs alone.
    async fn remove_accepted(&self, user: UserId, id: InviteId) -> Result<(), Problem> {
        let path = self.layout.invite(id);
        let Some((invite, _)) = self.app.read::<Invite>(&path).await? else { return Ok(()) };
        let theirs = invite.acceptance.as_ref().is_some_and(|acceptance| acceptance.user == user);
        if !theirs || invite.status == InviteStatus::Pending {
            return Ok(());
        }
        self.forget(&Item::from(&invite), &DueItem::Invite(id)).await?;
        invites::remove(self.app, &self.layout, &invite).await
    }

    /// A closed case stays for its period, without its package and what was said with it.
    async fn strip(&self, user: UserId, id: RequestId) -> Result<(), Problem> {
        let path = self.layout.case(id);
        let Some((case, _)) = self.app.read::<Case>(&path).await? else { return Ok(()) };
        if case.subject != user {
            return Ok(());
        }
        if let Some(item) = Item::package(&case) {
            self.forget(&item, &DueItem::Package(id)).await?;
        }
        drop_package(self.app, &self.layout, id).await?;
        self.change(&path, |case: &mut Case| super::case::strip(case, self.app.now())).await
    }

    /// Removes everything under the person's prefix, and the profile last; what came while this ran too. Without a number
    /// of steps the profile is gone already.
    pub(super) async fn clear_person(&mut self, user: UserId, steps: Option<usize>) -> Result<Next, Problem> {
        let profile = self.layout.profile(user);
        let mut steps = steps.unwrap_or(STEPS);
        if !self.clear_prefix(user, &profile, &mut steps).await? {
            return Ok(Next::Unfinished);
        }
        self.app.unmark(&profile).await?;
        // Whoever had read the profile before it was marked may have written after the list.
        Ok(if self.clear_prefix(user, &profile, &mut steps).await? { Next::Done } else { Next::Unfinished })
    }

    /// Removes all but the profile; false when the steps did not suffice.
    async fn clear_prefix(
        &self,
        user: UserId,
        profile: &BlobPath,
        steps: &mut usize,
    ) -> Result<bool, Problem> {
        let mut from = None;
        loop {
            let prefix = layout::subject(user);
            let page = self.app.list(self.layout.container(), &prefix, from.as_ref(), PAGE).await?;
            for entry in page.entries.into_iter().filter(|entry| entry.name != profile.name) {
                if *steps == 0 {
                    return Ok(false);
                }
                *steps -= 1;
                self.forget_entry(user, &prefix, &entry).await?;
                self.app.unmark(&self.layout.at(entry.name)).await?;
            }
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(true),
            }
        }
    }

    /// Removes the due marker of something of the person's, where the rules say that it lies.
    async fn forget_entry(&self, user: UserId, prefix: &str, entry: &Entry) -> Result<(), Problem> {
        let Some((kind, name)) = entry.name.strip_prefix(prefix).and_then(|rest| rest.split_once('/')) else {
            return Ok(());
        };
        let name = name.to_owned();
        let (item, due) = match kind {
            "sign-ins" => match sign_ins::time_of(&name) {
                Some(at) => (Item::SignIn { at }, DueItem::SignIn { user, name }),
                None => return Ok(()),
            },
            "activity" => match kundportal_domain::RecordId::from_inverted(&name) {
                Ok(record) => {
                    (Item::Activity { at: record.created_at() }, DueItem::Activity { user, record })
                }
                Err(_) => return Ok(()),
            },
            "keys" => {
                let used_at = entry.properties.last_modified;
                (Item::IdempotencyKey { used_at }, DueItem::Key { user, hash: name })
            }
            // Its marker stays, for more may be sent until its URL expires.
            "uploads" => {
                let Some(id) = name.strip_suffix(".json").and_then(|id| id.parse().ok()) else {
                    return Ok(());
                };
                return files::abandon(self.app, &self.tenant, user, id).await;
            }
            _ => return Ok(()),
        };
        self.forget(&item, &due).await
    }

    /// The markers of this run's own day stay: the run comes to them, and one of them is what it resumes by.
    async fn forget(&self, item: &Item, due: &DueItem) -> Result<(), Problem> {
        if let Some(day) = due_day(item, &self.rules).filter(|day| *day != self.day) {
            self.app.unmark(&self.layout.due(day, &due.to_string())).await?;
        }
        Ok(())
    }
}

/// Whether the person was the author; then they are it no more.
fn take(author: &mut Option<UserId>, user: UserId) -> bool {
    author.take_if(|author| *author == user).is_some()
}
