//! The list of active administrators: every change of one goes through it by its version, so that two who demote each other
//! cannot both succeed, and one always stays.
//!
//! The profile is the truth of who is an administrator; the list is the guard, and nobody stands on it who is none:
//!
//! - Who becomes one gets the profile first and a place on the list then.
//! - Who stops being one leaves the list first. That is the commit point: it needs another who stays, and an acting
//!   administrator who has not left meanwhile. They are *leaving* until the profile says so too, and nobody puts them back
//!   on the list in between.
//! - Where a crash cut one of these short, [`settle`] follows the profile: a demotion that did not reach it never was.

use jiff::Timestamp;
use kundportal_domain::{RecordId, UserId, records::Profile};
use kundportal_store::{Condition, ETag, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    context::if_unchanged,
    layout::TenantLayout,
    people::{RACES, is_active_administrator},
    problem::{Problem, ProblemType},
    work::GRACE,
    worker::Progress,
};

/// What lies in `settings/administrators.json`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Administrators {
    /// Who is one, in the order in which they came.
    active: Vec<UserId>,
    /// Who is about to stop being one, and by which change.
    leaving: Vec<Leaving>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leaving {
    user: UserId,
    change: RecordId,
    since: Timestamp,
}

impl Administrators {
    fn is_leaving(&self, user: UserId) -> bool {
        self.leaving.iter().any(|leaving| leaving.user == user)
    }

    /// Takes one off the list, at the wish of `by`, or of nobody but the rules.
    fn leave(&mut self, leaving: Leaving, by: Option<UserId>) -> Result<(), ProblemType> {
        if !self.active.iter().any(|other| *other != leaving.user) {
            return Err(ProblemType::LastAdministrator);
        }
        if by.is_some_and(|by| by != leaving.user && !self.active.contains(&by)) {
            return Err(ProblemType::Conflict);
        }
        self.active.retain(|other| *other != leaving.user);
        if !self.leaving.contains(&leaving) {
            self.leaving.push(leaving);
        }
        Ok(())
    }

    /// Ends the given change and the abandoned ones; unless another change is at work, the person's place follows from
    /// the profile.
    fn settle(
        &mut self,
        user: UserId,
        change: Option<RecordId>,
        is_administrator: bool,
        now: Timestamp,
    ) -> Progress {
        self.leaving.retain(|leaving| {
            leaving.user != user
                || (Some(leaving.change) != change && now.duration_since(leaving.since) <= GRACE)
        });
        if self.is_leaving(user) {
            return Progress::UnderWay;
        }
        if !is_administrator {
            self.active.retain(|other| *other != user);
        } else if !self.active.contains(&user) {
            self.active.push(user);
        }
        Progress::Finished
    }
}

/// Puts a person on the list whose profile makes them an administrator. Again changes nothing.
pub(crate) async fn add(app: &App, layout: &TenantLayout, user: UserId) -> Result<(), Problem> {
    settle(app, layout, user, None).await.map(drop)
}

/// Takes an administrator off the list before the profile is changed by `change`, at the wish of `by`; [`settle`] must
/// follow, whatever becomes of the profile. Again changes nothing.
///
/// # Errors
/// `last-administrator` when nobody else is left; `conflict` when `by` has left the list meanwhile.
pub(crate) async fn leave(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    change: RecordId,
    by: Option<UserId>,
) -> Result<(), Problem> {
    for _ in 0..RACES {
        let (mut list, etag) = read(app, layout).await?;
        let before = list.clone();
        list.leave(Leaving { user, change, since: app.now() }, by)?;
        if write(app, layout, &before, &list, etag).await? {
            return Ok(());
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// Brings a person's place on the list in line with the profile, and ends `change` where that is given. While another
/// change takes the person off the list, that one decides.
pub(crate) async fn settle(
    app: &App,
    layout: &TenantLayout,
    user: UserId,
    change: Option<RecordId>,
) -> Result<Progress, Problem> {
    for _ in 0..RACES {
        // The list before the profile: who stops being an administrator changes the list first, and this write then fails.
        let (mut list, etag) = read(app, layout).await?;
        let profile = app.read::<Profile>(&layout.profile(user)).await?;
        let is_administrator = profile.is_some_and(|(profile, _)| is_active_administrator(&profile));
        let before = list.clone();
        let progress = list.settle(user, change, is_administrator, app.now());
        if write(app, layout, &before, &list, etag).await? {
            return Ok(progress);
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// Who is on the list.
pub(crate) async fn list(app: &App, layout: &TenantLayout) -> Result<Vec<UserId>, Problem> {
    Ok(read(app, layout).await?.0.active)
}

async fn read(app: &App, layout: &TenantLayout) -> Result<(Administrators, Option<ETag>), Problem> {
    let read = app.read::<Administrators>(&layout.administrators()).await?;
    Ok(read.map_or_else(Default::default, |(list, etag)| (list, Some(etag))))
}

/// False when somebody else was faster.
async fn write(
    app: &App,
    layout: &TenantLayout,
    before: &Administrators,
    list: &Administrators,
    etag: Option<ETag>,
) -> Result<bool, Problem> {
    if list == before {
        return Ok(true);
    }
    let condition = etag.as_ref().map_or(Condition::IfAbsent, if_unchanged);
    match app.write(&layout.administrators(), list, condition).await {
        Ok(_) => Ok(true),
        Err(StoreError::PreconditionFailed | StoreError::AlreadyExists) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().expect("a time")
    }

    fn user(number: u8) -> UserId {
        UserId::new(now(), [number; 10])
    }

    fn leaving(number: u8, change: u8) -> Leaving {
        Leaving { user: user(number), change: RecordId::new(now(), [change; 10]), since: now() }
    }

    fn listed(numbers: &[u8]) -> Administrators {
        Administrators { active: numbers.iter().copied().map(user).collect(), leaving: Vec::new() }
    }

    #[test]
    fn the_last_one_stays() {
        assert_eq!(listed(&[1]).leave(leaving(1, 1), Some(user(1))), Err(ProblemType::LastAdministrator));
        assert_eq!(listed(&[1, 2]).leave(leaving(1, 1), Some(user(1))), Ok(()));
    }

    #[test]
    fn of_two_who_demote_each_other_one_wins_whoever_else_there_is() {
        let mut list = listed(&[1, 2]);
        assert_eq!(list.leave(leaving(2, 1), Some(user(1))), Ok(()));
        assert_eq!(list.leave(leaving(1, 2), Some(user(2))), Err(ProblemType::LastAdministrator));
        let mut list = listed(&[1, 2, 3]);
        assert_eq!(list.leave(leaving(2, 1), Some(user(1))), Ok(()));
        assert_eq!(list.leave(leaving(1, 2), Some(user(2))), Err(ProblemType::Conflict));
        assert!(list.active == [user(1), user(3)]);
    }

    #[test]
    fn nobody_puts_back_on_the_list_who_is_about_to_leave_it() {
        let mut list = listed(&[1, 2]);
        assert_eq!(list.leave(leaving(2, 1), Some(user(1))), Ok(()));
        assert_eq!(list.settle(user(2), None, true, now()), Progress::UnderWay);
        assert!(list.active == [user(1)]);
        assert_eq!(list.settle(user(2), Some(leaving(2, 1).change), false, now()), Progress::Finished);
        assert!(list == listed(&[1]));
    }

    #[test]
    fn a_demotion_that_never_reached_the_profile_never_was() {
        let mut list = listed(&[1, 2]);
        assert_eq!(list.leave(leaving(2, 1), Some(user(1))), Ok(()));
        let later = now() + GRACE + GRACE;
        assert_eq!(list.settle(user(2), None, true, later), Progress::Finished);
        assert!(list == listed(&[1, 2]));
    }

    #[test]
    fn one_change_that_fails_does_not_undo_another_that_is_at_work() {
        let mut list = listed(&[1, 2]);
        assert_eq!(list.leave(leaving(2, 1), Some(user(1))), Ok(()));
        assert_eq!(list.leave(leaving(2, 2), Some(user(1))), Ok(()));
        assert_eq!(list.settle(user(2), Some(leaving(2, 1).change), true, now()), Progress::UnderWay);
        assert!(list.active == [user(1)]);
    }
}
