//! `kundportal region-lock history`: nobody rewrites what the register once said, as a pipeline finds it out.

use std::{fs, process::Command};

use kundportal_domain::sub_processors::Register;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{one_more_region, written_with};

const AZURE: usize = 0;
const MAIL: usize = 2;
const MAIL_ID: &str = "azure-communication-services";
const SUPPORT: usize = 3;

/// The register before: the mail service is announced on 2 March 2026, for 6 April.
fn before() -> Value {
    written_with("announced", &[])
}

/// It in use, by a revision of its day.
fn in_use() -> Value {
    written_with("active", &["2026-04-06"])
}

/// A revision of this day that names these entries.
fn revised(mut register: Value, day: &str, entries: &[&str]) -> Value {
    let revisions = register["revisions"].as_array_mut().expect("revisions");
    let summary = json!({"sv": "Ändrat.", "en": "Changed."});
    revisions.push(
        json!({"number": revisions.len() + 1, "date": day, "subProcessors": entries, "summary": summary}),
    );
    register
}

fn put(mut register: Value, pointer: &str, new: Value) -> Value {
    *register.pointer_mut(pointer).expect("a place") = new;
    register
}

fn of(entry: usize, member: &str) -> String {
    format!("/subProcessors/{entry}/{member}")
}

/// The register with another entry, for support: announced on a day, in use from another.
fn with_support(mut register: Value, announced: &str, effective: &str, status: &str) -> Value {
    let mut entry = register["subProcessors"][1].clone();
    for (member, value) in [
        ("id", "support"),
        ("use", "support"),
        ("announced", announced),
        ("effective", effective),
        ("status", status),
    ] {
        entry[member] = json!(value);
    }
    register["subProcessors"].as_array_mut().expect("entries").push(entry);
    revised(register, announced, &["support"])
}

fn history(earlier: &Value, register: &Value, more: &[&str]) -> (i32, String) {
    let folder = TempDir::new().expect("a folder");
    let [before, after] = [("before.json", earlier), ("after.json", register)].map(|(name, register)| {
        let path = folder.path().join(name);
        fs::write(&path, register.to_string()).expect("a written file");
        path
    });
    run(&[&[before.to_str().expect("a path"), "--register", after.to_str().expect("a path")], more].concat())
}

fn run(arguments: &[&str]) -> (i32, String) {
    let command = Command::new(env!("CARGO_BIN_EXE_kundportal"))
        .args(["region-lock", "history"])
        .args(arguments)
        .output()
        .expect("a run");
    let said = [command.stdout, command.stderr].concat();
    (command.status.code().expect("an exit code"), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_register_goes_on_from_an_earlier_one_by_new_revisions() {
    let first = written_with("announced", &[])["revisions"][0].clone();
    let mut sweden = one_more_region("announced", &[]);
    sweden["revisions"] = json!([first]);
    sweden["subProcessors"][AZURE].as_object_mut().expect("an entry").remove("changes").expect("a change");
    sweden["revisions"][0]["summary"] = one_more_region("announced", &[])["revisions"][0]["summary"].clone();
    let ending = put(in_use(), &of(MAIL, "status"), json!("ending"));
    let ending = revised(put(ending, &of(MAIL, "ended"), json!("2026-06-30")), "2026-05-31", &[MAIL_ID]);
    let former = revised(put(ending.clone(), &of(MAIL, "status"), json!("former")), "2026-07-01", &[MAIL_ID]);
    let stays =
        put(put(ending.clone(), &of(MAIL, "status"), json!("active")), &of(MAIL, "ended"), Value::Null);
    let stays = revised(stays, "2026-06-10", &[MAIL_ID]);
    let postponed =
        revised(put(before(), &of(MAIL, "effective"), json!("2026-05-01")), "2026-03-10", &[MAIL_ID]);
    let announced = with_support(before(), "2026-03-10", "2026-04-09", "announced");
    let supports =
        revised(put(announced.clone(), &of(SUPPORT, "status"), json!("active")), "2026-04-09", &["support"]);
    let widened = put(put(before(), "/zone", json!("EEA")), "/noticePeriodDays", json!(35));
    let shortened = revised(put(in_use(), "/noticePeriodDays", json!(20)), "2026-05-01", &[]);
    let replaced = put(before(), "/subProcessors", json!([before()["subProcessors"][AZURE]]));
    let mut replaced = put(replaced, "/revisions", json!([before()["revisions"][0]]));
    replaced["revisions"][0]["subProcessors"] = json!(["microsoft-azure"]);
    let mut replaced = revised(replaced, "2026-03-02", &["microsoft-azure"]);
    replaced.as_object_mut().expect("an object").remove("example").expect("an example");
    for (what, earlier, register, new) in [
        ("nothing", before(), before(), 0),
        ("a region that is announced", sweden, one_more_region("announced", &[]), 1),
        (
            "a region that is opened",
            one_more_region("announced", &[]),
            one_more_region("inForce", &["2026-04-06"]),
            1,
        ),
        ("an activation", before(), in_use(), 1),
        ("an end", in_use(), put(ending.clone(), &of(MAIL, "ended"), json!("2999-06-30")), 1),
        ("an end that came", ending.clone(), former, 1),
        ("an end that is called off", ending, stays, 1),
        ("a later start", before(), postponed, 1),
        ("an announcement", before(), announced.clone(), 1),
        ("the activation of it", announced, supports.clone(), 1),
        ("both, over several commits", before(), supports, 2),
        ("a wider claim and a longer period", before(), revised(widened, "2026-03-10", &[]), 1),
        ("a shorter period for what comes", in_use(), shortened, 1),
        ("the example that is replaced", before(), replaced, 2),
    ] {
        let (code, said) = history(&earlier, &register, &[]);
        assert_eq!(code, 0, "{what}: {said}");
        assert!(said.contains(&format!("goes on from the earlier one: {new} new")), "{what}: {said}");
    }
}

#[test]
fn what_was_said_once_stays_said() {
    let earlier = in_use();
    let slipped = put(earlier.clone(), "/revisions/1/subProcessors", json!([MAIL_ID, "microsoft-azure"]));
    let backdated = put(earlier.clone(), "/revisions/1/date", json!("2026-02-20"));
    let backdated = put(backdated, &of(MAIL, "announced"), json!("2026-02-20"));
    let mut gone = earlier.clone();
    gone["revisions"].as_array_mut().expect("revisions").pop();
    let gone = put(gone, &of(MAIL, "status"), json!("announced"));
    let told_otherwise = put(earlier.clone(), "/revisions/0/summary/en", json!("It was always so."));
    let mut inserted = with_support(earlier.clone(), "2026-03-10", "2026-04-09", "announced");
    let revisions = inserted["revisions"].as_array_mut().expect("revisions");
    revisions.swap(2, 3);
    (revisions[2]["number"], revisions[3]["number"]) = (json!(3), json!(4));
    let mut vanished = earlier.clone();
    vanished["subProcessors"].as_array_mut().expect("entries").pop();
    vanished["revisions"][1]["subProcessors"] = json!([]);
    vanished["revisions"][2]["subProcessors"] = json!([]);
    for (register, sentence) in [
        (slipped, "revision 2 is not kept as it was: subProcessors has changed"),
        (backdated, "revision 2 is not kept as it was: date has changed"),
        (told_otherwise, "revision 1 is not kept as it was: summary has changed"),
        (gone, "revision 3 is gone"),
        (inserted, "revision 3 is not kept as it was: date, subProcessors, summary have changed"),
        (vanished, "azure-communication-services is gone"),
    ] {
        let (code, said) = history(&earlier, &register, &[]);
        assert!(code == 1 && said.contains(sentence), "'{sentence}': {said}");
        assert!(said.contains("of the register of sub-processors"), "{said}");
    }
}

#[test]
fn an_entry_changes_by_a_revision_that_names_it_and_only_forward() {
    let named = |register: Value| revised(register, "2026-05-04", &[MAIL_ID]);
    let mail = |member: &str, value: Value| put(in_use(), &of(MAIL, member), value);
    let announced = |effective: &str| put(before(), &of(MAIL, "effective"), json!(effective));
    let former = named(put(mail("status", json!("former")), &of(MAIL, "ended"), json!("2026-05-01")));
    let revived =
        put(put(former.clone(), &of(MAIL, "status"), json!("active")), &of(MAIL, "ended"), Value::Null);
    let moved = put(in_use(), &of(AZURE, "location/regions"), json!(["swedencentral", "francecentral"]));
    let moved = put(moved, &of(AZURE, "location/countries"), json!(["SE", "FR"]));
    let moved_named = moved.clone();
    let unnamed = "no revision after revision 3 names the entry";
    // Every member of an entry counts, whatever it is.
    let members =
        in_use()["subProcessors"][MAIL].as_object().expect("an entry").keys().cloned().collect::<Vec<_>>();
    let mut less = in_use();
    for member in &members {
        less["subProcessors"][MAIL][member] = json!({"another": "form"});
    }
    for member in ["id", "status", "effective"] {
        less["subProcessors"][MAIL][member] = in_use()["subProcessors"][MAIL][member].clone();
    }
    let all = members.iter().filter(|member| !["id", "status", "effective"].contains(&member.as_str()));
    let all = all.cloned().collect::<Vec<_>>().join(", ");
    for (earlier, register, sentence) in [
        (
            in_use(),
            mail("website", json!("https://elsewhere.example/")),
            "azure-communication-services: website has changed",
        ),
        (in_use(), moved.clone(), "microsoft-azure: location has changed, and no revision after revision 3"),
        (in_use(), named(moved), "microsoft-azure: location has changed, and no revision after revision 3"),
        (
            in_use(),
            revised(moved_named, "2026-05-04", &["microsoft-azure"]),
            "microsoft-azure: the region francecentral is new, and was not announced first",
        ),
        (in_use(), put(before(), "/revisions", in_use()["revisions"].clone()), unnamed),
        (less, in_use(), &*format!("azure-communication-services: {all} have changed")),
        (in_use(), named(mail("organisationNumber", json!("559999-0001"))), "it is another company"),
        (in_use(), named(mail("status", json!("announced"))), "announced after active is a step back"),
        (former, named(revived), "active after former is a step back"),
        (
            in_use(),
            named(mail("effective", json!("2026-04-20"))),
            "in use since 2026-04-06, which cannot become 2026-04-20",
        ),
        (
            announced("2026-04-20"),
            revised(before(), "2026-03-10", &[MAIL_ID]),
            "announced for 2026-04-20, and 2026-04-06 is earlier",
        ),
        (
            before(),
            named(announced("2026-05-01")),
            "its new first day, 2026-05-01, is before the revision that says so",
        ),
        (before(), put(before(), "/zone", json!("EEA")), "zone is not as it was"),
        (before(), put(before(), "/noticePeriodDays", json!(31)), "noticePeriodDays is not as it was"),
    ] {
        let (code, said) = history(&earlier, &register, &[]);
        assert!(code == 1 && said.contains(sentence), "'{sentence}': {said}");
    }
}

#[test]
fn a_new_entry_is_announced_first_and_nobodys_notice_becomes_shorter() {
    let at_once = with_support(in_use(), "2026-04-06", "2026-05-06", "active");
    let at_once = revised(at_once, "2026-06-01", &["microsoft-azure"]);
    let shortened = |register: Value| put(register, "/noticePeriodDays", json!(10));
    let hurried = shortened(with_support(in_use(), "2026-04-10", "2026-04-25", "announced"));
    let pending = revised(shortened(before()), "2026-03-10", &[]);
    let mut example = before();
    example.as_object_mut().expect("an object").remove("example").expect("an example");
    for (earlier, register, sentence) in [
        (
            in_use(),
            at_once,
            "support: a new entry is announced first, and becomes active by another revision",
        ),
        (in_use(), hurried, "support: it is in use from 2026-04-25, before the 30 days of notice"),
        (before(), pending, "azure-communication-services: it is announced with a notice period of 30 days"),
        (example, before(), "it is an example, and was none before"),
    ] {
        let (code, said) = history(&earlier, &register, &[]);
        assert!(code == 1 && said.contains(sentence), "'{sentence}': {said}");
    }
}

#[test]
fn a_new_revision_is_of_no_day_before_the_one_that_is_given() {
    let register = with_support(in_use(), "2026-05-02", "2026-06-02", "announced");
    let (code, said) = history(&in_use(), &register, &["--not-before", "2026-05-02"]);
    assert_eq!(code, 0, "what is old may be older: {said}");
    let (code, said) = history(&in_use(), &register, &["--not-before", "2026-05-03"]);
    let sentence = "revision 4 is of 2026-05-02, and what is new may be of no day before 2026-05-03";
    assert!(code == 1 && said.contains(sentence), "{said}");
    let tomorrow = revised(in_use(), "2999-01-01", &[]);
    let (code, said) = history(&in_use(), &tomorrow, &[]);
    assert!(code == 1 && said.contains("which is after today"), "{said}");
}

#[test]
fn the_register_within_the_program_goes_on_from_itself_and_from_nothing_that_cannot_be_read() {
    const IN_FORCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/infra/sub-processors.json");
    let (code, said) = run(&[IN_FORCE]);
    let register = Register::embedded().expect("the register");
    assert!(code == 0 && said.contains(&format!("revision {} ", register.revision())), "{said}");
    let folder = TempDir::new().expect("a folder");
    let other = folder.path().join("other.json");
    for text in [
        "",
        "{}",
        "[]",
        "{\"zone\": \"EU\", \"noticePeriodDays\": 30, \"revisions\": [], \"subProcessors\": [{}]}",
    ] {
        fs::write(&other, text).expect("a written file");
        let (code, said) = run(&[other.to_str().expect("a path")]);
        assert!(code == 1 && said.contains("the earlier register: "), "{text}: {said}");
    }
    let (code, said) = run(&["missing.json"]);
    assert!(code == 1 && said.contains("cannot be read"), "{said}");
}
