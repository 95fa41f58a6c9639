//! When what must go (Art. 5(1)(e)).
//!
//! An item goes **at** a time T, neither before nor at T − 1 s. A period of days, months or years ends at the same time of day in
//! Europe/Stockholm, so that summer time moves nothing; hours are real time. What is known by its day only (last use, a
//! day of the audit log) counts from the beginning of that day.

mod idle;
mod records;
mod rules;

use jiff::{Timestamp, civil::Date};

pub use idle::{IdleAccount, Warning};
pub use rules::RetentionRules;

use crate::{Period, data_map::Category, stockholm};

/// Something that is kept for a time, with what its time depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A sign-in.
    SignIn {
        /// When it was.
        at: Timestamp,
    },
    /// A record of what somebody did or who looked them up.
    Activity {
        /// When it was.
        at: Timestamp,
    },
    /// An invitation that is not answered.
    PendingInvitation {
        /// When it was last sent.
        sent_at: Timestamp,
    },
    /// An invitation that was accepted, revoked or has expired.
    ClosedInvitation {
        /// When.
        closed_at: Timestamp,
    },
    /// An e-mail address that is not confirmed.
    EmailChange {
        /// When it was asked for.
        requested_at: Timestamp,
    },
    /// An active account.
    Account(IdleAccount),
    /// A deactivated account.
    DeactivatedAccount {
        /// Since when.
        deactivated_at: Timestamp,
    },
    /// The package of a request.
    Package {
        /// When it was ready.
        ready_at: Timestamp,
    },
    /// A case.
    Case {
        /// When it was closed; an open one stays.
        closed_at: Option<Timestamp>,
    },
    /// A file.
    File {
        /// When it was uploaded.
        uploaded_at: Timestamp,
    },
    /// A comment.
    Comment {
        /// When it was written.
        created_at: Timestamp,
    },
    /// A key by which a repeated request is known.
    IdempotencyKey {
        /// When it was used.
        used_at: Timestamp,
    },
    /// An upload that is not complete.
    Upload {
        /// When it was begun, or said to be complete, or refused.
        used_at: Timestamp,
    },
    /// The report of a run.
    RunReport {
        /// When it was made.
        made_at: Timestamp,
    },
    /// All records of the audit log of one day.
    AuditDay {
        /// The day.
        day: Date,
    },
}

/// What keeps an item that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// An administrator's hold; releasing it marks the item for that day.
    Hold,
    /// A restriction of processing (Art. 18); lifting it marks the item for that day.
    Restriction,
    /// An open access request that the item belongs to.
    OpenRequest,
    /// The account is the tenant's last active administrator.
    LastAdministrator,
}

/// What is to be done with an item now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing. It is to be looked at again on a day, or when something about it or the rules changes.
    Keep {
        /// The day; it may be today, when the item goes later today: its marker then stays where it is.
        recheck: Option<Date>,
    },
    /// It is marked expired, for good.
    Expire,
    /// The person is warned, and the warning noted in the account.
    Warn(Warning),
    /// It goes.
    Purge,
}

impl Item {
    /// The category whose period counts.
    #[must_use]
    pub const fn category(&self) -> Category {
        match self {
            Self::SignIn { .. } => Category::SignIns,
            Self::Activity { .. } => Category::Activity,
            Self::PendingInvitation { .. } | Self::ClosedInvitation { .. } => Category::Invitations,
            Self::EmailChange { .. } => Category::EmailChanges,
            Self::Account(_) | Self::DeactivatedAccount { .. } => Category::Profile,
            Self::Package { .. } => Category::Packages,
            Self::Case { .. } => Category::Cases,
            Self::File { .. } => Category::Files,
            Self::Comment { .. } => Category::Comments,
            Self::IdempotencyKey { .. } => Category::IdempotencyKeys,
            Self::Upload { .. } => Category::Uploads,
            Self::RunReport { .. } => Category::RunReports,
            Self::AuditDay { .. } => Category::Audit,
        }
    }
}

/// The time at which an item goes by itself (a pending invitation: expires); `None` while nothing ends it. An account that is owed
/// a warning may stay longer, see [`IdleAccount`].
#[must_use]
pub fn due_at(item: &Item, rules: &RetentionRules) -> Option<Timestamp> {
    Some(match *item {
        Item::SignIn { at } => after(at, rules.sign_ins),
        Item::Activity { at } => after(at, rules.activity),
        Item::PendingInvitation { sent_at } => after(sent_at, rules.pending_invitation),
        Item::ClosedInvitation { closed_at } => after(closed_at, rules.closed_invitation),
        Item::EmailChange { requested_at } => hours_after(requested_at, rules.email_change_hours),
        Item::Account(account) => stockholm::start_of(account.goes_on(rules)),
        Item::DeactivatedAccount { deactivated_at } => after(deactivated_at, rules.deactivated_account),
        Item::Package { ready_at } => after(ready_at, rules.package),
        Item::Case { closed_at } => after(closed_at?, rules.case),
        Item::File { uploaded_at } => after(uploaded_at, rules.files?.period()?),
        Item::Comment { created_at } => after(created_at, rules.comments?.period()?),
        Item::IdempotencyKey { used_at } => hours_after(used_at, rules.idempotency_key_hours),
        Item::Upload { used_at } => hours_after(used_at, rules.upload_hours),
        Item::RunReport { made_at } => after(made_at, rules.run_reports),
        Item::AuditDay { day } => stockholm::start_of(rules.audit.add_to(day)),
    })
}

/// The day in Europe/Stockholm under which retention must look at an item next; for an account that may be the day of a warning.
#[must_use]
pub fn due_day(item: &Item, rules: &RetentionRules) -> Option<Date> {
    match item {
        Item::Account(account) => Some(account.next_look(rules)),
        _ => due_at(item, rules).map(stockholm::date_of),
    }
}

/// What is to be done with an item at `now`. A protection keeps what would go, and spares its person a warning; it stops no
/// invitation from expiring.
#[must_use]
pub fn decide(
    item: &Item,
    protection: Option<Protection>,
    now: Timestamp,
    rules: &RetentionRules,
) -> Decision {
    let decision = match item {
        Item::Account(account) => account.decide(now, rules),
        _ => match due_at(item, rules) {
            Some(due) if due <= now => match item {
                Item::PendingInvitation { .. } => Decision::Expire,
                _ => Decision::Purge,
            },
            due => Decision::Keep { recheck: due.map(stockholm::date_of) },
        },
    };
    match (decision, protection) {
        (Decision::Purge | Decision::Warn(_), Some(_)) => {
            Decision::Keep { recheck: Some(rules.review_protected.add_to(stockholm::date_of(now))) }
        }
        _ => decision,
    }
}

/// The day by which the last copy of something is gone that becomes unreachable at `deleted_at`: the storage keeps deleted objects
/// for some days.
#[must_use]
pub fn gone_by(deleted_at: Timestamp, rules: &RetentionRules) -> Date {
    // The storage counts hours from the deletion: on the day after, the last of them is over.
    rules.soft_delete.add_to(stockholm::date_of(deleted_at)).tomorrow().unwrap_or(Date::MAX)
}

/// A calendar period later, at the same time of day in Europe/Stockholm; a time that summer time skips is an hour later.
fn after(since: Timestamp, period: Period) -> Timestamp {
    let local = stockholm::time_zone().to_datetime(since);
    let later = period.add_to(local.date()).to_datetime(local.time());
    stockholm::time_zone().to_timestamp(later).unwrap_or(Timestamp::MAX)
}

fn hours_after(since: Timestamp, hours: u16) -> Timestamp {
    since.saturating_add(jiff::SignedDuration::from_hours(i64::from(hours))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
