//! Registers of sub-processors for tests.

use std::sync::Arc;

use kundportal_domain::sub_processors::{Regions, Register};
use kundportal_functions::Settings;
use serde_json::{Value, json};

/// A register that stays as it is, whatever the one in force becomes.
const EXAMPLE: &str = include_str!("../../crates/domain/tests/example/sub-processors.json");

/// That register, as it is written.
pub(crate) fn written() -> Value {
    serde_json::from_str(EXAMPLE).expect("the register")
}

/// That register.
pub(crate) fn example() -> Register {
    Register::parse(EXAMPLE, Regions::embedded().expect("the regions")).expect("a register")
}

/// The register of the day on which tests begin: the mail service is announced on it.
pub(crate) fn announced_today(settings: &mut Settings) {
    settings.register = Arc::new(register("announced", &[]));
}

/// That register; with the mail service in this status, by a revision of each of these days.
pub(crate) fn register(status: &str, days: &[&str]) -> Register {
    parsed(&written_with(status, days))
}

/// As the program reads it.
pub(crate) fn parsed(register: &Value) -> Register {
    Register::parse(&register.to_string(), Regions::embedded().expect("the regions")).expect("a register")
}

/// The same, as it is written.
pub(crate) fn written_with(status: &str, days: &[&str]) -> Value {
    let mut register = written();
    let entries = register["subProcessors"].as_array_mut().expect("entries");
    entries.retain(|entry| entry["id"] != "exempelpost");
    let id = "azure-communication-services";
    let mail = entries.iter_mut().find(|entry| entry["id"] == id).expect("the mail service");
    mail["announced"] = json!("2026-03-02");
    mail["effective"] = json!("2026-04-06");
    mail["status"] = json!(status);
    revised(register, id, "Azure Communication Services.", days)
}

/// A register in which the entry for hosting is to have a region more: announced on the day on which tests begin, in this status
/// by a revision of each of these days.
pub(crate) fn one_more_region(status: &str, days: &[&str]) -> Value {
    let mut register = written();
    let entries = register["subProcessors"].as_array_mut().expect("entries");
    let id = "microsoft-azure";
    entries
        .retain(|entry| [id, "microsoft-entra-external-id"].contains(&entry["id"].as_str().expect("an id")));
    let azure = &mut entries[0];
    azure["changes"] = json!([{"revision": 2, "effective": "2026-04-06", "status": status,
        "countries": ["IE"], "regions": ["northeurope"]}]);
    if status == "inForce" {
        azure["location"]["countries"] = json!(["SE", "IE"]);
        azure["location"]["regions"] = json!(["swedencentral", "northeurope"]);
    }
    revised(register, id, "North Europe.", days)
}

/// With a second revision of the day on which tests begin, and one of each of these days, of this entry.
fn revised(mut register: Value, id: &str, summary: &str, days: &[&str]) -> Value {
    let summary = json!({"sv": summary, "en": summary});
    let first = json!({"number": 1, "date": "2026-01-12",
        "subProcessors": ["microsoft-azure", "microsoft-entra-external-id"], "summary": summary});
    let later = ["2026-03-02"].iter().chain(days).zip(2..).map(
        |(day, number)| json!({"number": number, "date": day, "subProcessors": [id], "summary": summary}),
    );
    register["revisions"] = std::iter::once(first).chain(later).collect();
    register
}
