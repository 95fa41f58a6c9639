//! What an entry may not gain without notice: each of it, so that an entry can be compared with an earlier state of it and with
//! the changes that were announced. Whether another wording means something else cannot be told, so it counts as something
//! else.

use std::fmt;

use crate::Category;

use super::{
    Change, ChangeStatus, CountryCode, DataCategories, Line, Mechanism, NonRegional, NonRegionalService,
    RegionName, ResourceType, Status, SubProcessor, Text, Transfer, UsedFor,
};

/// One thing that an entry says of who processes which data, where, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Use(UsedFor),
    Country(&'a CountryCode),
    Region(&'a RegionName),
    Service(&'a Line, NonRegional),
    ResourceType(&'a ResourceType),
    Transfer(&'a CountryCode, Mechanism),
    AllData,
    Data(Category),
    OtherData(&'a Text),
    Purpose(&'a Text),
    Processing(&'a Text),
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Use(_) => f.write_str("its use"),
            Self::Country(country) => write!(f, "the country {country}"),
            Self::Region(region) => write!(f, "the region {region}"),
            Self::Service(service, _) => write!(f, "the service {service}"),
            Self::ResourceType(kind) => write!(f, "the type {kind}"),
            Self::Transfer(country, _) => write!(f, "a transfer to {country} on its ground"),
            Self::AllData => f.write_str("all data"),
            Self::Data(category) => write!(f, "the category {}", category.key()),
            Self::OtherData(_) => f.write_str("the wording of its other data"),
            Self::Purpose(_) => f.write_str("the wording of its purpose"),
            Self::Processing(_) => f.write_str("the wording of its processing"),
        }
    }
}

fn services(services: &[NonRegionalService]) -> impl Iterator<Item = Item<'_>> {
    services.iter().flat_map(|service| {
        let kinds = service.resource_types.iter().map(Item::ResourceType);
        std::iter::once(Item::Service(&service.service, service.kind)).chain(kinds)
    })
}

fn transfers(transfers: &[Transfer]) -> impl Iterator<Item = Item<'_>> {
    transfers.iter().map(|transfer| Item::Transfer(&transfer.country, transfer.mechanism))
}

fn data(categories: &DataCategories) -> Vec<Item<'_>> {
    match categories {
        DataCategories::All(_) => {
            std::iter::once(Item::AllData).chain(Category::ALL.into_iter().map(Item::Data)).collect()
        }
        DataCategories::Only(categories) => categories.iter().copied().map(Item::Data).collect(),
    }
}

impl SubProcessor {
    pub(super) fn items(&self) -> Vec<Item<'_>> {
        let mut items =
            vec![Item::Use(self.used_for), Item::Purpose(&self.purpose), Item::Processing(&self.processing)];
        items.extend(self.location.countries.iter().map(Item::Country));
        items.extend(self.location.regions.iter().map(Item::Region));
        items.extend(services(&self.non_regional_services));
        items.extend(transfers(&self.transfers));
        items.extend(data(&self.data_categories));
        items.extend(self.other_data.as_ref().map(Item::OtherData));
        items
    }
}

impl Change {
    pub(super) fn items(&self) -> Vec<Item<'_>> {
        let mut items = Vec::new();
        items.extend(self.countries.iter().flatten().map(Item::Country));
        items.extend(self.regions.iter().flatten().map(Item::Region));
        items.extend(self.non_regional_services.iter().flat_map(|list| services(list)));
        items.extend(self.transfers.iter().flat_map(|list| transfers(list)));
        items.extend(self.data_categories.iter().flat_map(data));
        items.extend(self.other_data.as_ref().map(Item::OtherData));
        items.extend(self.purpose.as_ref().map(Item::Purpose));
        items.extend(self.processing.as_ref().map(Item::Processing));
        items
    }

    /// The same but for how far it has come, which may only have gone on.
    fn follows(&self, earlier: &Self) -> bool {
        let goes_on = self.status == earlier.status || earlier.status == ChangeStatus::Announced;
        goes_on && *self == Self { status: self.status, ..earlier.clone() }
    }
}

/// What an entry has gained since an earlier register without having been announced there as what is to come; and what has become
/// of that. The earlier register has so many revisions.
pub(super) fn unannounced(before: &SubProcessor, now: &SubProcessor, revisions: usize) -> Vec<String> {
    let mut faults = Vec::new();
    let announced_by = |number: u32| now.changes.iter().find(|change| change.revision == number);
    for earlier in &before.changes {
        if !announced_by(earlier.revision).is_some_and(|change| change.follows(earlier)) {
            faults
                .push(format!("the change that revision {} announced is another one now", earlier.revision));
        }
    }
    let is_known = |number: u32| before.changes.iter().any(|change| change.revision == number);
    for change in now.changes.iter().filter(|change| !is_known(change.revision)) {
        let is_by_an_earlier_one = usize::try_from(change.revision).is_ok_and(|number| number <= revisions);
        if is_by_an_earlier_one || change.status == ChangeStatus::InForce {
            faults.push(format!("the change of revision {} was not announced first", change.revision));
        }
    }
    let in_force = |change: &&Change| {
        announced_by(change.revision).is_some_and(|change| change.status == ChangeStatus::InForce)
    };
    let mut allowed = before.items();
    allowed.extend(before.changes.iter().filter(in_force).flat_map(Change::items));
    let gained =
        now.items().into_iter().filter(|item| now.status != Status::Former && !allowed.contains(item));
    faults.extend(gained.map(|item| format!("{item} is new, and was not announced first")));
    faults
}
