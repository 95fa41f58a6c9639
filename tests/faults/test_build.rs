//! What the test build does, and that it does nothing where nobody asks.

use reqwest::Method;
use serde_json::json;

use crate::support::{Portal, fault};

#[tokio::test]
async fn a_served_portal_does_what_one_in_this_process_does() {
    let portal = Portal::start_served().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    let profile = portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    portal.advance_hours(1);
    portal.kill();
    assert!(portal.revive().await);
    assert_eq!(portal.as_(&user).get(&tenant.path("/profile")).await.expect(200).body, profile.body);
    let other = portal.another_process().await;
    assert_ne!(other.process_id(), portal.process_id());
    assert_eq!(other.as_(&user).get(&tenant.path("/profile")).await.expect(200).body, profile.body);
    drop(other);
    let names = portal.names().await;
    let snapshot = portal.snapshot().await;
    let copy = Portal::start_from(&snapshot).await;
    assert_eq!(copy.names().await, names);
    copy.as_(&user).get(&tenant.path("/profile")).await.expect(200);
}

#[tokio::test]
async fn a_call_fails_or_the_process_ends_where_a_test_wants_it() {
    let portal = Portal::start_served().await;
    let _ = portal.calls().await;
    portal.plan(fault(1, "before", "fail")).await;
    portal.anyone().get("/api/health").await.expect(503);
    portal.anyone().get("/api/health").await.expect(200);
    assert_eq!(
        portal.calls().await,
        ["Put platform/probe", "Put platform/probe", "CreateContainer platform"]
    );
    portal.advance_hours(1);
    portal.plan(fault(1, "after", "kill")).await;
    let broken = portal.anyone().attempt(Method::GET, "/api/health", |request| request).await;
    assert!(broken.is_err());
    assert!(portal.revive().await);
    portal.anyone().get("/api/health").await.expect(200);
    portal.plan(json!({"kind": "Put", "name": "tenants/", "action": "failAlways"})).await;
    portal.anyone().get("/api/health").await.expect(200);
    portal.forget_faults().await;
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_end_of_the_process_is_none() {
    let portal = Portal::start_served().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let caller = portal.anyone().off_the_description();
        caller.send(method.clone(), "/api/test/panic", |request| request).await.expect(500);
        assert!(caller.attempt(method, "/api/test/exit", |request| request).await.is_err());
        assert!(portal.revive().await);
    }
    portal.anyone().get("/api/health").await.expect(200);
    assert!(portal.log().contains("a panic was caught"), "{}", portal.log());
}

#[tokio::test]
async fn the_test_build_is_like_any_other_where_nobody_asks() {
    let portal = Portal::start_served_with(&[("KUNDPORTAL_TEST_FAULTS", "")]).await;
    for path in ["/api/test/panic", "/api/test/exit", "/api/test/faults", "/api/test/calls"] {
        portal.anyone().off_the_description().post(path, json!({})).await.expect(404);
    }
}
