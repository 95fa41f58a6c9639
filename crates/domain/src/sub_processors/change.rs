//! What becomes new of an entry that is listed already: tenants are told of it, and may object, as they are of a new entry.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    CountryCode, DataCategories, NonRegionalService, RegionName, Transfer,
    entry::Day,
    words::{Text, day},
};

/// A change that needs notice. The entry itself says the same once the change is in force, and not before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// The revision that announced it.
    pub revision: u32,
    /// The first day on which it is, or may be, in force.
    #[serde(deserialize_with = "day")]
    #[schemars(with = "Day")]
    pub effective: Date,
    /// How far it has come.
    pub status: ChangeStatus,
    /// More countries where data are stored.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub countries: Option<Vec<CountryCode>>,
    /// More regions where data are stored.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<RegionName>>,
    /// More services that cannot be kept to a region.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub non_regional_services: Option<Vec<NonRegionalService>>,
    /// More transfers to third countries, or on other grounds.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub transfers: Option<Vec<Transfer>>,
    /// More data of the data map.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub data_categories: Option<DataCategories>,
    /// What the other data will be.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub other_data: Option<Text>,
    /// What the purpose will be.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text>,
    /// What will be done with the data.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub processing: Option<Text>,
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeStatus {
    /// Not in force yet.
    Announced,
    /// In force.
    InForce,
    /// It will not come.
    Withdrawn,
}

/// May be missing, but not null.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
