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
    let regions = Regions::embedded().expect("the regions");
    Register::parse(&written_with(status, days).to_string(), regions).expect("a register")
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
    let summary = json!({"sv": "Azure Communication Services.", "en": "Azure Communication Services."});
    let first = json!({"number": 1, "date": "2026-01-12",
        "subProcessors": ["microsoft-azure", "microsoft-entra-external-id"], "summary": summary});
    let later = ["2026-03-02"].iter().chain(days).zip(2..).map(
        |(day, number)| json!({"number": number, "date": day, "subProcessors": [id], "summary": summary}),
    );
    register["revisions"] = std::iter::once(first).chain(later).collect();
    register
}
