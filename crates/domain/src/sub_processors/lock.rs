//! The region lock: where data may lie, and which services that cannot be kept to a region are used all the same.

use std::collections::BTreeSet;

use super::{File, NonRegional, NonRegionalService, RegionName, SubProcessor, regions};

/// What the entries in use allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionLock {
    revision: u32,
    allowed: BTreeSet<RegionName>,
    services: Vec<NonRegionalService>,
}

impl RegionLock {
    pub(super) fn of(file: &File) -> Self {
        let in_use = || file.sub_processors.iter().filter(|entry| SubProcessor::is_in_use(entry));
        Self {
            revision: file.revisions.last().map_or(0, |revision| revision.number),
            allowed: regions::names(in_use().flat_map(|entry| &entry.location.regions)),
            services: in_use().flat_map(|entry| entry.non_regional_services.iter().cloned()).collect(),
        }
    }

    /// The revision of the register that it follows from: every refusal names it.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// The regions where anything may lie, in alphabetical order.
    pub fn regions(&self) -> impl Iterator<Item = &RegionName> {
        self.allowed.iter()
    }

    /// Whether data may lie in a region.
    #[must_use]
    pub fn allows(&self, region: &RegionName) -> bool {
        self.allowed.contains(region)
    }

    /// How a type of resource may be used though it cannot be kept to a region. Azure compares types without regard to case.
    #[must_use]
    pub fn exception(&self, resource_type: &str) -> Option<NonRegional> {
        let lists = |service: &&NonRegionalService| {
            service.resource_types.iter().any(|listed| listed.as_str().eq_ignore_ascii_case(resource_type))
        };
        self.services.iter().find(lists).map(|service| service.kind)
    }
}
