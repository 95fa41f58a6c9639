//! The claims of a person: the entries by which one identity, and one address, leads to one user.

use bytes::Bytes;
use kundportal_domain::{UserId, records::Profile};
use kundportal_store::{BlobStoreExt as _, Condition, StoreError};

use super::{Conflict, Rebuild};
use crate::{
    email_changes::{claim_address, release_address},
    layout::{self, TenantLayout},
    people::{self, RACES, identity_names, leave_previous, named_user, step_back},
    problem::{Problem, ProblemType},
};

impl Rebuild<'_> {
    /// Claims what a person is found by. What somebody else holds stays theirs, and is reported.
    pub(super) async fn claim_for(&self, profile: &Profile) -> Result<(), Problem> {
        let (_, layout) = self.tenant()?;
        self.claim_identity(profile).await?;
        let names = people::email_names(self.app, profile.email.reveal());
        if claim_address(self.app, layout, profile.id, profile.email.reveal()).await? {
            self.tally().written += 1;
            return leave_previous(self.app, layout, profile.id, &names, TenantLayout::email).await;
        }
        for name in names.all() {
            if let Some((owner, _)) = named_user(self.app, &layout.email(name)).await?
                && owner != profile.id
            {
                self.tally().conflict(Conflict::Address(owner, profile.id));
                return Ok(());
            }
        }
        // It was given up between the two looks.
        Err(ProblemType::PreconditionFailed.into())
    }

    async fn claim_identity(&self, profile: &Profile) -> Result<(), Problem> {
        let (_, layout) = self.tenant()?;
        let names = identity_names(self.app, profile);
        let path = layout.identity(&names.current);
        let id = Bytes::from(profile.id.to_string());
        for races in 0..RACES {
            let condition = match named_user(self.app, &path).await? {
                None if self.app.exists(&path).await? => Condition::Always,
                None => Condition::IfAbsent,
                Some((owner, version)) if owner == profile.id || self.is_void(owner, profile).await? => {
                    Condition::IfMatch(version)
                }
                Some((owner, _)) => {
                    self.tally().conflict(Conflict::Identity(owner, profile.id));
                    return Ok(());
                }
            };
            match self.app.blobs().put_bytes(&path, id.clone(), condition).await {
                Ok(_) => {
                    self.tally().written += 1;
                    return leave_previous(self.app, layout, profile.id, &names, TenantLayout::identity)
                        .await;
                }
                Err(StoreError::AlreadyExists | StoreError::PreconditionFailed) => {
                    step_back(self.app, races).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    /// Whether another user's claim on the identity of `profile` leads to nobody who has it or may get it.
    async fn is_void(&self, owner: UserId, profile: &Profile) -> Result<bool, Problem> {
        let (_, layout) = self.tenant()?;
        match self.app.read::<Profile>(&layout.profile(owner)).await? {
            Some((other, _)) => Ok(other.is_leaving()
                || other.issuer != profile.issuer
                || other.subject.reveal() != profile.subject.reveal()),
            // Whoever accepts an invitation claims first.
            None => Ok(false),
        }
    }

    /// Gives up what a person is not found by any more.
    pub(super) async fn release_claims(&self, before: &Profile, now: &Profile) -> Result<(), Problem> {
        let (tenant, layout) = self.tenant()?;
        if identity_names(self.app, before) != identity_names(self.app, now) {
            people::unindex_identity(self.app, tenant, before).await?;
        }
        let (old, new) = (before.email.reveal(), now.email.reveal());
        if old.canonical() != new.canonical() {
            // One that they wait to take again stays theirs: whoever ends the waiting gives it up.
            release_address(self.app, layout, before.id, old).await?;
        }
        Ok(())
    }

    /// Whether a user without a profile may be about to get one by an invitation.
    pub(super) async fn is_invited(&self, user: UserId) -> Result<bool, Problem> {
        let (_, layout) = self.tenant()?;
        let prefix = layout::references(user, layout::RefKind::Invite);
        let page = self.app.list(layout.container(), &prefix, None, 1).await?;
        Ok(!page.entries.is_empty() || page.next.is_some())
    }
}
