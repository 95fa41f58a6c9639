//! `POST /api/invites/accept`. The claim on the identity comes first, the commit is the write on the invitation, the profile
//! and the index entries follow from it.

use kundportal_domain::{
    InviteId, Personal, TenantId, UserId,
    records::{self, Invite, InviteStatus, Profile},
};
use kundportal_store::{BlobStoreExt as _, Condition, ETag, StoreError};
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
            if !identity.names.contains(&earlier.accepted_by) {
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
    let Holder { user, claimed, is_user } = claim(context, tenant, &invite, identity).await?;
    let by = By { user: Some(user), role: ByRole::Invited };
    let record = AuditRecord::intended(app, by, context.operation.id, invite.id).about([user]);
    app.audit(tenant, &record).await?;
    let name = identity.name().to_owned();
    let (claimed, marker) = match claimed {
        Some((claim, marker)) => (Some(claim), marker),
        None => (None, app.begin(tenant, work_of(&invite, user, identity)).await?),
    };
    let attempt = Attempt { app, layout: &layout, invite: invite.id, user, identity: &name, claimed, marker };
    // Before the claim on the address: it leads whoever takes the claim over to this invitation.
    app.mark(&layout.reference(user, RefKind::Invite, &invite.id.to_string())).await?;
    let was_user = is_user || invite.rebinds.is_some() || app.exists(&layout.profile(user)).await?;
    if !was_user && !claim_address(app, &layout, user, invite.email.reveal(), Some(invite.id)).await? {
        // Another user has the address, is confirming it or has just accepted an invitation to it: one address leads to one
        // person. Whoever learns of that has just proven the mailbox to be theirs, and can be invited to sign in anew as the
        // user they are. Who is a user already keeps the address they have.
        attempt.take_back(&invite).await?;
        return Err(ProblemType::EmailTaken.into());
    }
    mark_record_due(app, tenant, invite.id).await?;
    invite.close(InviteStatus::Accepted, app.now());
    invite.acceptance = Some(records::Acceptance {
        accepted_by: name.clone(),
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
                Some(winner) if winner.accepted_by != name => {
                    apply::release(app, &layout, user, &name).await?;
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
    identity: &'a str,
    /// The claim on the identity, if it was made here.
    claimed: Option<ETag>,
    marker: Marker,
}

impl Attempt<'_> {
    /// Takes back what was prepared for an acceptance that did not come about. Where the claim on the identity was found, the
    /// same person may be at another acceptance: then the worker takes it back, once nobody can be at it any more.
    async fn take_back(&self, invite: &Invite) -> Result<(), Problem> {
        let Self { app, layout, user, .. } = self;
        app.unmark(&layout.reference(*user, RefKind::Invite, &self.invite.to_string())).await?;
        let Some(claim) = &self.claimed else { return Ok(()) };
        release_address(app, layout, *user, invite.email.reveal()).await?;
        match app.blobs().delete(&layout.identity(self.identity), Some(claim)).await {
            Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(app.finish(&self.marker).await?)
    }
}

/// The user that an identity is or becomes.
struct Holder {
    user: UserId,
    /// The claim on the identity, if it was made here, and the work marker that came before it.
    claimed: Option<(ETag, Marker)>,
    is_user: bool,
}

fn work_of(invite: &Invite, user: UserId, identity: &Identity) -> Work {
    Work::Acceptance { invite: invite.id, user, identity: identity.name().to_owned() }
}

/// The user that this identity is or becomes. An entry whose user does not name the
/// identity back is adopted when that user has no profile (somebody is accepting, or stopped doing so), else taken over.
async fn claim(
    context: &Context,
    tenant: &TenantId,
    invite: &Invite,
    identity: &Identity,
) -> Result<Holder, Problem> {
    let app = &context.app;
    let layout = &TenantLayout::new(tenant);
    let path = layout.identity(identity.name());
    for _ in 0..RACES {
        if let Some((profile, _)) = auth::find(context, layout, identity).await? {
            if !profile.is_active() {
                return Err(ProblemType::UserDeactivated.into());
            }
            return match invite.rebinds {
                Some(rebound) if rebound != profile.id => Err(ProblemType::AlreadyMember.into()),
                _ => Ok(Holder { user: profile.id, claimed: None, is_user: true }),
            };
        }
        let user = invite.rebinds.unwrap_or_else(|| UserId::new(app.now(), app.random()));
        let id = bytes::Bytes::from(user.to_string());
        let condition = match named_user(app, &path).await? {
            None => Condition::IfAbsent,
            Some((found, etag)) => {
                let profile = app.read::<Profile>(&layout.profile(found)).await?.map(|(profile, _)| profile);
                if profile.is_none() && invite.rebinds.is_none() {
                    return Ok(Holder { user: found, claimed: None, is_user: false });
                }
                if profile.is_some_and(|profile| auth::is_of(&profile, identity)) {
                    // Another acceptance of theirs has come to its end since the first look.
                    continue;
                }
                if found == user {
                    return Ok(Holder { user, claimed: None, is_user: false });
                }
                Condition::IfMatch(etag)
            }
        };
        let marker = app.begin(tenant, work_of(invite, user, identity)).await?;
        match app.blobs().put_bytes(&path, id, condition).await {
            Ok(etag) => return Ok(Holder { user, claimed: Some((etag, marker)), is_user: false }),
            Err(StoreError::AlreadyExists | StoreError::PreconditionFailed) => app.finish(&marker).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}
