//! Claims on addresses: `index/email/<hmac>` → user.
//!
//! A claim holds while the profile that it leads to has the address or waits to take it. Whoever takes a claim over, or
//! removes it, first reads the claim and then that profile; whoever makes an address their own first reads their profile,
//! then writes the claim, then writes the profile in the version that was read. So of two who want one address at once, the
//! later write of either the claim or the profile fails, and one has it.
//!
//! Whoever becomes a user by an invitation has no profile yet: what decides is the invitation. Their claim holds from when the
//! invitation is accepted. Before, whoever takes the claim over first writes the invitation anew, as it is, so that an
//! acceptance which read an earlier version of it fails, and decides again. The reference to the invitation is there before
//! the claim, and is how the invitation is found.
//!
//! While the key of names is changed, a claim under each of two keys has to hold ([`crate::keys::Keys`]): whoever names with
//! either key meets it.

use bytes::Bytes;
use kundportal_domain::{
    EmailAddress, InviteId, RetentionRules, UserId,
    records::{Invite, InviteStatus, Profile},
    retention,
    retention::Item,
};
use kundportal_store::{BlobPath, BlobStoreExt as _, Condition, ETag, StoreError};

use crate::{
    app::App,
    context::if_unchanged,
    layout::{self, RefKind, TenantLayout},
    people::{RACES, email_names, leave_previous, named_user, step_back},
    problem::{Problem, ProblemType},
    work::GRACE,
};

/// Claims an address; false when another user holds it. A claim that is the user's already is written anew, so that nobody
/// who has read it before can take it over.
pub(crate) async fn claim(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    address: &EmailAddress,
) -> Result<bool, Problem> {
    let names = email_names(app, address);
    let mut made = Vec::new();
    let mut holds = true;
    for name in names.claimed() {
        let path = layout.email(name);
        match claim_name(app, layout, user, (&path, address)).await? {
            Claim::Made(version) => made.push((path, version)),
            Claim::Theirs => {}
            Claim::Another => holds = false,
        }
        if !holds {
            break;
        }
    }
    // Whoever names with the coming key already claims under ours first; who has come to the end of it is found by it alone.
    if holds
        && let Some(coming) = &names.coming
        && let Some((owner, _)) = named_user(app, &layout.email(coming)).await?
    {
        holds = owner == user || gives_way(app, layout, owner, address).await?;
    }
    if !holds {
        // Half of a claim is none, and would keep others out.
        for (path, version) in made.iter().rev() {
            match app.blobs().delete(path, Some(version)).await {
                Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(holds)
}

/// What became of a claim under one key.
enum Claim {
    /// It was made here.
    Made(ETag),
    /// It had been made before.
    Theirs,
    /// Another user holds it.
    Another,
}

async fn claim_name(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    (path, address): (&BlobPath, &EmailAddress),
) -> Result<Claim, Problem> {
    for races in 0..RACES {
        let (condition, is_theirs) = match named_user(app, path).await? {
            None => (Condition::IfAbsent, false),
            // Another request of the same person has claimed it since this one looked: that is as good as our own.
            Some((owner, _)) if owner == user && races > 0 => return Ok(Claim::Theirs),
            Some((owner, etag)) if owner == user => (Condition::IfMatch(etag), true),
            Some((owner, etag)) if gives_way(app, layout, owner, address).await? => {
                (Condition::IfMatch(etag), false)
            }
            Some(_) => return Ok(Claim::Another),
        };
        match app.blobs().put_bytes(path, Bytes::from(user.to_string()), condition).await {
            Ok(_) if is_theirs => return Ok(Claim::Theirs),
            Ok(version) => return Ok(Claim::Made(version)),
            Err(StoreError::AlreadyExists | StoreError::PreconditionFailed) => step_back(app, races).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// Removes a user's claims on an address that they do not have any more; false when they wait to take it again, so that the
/// claim has to be looked at later. While they may be accepting an invitation it stays: it gives way. Of an address that they
/// have, the claim under the previous key goes.
pub(crate) async fn release(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    address: &EmailAddress,
) -> Result<bool, Problem> {
    let names = email_names(app, address);
    for name in names.all() {
        let path = layout.email(name);
        let Some((owner, etag)) = named_user(app, &path).await? else { continue };
        if owner != user {
            continue;
        }
        let profile = app.read::<Profile>(&layout.profile(user)).await?.map(|(profile, _)| profile);
        if profile.as_ref().is_some_and(|profile| has(profile, address)) {
            return leave_previous(app, layout, user, &names, TenantLayout::email).await.map(|()| true);
        }
        match profile {
            Some(profile) if awaits(app, &profile, address) => return Ok(false),
            None if !invitations(app, layout, user).await?.is_empty() => continue,
            _ => {}
        }
        match app.blobs().delete(&path, Some(&etag)).await {
            Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Whether a claim may be taken over: its user neither has the address nor may be about to take it, and does not get it by
/// an acceptance that is under way either.
async fn gives_way(
    app: &App,
    layout: &TenantLayout,
    owner: UserId,
    address: &EmailAddress,
) -> Result<bool, Problem> {
    if let Some((profile, _)) = app.read::<Profile>(&layout.profile(owner)).await? {
        return Ok(!has(&profile, address) && !awaits(app, &profile, address));
    }
    for id in invitations(app, layout, owner).await? {
        if !is_stopped(app, layout, (id, owner), address).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The invitations that somebody has accepted or may be accepting.
async fn invitations(app: &App, layout: &TenantLayout, user: UserId) -> Result<Vec<InviteId>, Problem> {
    let names = app.names(layout.container(), &layout::references(user, RefKind::Invite)).await?;
    Ok(names.into_iter().filter_map(|name| name.parse().ok()).collect())
}

/// Whether nobody becomes the user who has the address by this invitation and what they have read of it; false when they
/// are already. Whoever asks may be at the same invitation, and has to decide again then as well: else the other would still
/// become the user, by a claim that is gone.
async fn is_stopped(
    app: &App,
    layout: &TenantLayout,
    (id, user): (InviteId, UserId),
    address: &EmailAddress,
) -> Result<bool, Problem> {
    let path = layout.invite(id);
    for _ in 0..RACES {
        let Some((invite, etag)) = app.read::<Invite>(&path).await? else { return Ok(true) };
        if invite.rebinds.is_some() || invite.email.reveal().canonical() != address.canonical() {
            return Ok(true);
        }
        if invite.status != InviteStatus::Pending {
            return Ok(invite.acceptance.is_none_or(|acceptance| acceptance.user != user));
        }
        match app.write(&path, &invite, if_unchanged(&etag)).await {
            Ok(_) => return Ok(true),
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

fn has(profile: &Profile, address: &EmailAddress) -> bool {
    profile.email.reveal().canonical() == address.canonical()
}

/// A confirmation that began in time may still be under way a while after it.
fn awaits(app: &App, profile: &Profile, address: &EmailAddress) -> bool {
    let due = Item::email_change(profile)
        .and_then(|item| retention::due_at(&item, &RetentionRules::default()))
        .is_some_and(|due| app.now().duration_since(due) <= GRACE);
    let same = |change: &kundportal_domain::records::EmailChange| {
        change.email.reveal().canonical() == address.canonical()
    };
    due && profile.pending_email.as_ref().is_some_and(same)
}
