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

use bytes::Bytes;
use kundportal_domain::{
    EmailAddress, InviteId, RetentionRules, UserId,
    records::{Invite, InviteStatus, Profile},
    retention,
    retention::Item,
};
use kundportal_store::{BlobStoreExt as _, Condition, StoreError};

use crate::{
    app::App,
    context::if_unchanged,
    layout::{self, RefKind, TenantLayout},
    people::{RACES, email_names, named_user, step_back},
    problem::{Problem, ProblemType},
    work::GRACE,
};

/// Claims an address; false when another user holds it. A claim that is the user's already is written anew, so that nobody
/// who has read it before can take it over. `by`: the invitation that the user is about to accept.
pub(crate) async fn claim(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    address: &EmailAddress,
    by: Option<InviteId>,
) -> Result<bool, Problem> {
    let names = email_names(app, address);
    let Some((current, previous)) = names.split_first() else {
        return Err(Problem::internal("there is no key for the names of addresses"));
    };
    for name in previous {
        if let Some((owner, _)) = named_user(app, &layout.email(name)).await?
            && owner != user
            && !gives_way(app, layout, owner, address, by).await?
        {
            return Ok(false);
        }
    }
    let path = layout.email(current);
    for races in 0..RACES {
        let condition = match named_user(app, &path).await? {
            None => Condition::IfAbsent,
            // Another request of the same person has claimed it since this one looked: that is as good as our own.
            Some((owner, _)) if owner == user && races > 0 => return Ok(true),
            Some((owner, etag)) if owner == user || gives_way(app, layout, owner, address, by).await? => {
                Condition::IfMatch(etag)
            }
            Some(_) => return Ok(false),
        };
        match app.blobs().put_bytes(&path, Bytes::from(user.to_string()), condition).await {
            Ok(_) => return Ok(true),
            Err(StoreError::AlreadyExists | StoreError::PreconditionFailed) => step_back(app, races).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// Removes a user's claims on an address that they do not have any more; false when they wait to take it again, so that the
/// claim has to be looked at later. While they may be accepting an invitation it stays: it gives way.
pub(crate) async fn release(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    address: &EmailAddress,
) -> Result<bool, Problem> {
    for name in email_names(app, address) {
        let path = layout.email(&name);
        let Some((owner, etag)) = named_user(app, &path).await? else { continue };
        if owner != user {
            continue;
        }
        let profile = app.read::<Profile>(&layout.profile(user)).await?.map(|(profile, _)| profile);
        if profile.as_ref().is_some_and(|profile| has(profile, address)) {
            continue;
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
/// an acceptance that is under way either, unless by the very one that is at it here.
async fn gives_way(
    app: &App,
    layout: &TenantLayout,
    owner: UserId,
    address: &EmailAddress,
    by: Option<InviteId>,
) -> Result<bool, Problem> {
    if let Some((profile, _)) = app.read::<Profile>(&layout.profile(owner)).await? {
        return Ok(!has(&profile, address) && !awaits(app, &profile, address));
    }
    for id in invitations(app, layout, owner).await? {
        if !is_stopped(app, layout, (id, owner), address, by).await? {
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
/// are already.
async fn is_stopped(
    app: &App,
    layout: &TenantLayout,
    (id, user): (InviteId, UserId),
    address: &EmailAddress,
    by: Option<InviteId>,
) -> Result<bool, Problem> {
    let path = layout.invite(id);
    for _ in 0..RACES {
        let Some((invite, etag)) = app.read::<Invite>(&path).await? else { return Ok(true) };
        if invite.rebinds.is_some() || invite.email.reveal().canonical() != address.canonical() {
            return Ok(true);
        }
        if invite.status != InviteStatus::Pending || by == Some(id) {
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
