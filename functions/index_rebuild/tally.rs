//! What a rebuild has done, in numbers and ids.

use std::collections::{BTreeMap, BTreeSet};

use kundportal_domain::UserId;
use serde::{Deserialize, Serialize};

/// Of conflicts and of failures each, so many are named.
const NAMED: usize = 200;

/// What two users have of which one only may: decided by nobody but a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Conflict {
    /// Both have the address, or one has it and the other is about to take it. The first is found by it.
    Address(UserId, UserId),
    /// Both are bound to the identity, or somebody is accepting an invitation with it. The first is found by it.
    Identity(UserId, UserId),
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// Objects that were read.
    pub objects: u64,
    /// Entries that were written.
    pub written: u64,
    /// Entries that were removed.
    pub removed: u64,
    /// What has to be decided.
    pub conflicts: BTreeSet<Conflict>,
    /// Names of objects and entries that could not be dealt with, and why.
    pub failures: Vec<String>,
    /// Failures beyond the ones that are named.
    pub more_failures: u64,
    /// Entries under keys that are neither configured nor retired, by the key's version.
    pub unknown_keys: BTreeMap<String, u64>,
}

impl Tally {
    /// Whether everything could be done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.conflicts.is_empty() && self.failures.is_empty()
    }

    pub(super) fn fail(&mut self, failure: String) {
        if self.failures.len() < NAMED {
            self.failures.push(failure);
        } else {
            self.more_failures += 1;
        }
    }

    pub(super) fn conflict(&mut self, conflict: Conflict) {
        if self.conflicts.len() < NAMED {
            self.conflicts.insert(conflict);
        } else {
            self.more_failures += 1;
        }
    }

    pub(super) fn meet_unknown(&mut self, version: &str) {
        *self.unknown_keys.entry(version.to_owned()).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.objects += other.objects;
        self.written += other.written;
        self.removed += other.removed;
        self.more_failures += other.more_failures;
        other.conflicts.into_iter().for_each(|conflict| self.conflict(conflict));
        other.failures.into_iter().for_each(|failure| self.fail(failure));
        for (version, number) in other.unknown_keys {
            *self.unknown_keys.entry(version).or_default() += number;
        }
    }

    /// In one line.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { objects, written, removed, .. } = self;
        let (conflicts, failures) = (self.conflicts.len(), self.failures.len() as u64 + self.more_failures);
        format!(
            "{objects} objects read, {written} entries written, {removed} removed, {conflicts} conflicts, {failures} failures"
        )
    }

    /// What somebody has to look at, a line each.
    pub fn details(&self) -> impl Iterator<Item = String> + '_ {
        let conflicts = self.conflicts.iter().map(|conflict| match conflict {
            Conflict::Address(one, other) => format!("conflict: {one} and {other} have the same address"),
            Conflict::Identity(one, other) => format!("conflict: {one} and {other} have the same sign-in"),
        });
        let failures = self.failures.iter().map(|failure| format!("not done: {failure}"));
        let keys = self.unknown_keys.iter().map(|(version, number)| {
            format!(
                "{number} entries are under the key {version}, which is not configured; \
                 once no instance has it: --retired-key {version}"
            )
        });
        conflicts.chain(failures).chain(keys)
    }
}
