//! Whether a sub-processor may be used for a tenant on a day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan as _, civil::Date};

use super::{EntryId, Register, Status, SubProcessor};

/// What decides for one tenant.
#[derive(Debug, Clone, Copy)]
pub struct Tenancy<'a> {
    /// The revision that was in force when it became a tenant: what that lists, announced or in use, it has agreed to.
    pub agreed: u32,
    /// The days on which notice of entries reached it.
    pub noticed: &'a BTreeMap<EntryId, Date>,
    /// The entries to which it has an open objection.
    pub objects: &'a BTreeSet<EntryId>,
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
    /// had notice for the whole period, and no objection may be open.
    #[must_use]
    pub fn standing(&self, entry: &SubProcessor, tenancy: Tenancy<'_>, today: Date) -> Standing {
        let is_over = entry.ended.is_some_and(|ended| ended < today);
        if entry.status == Status::Former || is_over {
            return Standing::Ended;
        }
        if tenancy.objects.contains(&entry.id) {
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

    /// The first day on which an entry may be used for a tenant, objections aside; none before the tenant has had notice.
    #[must_use]
    pub fn usable_from(&self, entry: &SubProcessor, tenancy: Tenancy<'_>) -> Option<Date> {
        if self.announcement(&entry.id)?.number <= tenancy.agreed {
            return Some(entry.effective);
        }
        let noticed = *tenancy.noticed.get(&entry.id)?;
        Some(self.period_ends(noticed)?.max(entry.effective))
    }

    /// The first day after the notice period, where notice was given on a day. Until then the tenant may object.
    #[must_use]
    pub fn period_ends(&self, noticed: Date) -> Option<Date> {
        noticed.checked_add(i64::from(self.notice_period_days()).days()).ok()
    }
}
