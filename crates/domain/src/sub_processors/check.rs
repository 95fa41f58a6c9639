//! Whether the register agrees with itself, with the table of regions, and with the rules of notice.

use jiff::ToSpan as _;

use super::{
    DataCategories, File, Regions, Status, SubProcessor, UsedFor, Zone, are_distinct, check_changes,
    entry::{Contact, Location},
};

/// Every reason why the register cannot be used.
pub(super) fn faults(file: &File, regions: &Regions) -> Vec<String> {
    let mut faults = Vec::new();
    let mut unless = |holds: bool, sentence: String| {
        if !holds {
            faults.push(sentence);
        }
    };
    unless(file.zone <= Zone::Adequacy, "the register claims no zone".to_owned());
    unless(
        (1..=365).contains(&file.notice_period_days),
        "the notice period is not of 1 to 365 days".to_owned(),
    );
    revisions(file, &mut unless);
    unless(
        are_distinct(file.sub_processors.iter().map(|entry| &entry.id)),
        "an id is given to two entries".to_owned(),
    );
    let primaries = file
        .sub_processors
        .iter()
        .filter(|entry| entry.used_for == UsedFor::Hosting && entry.status == Status::Active);
    unless(primaries.count() == 1, "not exactly one entry for hosting is active".to_owned());
    let types = file.sub_processors.iter().flat_map(|entry| &entry.non_regional_services);
    unless(
        are_distinct(types.flat_map(|service| &service.resource_types)),
        "a type of resource is listed under two services".to_owned(),
    );
    for entry in &file.sub_processors {
        let mut unless = |holds: bool, sentence: &str| unless(holds, format!("{}: {sentence}", entry.id));
        lists(entry, &mut unless);
        life(file, entry, &mut unless);
        place(file, entry, regions, &mut unless);
        check_changes::changes(file, entry, regions, &mut unless);
        for transfer in &entry.transfers {
            let within = regions.zone_of(&transfer.country) <= Zone::EEA;
            unless(!within, "a transfer goes to a country of the EEA, where it is none");
        }
    }
    faults
}

fn revisions(file: &File, unless: &mut impl FnMut(bool, String)) {
    unless(!file.revisions.is_empty(), "there is no revision".to_owned());
    for (number, revision) in (1..).zip(&file.revisions) {
        unless(revision.number == number, format!("revision {} is not numbered {number}", revision.number));
        unless(are_distinct(&revision.sub_processors), format!("revision {number} names an entry twice"));
        for id in &revision.sub_processors {
            let known = file.sub_processors.iter().any(|entry| entry.id == *id);
            unless(known, format!("revision {number} names {id}, which is no entry"));
        }
    }
    let in_order = file.revisions.is_sorted_by_key(|revision| revision.date);
    unless(in_order, "the dates of the revisions go back".to_owned());
}

fn lists(entry: &SubProcessor, unless: &mut impl FnMut(bool, &str)) {
    unless((1..=8).contains(&entry.address.len()), "the address is not of 1 to 8 lines");
    let Contact { email, url, phone, .. } = &entry.contact;
    let is_reachable = email.is_some() || url.is_some() || phone.is_some();
    unless(is_reachable, "the contact cannot be reached in any way");
    if let DataCategories::Only(keys) = &entry.data_categories {
        unless(are_distinct(keys), "a category is listed twice");
        unless(!keys.is_empty() || entry.other_data.is_some(), "no data are named");
    }
    for service in &entry.non_regional_services {
        unless(are_distinct(&service.resource_types), "a type of resource is listed twice");
    }
}

/// Dates in order, the status in agreement with them, notice given in time, and no status that the last revision could not
/// know yet.
fn life(file: &File, entry: &SubProcessor, unless: &mut impl FnMut(bool, &str)) {
    let named = file.revisions.iter().find(|revision| revision.sub_processors.contains(&entry.id));
    unless(
        named.is_some_and(|revision| revision.date == entry.announced),
        "it is not announced on the day of the first revision that names it",
    );
    let noticed = entry.announced.checked_add(i64::from(file.notice_period_days).days()).ok();
    unless(
        noticed.is_some_and(|noticed| noticed <= entry.effective),
        "it is in use before the notice period after its announcement has run",
    );
    let ends_after = entry.ended.is_none_or(|ended| ended >= entry.effective);
    unless(ends_after, "it ends before it is in use");
    let confirmed_after = match (entry.deletion_confirmed, entry.ended) {
        (None, _) => true,
        (Some(confirmed), Some(ended)) => confirmed >= ended,
        (Some(_), None) => false,
    };
    unless(confirmed_after, "its deletion is confirmed before it has ended");
    unless(
        entry.deletion_confirmed.is_some() == entry.deletion_confirmation.is_some(),
        "the confirmation of deletion lacks its day, or the day its confirmation",
    );
    let ends = matches!(entry.status, Status::Ending | Status::Former);
    unless(entry.ended.is_some() == ends, "its status and the day of its end do not agree");
    unless(
        entry.deletion_confirmed.is_none() || entry.status == Status::Former,
        "deletion is confirmed and it is not former",
    );
    let Some(last) = file.revisions.last() else { return };
    if entry.status != Status::Announced {
        unless(
            entry.effective <= last.date,
            "it is in use by its status, and the last revision is of a day before",
        );
    }
    if entry.status == Status::Former {
        let ended = entry.ended.is_none_or(|ended| ended <= last.date);
        unless(ended, "it is former by its status, and the last revision is of a day before its end");
    }
    let confirmed = entry.deletion_confirmed.is_none_or(|confirmed| confirmed <= last.date);
    unless(confirmed, "its deletion is confirmed on a day after the last revision");
}

/// What is claimed of country and zone holds for every place, save that a former entry lay where it lay: a claim may have
/// become narrower since.
fn place(file: &File, entry: &SubProcessor, regions: &Regions, unless: &mut impl FnMut(bool, &str)) {
    let Location { countries, regions: listed, .. } = &entry.location;
    let is_claimed = |zone: Zone| entry.status == Status::Former || zone <= file.zone;
    unless(
        !countries.is_empty() && are_distinct(countries),
        "its countries are none, or one is listed twice",
    );
    unless(are_distinct(listed), "a region is listed twice");
    for country in countries {
        let claimed = is_claimed(regions.zone_of(country));
        unless(claimed, &format!("{country} is not in the zone that the register claims"));
    }
    for name in listed {
        let Some(region) = regions.get(name) else {
            unless(false, &format!("the region {name} is not in the table of regions"));
            continue;
        };
        unless(is_claimed(region.zone), &format!("{name} is not in the zone that the register claims"));
        let claimed = countries.contains(&region.country);
        unless(claimed, &format!("{name} is in {}, which is none of its countries", region.country));
    }
}
