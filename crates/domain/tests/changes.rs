//! What becomes new of an entry that is listed already: announced like an entry, and not in force before.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use kundportal_domain::sub_processors::{EntryId, Regions, Register, Standing, Tenancy};
use serde_json::{Value, json};

const AZURE: &str = "microsoft-azure";

fn written() -> Value {
    serde_json::from_str(include_str!("example/sub-processors.json")).expect("JSON")
}

fn parse(register: &Value) -> Result<Register, String> {
    let regions = Regions::embedded().expect("the regions");
    Register::parse(&register.to_string(), regions).map_err(|error| error.to_string())
}

fn parsed(register: &Value) -> Register {
    parse(register).expect("a register")
}

fn revise(register: &mut Value, day: &str, entry: &str) {
    let revisions = register["revisions"].as_array_mut().expect("revisions");
    let summary = json!({"sv": "En region till.", "en": "One more region."});
    let number = revisions.len() + 1;
    revisions.push(json!({"number": number, "date": day, "subProcessors": [entry], "summary": summary}));
}

fn change() -> Value {
    json!({"revision": 5, "effective": "2027-01-04", "status": "announced", "countries": ["IE"], "regions": ["northeurope"]})
}

/// The example with a revision that announces this change of the entry for hosting.
fn announcing(change: &Value) -> Value {
    let mut register = written();
    revise(&mut register, "2026-12-01", AZURE);
    register["subProcessors"][0]["changes"] = json!([change]);
    register
}

fn announced() -> Value {
    announcing(&change())
}

fn add_the_region(register: &mut Value) {
    register["subProcessors"][0]["location"]["countries"] = json!(["SE", "IE"]);
    register["subProcessors"][0]["location"]["regions"] = json!(["swedencentral", "northeurope"]);
}

/// The same once the change is in force, by a revision of this day.
fn in_force(day: &str) -> Value {
    let mut register = announced();
    revise(&mut register, day, AZURE);
    register["subProcessors"][0]["changes"][0]["status"] = json!("inForce");
    add_the_region(&mut register);
    register
}

fn regions(register: &Value) -> Vec<String> {
    parsed(register).region_lock().regions().map(ToString::to_string).collect()
}

#[test]
fn a_region_that_is_only_announced_is_not_in_the_lock() {
    assert_eq!(regions(&announced()), ["swedencentral"]);
    assert_eq!(regions(&in_force("2027-01-04")), ["northeurope", "swedencentral"]);
}

#[test]
fn what_the_schema_refuses_of_a_change_the_domain_refuses() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../infra/sub-processors.schema.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    assert!(schema.is_valid(&announced()) && schema.is_valid(&in_force("2027-01-04")));
    let text = json!({"sv": "a", "en": "a"});
    let whole = json!({"revision": 5, "effective": "2027-01-04", "status": "announced", "dataCategories": "all",
        "otherData": text, "purpose": text, "processing": text});
    assert!(schema.is_valid(&announcing(&whole)));
    for (member, value) in [
        ("more", json!(1)),
        ("revision", json!(0)),
        ("effective", Value::Null),
        ("status", json!("active")),
        ("regions", json!([])),
        ("regions", Value::Null),
        ("regions", json!(["northeurope", "northeurope"])),
        ("countries", json!([])),
        ("transfers", json!([])),
        ("nonRegionalServices", json!([])),
        ("dataCategories", json!([])),
        ("dataCategories", json!("none")),
        ("otherData", Value::Null),
        ("purpose", json!("a")),
    ] {
        let mut change = change();
        change[member] = value.clone();
        let register = announcing(&change);
        assert!(!schema.is_valid(&register), "the schema takes {value} as {member}");
        assert!(parse(&register).is_err(), "the domain takes {value} as {member}");
    }
    let nothing = json!({"revision": 5, "effective": "2027-01-04", "status": "announced"});
    assert!(!schema.is_valid(&announcing(&nothing)) && parse(&announcing(&nothing)).is_err());
}

#[test]
fn a_change_is_refused_that_does_not_agree_with_the_entry_the_revisions_or_the_notice_period() {
    for (member, value, sentence) in [
        ("revision", json!(1), "no revision that names it after its announcement"),
        ("revision", json!(4), "no revision that names it after its announcement"),
        ("revision", json!(6), "no revision that names it after its announcement"),
        ("effective", json!("2026-12-30"), "before the notice period after its announcement has run"),
        ("status", json!("inForce"), "the last revision is of a day before"),
        ("regions", json!(["swedencentral"]), "has the region swedencentral already"),
        ("countries", json!(["SE", "IE"]), "has the country SE already"),
        ("regions", json!(["nowhere"]), "not in the table of regions"),
        ("regions", json!(["westeurope"]), "westeurope is in NL, which is none of its countries"),
        ("countries", json!(["IE", "GB"]), "GB is not in the zone"),
        ("regions", json!(["uksouth"]), "uksouth is not in the zone"),
        ("dataCategories", json!(["profile"]), "has the category profile already"),
        (
            "purpose",
            written()["subProcessors"][0]["purpose"].clone(),
            "has the wording of its purpose already",
        ),
    ] {
        let mut change = change();
        change[member] = value.clone();
        let refusal = parse(&announcing(&change)).expect_err("it must be refused");
        let names = refusal.contains("of the register of sub-processors: microsoft-azure: the change");
        assert!(refusal.contains(sentence) && names, "{value} as {member}: {refusal}");
    }
    let mut twice = announced();
    twice["subProcessors"][0]["changes"] = json!([change(), change()]);
    assert!(parse(&twice).expect_err("two").contains("a revision announces two changes of it"));
    // One day early.
    assert!(
        parse(&in_force("2027-01-03")).expect_err("early").contains("the last revision is of a day before")
    );
}

fn id(text: &str) -> EntryId {
    text.parse().expect("an id")
}

/// How the entry for hosting stands, and whether its change waits, for a tenant that was told on a day, or agreed to a revision.
fn stands(register: &Value, told: Result<Date, u32>, objects: Option<u32>, today: Date) -> (Standing, bool) {
    let register = parsed(register);
    let entry = register.entry(&id(AZURE)).expect("the entry");
    let noticed: BTreeMap<_, _> = told.iter().map(|day| (5, *day)).collect();
    let objects: BTreeSet<_> = objects.map(|revision| (id(AZURE), revision)).into_iter().collect();
    let tenancy = Tenancy { agreed: told.err().unwrap_or(1), noticed: &noticed, objects: &objects };
    let change = register.announced_by(&register.revisions()[4]).next().expect("the change");
    assert_eq!(change.key(), (id(AZURE), 5));
    (register.standing(entry, tenancy, today), register.waits(change, tenancy, today))
}

#[test]
fn what_is_new_is_in_force_for_a_tenant_after_notice_its_period_and_without_an_objection() {
    let (announced, in_force) = (announced(), in_force("2027-01-04"));
    let (in_time, late) = (Ok(date(2026, 12, 1)), Ok(date(2026, 12, 20)));
    let (before, day, later) = (date(2027, 1, 3), date(2027, 1, 4), date(2027, 1, 19));
    for objects in [None, Some(5)] {
        let as_it_was = (Standing::InUse, true);
        assert_eq!(stands(&announced, in_time, objects, before), as_it_was, "the entry stays in use");
    }
    assert_eq!(stands(&in_force, in_time, None, day), (Standing::InUse, false));
    assert_eq!(stands(&in_force, in_time, Some(5), day), (Standing::Objected, true));
    assert_eq!(stands(&in_force, late, None, date(2027, 1, 18)), (Standing::NotYet, true));
    assert_eq!(stands(&in_force, late, None, later), (Standing::InUse, false));
    assert_eq!(stands(&in_force, Err(4), None, later), (Standing::NotYet, true), "never told");
    assert_eq!(stands(&in_force, Err(5), None, day), (Standing::InUse, false), "agreed to it");
    let mut withdrawn = announced;
    withdrawn["subProcessors"][0]["changes"][0]["status"] = json!("withdrawn");
    assert_eq!(stands(&withdrawn, in_time, Some(5), day), (Standing::InUse, false));
}

fn since(earlier: &Value, now: &Value) -> Result<(), String> {
    parsed(now).since(&earlier.to_string(), None).map(drop).map_err(|error| error.to_string())
}

#[test]
fn whatever_an_entry_gains_was_announced_in_the_register_before() {
    let (announced, in_force) = (announced(), in_force("2027-01-04"));
    assert_eq!(since(&written(), &announced), Ok(()));
    assert_eq!(since(&announced, &in_force), Ok(()));
    assert_eq!(since(&in_force, &in_force), Ok(()));
    let refused = since(&written(), &in_force).expect_err("all at once");
    assert!(refused.contains("the change of revision 5 was not announced first"), "{refused}");
    assert!(
        refused.contains("revision 6 of the register") && refused.contains("region northeurope"),
        "{refused}"
    );

    let text = json!({"sv": "a", "en": "a"});
    let service = json!({"service": "A", "kind": "global", "resourceTypes": ["Microsoft.Cdn/profiles"], "reason": text});
    let transfer = json!({"country": "IN", "occasion": text, "mechanism": "standardContractualClauses", "safeguard": text});
    for (pointer, value, sentence) in [
        (
            "/subProcessors/0/location/regions",
            json!(["swedencentral", "swedensouth"]),
            "the region swedensouth",
        ),
        ("/subProcessors/1/location/countries", json!(["IE", "NL", "FR"]), "the country FR"),
        ("/subProcessors/0/nonRegionalServices", json!([service]), "the type Microsoft.Cdn/profiles"),
        ("/subProcessors/0/transfers", json!([transfer]), "a transfer to IN"),
        ("/subProcessors/2/dataCategories", json!(["mails", "files"]), "the category files"),
        ("/subProcessors/2/dataCategories", json!("all"), "all data"),
        ("/subProcessors/0/purpose", text.clone(), "the wording of its purpose"),
        ("/subProcessors/0/processing", text.clone(), "the wording of its processing"),
        ("/subProcessors/1/otherData", text.clone(), "the wording of its other data"),
        ("/subProcessors/1/use", json!("other"), "its use"),
    ] {
        let mut now = written();
        for entry in [AZURE, "microsoft-entra-external-id", "azure-communication-services"] {
            revise(&mut now, "2026-12-01", entry);
        }
        *now.pointer_mut(pointer).expect("a place") = value;
        let refused = since(&written(), &now).expect_err(pointer);
        assert!(refused.contains(sentence), "{pointer}: {refused}");
    }
    let mut withdrawn = in_force.clone();
    withdrawn["subProcessors"][0]["changes"][0]["status"] = json!("withdrawn");
    let refused = since(&announced, &withdrawn).expect_err("it was given up");
    assert!(refused.contains("the region northeurope is new"), "{refused}");
    // Whatever goes, goes at once.
    let mut less = announced.clone();
    less["subProcessors"][0]["transfers"] = json!([]);
    revise(&mut less, "2026-12-02", AZURE);
    assert_eq!(since(&announced, &less), Ok(()));
}

#[test]
fn an_announced_change_stays_what_was_announced_and_does_not_go_back() {
    let (announced, in_force) = (announced(), in_force("2027-01-04"));
    for (member, value) in [
        ("regions", json!(["northeurope", "swedensouth"])),
        ("effective", json!("2027-01-05")),
        ("purpose", json!({"sv": "a", "en": "a"})),
    ] {
        let mut other = announced.clone();
        other["subProcessors"][0]["changes"][0][member] = value;
        revise(&mut other, "2026-12-02", AZURE);
        assert!(since(&announced, &other).expect_err(member).contains("is another one now"), "{member}");
    }
    assert!(
        since(&in_force, &{
            let mut back = in_force.clone();
            back["subProcessors"][0]["changes"][0]["status"] = json!("withdrawn");
            back
        })
        .expect_err("back")
        .contains("is another one now")
    );
    let mut backdated = announced.clone();
    revise(&mut backdated, "2026-12-02", AZURE);
    let earlier = backdated.clone();
    let more =
        json!({"revision": 6, "effective": "2027-01-05", "status": "announced", "regions": ["swedensouth"]});
    backdated["subProcessors"][0]["changes"].as_array_mut().expect("changes").push(more);
    let refused = since(&earlier, &backdated).expect_err("by a revision that did not announce it");
    assert!(refused.contains("the change of revision 6 was not announced first"), "{refused}");
}

/// Templates know of no day: whoever deploys is told, and the program does not wait for them.
#[test]
fn an_entry_whose_last_day_is_over_opens_nothing() {
    let mut register = written();
    revise(&mut register, "2026-12-01", "microsoft-entra-external-id");
    let entry = &mut register["subProcessors"][1];
    entry["status"] = json!("ending");
    entry["ended"] = json!("2026-12-31");
    entry["location"]["regions"] = json!(["northeurope"]);
    entry["nonRegionalServices"] = json!([{"service": "A", "kind": "global", "resourceTypes": ["Microsoft.Cdn/profiles"],
        "reason": {"sv": "a", "en": "a"}}]);
    let register = parsed(&register);
    let opened = |today| {
        let lock = register.region_lock_on(today);
        let regions: Vec<_> = lock.regions().map(ToString::to_string).collect();
        (regions.join(" "), lock.exception("Microsoft.Cdn/profiles").is_some())
    };
    assert_eq!(opened(date(2026, 12, 31)), ("northeurope swedencentral".to_owned(), true), "its last day");
    assert_eq!(opened(date(2027, 1, 1)), ("swedencentral".to_owned(), false));
    assert_eq!(register.check_on(date(2026, 12, 31)), Ok(()));
    let over = register.check_on(date(2027, 1, 1)).expect_err("over").to_string();
    assert!(over.contains("revision 5") && over.contains("microsoft-entra-external-id"), "{over}");
    assert!(over.contains("its last day was 2026-12-31"), "{over}");
}
