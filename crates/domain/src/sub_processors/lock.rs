//! The region lock: where data may lie, and which services that cannot be kept to a region are used all the same.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{
    File, NonRegional, NonRegionalService, RegionName, Regions, ResourceType, SubProcessor, regions,
};

/// What the entries in use allow: with what is new of them only once that is in force, since they have it only then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionLock {
    revision: u32,
    allowed: BTreeSet<RegionName>,
    services: Vec<NonRegionalService>,
}

impl RegionLock {
    /// By the statuses, as templates must take it, for which there is no day.
    pub(super) fn of(file: &File) -> Self {
        Self::by(file, SubProcessor::is_in_use)
    }

    /// By the statuses, and by the day: an entry whose last day is over opens nothing, whatever its status says.
    pub(super) fn on(file: &File, today: Date) -> Self {
        Self::by(file, |entry| entry.is_in_use() && !entry.has_ended(today))
    }

    fn by(file: &File, is_in_use: impl Fn(&SubProcessor) -> bool) -> Self {
        let in_use = || file.sub_processors.iter().filter(|entry| is_in_use(entry));
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

    /// A sentence that says by what it is decided.
    #[must_use]
    pub fn sentence(&self, said: &str) -> String {
        let allowed: Vec<_> = self.allowed.iter().map(RegionName::as_str).collect();
        let (revision, allowed) = (self.revision, allowed.join(", "));
        format!("{said} (revision {revision} of the register of sub-processors allows {allowed})")
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

    /// The types of resources that may be used in a way though they cannot be kept to a region.
    pub(super) fn types(&self, kind: NonRegional) -> impl Iterator<Item = &ResourceType> {
        self.services
            .iter()
            .filter(move |service| service.kind == kind)
            .flat_map(|service| &service.resource_types)
    }

    /// The region of something, if it may lie there.
    pub fn region(&self, shown: &str, regions: &Regions) -> Result<RegionName, Refusal> {
        let name = RegionName::normalised(shown).ok_or(Refusal::NoRegion)?;
        if regions.get(&name).is_none() {
            Err(Refusal::UnknownRegion(name))
        } else if self.allows(&name) {
            Ok(name)
        } else {
            Err(Refusal::Region(name))
        }
    }

    /// Whether storage with this SKU may lie in a region that is allowed: a copy in the paired region may lie there only where
    /// that is allowed too.
    pub fn replication(&self, sku: &str, region: &RegionName, regions: &Regions) -> Result<(), Refusal> {
        let replication = sku.split_once('_').filter(|(tier, _)| ["Standard", "Premium"].contains(tier));
        match replication.map(|(_, replication)| replication) {
            Some("LRS" | "ZRS") => Ok(()),
            Some("GRS" | "GZRS" | "RAGRS" | "RAGZRS") => {
                let pair = regions.get(region).and_then(|region| region.pair.clone());
                if pair.as_ref().is_some_and(|pair| self.allows(pair)) {
                    Ok(())
                } else {
                    Err(Refusal::Pair { sku: sku.to_owned(), region: region.clone(), pair })
                }
            }
            _ => Err(Refusal::UnknownSku),
        }
    }
}

/// Why something may not be where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What is said of the place is no region.
    #[error("its region is not said, or is no name of a region")]
    NoRegion,
    /// There is no such region.
    #[error("the region {0} is not in the table of regions")]
    UnknownRegion(RegionName),
    /// The register does not list it.
    #[error("the region {0} is not allowed")]
    Region(RegionName),
    /// What is said of the replication is none that is known.
    #[error("its SKU is not said, or is none that is known")]
    UnknownSku,
    /// A copy lies in a region that the register does not list.
    #[error("{sku} in {region} copies to {}, which is not allowed", .pair.as_ref().map_or("another region", RegionName::as_str))]
    Pair {
        /// The SKU.
        sku: String,
        /// Where the first copy lies.
        region: RegionName,
        /// Where the other one would lie.
        pair: Option<RegionName>,
    },
}

impl Refusal {
    /// The place that is refused, for a sentence of one's own; none where it is not known.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::NoRegion | Self::UnknownSku => None,
            Self::UnknownRegion(region) | Self::Region(region) => Some(region.as_str()),
            Self::Pair { region, pair, .. } => Some(pair.as_ref().unwrap_or(region).as_str()),
        }
    }
}
