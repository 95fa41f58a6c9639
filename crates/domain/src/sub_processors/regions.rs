//! The table of regions: what is known of each. A region that is not in it does not exist for the region lock.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;

use super::{
    RegisterError,
    words::{CountryCode, RegionName, WebAddress, day, or_null},
};

/// What law protects data in a place. A claim of one includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Zone {
    /// A member state of the Union.
    EU,
    /// In the European Economic Area, and not in the Union.
    EEA,
    /// A decision by Art. 45 applies to the whole country.
    #[serde(rename = "adequacy")]
    Adequacy,
    /// None of these.
    #[serde(rename = "third")]
    Third,
}

const MEMBER_STATES: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];
const ECONOMIC_AREA: [&str; 3] = ["IS", "LI", "NO"];

impl Zone {
    /// The zone of a country by membership alone; none where that does not say.
    fn by_membership(country: &CountryCode) -> Option<Self> {
        if MEMBER_STATES.contains(&country.as_str()) {
            Some(Self::EU)
        } else if ECONOMIC_AREA.contains(&country.as_str()) {
            Some(Self::EEA)
        } else {
            None
        }
    }
}

/// A region of Azure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Region {
    /// As Azure Resource Manager writes it.
    pub name: RegionName,
    /// Where it lies.
    pub country: CountryCode,
    /// What law protects data there.
    pub zone: Zone,
    /// The region that geo-redundant storage copies to.
    #[serde(deserialize_with = "or_null")]
    pub pair: Option<RegionName>,
    /// Whether zone-redundant storage can be had.
    pub availability_zones: bool,
    /// Whether it is for disaster recovery only.
    pub restricted: bool,
}

/// Every region that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regions(Vec<Region>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "$schema", default)]
    _schema: String,
    #[serde(rename = "source")]
    _source: WebAddress,
    #[serde(rename = "checked", deserialize_with = "day")]
    _checked: Date,
    regions: Vec<Region>,
}

impl Regions {
    /// Reads the table.
    pub fn parse(json: &str) -> Result<Self, RegisterError> {
        let File { regions, .. } =
            serde_json::from_str(json).map_err(|error| RegisterError::of(format!("the regions: {error}")))?;
        let table = Self(regions);
        RegisterError::unless_empty(table.faults())?;
        Ok(table)
    }

    /// What is known of a region.
    #[must_use]
    pub fn get(&self, name: &RegionName) -> Option<&Region> {
        self.0.iter().find(|region| region.name == *name)
    }

    /// Every region, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.0.iter()
    }

    /// The zone of a country: by membership, else as the table says of its regions; `third` where nothing is known.
    #[must_use]
    pub fn zone_of(&self, country: &CountryCode) -> Zone {
        let known = || self.0.iter().find(|region| region.country == *country).map(|region| region.zone);
        Zone::by_membership(country).or_else(known).unwrap_or(Zone::Third)
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.0.is_empty() {
            faults.push("the regions: there is none".to_owned());
        }
        if !self.0.is_sorted_by(|before, after| before.name < after.name) {
            faults.push("the regions are not in alphabetical order, each once".to_owned());
        }
        for region in &self.0 {
            let Region { name, country, zone, pair, .. } = region;
            if self.zone_of(country) != *zone
                || (*zone <= Zone::EEA && Zone::by_membership(country).is_none())
            {
                faults.push(format!("{name}: {country} is not in the zone that it is said to be in"));
            }
            // A pair need not be one in turn: Brazil South copies to the United States, and nothing is copied back.
            if pair.as_ref() == Some(name) {
                faults.push(format!("{name} is its own pair"));
            }
        }
        faults
    }
}

/// Names, in alphabetical order.
pub(super) fn names<'a>(regions: impl Iterator<Item = &'a RegionName>) -> BTreeSet<RegionName> {
    regions.cloned().collect()
}
