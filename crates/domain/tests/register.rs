//! The register of sub-processors and the table of regions: what the domain reads is what the JSON Schemas beside the files
//! describe, and it refuses more, since a schema cannot compare dates.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use jsonschema::Validator;
use kundportal_domain::sub_processors::{EntryId, NonRegional, Regions, Register, Standing, Tenancy, Zone};
use serde_json::{Value, json};

/// One that stays as it is, whatever the register in force becomes.
const REGISTER: &str = include_str!("example/sub-processors.json");
const IN_FORCE: &str = include_str!("../../../infra/sub-processors.json");
const REGIONS: &str = include_str!("../../../infra/azure-regions.json");

fn value(json: &str) -> Value {
    serde_json::from_str(json).expect("JSON")
}

fn validator(schema: &str) -> Validator {
    jsonschema::validator_for(&value(schema)).expect("a schema")
}

fn register_schema() -> Validator {
    validator(include_str!("../../../infra/sub-processors.schema.json"))
}

fn regions() -> Regions {
    Regions::parse(REGIONS).expect("the table of regions")
}

fn register() -> Register {
    Register::parse(REGISTER, &regions()).expect("the register")
}

/// The register with one value put at a pointer, or taken away.
fn with(pointer: &str, new: Option<Value>) -> Value {
    put(value(REGISTER), pointer, new)
}

fn put(mut document: Value, pointer: &str, new: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match (document.pointer_mut(parent).expect("a place"), new) {
        (Value::Object(members), Some(new)) => drop(members.insert(key.to_owned(), new)),
        (Value::Object(members), None) => drop(members.remove(key).expect("a member")),
        (Value::Array(items), Some(new)) if key == "-" => items.push(new),
        (Value::Array(items), Some(new)) => items[key.parse::<usize>().expect("a place")] = new,
        _ => panic!("nothing can be put at {pointer}"),
    }
    document
}

fn refusal(register: &Value) -> String {
    Register::parse(&register.to_string(), &regions()).expect_err("it must be refused").to_string()
}

fn id(text: &str) -> EntryId {
    text.parse().expect("an id")
}

#[test]
fn the_files_are_read_and_keep_to_their_schemas() {
    assert!(register_schema().is_valid(&value(REGISTER)) && register_schema().is_valid(&value(IN_FORCE)));
    assert!(validator(include_str!("../../../infra/azure-regions.schema.json")).is_valid(&value(REGIONS)));
    let register = Register::embedded().expect("the register within the executable");
    assert_eq!(*register, Register::parse(IN_FORCE, &regions()).expect("the register in force"));
    assert_eq!(
        register.revision() as usize,
        value(IN_FORCE)["revisions"].as_array().expect("revisions").len()
    );
    assert!(register.primary().is_some_and(|primary| !primary.location.regions.is_empty()));
    assert_eq!(self::register().primary().expect("a primary sub-processor").id, id("microsoft-azure"));
}

#[test]
fn what_the_schema_refuses_the_domain_refuses() {
    let text = json!({"sv": "a", "en": "a"});
    let planted = [
        ("/more", Some(json!(1))),
        ("/example/de", Some(json!("a"))),
        ("/example", Some(Value::Null)),
        ("/zone", None),
        ("/zone", Some(json!("third"))),
        ("/zone", Some(json!("eu"))),
        ("/noticePeriodDays", Some(json!(0))),
        ("/noticePeriodDays", Some(json!(366))),
        ("/noticePeriodDays", Some(json!("30"))),
        ("/revisions", Some(json!([]))),
        ("/revisions/0/number", Some(json!(0))),
        ("/revisions/0/date", Some(json!("20260112"))),
        ("/revisions/0/date", Some(json!("2026-01-12T00:00"))),
        ("/revisions/0/summary", Some(json!("a"))),
        ("/revisions/0/summary/sv", Some(json!(" a"))),
        ("/revisions/0/summary/sv", Some(json!("a\nb"))),
        ("/revisions/0/summary/sv", Some(json!("a\u{1}b"))),
        ("/subProcessors/0/name", Some(json!("a\u{9f}b"))),
        ("/subProcessors/0/address/0", Some(json!("a\u{ffff}b"))),
        ("/revisions/0/subProcessors", Some(json!(["microsoft-azure", "microsoft-azure"]))),
        ("/subProcessors", Some(json!([]))),
        ("/subProcessors/0/id", Some(json!("Microsoft"))),
        ("/subProcessors/0/id", Some(json!("a--b"))),
        ("/subProcessors/0/name", Some(json!(""))),
        ("/subProcessors/0/address", Some(json!([]))),
        ("/subProcessors/0/address", Some(json!(["a", "b", "c", "d", "e", "f", "g", "h", "i"]))),
        ("/subProcessors/0/country", Some(json!("Ireland"))),
        ("/subProcessors/0/parent", None),
        ("/subProcessors/0/parent/more", Some(json!(1))),
        ("/subProcessors/0/contact/phone", Some(json!("08-123"))),
        ("/subProcessors/0/contact", Some(json!({"role": text, "email": null, "url": null, "phone": null}))),
        ("/subProcessors/0/contact/email", Some(json!("nobody"))),
        ("/subProcessors/0/website", Some(json!("http://example.com/"))),
        ("/subProcessors/0/use", Some(json!("storage"))),
        ("/subProcessors/0/dataCategories", Some(json!("none"))),
        ("/subProcessors/0/dataCategories", Some(json!(["Profile"]))),
        ("/subProcessors/0/dataCategories", Some(json!(["profile", "profile"]))),
        ("/subProcessors/0/otherData", None),
        ("/subProcessors/0/location/countries", Some(json!([]))),
        ("/subProcessors/0/location/regions", Some(json!(["Sweden Central"]))),
        ("/subProcessors/0/location/regions", Some(json!(["swedencentral", "swedencentral"]))),
        ("/subProcessors/0/nonRegionalServices/0/kind", Some(json!("everywhere"))),
        ("/subProcessors/0/nonRegionalServices/0/resourceTypes", Some(json!(["KeyVault"]))),
        ("/subProcessors/0/transfers/0/mechanism", Some(json!("hope"))),
        ("/subProcessors/0/agreement/url", None),
        ("/subProcessors/0/status", Some(json!("planned"))),
        ("/subProcessors/0/status", Some(json!("ending"))),
        ("/subProcessors/0/effective", None),
        ("/subProcessors/0/effective", Some(Value::Null)),
        ("/subProcessors/0/ended", None),
        ("/subProcessors/0/ended", Some(json!("2026-11-01"))),
        ("/subProcessors/0/deletionConfirmed", Some(json!("2026-11-01"))),
        ("/subProcessors/3/ended", Some(Value::Null)),
        ("/subProcessors/3/deletionConfirmation", Some(Value::Null)),
        ("/subProcessors/3/deletionConfirmed", Some(Value::Null)),
    ];
    let schema = register_schema();
    for (pointer, new) in planted {
        let register = with(pointer, new.clone());
        assert!(!schema.is_valid(&register), "the schema takes {new:?} at {pointer}");
        refusal(&register);
    }
}

#[test]
fn what_a_schema_cannot_compare_the_domain_refuses_too() {
    let planted = [
        ("/subProcessors/0/dataCategories", json!(["profiles"]), "not a category"),
        ("/revisions/1/number", json!(3), "revision 3 is not numbered 2"),
        ("/revisions/1/date", json!("2026-12-01"), "the dates of the revisions go back"),
        ("/revisions/1/date", json!("2026-02-30"), "must be a day of the calendar"),
        ("/revisions/1/subProcessors", json!(["nobody"]), "names nobody, which is no entry"),
        ("/subProcessors/1/id", json!("microsoft-azure"), "an id is given to two entries"),
        (
            "/subProcessors/0/announced",
            json!("2026-01-11"),
            "is not announced on the day of the first revision",
        ),
        ("/subProcessors/0/effective", json!("2026-02-10"), "before the notice period"),
        ("/subProcessors/2/effective", json!("2026-12-15"), "before the notice period"),
        ("/subProcessors/2/status", json!("active"), "the last revision is of a day before"),
        ("/subProcessors/0/status", json!("announced"), "not exactly one entry for hosting is active"),
        ("/subProcessors/1/use", json!("hosting"), "not exactly one entry for hosting is active"),
        ("/subProcessors/3/ended", json!("2026-03-01"), "ends before it is in use"),
        ("/subProcessors/3/ended", json!("2026-12-01"), "the last revision is of a day before its end"),
        ("/subProcessors/3/deletionConfirmed", json!("2026-09-29"), "confirmed before it has ended"),
        ("/subProcessors/3/deletionConfirmed", json!("2026-12-01"), "a day after the last revision"),
        (
            "/subProcessors/0/location/regions",
            json!(["swedencentral", "nowhere"]),
            "not in the table of regions",
        ),
        ("/subProcessors/0/location/regions", json!(["norwayeast"]), "norwayeast is not in the zone"),
        ("/subProcessors/0/location/regions", json!(["northeurope"]), "northeurope is in IE"),
        ("/subProcessors/0/location/countries", json!(["SE", "US"]), "US is not in the zone"),
        ("/subProcessors/0/transfers/0/country", json!("NO"), "a transfer goes to a country of the EEA"),
        (
            "/subProcessors/0/nonRegionalServices/2/resourceTypes",
            json!(["Microsoft.KeyVault/vaults"]),
            "listed under two services",
        ),
    ];
    let schema = register_schema();
    for (pointer, new, sentence) in planted {
        let register = with(pointer, Some(new.clone()));
        let cannot_compare = schema.is_valid(&register);
        assert!(cannot_compare, "the schema refuses {new} at {pointer}: it belongs to the other test");
        let refusal = refusal(&register);
        assert!(refusal.contains(sentence), "{new} at {pointer}: {refusal}");
    }
}

#[test]
fn a_claim_of_a_zone_includes_those_before_it() {
    let lies_in = |zone: &str, country: &str, region: &str| {
        let register = with("/zone", Some(json!(zone)));
        let register = put(register, "/subProcessors/0/location/countries", Some(json!([country])));
        let register = put(register, "/subProcessors/0/location/regions", Some(json!([region])));
        Register::parse(&register.to_string(), &regions()).is_ok()
    };
    assert!(lies_in("EEA", "NO", "norwayeast") && lies_in("EEA", "SE", "swedencentral"));
    assert!(!lies_in("EU", "NO", "norwayeast"));
    for (country, region) in [("CH", "switzerlandnorth"), ("GB", "uksouth")] {
        assert!(!lies_in("EEA", country, region), "{region}");
        assert!(lies_in("adequacy", country, region), "{region}");
    }
    assert!(!lies_in("adequacy", "BR", "brazilsouth"));
    // A former entry lay where it lay, and its regions are none of the lock.
    let in_london = |entry: u8| {
        let register = with(&format!("/subProcessors/{entry}/location/countries"), Some(json!(["GB"])));
        let regions_at = format!("/subProcessors/{entry}/location/regions");
        let register = put(register, &regions_at, Some(json!(["uksouth"])));
        Register::parse(&register.to_string(), &regions())
    };
    assert!(in_london(1).is_err() && in_london(2).is_err(), "in use, announced");
    let register = in_london(3).expect("a former entry");
    assert_eq!(
        register.region_lock().regions().map(ToString::to_string).collect::<Vec<_>>(),
        ["swedencentral"]
    );
}

#[test]
fn the_lock_is_the_regions_of_the_entries_in_use() {
    let register = register();
    let lock = register.region_lock();
    assert_eq!(lock.regions().map(ToString::to_string).collect::<Vec<_>>(), ["swedencentral"]);
    assert_eq!(lock.exception("microsoft.keyvault/VAULTS"), Some(NonRegional::ReplicatesToPair));
    assert_eq!(lock.exception("Microsoft.Cdn/profiles"), None);
    let announced = register.entry(&id("azure-communication-services")).expect("the entry");
    for service in &announced.non_regional_services {
        for kind in &service.resource_types {
            assert_eq!(lock.exception(kind.as_str()), None, "{kind} is not in use yet");
        }
    }
}

#[test]
fn the_table_of_regions_is_read_strictly() {
    let schema = validator(include_str!("../../../infra/azure-regions.schema.json"));
    let planted = [
        ("/regions", json!([]), false),
        ("/regions/0/zone", json!("Union"), false),
        ("/regions/0/pair", json!("North Europe"), false),
        ("/regions/0/restricted", Value::Null, false),
        ("/regions/0/more", json!(1), false),
        ("/checked", json!("today"), false),
        ("/regions/0/name", json!("belgiumcentral"), true),
        ("/regions/0/zone", json!("EEA"), true),
        ("/regions/2/zone", json!("EU"), true),
        ("/regions/0/pair", json!("austriaeast"), true),
    ];
    for (pointer, new, valid) in planted {
        let table = put(value(REGIONS), pointer, Some(new.clone()));
        assert_eq!(schema.is_valid(&table), valid, "{new} at {pointer}");
        assert!(Regions::parse(&table.to_string()).is_err(), "{new} at {pointer}");
    }
    let regions = regions();
    assert_eq!(regions.zone_of(&"US".parse().expect("a country")), Zone::Third);
    assert!(regions.iter().count() > 20);
}

#[test]
fn a_revision_of_tomorrow_is_refused_today() {
    let register = register();
    assert_eq!(register.check_on(date(2026, 11, 16)), Ok(()));
    let early = register.check_on(date(2026, 11, 15)).expect_err("too early").to_string();
    assert!(early.contains("revision 4") && early.contains("2026-11-16"), "{early}");
}

/// The register once the mail service has been taken into use, by a revision of its day.
fn advanced() -> Register {
    let revision = json!({"number": 5, "date": "2026-12-21", "subProcessors": ["azure-communication-services"],
        "summary": {"sv": "Används nu.", "en": "In use now."}});
    let register = with("/revisions/-", Some(revision));
    let register = put(register, "/subProcessors/2/status", Some(json!("active")));
    Register::parse(&register.to_string(), &regions()).expect("a register")
}

#[test]
fn a_sub_processor_is_used_only_after_notice_its_period_and_without_an_objection() {
    let (register, mail) = (advanced(), id("azure-communication-services"));
    let standing = |register: &Register, noticed: Option<Date>, objects: bool, today: Date| {
        let noticed: BTreeMap<_, _> = noticed.map(|day| (4, day)).into_iter().collect();
        let objects: BTreeSet<_> = objects.then(|| (mail.clone(), 4)).into_iter().collect();
        let tenancy = Tenancy { agreed: 1, noticed: &noticed, objects: &objects };
        register.standing(register.entry(&mail).expect("the entry"), tenancy, today)
    };
    let (in_time, late) = (Some(date(2026, 11, 16)), Some(date(2026, 12, 1)));
    assert_eq!(standing(&register, in_time, false, date(2026, 12, 20)), Standing::NotYet);
    assert_eq!(standing(&register, in_time, false, date(2026, 12, 21)), Standing::InUse);
    assert_eq!(standing(&register, in_time, true, date(2026, 12, 21)), Standing::Objected);
    assert_eq!(standing(&register, late, false, date(2026, 12, 30)), Standing::NotYet);
    assert_eq!(standing(&register, late, false, date(2026, 12, 31)), Standing::InUse);
    assert_eq!(standing(&register, None, false, date(2027, 6, 1)), Standing::NotYet);
    let announced = self::register();
    assert_eq!(standing(&announced, in_time, false, date(2027, 6, 1)), Standing::NotYet);
}

#[test]
fn a_tenant_has_agreed_to_what_was_announced_before_it_came() {
    let register = advanced();
    let standing = |entry: &str, agreed: u32, today: Date| {
        let tenancy = Tenancy { agreed, noticed: &BTreeMap::new(), objects: &BTreeSet::new() };
        register.standing(register.entry(&id(entry)).expect("the entry"), tenancy, today)
    };
    let mail = "azure-communication-services";
    assert_eq!(standing(mail, 4, date(2026, 12, 20)), Standing::NotYet);
    assert_eq!(standing(mail, 4, date(2026, 12, 21)), Standing::InUse);
    assert_eq!(standing(mail, 3, date(2027, 6, 1)), Standing::NotYet);
    assert_eq!(standing("microsoft-azure", 1, date(2026, 3, 1)), Standing::NotYet);
    assert_eq!(standing("microsoft-azure", 1, date(2026, 3, 2)), Standing::InUse);
    assert_eq!(standing("exempelpost", 1, date(2026, 12, 21)), Standing::Ended);
}

#[test]
fn a_revision_is_in_force_from_its_day() {
    let register = register();
    let days =
        [(date(2026, 1, 11), 0), (date(2026, 1, 12), 1), (date(2026, 11, 15), 3), (date(2026, 11, 16), 4)];
    for (day, number) in days {
        assert_eq!(register.in_force(day), number, "{day}");
    }
    let announced = |entry: &str| {
        let entry = register.entry(&id(entry)).expect("the entry");
        register.announcements_of(entry).map(|announcement| announcement.key()).collect::<Vec<_>>()
    };
    assert_eq!(announced("exempelpost"), [(id("exempelpost"), 1)]);
    assert_eq!(announced("azure-communication-services"), [(id("azure-communication-services"), 4)]);
}

/// Days of the calendar: over a leap day, the end of a year and the days on which clocks change.
#[test]
fn the_notice_period_is_of_whole_days() {
    let register = register();
    for (noticed, ends) in [
        (date(2028, 2, 15), date(2028, 3, 16)),
        (date(2026, 12, 20), date(2027, 1, 19)),
        (date(2026, 3, 1), date(2026, 3, 31)),
        (date(2026, 10, 1), date(2026, 10, 31)),
    ] {
        assert_eq!(register.period_ends(noticed), Some(ends));
    }
}

#[test]
fn a_revision_tells_what_it_changed() {
    let register = register();
    let changed = register.changed_by(&register.revisions()[1]).map(|entry| entry.id.as_str());
    assert_eq!(changed.collect::<Vec<_>>(), ["exempelpost"]);
}
