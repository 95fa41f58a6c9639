//! Claims on addresses: `index/email/<hmac>` → user.
//!
//! A claim holds while the profile that it leads to has the address or waits to take it. Whoever takes a claim over, or
//! removes it, first reads the claim and then that profile; whoever makes an address their own first reads their profile,
//! then writes the claim, then writes the profile in the version that was read. So of two who want one address at once, the
//! later write of either the claim or the profile fails, and one has it.

use bytes::Bytes;
use kundportal_domain::{EmailAddress, RetentionRules, UserId, records::Profile, retention, retention::Item};
use kundportal_store::{BlobStoreExt as _, Condition, StoreError};

use crate::{
    app::App,
    layout::TenantLayout,
    people::{RACES, email_names, named_user, step_back},
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
    let Some((current, previous)) = names.split_first() else {
        return Err(Problem::internal("there is no key for the names of addresses"));
    };
    for name in previous {
        if let Some((owner, _)) = named_user(app, &layout.email(name)).await?
            && owner != user
            && holds(app, layout, owner, address).await?
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
            Some((owner, etag)) if owner == user || !holds(app, layout, owner, address).await? => {
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
/// claim has to be looked at later.
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
        if profile.is_some_and(|profile| awaits(app, &profile, address)) {
            return Ok(false);
        }
        match app.blobs().delete(&path, Some(&etag)).await {
            Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Whether the user has the address or may be about to take it.
async fn holds(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    address: &EmailAddress,
) -> Result<bool, Problem> {
    let profile = app.read::<Profile>(&layout.profile(user)).await?;
    Ok(profile.is_some_and(|(profile, _)| has(&profile, address) || awaits(app, &profile, address)))
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
