//! Who may do what: every operation asked by everybody, against a table written by hand from the contract. Nothing here is
//! read from the code's own table but the names of the operations.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod requests;
#[path = "../support/mod.rs"]
mod support;
mod table;

use std::collections::BTreeSet;

use kundportal_functions::{FUNCTIONS, Function};
use serde_json::json;

use requests::Scene;
use support::{Caller, Person, Portal, Speaker};
use table::{Row, TABLE, Who};

/// `GET /api/tenants/{}/users/{}`: without the names of parameters.
fn normal(method: &str, path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

fn operations() -> BTreeSet<String> {
    FUNCTIONS
        .iter()
        .flat_map(Function::operations)
        .map(|operation| normal(operation.method.as_str(), operation.path))
        .collect()
}

#[test]
fn the_table_has_every_operation_and_no_other() {
    let operations = operations();
    let rows: BTreeSet<_> = TABLE.iter().map(|row| row.operation.to_owned()).collect();
    let missing: Vec<_> = operations.difference(&rows).collect();
    let invented: Vec<_> = rows.difference(&operations).collect();
    assert!(missing.is_empty() && invented.is_empty(), "missing: {missing:#?}, invented: {invented:#?}");
    assert_eq!(rows.len(), TABLE.len(), "an operation has two rows");
}

#[tokio::test]
async fn everybody_gets_what_the_table_says() {
    let change = |settings: &mut kundportal_functions::Settings| {
        settings.limits.open_uploads = 1_000;
    };
    let before = Portal::start_with(support::Storage::Memory, change).await;
    let scene = Scene::set(&before).await;
    // Announced to a tenant that was there before.
    let portal = before.redeployed(|settings| {
        change(settings);
        support::announced_today(settings);
    });
    let portal = portal.await;
    let scene = scene.redeployed(&portal);
    portal.timer("announcements").await;
    let operations = operations();
    let mut wrong = Vec::new();
    for row in TABLE.iter().filter(|row| operations.contains(row.operation)) {
        for (who, expected) in row.cells() {
            for (label, caller) in callers(&portal, &scene, who) {
                let answer = scene.ask(&caller, row, who).await;
                if answer.status != expected {
                    wrong.push(format!(
                        "{} as {label}: {} instead of {expected}: {}",
                        row.operation,
                        answer.status,
                        answer.text()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Everything that somebody of this kind may come with.
fn callers<'a>(portal: &'a Portal, scene: &Scene<'a>, who: Who) -> Vec<(String, Caller<'a>)> {
    let operator = json!({"roles": ["Operator"]});
    let one = |caller| vec![(format!("{who:?}"), caller)];
    match who {
        Who::Untrusted => bad_tokens(portal, scene),
        Who::OperatorByOther => {
            let person = Person::new("partner@example.net");
            one(portal.with_token(portal.token(Speaker::Partner, &person, operator)))
        }
        Who::Operator => one(portal.operator()),
        Who::Stranger => one(portal.as_(&Person::new("stranger@example.net"))),
        _ => one(portal.as_(scene.person(who))),
    }
}

/// The administrator, who may most things, with tokens that do not count; and nobody at all.
fn bad_tokens<'a>(portal: &'a Portal, scene: &Scene<'a>) -> Vec<(String, Caller<'a>)> {
    let person = scene.person(Who::Administrator);
    let now = portal.now().as_second();
    let by = |speaker, claims| portal.token(speaker, person, claims);
    let mut claims = person.claims();
    claims["roles"] = json!(["Operator"]);
    let tokens = [
        (
            "expired",
            by(Speaker::Main, json!({"iat": now - 7200, "exp": now - 3600, "auth_time": now - 7200})),
        ),
        ("of another audience", by(Speaker::Main, json!({"aud": "api://another"}))),
        ("wrongly signed", portal.issuer().forged(Speaker::Main, now, claims.clone())),
        ("of an unknown issuer", portal.issuer().token(Speaker::Stranger, now, claims.clone())),
        (
            "in another issuer's name",
            portal.issuer().token(Speaker::Stranger, now, {
                claims["iss"] = portal.issuer().url(Speaker::Main).into();
                claims
            }),
        ),
        ("of no form", "abc".to_owned()),
    ];
    let with = |(label, token)| (format!("a token {label}"), portal.with_token(token));
    tokens.into_iter().map(with).chain([("nobody".to_owned(), portal.anyone())]).collect()
}

#[tokio::test]
async fn whoever_signed_in_long_ago_is_sent_to_sign_in_again_where_it_matters() {
    let portal = Portal::start().await;
    let scene = Scene::set(&portal).await;
    let longer_ago = json!({"auth_time": portal.now().as_second() - 301});
    let just_in_time = json!({"auth_time": portal.now().as_second() - 300});
    let unsaid = json!({"auth_time": null});
    let operations = operations();
    for row in TABLE.iter().filter(|row| row.step_up && operations.contains(row.operation)) {
        let (who, expected) =
            row.cells().find(|(_, status)| (200..300).contains(status)).expect("somebody may");
        let person = scene.person(who);
        for claims in [&longer_ago, &unsaid] {
            let answer = scene.ask(&portal.as_with(person, claims.clone()), row, who).await;
            let answer = answer.expect_problem(401, "step-up-required");
            let challenge = answer.header("www-authenticate").expect("a challenge");
            assert!(challenge.contains("insufficient_user_authentication"), "{challenge}");
            assert!(challenge.contains("max_age=300"), "{challenge}");
        }
        scene.ask(&portal.as_with(person, just_in_time.clone()), row, who).await.expect(expected);
    }
}

#[tokio::test]
async fn what_is_not_yours_looks_like_what_does_not_exist() {
    let portal = Portal::start().await;
    let scene = Scene::set(&portal).await;
    let absent = portal.as_(scene.person(Who::OtherTenant));
    let tenants = ["/api/tenants/t1", "/api/tenants/t9"];
    let bodies = [absent.get(tenants[0]).await.expect(404), absent.get(tenants[1]).await.expect(404)];
    let without_instance = |answer: &support::Answer| {
        let mut body = answer.json();
        body["instance"] = "".into();
        body
    };
    assert_eq!(without_instance(&bodies[0]), without_instance(&bodies[1]));
}

impl Row {
    fn cells(&self) -> impl Iterator<Item = (Who, u16)> + '_ {
        Who::ALL.into_iter().zip(self.expected)
    }
}
