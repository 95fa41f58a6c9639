//! What tenants are told of, and may object to: a new entry, and what becomes new of one.

use jiff::civil::Date;

use super::{Change, ChangeStatus, EntryId, Register, Revision, Status, SubProcessor};

/// What a revision announces: an entry, or a change of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement<'a> {
    /// The revision that does.
    pub revision: &'a Revision,
    /// The entry.
    pub entry: &'a SubProcessor,
    /// What becomes new of it; none where the entry itself is what is new.
    pub change: Option<&'a Change>,
}

impl Announcement<'_> {
    /// By which notices and objections know it.
    #[must_use]
    pub fn key(&self) -> (EntryId, u32) {
        (self.entry.id.clone(), self.revision.number)
    }

    /// The first day on which it is, or may be, in force.
    #[must_use]
    pub fn effective(&self) -> Date {
        self.change.map_or(self.entry.effective, |change| change.effective)
    }

    /// Whether there is anything to object to: it has not been given up, and the entry stays.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.entry.status, Status::Announced | Status::Active)
            && self.change.is_none_or(|change| change.status != ChangeStatus::Withdrawn)
    }

    /// Whether it is in force by the register; for a tenant it may still not be.
    #[must_use]
    pub fn is_in_force(&self, today: Date) -> bool {
        let is_taken_into_use =
            self.change.map_or(self.entry.is_in_use(), |change| change.status == ChangeStatus::InForce);
        is_taken_into_use && self.effective() <= today
    }
}

impl Register {
    /// The announcement of an entry, which is by the first revision that names it, and those of its changes.
    pub fn announcements_of<'a>(&'a self, entry: &'a SubProcessor) -> impl Iterator<Item = Announcement<'a>> {
        let mut named =
            self.revisions().iter().filter(|revision| revision.sub_processors.contains(&entry.id));
        let first = named.next().map(|revision| Announcement { revision, entry, change: None });
        let changes = entry.changes.iter().filter_map(move |change| {
            let revision = self.revisions().iter().find(|revision| revision.number == change.revision)?;
            Some(Announcement { revision, entry, change: Some(change) })
        });
        first.into_iter().chain(changes)
    }

    /// What a revision announces, as it stands now; no more than one for each entry.
    pub fn announced_by<'a>(&'a self, revision: &'a Revision) -> impl Iterator<Item = Announcement<'a>> {
        self.changed_by(revision)
            .flat_map(|entry| self.announcements_of(entry))
            .filter(|announcement| announcement.revision.number == revision.number)
    }
}
