//! Folders, manifests, the host's settings and the routes that answer say the same.
//!
//! `UPDATE_MANIFESTS=1 cargo test --test manifests` writes the manifests anew.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use std::{collections::BTreeSet, fs, path::PathBuf};

use kundportal_functions::{FUNCTIONS, Function, Trigger};
use reqwest::Method;
use serde_json::Value;

use support::Portal;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn manifest_of(function: &Function) -> PathBuf {
    root().join("functions").join(function.name).join("function.json")
}

fn read_json(path: &PathBuf) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_function_has_its_manifest_and_no_folder_has_another() {
    let update = std::env::var_os("UPDATE_MANIFESTS").is_some();
    for function in FUNCTIONS {
        let path = manifest_of(function);
        let expected = format!("{:#}\n", function.manifest());
        if update {
            fs::write(&path, &expected).expect("a written manifest");
        }
        let found = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(found, expected, "{}: UPDATE_MANIFESTS=1 writes it anew", path.display());
    }
    let named: BTreeSet<_> = FUNCTIONS.iter().map(|function| function.name.to_owned()).collect();
    assert_eq!(named.len(), FUNCTIONS.len(), "two functions have one name");
    let folders: BTreeSet<_> = fs::read_dir(root().join("functions"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("function.json").exists())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(folders, named);
}

#[test]
fn the_host_takes_the_names_of_functions_queues_and_schedules() {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.len() <= 127
    };
    for function in FUNCTIONS {
        assert!(is_name(function.name), "{}", function.name);
        match function.trigger {
            Trigger::Http { route, operations } => {
                assert!(
                    !route.starts_with('/') && !route.starts_with("api/"),
                    "{route}: the prefix is the host's"
                );
                assert!(!route.starts_with("admin"), "{route}: the host keeps it for itself");
                assert!(!operations.is_empty(), "{}", function.name);
            }
            Trigger::Timer { schedule, .. } => assert_eq!(schedule.split(' ').count(), 6, "{schedule}"),
            Trigger::Queue { queue, .. } => {
                let fits = queue.len() >= 3
                    && queue.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
                assert!(fits, "{queue}");
            }
        }
    }
}

#[test]
fn the_host_is_set_as_the_functions_expect_it() {
    let host = read_json(&root().join("host.json"));
    assert_eq!(host["extensions"]["http"]["routePrefix"], "api");
    assert_eq!(host["customHandler"]["enableProxyingHttpRequest"], true);
    assert!(host["customHandler"]["enableForwardingHttpRequest"].is_null());
    assert_eq!(host["customHandler"]["description"]["defaultExecutablePath"], "kundportal");
    assert_eq!(host["extensions"]["queues"]["messageEncoding"], "none");
    assert_eq!(host["extensions"]["queues"]["maxDequeueCount"], 5);
    assert!(host["functionTimeout"].is_string());
    for name in ["X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy"] {
        assert!(host["extensions"]["http"]["customHeaders"][name].is_string(), "{name}");
    }
}

/// Whether the host hands a path over to a function with this route, by its rules: `{name}` is one part, `{name?}` one or
/// none, `{*name}` any number.
fn route_takes(route: &str, path: &str) -> bool {
    let path: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut rest = path.as_slice();
    for part in route.split('/') {
        if part.starts_with("{*") {
            return true;
        }
        match rest.split_first() {
            Some((first, others)) if part.starts_with('{') || part == *first => rest = others,
            None if part.ends_with("?}") => {}
            _ => return false,
        }
    }
    rest.is_empty()
}

/// How particular a route is: the host prefers fixed parts to parameters, and both to a catch-all.
fn precedence(route: &str) -> Vec<u8> {
    let rank = |part: &str| match part {
        part if part.starts_with("{*") => 2,
        part if part.starts_with('{') => 1,
        _ => 0,
    };
    route.split('/').map(rank).collect()
}

#[test]
fn the_host_hands_every_operation_to_its_own_function() {
    for function in FUNCTIONS {
        for operation in function.operations() {
            let path = operation.path.strip_prefix("/api/").expect("the prefix").replace(['{', '}'], "");
            let takers: Vec<_> = FUNCTIONS
                .iter()
                .filter_map(|other| match other.trigger {
                    Trigger::Http { route, operations }
                        if route_takes(route, &path)
                            && operations.iter().any(|other| other.method == operation.method) =>
                    {
                        Some((precedence(route), other.name))
                    }
                    _ => None,
                })
                .collect();
            let best = takers.iter().map(|(rank, _)| rank).min();
            let best: Vec<_> =
                takers.iter().filter(|(rank, _)| Some(rank) == best).map(|(_, name)| *name).collect();
            assert_eq!(best, [function.name], "{operation:?}");
        }
    }
}

#[tokio::test]
async fn every_operation_answers_at_its_route() {
    let portal = Portal::start().await;
    let caller = portal.anyone().off_the_description();
    for operation in FUNCTIONS.iter().flat_map(Function::operations) {
        let path = operation.path.replace(['{', '}'], "");
        let answer = caller.send(operation.method.clone(), &path, |request| request).await;
        let reached = match operation.access {
            // Whatever it is, it is no 404 or 405 of the router's, which come before any look at the token.
            kundportal_functions::Access::Anyone(_) => ![404, 405].contains(&answer.status),
            _ => answer.status == 401,
        };
        assert!(reached, "{operation:?}: {} {}", answer.status, answer.text());
        // What another function of the host would get for this method, the router gives to no operation either.
        let other = caller.send(Method::TRACE, &path, |request| request).await;
        assert_eq!(other.status, 405, "{operation:?}");
    }
    caller.get("/api/nothing").await.expect_problem(404, "not-found");
    caller.get("/api/tenants/t1/nothing").await.expect_problem(404, "not-found");
    caller.get("/api/config/").await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn the_host_is_told_that_the_handler_is_ready() {
    let portal = Portal::start().await;
    let answer = portal.client().get(format!("{}/", portal.url())).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
}
