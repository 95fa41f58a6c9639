//! What is a person's own and goes with one blob: sign-ins, activity, keys, a change of address that was not confirmed.

use kundportal_domain::{RecordId, UserId, records::Profile, retention::Item};
use kundportal_store::{BlobPath, StoreError};

use super::{Next, Run};
use crate::{
    context::if_unchanged,
    due::DueItem,
    people::RACES,
    problem::{Problem, ProblemType},
    sign_ins::SignIn,
};

impl Run<'_> {
    pub(super) async fn sign_in(&mut self, due: &DueItem, user: UserId, name: &str) -> Result<Next, Problem> {
        let path = self.layout.sign_in(user, name);
        let Some((sign_in, _)) = self.app.read::<SignIn>(&path).await? else { return Ok(Next::Done) };
        self.purge(due, &Item::SignIn { at: sign_in.at }, user, &path).await
    }

    pub(super) async fn activity(
        &mut self,
        due: &DueItem,
        user: UserId,
        record: RecordId,
    ) -> Result<Next, Problem> {
        let path = self.layout.activity(user, record);
        if !self.app.exists(&path).await? {
            return Ok(Next::Done);
        }
        self.purge(due, &Item::Activity { at: record.created_at() }, user, &path).await
    }

    /// A key says what it was used for and nothing of its time: storage knows when it was written.
    pub(super) async fn key(&mut self, due: &DueItem, user: UserId, hash: &str) -> Result<Next, Problem> {
        let path = self.layout.key(user, hash);
        match self.app.blobs().properties(&path).await {
            Ok(found) => {
                self.purge(due, &Item::IdempotencyKey { used_at: found.last_modified }, user, &path).await
            }
            Err(StoreError::NotFound) => Ok(Next::Done),
            Err(error) => Err(error.into()),
        }
    }

    async fn purge(
        &mut self,
        due: &DueItem,
        item: &Item,
        user: UserId,
        path: &BlobPath,
    ) -> Result<Next, Problem> {
        if let Some(next) = self.kept(item, Some(user)).await? {
            return Ok(next);
        }
        self.audit("retention", due, [user]).await?;
        self.app.unmark(path).await?;
        Ok(Next::Done)
    }

    pub(super) async fn email_change(&mut self, due: &DueItem, user: UserId) -> Result<Next, Problem> {
        let path = self.layout.profile(user);
        for _ in 0..RACES {
            let Some((profile, etag)) = self.app.read::<Profile>(&path).await? else { return Ok(Next::Done) };
            let Some(item) = Item::email_change(&profile) else { return Ok(Next::Done) };
            if let Some(next) = self.kept(&item, Some(user)).await? {
                return Ok(next);
            }
            self.audit("retention", due, [user]).await?;
            let without = Profile { pending_email: None, updated_at: self.app.now(), ..profile };
            match self.app.write(&path, &without, if_unchanged(&etag)).await {
                Ok(_) => return Ok(Next::Done),
                Err(StoreError::PreconditionFailed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }
}
