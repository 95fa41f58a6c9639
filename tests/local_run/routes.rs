//! The routes that only the local run has, and who may use them.

use serde_json::{Value, json};

use super::process::LocalRun;

#[tokio::test]
async fn a_token_of_the_development_issuer_is_good_for_the_functions() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    let issued = run.post("/dev/token", &json!({"email": "anna@example.com", "roles": ["Operator"]})).await;
    let issued: Value = issued.json().await.unwrap();
    let ask = |token: String| {
        let client = reqwest::Client::new();
        let address = format!("{}/api/tenants", run.address);
        async move { client.get(address).bearer_auth(token).send().await.unwrap().status() }
    };
    assert_eq!(ask(issued["accessToken"].as_str().unwrap().to_owned()).await, 200);
    let expired = run.post("/dev/token", &json!({"email": "anna@example.com", "expiresIn": -120})).await;
    let expired: Value = expired.json().await.unwrap();
    assert_eq!(ask(expired["accessToken"].as_str().unwrap().to_owned()).await, 401);
}

#[tokio::test]
async fn the_issuer_describes_itself_as_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    let discovery: Value = run.get("/dev/oidc/.well-known/openid-configuration").await.json().await.unwrap();
    assert_eq!(discovery["issuer"], format!("{}/dev/oidc", run.address));
    let keys: Value =
        reqwest::get(discovery["jwks_uri"].as_str().unwrap()).await.unwrap().json().await.unwrap();
    assert_eq!(keys["keys"][0]["alg"], "ES256");
    assert!(keys["keys"][0].get("d").is_none(), "the private key stays");
}

#[tokio::test]
async fn other_names_than_loopback_ones_and_pages_of_other_sites_get_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    let client = reqwest::Client::new();
    for (path, header, value) in [
        ("/api/health", "host", "kundportal.example.com"),
        ("/dev/outbox", "host", "kundportal.example.com"),
        ("/dev/outbox", "origin", "https://evil.example.com"),
    ] {
        let answer = client.get(format!("{}{path}", run.address)).header(header, value).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{path} {header}");
    }
}

#[tokio::test]
async fn triggers_and_unknown_development_routes_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    for path in ["/worker", "/api/worker", "/dev/nothing", "/dev/timers/nothing", "/dev/timers/worker"] {
        assert_eq!(run.post(path, &json!({})).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_storage_url_without_a_good_signature_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    for query in ["", "?expires=4102444800&signature=AAAA"] {
        assert_eq!(run.get(&format!("/dev/storage/platform/x{query}")).await.status(), 403);
    }
}

#[tokio::test]
async fn the_outbox_is_empty_at_first() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    assert_eq!(run.get("/dev/outbox").await.json::<Value>().await.unwrap(), json!([]));
}
