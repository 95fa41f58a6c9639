//! `kundportal region-lock check`, as a pipeline runs it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use kundportal_domain::sub_processors::Register;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::written;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/infra/production.snapshot.json");

fn check(arguments: &[&Path]) -> (i32, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_kundportal"))
        .args(["region-lock", "check"])
        .args(arguments)
        .output();
    let Output { status, stdout, stderr } = run.expect("a run");
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code().expect("an exit code"), said)
}

#[test]
fn a_prediction_within_the_lock_passes_and_one_outside_fails_with_a_sentence() {
    let (code, said) = check(&[Path::new(SNAPSHOT)]);
    assert_eq!(code, 0, "{said}");
    let register = Register::embedded().expect("the register");
    let revision = format!("revision {} ", register.revision());
    assert!(said.contains(&revision), "{said}");
    let folder = TempDir::new().expect("a folder");
    let moved = folder.path().join("moved.json");
    let predicted = fs::read_to_string(SNAPSHOT).expect("the snapshot");
    let resources: Value = serde_json::from_str(&predicted).expect("JSON");
    let mut resources = resources["predictedResources"].as_array().expect("resources").iter();
    let vault = resources.find(|resource| resource["type"] == "Microsoft.KeyVault/vaults").expect("a vault");
    let region = vault["location"].as_str().expect("a region");
    fs::write(&moved, predicted.replace(region, "uksouth")).expect("a written file");
    let (code, said) = check(&[&moved]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("uksouth is not allowed") && said.contains(&revision), "{said}");
    assert!(said.contains("Microsoft.KeyVault/vaults"), "every resource is named: {said}");
    let (code, said) = check(&[&folder.path().join("missing.json")]);
    assert!(code == 1 && said.contains("cannot be read"), "{said}");
}

/// The register with the mail service in use by a revision of this day.
fn advanced(folder: &TempDir, day: &str, effective: &str) -> std::path::PathBuf {
    let mut register = written();
    let entries = register["subProcessors"].as_array_mut().expect("entries");
    let mail =
        entries.iter_mut().find(|entry| entry["id"] == "azure-communication-services").expect("the entry");
    mail["status"] = json!("active");
    mail["effective"] = json!(effective);
    let revisions = register["revisions"].as_array_mut().expect("revisions");
    let summary = json!({"sv": "Används nu.", "en": "In use now."});
    revisions.push(json!({"number": revisions.len() + 1, "date": day,
        "subProcessors": ["azure-communication-services"], "summary": summary}));
    let path = folder.path().join("register.json");
    fs::write(&path, register.to_string()).expect("a written file");
    path
}

#[test]
fn nothing_is_taken_into_use_before_its_notice_period_has_run() {
    let folder = TempDir::new().expect("a folder");
    // One day early by its day, by its period, and by the calendar: the tests run long before.
    for (day, effective, sentence) in [
        ("2026-12-20", "2026-12-21", "the last revision is of a day before"),
        ("2026-12-20", "2026-12-15", "before the notice period"),
        ("2999-01-01", "2026-12-21", "which is after today"),
    ] {
        let register = advanced(&folder, day, effective);
        let (code, said) = check(&[Path::new(SNAPSHOT), Path::new("--register"), &register]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(sentence) && said.contains("revision 5"), "{said}");
    }
}
