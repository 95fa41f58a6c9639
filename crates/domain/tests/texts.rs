//! Both languages say the same things, and nothing is missing from either.

use std::{collections::BTreeSet, fs, path::Path};

use fluent_bundle::FluentResource;
use kundportal_domain::{Locale, Texts};

const SLUGS: [&str; 32] = [
    "malformed",
    "unauthenticated",
    "step-up-required",
    "forbidden",
    "not-found",
    "method-not-allowed",
    "conflict",
    "precondition-failed",
    "too-large",
    "unsupported-media-type",
    "invalid-input",
    "too-many-requests",
    "unavailable",
    "internal",
    "retention-not-chosen",
    "awaiting-agreement",
    "too-many-pending",
    "invite-expired",
    "invite-revoked",
    "invite-accepted",
    "code-required",
    "code-invalid",
    "last-administrator",
    "email-taken",
    "user-deactivated",
    "tenant-exists",
    "idempotency-mismatch",
    "already-member",
    "request-not-ready",
    "request-closed",
    "file-being-written",
    "region-lock",
];

#[test]
fn the_files_are_right_fluent() {
    for source in [include_str!("../texts/sv.ftl"), include_str!("../texts/en.ftl")] {
        let errors = FluentResource::try_new(source.to_owned()).err().map(|(_, errors)| errors);
        assert_eq!(errors, None);
    }
}

#[test]
fn each_text_exists_once_in_both_languages_with_the_same_variables() {
    let [sv, en] = Locale::ALL.map(Texts::of);
    let ids: Vec<_> = sv.ids().collect();
    assert_eq!(ids, en.ids().collect::<Vec<_>>());
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len());
    for id in ids {
        assert!(sv.has(id) && en.has(id), "{id}");
        assert_eq!(sv.variables(id), en.variables(id), "{id}");
    }
}

#[test]
fn with_its_variables_each_text_is_complete() {
    for texts in Locale::ALL.map(Texts::of) {
        for id in texts.ids() {
            let values: Vec<_> = texts.variables(id).into_iter().map(|name| (name, "value-7")).collect();
            let text = texts.with(id, &values);
            assert!(!text.trim().is_empty() && !text.contains('{') && text != id, "{id}: {text}");
            assert_eq!(text.contains("value-7"), !values.is_empty(), "{id}: {text}");
            assert!(!text.contains('\u{2068}'), "{id}");
        }
    }
}

#[test]
fn each_problem_has_a_title_and_a_detail_without_variables() {
    for texts in Locale::ALL.map(Texts::of) {
        for id in
            SLUGS.iter().flat_map(|slug| [format!("problem-{slug}-title"), format!("problem-{slug}-detail")])
        {
            assert!(texts.has(&id) && texts.variables(&id).is_empty(), "{id}");
        }
    }
}

#[test]
fn each_mail_with_a_body_has_a_subject() {
    let texts = Texts::of(Locale::Sv);
    for id in texts.ids().filter(|id| id.starts_with("mail-")) {
        if let Some(mail) = id.strip_suffix("-body").or_else(|| id.strip_suffix("-button")) {
            assert!(texts.has(&format!("{mail}-subject")), "{mail}");
        }
    }
}

#[test]
fn numbers_choose_singular_and_plural_and_names_of_digits_stay_names() {
    let [sv, en] = Locale::ALL.map(Texts::of);
    assert_eq!(
        sv.with("mail-invitation-days", &[("days", "1")]),
        "Länken gäller i en dag och kan användas en gång."
    );
    assert_eq!(
        en.with("mail-invitation-days", &[("days", "7")]),
        "The link is valid for 7 days and can be used once."
    );
    assert_eq!(en.with("mail-greeting", &[("name", "007")]), "Hello 007,");
    assert_eq!(en.with("mail-greeting", &[("name", "24")]), "Hello 24,");
    assert_eq!(en.with("mail-greeting", &[("name", "{ $x } <b>")]), "Hello { $x } <b>,");
}

#[test]
fn paragraphs_are_parted_by_an_empty_line() {
    let body = Texts::of(Locale::Sv).with("mail-invitation-body", &[("tenant", "A"), ("customer", "B")]);
    assert_eq!(body.split("\n\n").count(), 2);
}

#[test]
fn a_text_that_does_not_exist_shows_its_name() {
    assert_eq!(Texts::of(Locale::En).get("no-such-text"), "no-such-text");
}

/// The literals in `.get("…")` and `.with("…")` of a source file that begin like the name of a text.
fn asked_for<'a>(source: &'a str, beginnings: &BTreeSet<&str>) -> Vec<&'a str> {
    [".get(", ".with("]
        .iter()
        .flat_map(|call| source.split(call).skip(1))
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .filter(|id| id.split_once('-').is_some_and(|(first, _)| beginnings.contains(first)))
        .collect()
}

fn for_each_source(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            for_each_source(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

#[test]
fn each_text_that_the_code_asks_for_exists() {
    let texts = Texts::of(Locale::Sv);
    let beginnings: BTreeSet<_> = texts.ids().filter_map(|id| id.split('-').next()).collect();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = 0;
    for folder in ["crates/domain/src", "crates/store/src", "functions", "src"] {
        for_each_source(&workspace.join(folder), &mut |path, source| {
            files += 1;
            for id in asked_for(source, &beginnings) {
                assert!(texts.has(id), "{id} in {}", path.display());
            }
        });
    }
    assert!(files > 10, "the sources are not where they are looked for");
    assert_eq!(asked_for(r#"texts.with( "mail-no-such", &[])"#, &beginnings), ["mail-no-such"]);
}
