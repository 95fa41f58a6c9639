//! Changing one's own profile: decide, write if nobody else did meanwhile, else decide again.

use kundportal_domain::records::Profile;
use kundportal_store::{ETag, StoreError};

use crate::{
    auth::User,
    context::{Context, if_unchanged},
    people::{RACES, step_back},
    problem::{Problem, ProblemType},
};

/// The caller's profile in the version that the next write is meant for.
pub(super) struct OwnProfile<'a> {
    context: &'a Context,
    user: &'a User,
    profile: Profile,
    etag: ETag,
    /// Whether another version may be taken: not where the caller named one.
    may_read_again: bool,
    races: usize,
}

impl<'a> OwnProfile<'a> {
    /// The profile as it was read with the request; `If-Match` must name that version (412).
    pub(super) fn new(context: &'a Context, user: &'a User) -> Result<Self, Problem> {
        context.check_if_match(&user.etag)?;
        let may_read_again = context.if_match()?.is_none();
        Ok(Self { may_read_again, ..Self::of_any_version(context, user) })
    }

    /// The same where `If-Match` is about something else than the profile.
    pub(super) fn of_any_version(context: &'a Context, user: &'a User) -> Self {
        let (profile, etag) = (user.profile.clone(), user.etag.clone());
        Self { context, user, profile, etag, may_read_again: true, races: 0 }
    }

    /// What there is now.
    pub(super) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Its version.
    pub(super) fn etag(&self) -> &ETag {
        &self.etag
    }

    /// Writes the next version and answers true; false when somebody else wrote first: then [`Self::profile`] is theirs, to
    /// decide on again. After too many such races, or where the caller named a version: 412.
    pub(super) async fn commit(&mut self, next: Profile) -> Result<bool, Problem> {
        let path = self.user.layout.profile(self.user.id());
        match self.context.app.write(&path, &next, if_unchanged(&self.etag)).await {
            Ok(etag) => {
                (self.profile, self.etag) = (next, etag);
                Ok(true)
            }
            Err(StoreError::PreconditionFailed) if self.may_read_again && self.races < RACES => {
                self.races += 1;
                step_back(&self.context.app, self.races).await;
                self.read_again().await?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A profile that is gone, or that leads another identity now, is not the caller's any more.
    async fn read_again(&mut self) -> Result<(), Problem> {
        let path = self.user.layout.profile(self.user.id());
        let (profile, etag) = self.context.app.read::<Profile>(&path).await?.ok_or(ProblemType::NotFound)?;
        let claims = &self.user.identity.claims;
        if profile.issuer != claims.issuer || profile.subject.reveal() != claims.subject.reveal() {
            return Err(ProblemType::NotFound.into());
        }
        (self.profile, self.etag) = (profile, etag);
        Ok(())
    }
}
