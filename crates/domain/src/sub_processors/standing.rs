//! Whether a sub-processor may be used for a tenant on a day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan as _, civil::Date};

use super::{Announcement, ChangeStatus, EntryId, Register, Status, SubProcessor};

/// What decides for one tenant.
#[derive(Debug, Clone, Copy)]
pub struct Tenancy<'a> {
    /// The revision that was in force when it became a tenant: what that lists, announced or in use, it has agreed to.
    pub agreed: u32,
    /// The days on which notice of revisions reached it.
    pub noticed: &'a BTreeMap<u32, Date>,
    /// What it has an open objection to: entries, and the revisions by which they, or changes of them, were announced.
    pub objects: &'a BTreeSet<(EntryId, u32)>,
}

/// How a sub-processor stands with a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is used.
    InUse,
    /// It is not used yet.
    NotYet,
    /// It is not used because the tenant objects.
    Objected,
    /// It is used no longer.
    Ended,
}

impl Register {
    /// How an entry stands with a tenant. The status must have been advanced, its day must have come, the tenant must have
    /// had notice for the whole period, and no objection may be open: of the entry, and of every change that is in force.
    #[must_use]
    pub fn standing(&self, entry: &SubProcessor, tenancy: Tenancy<'_>, today: Date) -> Standing {
        if entry.status == Status::Former || entry.has_ended(today) {
            return Standing::Ended;
        }
        let mut counting = self
            .announcements_of(entry)
            .filter(|announcement| announcement.change.is_none() || announcement.is_in_force(today));
        if counting.any(|announcement| tenancy.objects.contains(&announcement.key())) {
            return Standing::Objected;
        }
        let in_use = entry.is_in_use()
            && entry.effective <= today
            && self.usable_from(entry, tenancy).is_some_and(|from| from <= today);
        if in_use { Standing::InUse } else { Standing::NotYet }
    }

    /// The list of a tenant's annex: every entry, former ones included, and how it stands with the tenant.
    #[must_use]
    pub fn annex(&self, tenancy: Tenancy<'_>, today: Date) -> Vec<(&SubProcessor, Standing)> {
        self.entries().iter().map(|entry| (entry, self.standing(entry, tenancy, today))).collect()
    }

    /// The first day on which an entry, as it is now, may be used for a tenant, objections aside; none before the tenant has had
    /// notice.
    #[must_use]
    pub fn usable_from(&self, entry: &SubProcessor, tenancy: Tenancy<'_>) -> Option<Date> {
        let is_now = |announcement: &Announcement<'_>| {
            announcement.change.is_none_or(|change| change.status == ChangeStatus::InForce)
        };
        let days =
            self.announcements_of(entry).filter(is_now).map(|announcement| self.from(announcement, tenancy));
        days.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Whether an announcement is not in force for a tenant and may come to be: a revision of its annex waits.
    #[must_use]
    pub fn waits(&self, announcement: Announcement<'_>, tenancy: Tenancy<'_>, today: Date) -> bool {
        let is_in_force = announcement.is_in_force(today)
            && !tenancy.objects.contains(&announcement.key())
            && self.from(announcement, tenancy).is_some_and(|from| from <= today);
        announcement.is_open() && !announcement.entry.has_ended(today) && !is_in_force
    }

    /// The first day on which something announced may be in force for a tenant, objections aside.
    fn from(&self, announcement: Announcement<'_>, tenancy: Tenancy<'_>) -> Option<Date> {
        if announcement.revision.number <= tenancy.agreed {
            return Some(announcement.effective());
        }
        let noticed = *tenancy.noticed.get(&announcement.revision.number)?;
        Some(self.period_ends(noticed)?.max(announcement.effective()))
    }

    /// The first day after the notice period, where notice was given on a day. Until then the tenant may object.
    #[must_use]
    pub fn period_ends(&self, noticed: Date) -> Option<Date> {
        noticed.checked_add(i64::from(self.notice_period_days()).days()).ok()
    }
}
