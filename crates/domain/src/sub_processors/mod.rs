//! The register of sub-processors: the one place where they are written down. From it follow the public list, the list of
//! the agreement's annex, the regions where anything may lie, and whether one may be used for a tenant. Read strictly:
//! what is not understood, or does not agree with itself, is refused as a whole.

mod additions;
mod announcement;
mod change;
mod check;
mod check_changes;
mod entry;
mod history;
mod lock;
mod policies;
mod regions;
mod snapshot;
mod standing;
mod strict;
mod words;

use std::{collections::BTreeSet, sync::OnceLock};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use announcement::Announcement;
pub use change::{Change, ChangeStatus};
pub use entry::{
    AllCategories, Contact, DataCategories, FormOfAgreement, Location, Mechanism, NonRegional,
    NonRegionalService, Parent, Status, SubProcessor, Transfer, UsedFor,
};
pub use lock::{Refusal, RegionLock};
pub use regions::{Region, Regions, Zone};
pub use snapshot::check_snapshot;
pub use standing::{Standing, Tenancy};
pub use words::{
    CountryCode, EntryId, Line, Mailbox, RegionName, ResourceType, Telephone, Text, WebAddress, WordError,
};

/// The register cannot be used; every sentence names one reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct RegisterError(Vec<String>);

impl RegisterError {
    fn of(sentence: String) -> Self {
        Self(vec![sentence])
    }

    fn unless_empty(sentences: Vec<String>) -> Result<(), Self> {
        if sentences.is_empty() { Ok(()) } else { Err(Self(sentences)) }
    }

    /// Every reason.
    #[must_use]
    pub fn sentences(&self) -> &[String] {
        &self.0
    }
}

/// Who may process data for the operator, and every change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    file: File,
    lock: RegionLock,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    #[serde(rename = "$schema", default)]
    _schema: String,
    #[serde(default, deserialize_with = "change::present")]
    example: Option<Text>,
    zone: Zone,
    notice_period_days: u16,
    revisions: Vec<Revision>,
    sub_processors: Vec<SubProcessor>,
}

/// A change of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revision {
    /// From 1 on, without gaps.
    pub number: u32,
    /// Its day.
    #[serde(deserialize_with = "words::day")]
    #[schemars(with = "String", extend("format" = "date"))]
    pub date: Date,
    /// The entries that it changes.
    pub sub_processors: Vec<EntryId>,
    /// What it changes, for people.
    pub summary: Text,
}

impl Register {
    /// The register and the table of regions within the executable. Read once.
    pub fn embedded() -> Result<&'static Self, RegisterError> {
        static REGISTER: OnceLock<Result<Register, RegisterError>> = OnceLock::new();
        let read = || {
            let regions = Regions::embedded()?;
            Self::parse(include_str!("../../../../infra/sub-processors.json"), regions)
        };
        REGISTER.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// Reads a register, against what is known of regions.
    pub fn parse(json: &str, regions: &Regions) -> Result<Self, RegisterError> {
        let file: File = serde_json::from_str(json)
            .map_err(|error| RegisterError::of(format!("the register: {error}")))?;
        let faults = check::faults(&file, regions);
        let lock = RegionLock::of(&file);
        let register = Self { file, lock };
        RegisterError::unless_empty(register.named(faults))?;
        Ok(register)
    }

    /// Sentences about it, with the revision that they are about.
    fn named(&self, sentences: Vec<String>) -> Vec<String> {
        let number = self.revision();
        let named = |sentence| format!("revision {number} of the register of sub-processors: {sentence}");
        sentences.into_iter().map(named).collect()
    }

    /// That the register is an example, where it is.
    #[must_use]
    pub fn example(&self) -> Option<&Text> {
        self.file.example.as_ref()
    }

    /// What is claimed of every place where data are stored.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.file.zone
    }

    /// Days from an announcement to the first day of use.
    #[must_use]
    pub fn notice_period_days(&self) -> u16 {
        self.file.notice_period_days
    }

    /// Every change, oldest first.
    #[must_use]
    pub fn revisions(&self) -> &[Revision] {
        &self.file.revisions
    }

    /// The revision in force.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.lock.revision()
    }

    /// The day of the revision in force.
    #[must_use]
    pub fn date(&self) -> Date {
        self.file.revisions.last().map_or(Date::MIN, |revision| revision.date)
    }

    /// Every entry: present, announced and former.
    #[must_use]
    pub fn entries(&self) -> &[SubProcessor] {
        &self.file.sub_processors
    }

    /// One entry.
    #[must_use]
    pub fn entry(&self, id: &EntryId) -> Option<&SubProcessor> {
        self.file.sub_processors.iter().find(|entry| entry.id == *id)
    }

    /// Where the program runs: the entry for hosting that is active.
    #[must_use]
    pub fn primary(&self) -> Option<&SubProcessor> {
        let hosts =
            |entry: &&SubProcessor| entry.used_for == UsedFor::Hosting && entry.status == Status::Active;
        self.file.sub_processors.iter().find(hosts)
    }

    /// What a revision changed, as it stands now.
    pub fn changed_by<'a>(&'a self, revision: &'a Revision) -> impl Iterator<Item = &'a SubProcessor> {
        revision.sub_processors.iter().filter_map(|id| self.entry(id))
    }

    /// The number of the revision that is in force on a day; 0 before the first.
    #[must_use]
    pub fn in_force(&self, day: Date) -> u32 {
        self.file
            .revisions
            .iter()
            .rev()
            .find(|revision| revision.date <= day)
            .map_or(0, |revision| revision.number)
    }

    /// Where anything may lie by the statuses of the entries, as the templates have it.
    #[must_use]
    pub fn region_lock(&self) -> &RegionLock {
        &self.lock
    }

    /// Where anything may lie on a day: an entry whose last day is over opens nothing.
    #[must_use]
    pub fn region_lock_on(&self, today: Date) -> RegionLock {
        RegionLock::on(&self.file, today)
    }

    /// Refuses a register from the future, for an entry is not in use before its day, so neither is its revision; and one that
    /// time has passed over: an entry whose last day is over opens its regions as long as its status says that it is in use,
    /// since templates know of no day.
    pub fn check_on(&self, today: Date) -> Result<(), RegisterError> {
        let late = self.file.revisions.iter().filter(|revision| revision.date > today);
        let late = late.map(|Revision { number, date, .. }| {
            format!("revision {number} of the register is of {date}, which is after today, {today}")
        });
        let over = self.entries().iter().filter(|entry| entry.is_in_use() && entry.has_ended(today));
        let over = over.map(|entry| {
            let ended = entry.ended.unwrap_or(today);
            format!("{}: its last day was {ended}, and it is not former by its status", entry.id)
        });
        RegisterError::unless_empty(late.chain(self.named(over.collect())).collect())
    }
}

impl Regions {
    /// The table within the executable. Read once.
    pub fn embedded() -> Result<&'static Self, RegisterError> {
        static REGIONS: OnceLock<Result<Regions, RegisterError>> = OnceLock::new();
        let read = || Self::parse(include_str!("../../../../infra/azure-regions.json"));
        REGIONS.get_or_init(read).as_ref().map_err(Clone::clone)
    }
}

/// Whether each is there once.
fn are_distinct<T: Ord>(items: impl IntoIterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    items.into_iter().all(|item| seen.insert(item))
}
