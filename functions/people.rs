//! What follows from a profile: index entries, memberships across tenants, the list of administrators.

use kundportal_domain::{
    CustomerId, TenantId, UserId,
    records::{Profile, TenantRole},
};
use kundportal_store::{BlobStoreExt as _, Condition, ETag, StoreError};

use crate::{
    app::App,
    context::if_unchanged,
    keys::Purpose,
    layout::{TenantLayout, on_platform},
    problem::{Problem, ProblemType},
};

/// How often a change is decided again when somebody else was faster.
pub(crate) const RACES: usize = 8;

/// The keyed hashes of an identity, under the current key first.
pub(crate) fn identity_names(app: &App, profile: &Profile) -> Vec<String> {
    let parts = [profile.issuer.as_str(), profile.subject.reveal().as_str()];
    app.settings().index_keys.names(Purpose::Identity, &parts).collect()
}

/// The keyed hashes of an address, under the current key first.
pub(crate) fn email_names(app: &App, email: &kundportal_domain::EmailAddress) -> Vec<String> {
    app.settings().index_keys.names(Purpose::Email, &[&email.canonical()]).collect()
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
    for name in email_names(app, email) {
        let Some((user, _)) = named_user(app, &layout.email(&name)).await? else { continue };
        let Some((profile, etag)) = app.read::<Profile>(&layout.profile(user)).await? else { continue };
        if profile.email.reveal().canonical() == email.canonical() {
            return Ok(Some((profile, etag)));
        }
    }
    Ok(None)
}

/// Writes every entry that follows from a profile. Again changes nothing.
///
/// An address that another user has stays theirs: the entry is a claim, which only a confirmed change of address moves.
pub(crate) async fn index_user(app: &App, tenant: &TenantId, profile: &Profile) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    let user = profile.id;
    let id = bytes::Bytes::from(user.to_string());
    for name in identity_names(app, profile).into_iter().take(1) {
        app.blobs().put_bytes(&layout.identity(&name), id.clone(), Condition::Always).await?;
        app.mark(&on_platform::membership(&name, tenant)).await?;
    }
    for name in email_names(app, profile.email.reveal()).into_iter().take(1) {
        match app.blobs().put_bytes(&layout.email(&name), id.clone(), Condition::IfAbsent).await {
            Ok(_) | Err(StoreError::AlreadyExists) => {}
            Err(error) => return Err(error.into()),
        }
    }
    app.mark(&layout.user(user)).await?;
    for membership in &profile.memberships {
        app.mark(&layout.customer_user(membership.customer, user)).await?;
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

/// The active administrators of a tenant: every change of one goes through this list by its version, so that two who demote
/// each other cannot both succeed.
pub(crate) mod administrators {
    use super::{
        App, Condition, ETag, Problem, ProblemType, RACES, StoreError, TenantLayout, UserId, if_unchanged,
    };

    /// Adds one. Again changes nothing.
    pub(crate) async fn add(app: &App, layout: &TenantLayout, user: UserId) -> Result<(), Problem> {
        change(app, layout, |list| {
            if !list.contains(&user) {
                list.push(user);
            }
            Ok(())
        })
        .await
    }

    /// Removes one; the last stays (409). Again changes nothing.
    pub(crate) async fn remove(app: &App, layout: &TenantLayout, user: UserId) -> Result<(), Problem> {
        change(app, layout, |list| {
            if list.as_slice() == [user] {
                return Err(ProblemType::LastAdministrator.into());
            }
            list.retain(|other| *other != user);
            Ok(())
        })
        .await
    }

    /// Who is on the list.
    pub(crate) async fn list(app: &App, layout: &TenantLayout) -> Result<Vec<UserId>, Problem> {
        Ok(read(app, layout).await?.0)
    }

    async fn change(
        app: &App,
        layout: &TenantLayout,
        change: impl Fn(&mut Vec<UserId>) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        for _ in 0..RACES {
            let (mut list, etag) = read(app, layout).await?;
            let before = list.clone();
            change(&mut list)?;
            if list == before {
                return Ok(());
            }
            let condition = etag.as_ref().map_or(Condition::IfAbsent, if_unchanged);
            match app.write(&layout.administrators(), &list, condition).await {
                Ok(_) => return Ok(()),
                Err(StoreError::PreconditionFailed | StoreError::AlreadyExists) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    async fn read(app: &App, layout: &TenantLayout) -> Result<(Vec<UserId>, Option<ETag>), Problem> {
        let read = app.read::<Vec<UserId>>(&layout.administrators()).await?;
        Ok(read.map_or((Vec::new(), None), |(list, etag)| (list, Some(etag))))
    }
}

/// Whether a profile gives the role of an active administrator.
pub(crate) fn is_active_administrator(profile: &Profile) -> bool {
    profile.is_active() && profile.role == TenantRole::Administrator
}
