//! What follows from an accepted invitation: the profile, the membership, the index entries. Again changes nothing.

use kundportal_domain::{
    InviteId, Personal, TenantId, UserId,
    records::{Acceptance, Invite, Profile, Status, TenantRole},
};
use kundportal_store::{Condition, ETag, StoreError};

use crate::{
    app::App,
    context::if_unchanged,
    email_changes::release_address,
    invites,
    layout::{RefKind, TenantLayout},
    people::{self, RACES, administrators, index_user, is_active_administrator, named_user},
    problem::{Problem, ProblemType},
};

/// Brings the user up to what the invitation gives. Whose account went meanwhile gets nothing: `not-found`.
pub(super) async fn apply(app: &App, tenant: &TenantId, invite: &Invite) -> Result<(), Problem> {
    let Some(acceptance) = &invite.acceptance else { return Ok(()) };
    let layout = TenantLayout::new(tenant);
    for _ in 0..RACES {
        let found = app.read::<Profile>(&layout.profile(acceptance.user)).await?;
        let (before, condition) = match found {
            Some((profile, etag)) => (Some(profile), if_unchanged(&etag)),
            None => (None, Condition::IfAbsent),
        };
        if let Some(profile) = before.as_ref().filter(|profile| profile.granted.contains(&invite.id)) {
            return follow(app, tenant, profile, (invite, acceptance)).await;
        }
        if before.is_none() && acceptance.was_user {
            // Neither a new sign-in nor a further membership brings it back.
            return forget(app, tenant, invite, acceptance).await;
        }
        let profile = grant(app, before.clone(), invite, acceptance);
        match &before {
            // The former sign-in ends before the new one begins, so that no crash leaves both.
            Some(before) if !is_same_identity(before, &profile) => {
                people::unindex_identity(app, tenant, before).await?;
            }
            Some(_) => {}
            None => people::mark_account_due(app, tenant, &profile).await?,
        }
        match app.write(&layout.profile(profile.id), &profile, condition).await {
            Ok(_) => return follow(app, tenant, &profile, (invite, acceptance)).await,
            Err(StoreError::AlreadyExists | StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// What comes after the profile.
async fn follow(
    app: &App,
    tenant: &TenantId,
    profile: &Profile,
    (invite, acceptance): (&Invite, &Acceptance),
) -> Result<(), Problem> {
    let is_there = index_user(app, tenant, profile).await?;
    if is_active_administrator(profile) {
        administrators::add(app, &TenantLayout::new(tenant), profile.id).await?;
    }
    if is_there {
        invites::complete_closed(app, tenant, invite.id).await
    } else {
        // Whoever removes the account may have missed the invitation.
        forget(app, tenant, invite, acceptance).await
    }
}

/// Leaves nothing of an invitation that somebody has accepted whose account is gone.
async fn forget(
    app: &App,
    tenant: &TenantId,
    invite: &Invite,
    acceptance: &Acceptance,
) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    invites::remove(app, &layout, invite).await?;
    app.unmark(&layout.reference(acceptance.user, RefKind::Invite, &invite.id.to_string())).await?;
    let names = people::names_of_identity(app, &acceptance.issuer, acceptance.subject.reveal());
    for name in names.all() {
        release(app, &layout, acceptance.user, name).await?;
    }
    Err(ProblemType::NotFound.into())
}

fn is_same_identity(one: &Profile, other: &Profile) -> bool {
    one.issuer == other.issuer && one.subject.reveal() == other.subject.reveal()
}

/// The profile after the invitation, which grants once: who repeats an acceptance brings back no role that was taken away
/// since, and no sign-in that another has replaced. A role that says more is not lost to one that says less.
fn grant(app: &App, before: Option<Profile>, invite: &Invite, acceptance: &Acceptance) -> Profile {
    let now = app.now();
    let mut profile = before.unwrap_or_else(|| Profile {
        id: acceptance.user,
        issuer: acceptance.issuer.clone(),
        subject: acceptance.subject.clone(),
        invite: invite.id,
        name: invite.name.clone(),
        email: invite.email.clone(),
        pending_email: None,
        phone: None,
        locale: invite.locale,
        picture: None,
        fields: Personal::default(),
        supplementary_statement: None,
        role: invite.role.tenant_role(),
        status: Status::Active,
        deactivated_at: None,
        leaving_since: None,
        memberships: Vec::new(),
        email_changes: 0,
        email_changes_on: None,
        granted: Vec::new(),
        confirmed_email_change: 0,
        changes: Vec::new(),
        created_at: now,
        updated_at: now,
    });
    profile.granted.push(invite.id);
    profile.updated_at = now;
    if invite.rebinds.is_some() {
        // It gives a new sign-in, and nothing that has been taken away meanwhile.
        profile.issuer.clone_from(&acceptance.issuer);
        profile.subject = acceptance.subject.clone();
        return profile;
    }
    if profile.role == TenantRole::Member || invite.role.tenant_role() == TenantRole::Administrator {
        profile.role = invite.role.tenant_role();
    }
    if let (Some(customer), Some(role)) = (invite.customer, invite.role.membership_role()) {
        profile.join(customer, role, now);
    }
    profile
}

/// [`crate::work::Work::Acceptance`]: carries on after the commit; before it, once nobody is at it any more, takes back what
/// was prepared for a user who never came. True when there is nothing more to do.
pub(crate) async fn complete(
    app: &App,
    tenant: &TenantId,
    (id, user, identities): (InviteId, UserId, &[String]),
    abandoned: bool,
) -> Result<bool, Problem> {
    let layout = TenantLayout::new(tenant);
    let invite = app.read::<Invite>(&layout.invite(id)).await?.map(|(invite, _)| invite);
    let is_theirs = |invite: &Invite| invite.acceptance.as_ref().is_some_and(|own| own.user == user);
    if let Some(invite) = invite.as_ref().filter(|invite| is_theirs(invite)) {
        match apply(app, tenant, invite).await {
            Err(problem) if !problem.is(ProblemType::NotFound) => return Err(problem),
            // The account went meanwhile.
            _ => {}
        }
        // Another sign-in for the same user may have been faster.
        if invite.acceptance.as_ref().is_some_and(|own| !identities.contains(&own.accepted_by)) {
            release_all(app, &layout, user, identities).await?;
        }
        return Ok(true);
    }
    if abandoned {
        app.unmark(&layout.reference(user, RefKind::Invite, &id.to_string())).await?;
        if let Some(invite) = invite {
            release_address(app, &layout, user, invite.email.reveal()).await?;
        }
        release_all(app, &layout, user, identities).await?;
    }
    Ok(abandoned)
}

async fn release_all(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    identities: &[String],
) -> Result<(), Problem> {
    for identity in identities {
        release(app, layout, user, identity).await?;
    }
    Ok(())
}

/// Removes the claim of an identity on a user whom it does not lead to: one without a profile and without another invitation,
/// or one who signs in otherwise.
pub(super) async fn release(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    identity: &str,
) -> Result<(), Problem> {
    let path = layout.identity(identity);
    let Some((found, etag)): Option<(UserId, ETag)> = named_user(app, &path).await? else { return Ok(()) };
    if found != user {
        return Ok(());
    }
    let holds = if let Some((profile, _)) = app.read::<Profile>(&layout.profile(user)).await? {
        people::identity_names(app, &profile).contains(identity)
    } else {
        let invites = crate::layout::references(user, RefKind::Invite);
        !app.names(layout.container(), &invites).await?.is_empty()
    };
    if holds {
        return Ok(());
    }
    match app.blobs().delete(&path, Some(&etag)).await {
        Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
