//! Making a confirmed address the person's: claim, commit on the profile, then what follows from it.

use jiff::Timestamp;
use kundportal_domain::{EmailAddress, Personal, TenantId, UserId, records::Profile};
use kundportal_store::{Condition, StoreError};
use serde::{Deserialize, Serialize};

use super::claim::{claim, release};
use crate::{
    app::App,
    context::if_unchanged,
    layout::TenantLayout,
    mail::Outgoing,
    people::RACES,
    problem::{Problem, ProblemType},
    profile::email_change::pending_at,
    work::Work,
    worker::Progress,
};

/// Both addresses, until both are told and the claim on the old one is gone: after the commit the profile has but the new one.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Confirmation {
    from: Personal<EmailAddress>,
    to: Personal<EmailAddress>,
    /// Whether both addresses have been told.
    told: bool,
}

fn blob(layout: &TenantLayout, user: UserId, number: u32) -> kundportal_store::BlobPath {
    layout.outgoing(user, &format!("email-confirmation-{number}"))
}

/// Confirms a person's change of address. Another user has it: 409. It was taken back or replaced meanwhile: 404.
pub(super) async fn confirm(
    app: &App,
    tenant: &TenantId,
    profile: &Profile,
    number: u32,
) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    let user = profile.id;
    let Some(change) = &profile.pending_email else { return Err(ProblemType::NotFound.into()) };
    let confirmation = Confirmation { from: profile.email.clone(), to: change.email.clone(), told: false };
    let marker = app.begin(tenant, Work::EmailConfirmation { user, number }).await?;
    match app.write(&blob(&layout, user, number), &confirmation, Condition::IfAbsent).await {
        Ok(_) | Err(StoreError::AlreadyExists) => {}
        Err(error) => return Err(error.into()),
    }
    let outcome = commit(app, &layout, user, number).await;
    // Where storage did not say what happened, the worker finds out.
    if matches!(&outcome, Err(problem) if problem.is(ProblemType::Unavailable)) {
        return outcome;
    }
    if follow_up(app, tenant, user, number).await? == Progress::Finished {
        app.finish(&marker).await?;
    }
    outcome
}

/// Claims the address and writes the profile, in that order, from one version of the profile.
async fn commit(app: &App, layout: &TenantLayout, user: UserId, number: u32) -> Result<(), Problem> {
    let path = layout.profile(user);
    for _ in 0..RACES {
        let (profile, etag) = app.read::<Profile>(&path).await?.ok_or(ProblemType::NotFound)?;
        if profile.confirmed_email_change == number {
            return Ok(());
        }
        let next = confirmed(&profile, number, app.now()).ok_or(ProblemType::NotFound)?;
        if !claim(app, layout, user, next.email.reveal()).await? {
            return Err(ProblemType::EmailTaken.into());
        }
        match app.write(&path, &next, if_unchanged(&etag)).await {
            Ok(_) => return Ok(()),
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// The profile with the address that this change is about; none where it cannot be confirmed any more, or where the account
/// is being removed.
fn confirmed(profile: &Profile, number: u32, now: Timestamp) -> Option<Profile> {
    let change =
        pending_at(profile, now).filter(|change| change.number == number && !profile.is_leaving())?;
    Some(Profile {
        email: change.email.clone(),
        pending_email: None,
        confirmed_email_change: number,
        updated_at: now,
        ..profile.clone()
    })
}

/// Carries on after the commit: tells both addresses and frees the old one; without a commit, frees the new one.
async fn follow_up(app: &App, tenant: &TenantId, user: UserId, number: u32) -> Result<Progress, Problem> {
    let layout = TenantLayout::new(tenant);
    let path = blob(&layout, user, number);
    let Some((mut confirmation, _)) = app.read::<Confirmation>(&path).await? else {
        return Ok(Progress::Finished);
    };
    let profile = app.read::<Profile>(&layout.profile(user)).await?.map(|(profile, _)| profile);
    let committed = profile.is_some_and(|profile| profile.confirmed_email_change == number);
    if committed && !confirmation.told {
        for (to, which) in [(&confirmation.from, "old"), (&confirmation.to, "new")] {
            let mail = Outgoing::new(app, "email-changed").to(to.clone());
            app.mail_user(tenant, user, &format!("email-changed-{number}-{which}"), &mail).await?;
        }
        confirmation.told = true;
        app.write(&path, &confirmation, Condition::Always).await?;
    }
    for address in [&confirmation.from, &confirmation.to] {
        if !release(app, &layout, user, address.reveal()).await? {
            return Ok(Progress::UnderWay);
        }
    }
    app.unmark(&path).await?;
    Ok(Progress::Finished)
}

/// [`Work::EmailConfirmation`]: carries on after the commit; before it, once whoever confirmed is gone, tries again, for the
/// address is proven, and else gives the claim back.
pub(crate) async fn complete(
    app: &App,
    tenant: &TenantId,
    user: UserId,
    number: u32,
    abandoned: bool,
) -> Result<Progress, Problem> {
    let layout = TenantLayout::new(tenant);
    let profile = app.read::<Profile>(&layout.profile(user)).await?.map(|(profile, _)| profile);
    let committed = profile.is_some_and(|profile| profile.confirmed_email_change == number);
    if !committed {
        if !abandoned {
            return Ok(Progress::UnderWay);
        }
        if app.exists(&blob(&layout, user, number)).await? {
            match commit(app, &layout, user, number).await {
                Ok(()) => {}
                Err(problem) if problem.is(ProblemType::NotFound) || problem.is(ProblemType::EmailTaken) => {}
                Err(problem) => return Err(problem),
            }
        }
    }
    follow_up(app, tenant, user, number).await
}
