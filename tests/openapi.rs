//! The description of the interface: valid, complete, and given out by the service.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use std::{collections::BTreeSet, io::Write as _};

use kundportal_functions::{FUNCTIONS, Function};
use serde_json::Value;
use support::{Portal, contract, python_tool, succeeds};

#[tokio::test]
async fn the_service_describes_itself() {
    let portal = Portal::start().await;
    let answer = portal.anyone().get("/api/openapi.json").await.expect(200);
    assert_eq!(&answer.json(), contract().document());
}

#[test]
fn the_description_is_valid_by_the_specification() {
    let mut file = tempfile::Builder::new().suffix(".json").tempfile().expect("a file");
    file.write_all(contract().document().to_string().as_bytes()).expect("a written file");
    succeeds(python_tool("openapi-spec-validator").args(["--schema", "3.1.0"]).arg(file.path()));
}

#[test]
fn the_description_has_the_operations_of_the_functions_and_no_other() {
    let described: BTreeSet<_> = operations().map(|(path, method, _)| format!("{method} {path}")).collect();
    let served: BTreeSet<_> = FUNCTIONS
        .iter()
        .flat_map(Function::operations)
        .map(|operation| format!("{} {}", operation.method.as_str().to_lowercase(), operation.path))
        .collect();
    assert_eq!(described, served);
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let mut seen = BTreeSet::new();
    for (path, method, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
        assert!(seen.insert(id), "{id} twice");
        let is_camel_case =
            id.starts_with(|c: char| c.is_ascii_lowercase()) && id.chars().all(|c| c.is_ascii_alphanumeric());
        assert!(is_camel_case, "{id}");
    }
}

#[test]
fn every_operation_says_what_may_come_back() {
    for (path, method, operation) in operations() {
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
        assert!(responses.contains_key("500") && responses.contains_key("503"), "{method} {path}");
        let needs_token = operation.get("security").is_some();
        assert_eq!(responses.contains_key("401"), needs_token, "{method} {path}");
    }
}

#[test]
fn members_of_requests_and_answers_are_in_camel_case() {
    let schemas = contract().document()["components"]["schemas"].as_object().expect("schemas");
    for (name, schema) in schemas {
        for member in schema["properties"].as_object().into_iter().flat_map(|members| members.keys()) {
            let is_camel_case = member.starts_with(|c: char| c.is_ascii_lowercase())
                && member.chars().all(|c| c.is_ascii_alphanumeric());
            assert!(is_camel_case, "{name}.{member}");
        }
    }
}

/// Bodies with a member that is not known are refused, so the description says that there is none.
#[test]
fn bodies_that_are_sent_allow_no_unknown_member() {
    let document = contract().document();
    for (path, method, operation) in operations() {
        let content = operation["requestBody"]["content"].as_object().into_iter().flatten();
        for (media_type, described) in content.filter(|(media_type, _)| media_type.ends_with("json")) {
            let schema = resolve(document, &described["schema"]);
            let variants = match schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
                Some(variants) => variants.iter().map(|variant| resolve(document, variant)).collect(),
                None => vec![schema],
            };
            for variant in variants {
                assert_eq!(variant["additionalProperties"], false, "{method} {path} {media_type}");
            }
        }
    }
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).expect("a schema"),
        None => schema,
    }
}

fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    contract().document()["paths"].as_object().expect("paths").iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods");
        methods.iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}
