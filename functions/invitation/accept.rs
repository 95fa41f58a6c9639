//! `POST /api/invites/accept`. The claim on the identity comes first, the commit is the write on the invitation, the profile
//! and the index entries follow from it.

use kundportal_domain::{
    InviteId, Personal, TenantId, UserId,
    records::{self, Invite, InviteStatus, Profile},
};
use kundportal_store::{BlobPath, BlobStoreExt as _, Condition, ETag, StoreError};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Accepted, apply, code, find, reread};
use crate::{
    app::App,
    audit::{AuditRecord, By, ByRole},
    auth::{self, Identity},
    context::{Context, if_unchanged},
    email_changes::{claim_address, release_address},
    invites::mark_record_due,
    layout::{RefKind, TenantLayout},
    people::{RACES, named_user, step_back},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::{Marker, Work},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Acceptance {
    token: Personal<String>,
    /// From the mail, where the issuer proves no address.
    #[serde(default)]
    code: Option<Personal<String>>,
}

pub(super) async fn accept(mut context: Context, identity: Identity) -> Result<Answer, Problem> {
    let (acceptance, _) = context.json::<Acceptance>().await?;
    let app = &context.app;
    let (tenant, mut invite, mut etag) = find(app, acceptance.token.reveal()).await?;
    if identity
        .claims
        .tenants
        .as_ref()
        .is_some_and(|tenants| !tenants.iter().any(|own| own == tenant.as_str()))
    {
        return Err(ProblemType::NotFound.into());
    }
    let (id, resend) = (invite.id, invite.resends);
    for races in 0..4 * RACES {
        if let Some(earlier) = &invite.acceptance {
            if !is_theirs(earlier, &identity) {
                return Err(ProblemType::InviteAccepted.into());
            }
            let user = earlier.user;
            apply::apply(app, &tenant, &invite).await?;
            return respond::ok(&Accepted { tenant, user });
        }
        invite.usable_at(app.now())?;
        let given = acceptance.code.as_ref().map(|code| code.reveal().as_str());
        let proven = prove_address(&context, &tenant, (&invite, &etag), &identity, given).await;
        if proven.as_ref().is_err_and(|problem| problem.is(ProblemType::Forbidden)) {
            let by = By { user: None, role: ByRole::Invited };
            app.audit(&tenant, &AuditRecord::denied(app, by, context.operation.id)).await?;
        }
        proven?;
        match commit(&context, &tenant, invite, &etag, &identity).await {
            Ok(user) => return respond::ok(&Accepted { tenant, user }),
            Err(problem) if problem.is(ProblemType::PreconditionFailed) => step_back(app, races).await,
            Err(problem) if problem.is(ProblemType::EmailTaken) => {
                // Whoever holds the address may have it by this very invitation: then that is what is said.
                (invite, etag) = reread(app, &tenant, id, resend).await?;
                if invite.acceptance.is_none() {
                    return Err(problem);
                }
                continue;
            }
            Err(problem) => return Err(problem),
        }
        (invite, etag) = reread(app, &tenant, id, resend).await?;
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// The invited address must be the one that the issuer vouches for; where it vouches for none, a code proves it.
async fn prove_address(
    context: &Context,
    tenant: &TenantId,
    invite: (&Invite, &ETag),
    identity: &Identity,
    given: Option<&str>,
) -> Result<(), Problem> {
    match &identity.claims.email {
        Some(email) if email.reveal().canonical() == invite.0.email.reveal().canonical() => Ok(()),
        Some(_) => Err(ProblemType::Forbidden.into()),
        None => code::require(&context.app, tenant, invite, identity, given).await,
    }
}

async fn commit(
    context: &Context,
    tenant: &TenantId,
    mut invite: Invite,
    etag: &ETag,
    identity: &Identity,
) -> Result<UserId, Problem> {
    let app = &context.app;
    let layout = TenantLayout::new(tenant);
    if let Some(rebound) = invite.rebinds {
        let profile = app.read::<Profile>(&layout.profile(rebound)).await?;
        if profile.is_none_or(|(profile, _)| profile.is_leaving()) {
            return Err(ProblemType::NotFound.into());
        }
    }
    let Holder { user, claimed, is_user, marker } = claim(context, tenant, &invite, identity).await?;
    let by = By { user: Some(user), role: ByRole::Invited };
    let record = AuditRecord::intended(app, by, context.operation.id, invite.id).about([user]);
    app.audit(tenant, &record).await?;
    let marker = match marker {
        Some(marker) => marker,
        None => begin(app, tenant, &invite, user, identity).await?,
    };
    let attempt = Attempt { app, layout: &layout, invite: invite.id, user, claimed, marker };
    let was_user = is_user || invite.rebinds.is_some() || app.exists(&layout.profile(user)).await?;
    if !was_user && !claim_address(app, &layout, user, invite.email.reveal()).await? {
        // Another user has the address, is confirming it or has just accepted an invitation to it: one address leads to one
        // person. Whoever learns of that has just proven the mailbox to be theirs, and can be invited to sign in anew as the
        // user they are. Who is a user already keeps the address they have.
        attempt.take_back(&invite).await?;
        return Err(ProblemType::EmailTaken.into());
    }
    mark_record_due(app, tenant, invite.id).await?;
    invite.close(InviteStatus::Accepted, app.now());
    invite.acceptance = Some(records::Acceptance {
        accepted_by: identity.name().to_owned(),
        user,
        was_user,
        issuer: identity.claims.issuer.clone(),
        subject: identity.claims.subject.clone(),
    });
    match app.write(&layout.invite(invite.id), &invite, if_unchanged(etag)).await {
        Ok(_) => {}
        Err(StoreError::PreconditionFailed) => {
            // Somebody else was faster, or the same person twice: only what is certainly nobody's is taken back.
            let now = app.read::<Invite>(&layout.invite(invite.id)).await?.map(|(invite, _)| invite);
            let is_over = now.as_ref().is_none_or(|now| now.status != InviteStatus::Pending);
            match now.and_then(|now| now.acceptance) {
                Some(winner) if winner.user != user => attempt.take_back(&invite).await?,
                // Another sign-in for the same user.
                Some(winner) if !is_theirs(&winner, identity) => {
                    for name in identity.names.all() {
                        apply::release(app, &layout, user, name).await?;
                    }
                }
                None if is_over => attempt.take_back(&invite).await?,
                _ => {}
            }
            return Err(ProblemType::PreconditionFailed.into());
        }
        Err(error) => return Err(error.into()),
    }
    apply::apply(app, tenant, &invite).await?;
    app.finish(&attempt.marker).await?;
    Ok(user)
}

/// An acceptance on its way to its commit point.
struct Attempt<'a> {
    app: &'a App,
    layout: &'a TenantLayout,
    invite: InviteId,
    user: UserId,
    claimed: Option<Claimed>,
    marker: Marker,
}

impl Attempt<'_> {
    /// Takes back what was prepared for an acceptance that did not come about. Where the claim on the identity was found, the
    /// same person may be at another acceptance: then the worker takes it back, once nobody can be at it any more.
    async fn take_back(&self, invite: &Invite) -> Result<(), Problem> {
        let Self { app, layout, user, .. } = self;
        app.unmark(&layout.reference(*user, RefKind::Invite, &self.invite.to_string())).await?;
        let Some(claimed) = &self.claimed else { return Ok(()) };
        release_address(app, layout, *user, invite.email.reveal()).await?;
        give_up(app, claimed).await?;
        Ok(app.finish(&self.marker).await?)
    }
}

/// The claims on an identity that were made here, in the order in which they were made, under each key that counts.
type Claimed = Vec<(BlobPath, ETag)>;

/// Removes claims, the last one first; where somebody has taken one for themselves since, it stays, and so do those before it.
async fn give_up(app: &App, claimed: &Claimed) -> Result<(), Problem> {
    for (path, version) in claimed.iter().rev() {
        match app.blobs().delete(path, Some(version)).await {
            Ok(()) | Err(StoreError::NotFound) => {}
            Err(StoreError::PreconditionFailed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether an invitation was accepted by this identity, under whichever key.
fn is_theirs(acceptance: &records::Acceptance, identity: &Identity) -> bool {
    acceptance.issuer == identity.claims.issuer
        && acceptance.subject.reveal() == identity.claims.subject.reveal()
}

/// The user that an identity is or becomes.
struct Holder {
    user: UserId,
    /// The claims on the identity, if they were made here.
    claimed: Option<Claimed>,
    is_user: bool,
    /// What was begun before the claim.
    marker: Option<Marker>,
}

/// Marks that the identity is about to accept as this user. The reference comes before every claim: it keeps whoever tidies up
/// after somebody else from taking the claim away, and leads whoever wants the address to this invitation.
async fn begin(
    app: &App,
    tenant: &TenantId,
    invite: &Invite,
    user: UserId,
    identity: &Identity,
) -> Result<Marker, Problem> {
    let identities = identity.names.all().cloned().collect();
    let marker = app.begin(tenant, Work::Acceptance { invite: invite.id, user, identities }).await?;
    let layout = TenantLayout::new(tenant);
    app.mark(&layout.reference(user, RefKind::Invite, &invite.id.to_string())).await?;
    Ok(marker)
}

/// The user that this identity is or becomes.
async fn claim(
    context: &Context,
    tenant: &TenantId,
    invite: &Invite,
    identity: &Identity,
) -> Result<Holder, Problem> {
    let app = &context.app;
    let layout = &TenantLayout::new(tenant);
    for races in 0..RACES {
        if let Some((profile, _)) = auth::find(context, layout, identity).await? {
            if !profile.is_active() {
                return Err(ProblemType::UserDeactivated.into());
            }
            return match invite.rebinds {
                Some(rebound) if rebound != profile.id => Err(ProblemType::AlreadyMember.into()),
                _ => Ok(Holder { user: profile.id, claimed: None, is_user: true, marker: None }),
            };
        }
        let standing = Standing::of(app, layout, identity).await?;
        if standing.is_theirs {
            // Another acceptance of theirs has come to its end since the first look.
            continue;
        }
        let found = standing.adopted.filter(|_| invite.rebinds.is_none());
        let user = found.or(invite.rebinds).unwrap_or_else(|| UserId::new(app.now(), app.random()));
        let marker = begin(app, tenant, invite, user, identity).await?;
        let mut claimed = Vec::new();
        let holds = standing.claim(app, user, &mut claimed).await?
            && !standing.is_overtaken(context, layout, identity, user).await?;
        if holds {
            // Whoever is at another acceptance as the same user relies on the claim as well.
            let claimed = (!standing.names(user)).then_some(claimed);
            return Ok(Holder { user, claimed, is_user: false, marker: Some(marker) });
        }
        give_up(app, &claimed).await?;
        if found.is_none() && invite.rebinds.is_none() {
            // Of a user whom nobody else knows. Else the worker takes back what nobody needs, once nobody can be at it any more.
            app.unmark(&layout.reference(user, RefKind::Invite, &invite.id.to_string())).await?;
            app.finish(&marker).await?;
        }
        step_back(app, races).await;
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// What lies at the names of an identity that leads to no user yet.
struct Standing {
    /// Where a claim is to be made, in this order, and whose is there.
    claims: Vec<(BlobPath, Option<(UserId, ETag)>)>,
    coming: Option<BlobPath>,
    /// The user without a profile whom a claim names: somebody is accepting as them, or stopped doing so. The one under the
    /// current key counts before others.
    adopted: Option<UserId>,
    is_theirs: bool,
}

impl Standing {
    async fn of(app: &App, layout: &TenantLayout, identity: &Identity) -> Result<Self, Problem> {
        let mut standing = Self { claims: Vec::new(), coming: None, adopted: None, is_theirs: false };
        let names = &identity.names;
        for name in names.all() {
            let path = layout.identity(name);
            let found = named_user(app, &path).await?;
            if let Some((user, _)) = &found {
                let profile = app.read::<Profile>(&layout.profile(*user)).await?.map(|(profile, _)| profile);
                standing.is_theirs |= profile.as_ref().is_some_and(|profile| auth::is_of(profile, identity));
                if profile.is_none() {
                    standing.adopted = standing.adopted.or(Some(*user));
                }
            }
            if names.coming.as_ref() == Some(name) {
                standing.coming = Some(path);
            } else {
                standing.claims.push((path, found));
            }
        }
        // All names begin with the current one, which is claimed last.
        standing.claims.reverse();
        Ok(standing)
    }

    /// Whether a claim is this user's already.
    fn names(&self, user: UserId) -> bool {
        self.claims.iter().any(|(_, found)| found.as_ref().is_some_and(|(found, _)| *found == user))
    }

    /// Claims each name as it was found; false where somebody was faster. What is the user's already is written anew, so that
    /// nobody who has read it before takes it away, and is not counted as claimed here.
    async fn claim(&self, app: &App, user: UserId, claimed: &mut Claimed) -> Result<bool, Problem> {
        for (path, found) in &self.claims {
            let condition = found.as_ref().map_or(Condition::IfAbsent, |(_, version)| if_unchanged(version));
            match app.blobs().put_bytes(path, bytes::Bytes::from(user.to_string()), condition).await {
                Ok(_) if found.as_ref().is_some_and(|(found, _)| *found == user) => {}
                Ok(version) => claimed.push((path.clone(), version)),
                Err(StoreError::AlreadyExists | StoreError::PreconditionFailed) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Whether somebody who names with the coming key has the identity by now: they have claimed it under ours, and left that
    /// when they had come to the end.
    async fn is_overtaken(
        &self,
        context: &Context,
        layout: &TenantLayout,
        identity: &Identity,
        user: UserId,
    ) -> Result<bool, Problem> {
        let Some(coming) = &self.coming else { return Ok(false) };
        let Some((found, _)) = named_user(&context.app, coming).await? else { return Ok(false) };
        let profile = context.app.read::<Profile>(&layout.profile(found)).await?;
        Ok(found != user && profile.is_none_or(|(profile, _)| auth::is_of(&profile, identity)))
    }
}
