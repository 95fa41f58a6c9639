//! What follows from a profile: index entries, memberships across tenants, the list of administrators, the day on which
//! retention looks at the account.

pub(crate) mod administrators;

use std::time::Duration;

use kundportal_domain::{
    CustomerId, RetentionRules, TenantId, UserId,
    records::{Profile, TenantRole},
    retention::{self, Item},
};
use kundportal_store::{BlobStoreExt as _, Condition, ETag, StoreError};

use crate::{
    app::App,
    due::DueItem,
    email_changes::claim_address,
    keys::{Names, Purpose},
    layout::{TenantLayout, on_platform},
    problem::Problem,
    sign_ins::LastUse,
    worker::Progress,
};

/// How often a change is decided again when somebody else was faster.
pub(crate) const RACES: usize = 8;

/// Lets the others write first, after so many lost races: a pause of chance, at most twice as long as the one before, so that
/// of many who change one thing at once all come to it.
pub(crate) async fn step_back(app: &App, races: usize) {
    let [chance]: [u8; 1] = app.random();
    let longest = Duration::from_millis(4 << races.min(RACES));
    tokio::time::sleep(longest * u32::from(chance) / 256).await;
}

/// The keyed hashes of the identity that signs in.
pub(crate) fn identity_names(app: &App, profile: &Profile) -> Names {
    names_of_identity(app, &profile.issuer, profile.subject.reveal())
}

/// The keyed hashes of an identity.
pub(crate) fn names_of_identity(app: &App, issuer: &str, subject: &str) -> Names {
    app.settings().index_keys.names(Purpose::Identity, &[issuer, subject])
}

/// The keyed hashes of an address.
pub(crate) fn email_names(app: &App, email: &kundportal_domain::EmailAddress) -> Names {
    app.settings().index_keys.names(Purpose::Email, &[&email.canonical()])
}

/// The user whom an index entry names.
pub(crate) async fn named_user(
    app: &App,
    path: &kundportal_store::BlobPath,
) -> Result<Option<(UserId, ETag)>, Problem> {
    match app.blobs().get_bytes(path, 64).await {
        Ok((bytes, etag)) => {
            let id = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
            Ok(id.map(|id| (id, etag)))
        }
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The user who has this address. An entry counts only while the profile has the address too.
pub(crate) async fn user_by_email(
    app: &App,
    layout: &TenantLayout,
    email: &kundportal_domain::EmailAddress,
) -> Result<Option<(Profile, ETag)>, Problem> {
    for name in email_names(app, email).looked_up() {
        let Some((user, _)) = named_user(app, &layout.email(name)).await? else { continue };
        let Some((profile, etag)) = app.read::<Profile>(&layout.profile(user)).await? else { continue };
        if !profile.is_leaving() && profile.email.reveal().canonical() == email.canonical() {
            return Ok(Some((profile, etag)));
        }
    }
    Ok(None)
}

/// Writes every entry that follows from a profile. Again changes nothing.
///
/// An address that another user has stays theirs; one that leads to nobody who has it is the person's. False, and no entry,
/// where the account went meanwhile or is about to go.
pub(crate) async fn index_user(app: &App, tenant: &TenantId, profile: &Profile) -> Result<bool, Problem> {
    let layout = TenantLayout::new(tenant);
    let user = profile.id;
    let id = bytes::Bytes::from(user.to_string());
    let identity = identity_names(app, profile);
    app.blobs().put_bytes(&layout.identity(&identity.current), id.clone(), Condition::Always).await?;
    app.mark(&on_platform::membership(&identity.current, tenant)).await?;
    if claim_address(app, &layout, user, profile.email.reveal()).await? {
        let names = email_names(app, profile.email.reveal());
        leave_previous(app, &layout, user, &names, TenantLayout::email).await?;
    }
    app.mark(&layout.user(user)).await?;
    for membership in &profile.memberships {
        app.mark(&layout.customer_user(membership.customer, user)).await?;
    }
    if let Some(previous) = &identity.previous {
        app.unmark(&on_platform::membership(previous, tenant)).await?;
    }
    leave_previous(app, &layout, user, &identity, TenantLayout::identity).await?;
    look_again(app, tenant, profile).await
}

/// Removes a user's claim under the previous key once they have one under the current key: what is theirs for good is found
/// by that alone.
pub(crate) async fn leave_previous(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    names: &Names,
    at: fn(&TenantLayout, &str) -> kundportal_store::BlobPath,
) -> Result<(), Problem> {
    let Some(previous) = &names.previous else { return Ok(()) };
    let previous = at(layout, previous);
    let Some((owner, version)) = named_user(app, &previous).await? else { return Ok(()) };
    let current = named_user(app, &at(layout, &names.current)).await?;
    if owner != user || current.is_none_or(|(owner, _)| owner != user) {
        return Ok(());
    }
    match app.blobs().delete(&previous, Some(&version)).await {
        Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Mark, then look: entries of what has ended meanwhile go again.
async fn look_again(app: &App, tenant: &TenantId, indexed: &Profile) -> Result<bool, Problem> {
    let layout = TenantLayout::new(tenant);
    let now = app.read::<Profile>(&layout.profile(indexed.id)).await?.map(|(profile, _)| profile);
    let Some(now) = now.filter(|now| !now.is_leaving()) else {
        unindex_person(app, tenant, indexed).await?;
        return Ok(false);
    };
    for membership in &indexed.memberships {
        if now.membership(membership.customer).is_none() {
            complete_membership(app, tenant, indexed.id, membership.customer, true).await?;
        }
    }
    let (before, after) = (identity_names(app, indexed), identity_names(app, &now));
    if before != after {
        unindex_identity(app, tenant, indexed).await?;
    }
    Ok(true)
}

/// Removes the entries by which a person is found, while they lead to this person.
pub(crate) async fn unindex_person(app: &App, tenant: &TenantId, profile: &Profile) -> Result<(), Problem> {
    let (layout, user) = (TenantLayout::new(tenant), profile.id);
    unindex_identity(app, tenant, profile).await?;
    for name in email_names(app, profile.email.reveal()).all() {
        let path = layout.email(name);
        let Some((named, etag)) = named_user(app, &path).await? else { continue };
        if named != user {
            continue;
        }
        match app.blobs().delete(&path, Some(&etag)).await {
            Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for membership in &profile.memberships {
        app.unmark(&layout.customer_user(membership.customer, user)).await?;
    }
    Ok(app.unmark(&layout.user(user)).await?)
}

/// Removes the entries of an identity that is the person's no more, while they lead to the person.
pub(crate) async fn unindex_identity(app: &App, tenant: &TenantId, before: &Profile) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    for name in identity_names(app, before).all() {
        match named_user(app, &layout.identity(name)).await? {
            Some((user, _)) if user == before.id => app.unmark(&layout.identity(name)).await?,
            // Somebody new signs in by it.
            Some(_) => continue,
            None => {}
        }
        app.unmark(&on_platform::membership(name, tenant)).await?;
    }
    Ok(())
}

/// Removes the entry of a membership that has ended.
pub(crate) async fn unindex_membership(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    user: UserId,
) -> Result<(), Problem> {
    Ok(app.unmark(&layout.customer_user(customer, user)).await?)
}

/// Whether a profile gives the role of an active administrator.
pub(crate) fn is_active_administrator(profile: &Profile) -> bool {
    profile.is_active() && profile.role == TenantRole::Administrator
}

/// Marks the day on which retention must look at the account as this profile says it is: idle accounts count from their last
/// use, deactivated ones from their deactivation. Again changes nothing.
pub(crate) async fn mark_account_due(app: &App, tenant: &TenantId, profile: &Profile) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    let last_used_on = last_used_on(app, &layout, profile.id).await?;
    let rules = RetentionRules::with(&app.tenant(tenant).await?.retention);
    let Some(day) = retention::due_day(&Item::account(profile, last_used_on, None), &rules) else {
        return Ok(());
    };
    let item = if profile.is_active() { DueItem::Idle(profile.id) } else { DueItem::Deactivated(profile.id) };
    Ok(app.mark_due(tenant, day, item).await?)
}

/// The last day on which a person used the portal.
pub(crate) async fn last_used_on(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
) -> Result<Option<jiff::civil::Date>, Problem> {
    Ok(app.read::<LastUse>(&layout.last_use(user)).await?.map(|(last, _)| last.day))
}

/// Brings a person's entries, due day and place in the list of administrators in line with the profile, which is the truth
/// of all of them. Whoever changes the profile may be at work still: then the marker stays, for what they have yet to do.
pub(crate) async fn complete(
    app: &App,
    tenant: &TenantId,
    user: UserId,
    abandoned: bool,
) -> Result<Progress, Problem> {
    let layout = TenantLayout::new(tenant);
    let mut progress = Progress::Finished;
    if let Some((profile, _)) = app.read::<Profile>(&layout.profile(user)).await? {
        // By no entry is one to be found again who is leaving.
        if !profile.is_leaving() {
            mark_account_due(app, tenant, &profile).await?;
            index_user(app, tenant, &profile).await?;
        }
        progress = administrators::settle(app, &layout, user, None).await?;
    }
    Ok(if abandoned { progress } else { Progress::UnderWay })
}

/// Removes the entry of a membership that has ended. If the person has come back meanwhile, the entry stays.
pub(crate) async fn complete_membership(
    app: &App,
    tenant: &TenantId,
    user: UserId,
    customer: CustomerId,
    abandoned: bool,
) -> Result<Progress, Problem> {
    let layout = TenantLayout::new(tenant);
    let is_member = async || -> Result<bool, Problem> {
        let profile = app.read::<Profile>(&layout.profile(user)).await?;
        Ok(profile.is_some_and(|(profile, _)| profile.membership(customer).is_some()))
    };
    if is_member().await? {
        // Not ended yet, or never, or begun again: whoever begins one writes its entry themselves.
        return Ok(if abandoned { Progress::Finished } else { Progress::UnderWay });
    }
    unindex_membership(app, &layout, customer, user).await?;
    if is_member().await? {
        app.mark(&layout.customer_user(customer, user)).await?;
    }
    Ok(Progress::Finished)
}
