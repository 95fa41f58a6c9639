//! Whether the changes of an entry agree with it, with the revisions that announce them and with the rules of notice.

use jiff::ToSpan as _;

use super::{
    ChangeStatus, DataCategories, File, Regions, Status, SubProcessor, Zone, are_distinct, change::Change,
};

pub(super) fn changes(
    file: &File,
    entry: &SubProcessor,
    regions: &Regions,
    unless: &mut impl FnMut(bool, &str),
) {
    let by = entry.changes.iter().map(|change| change.revision);
    unless(are_distinct(by), "a revision announces two changes of it");
    for change in &entry.changes {
        let number = change.revision;
        let mut unless = |holds: bool, sentence: &str| {
            unless(holds, &format!("the change that revision {number} announces: {sentence}"));
        };
        lists(change, &mut unless);
        life(file, entry, change, &mut unless);
        place(file, entry, change, regions, &mut unless);
    }
}

fn is_list<T: Ord>(list: Option<&Vec<T>>) -> bool {
    list.is_none_or(|list| !list.is_empty() && are_distinct(list))
}

fn lists(change: &Change, unless: &mut impl FnMut(bool, &str)) {
    unless(!change.items().is_empty(), "nothing is new");
    let categories = match &change.data_categories {
        Some(DataCategories::Only(keys)) => Some(keys),
        Some(DataCategories::All(_)) | None => None,
    };
    let are_lists = is_list(change.countries.as_ref())
        && is_list(change.regions.as_ref())
        && is_list(categories)
        && change.transfers.as_ref().is_none_or(|list| !list.is_empty())
        && change.non_regional_services.as_ref().is_none_or(|list| !list.is_empty());
    unless(are_lists, "a list is empty, or has something twice");
    for service in change.non_regional_services.iter().flatten() {
        unless(are_distinct(&service.resource_types), "a type of resource is listed twice");
    }
}

/// Announced by a revision that names the entry and did not announce it, and in force after the notice period only; until then
/// the entry has nothing of it.
fn life(file: &File, entry: &SubProcessor, change: &Change, unless: &mut impl FnMut(bool, &str)) {
    let mut named = file.revisions.iter().filter(|revision| revision.sub_processors.contains(&entry.id));
    let revision = named.nth(1).into_iter().chain(named).find(|revision| revision.number == change.revision);
    unless(revision.is_some(), "that is no revision that names it after its announcement");
    let ends = revision
        .and_then(|revision| revision.date.checked_add(i64::from(file.notice_period_days).days()).ok());
    unless(
        ends.is_some_and(|ends| ends <= change.effective),
        "it is in force before the notice period after its announcement has run",
    );
    match change.status {
        ChangeStatus::InForce => {
            let is_of_a_day_after = file.revisions.last().is_some_and(|last| change.effective <= last.date);
            unless(
                is_of_a_day_after,
                "it is in force by its status, and the last revision is of a day before",
            );
        }
        ChangeStatus::Announced => {
            let has = entry.items();
            for item in change.items().iter().filter(|item| has.contains(item)) {
                unless(false, &format!("it is only announced, and the entry has {item} already"));
            }
        }
        ChangeStatus::Withdrawn => {}
    }
}

fn place(
    file: &File,
    entry: &SubProcessor,
    change: &Change,
    regions: &Regions,
    unless: &mut impl FnMut(bool, &str),
) {
    let is_claimed = |zone: Zone| entry.status == Status::Former || zone <= file.zone;
    let countries = || change.countries.iter().flatten();
    for country in countries() {
        let claimed = is_claimed(regions.zone_of(country));
        unless(claimed, &format!("{country} is not in the zone that the register claims"));
    }
    for name in change.regions.iter().flatten() {
        let Some(region) = regions.get(name) else {
            unless(false, &format!("the region {name} is not in the table of regions"));
            continue;
        };
        unless(is_claimed(region.zone), &format!("{name} is not in the zone that the register claims"));
        let has_its_country =
            countries().chain(&entry.location.countries).any(|country| *country == region.country);
        unless(has_its_country, &format!("{name} is in {}, which is none of its countries", region.country));
    }
    for transfer in change.transfers.iter().flatten() {
        let within = regions.zone_of(&transfer.country) <= Zone::EEA;
        unless(!within, "a transfer goes to a country of the EEA, where it is none");
    }
}
