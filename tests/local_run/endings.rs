//! How the local run and its handler end, and what outlives them.

use serde_json::json;

use super::process::{LocalRun, gone, signal};

#[tokio::test]
async fn ctrl_c_and_sigterm_end_it_cleanly_with_its_handler() {
    for name in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let run = LocalRun::start(folder.path()).await;
        let handler = run.handler(None).await;
        run.signal(name);
        assert_eq!(run.ended().await.code(), Some(0), "{name}");
        gone(handler).await;
    }
}

/// A terminal sends Ctrl-C to a whole group of processes.
#[tokio::test]
async fn ctrl_c_in_a_terminal_is_not_for_the_handler() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    let handler = run.handler(None).await;
    let stat = std::fs::read_to_string(format!("/proc/{handler}/stat")).unwrap();
    let group = stat.rsplit(')').next().unwrap().split_whitespace().nth(2).unwrap();
    assert_eq!(group, handler.to_string());
}

#[tokio::test]
async fn a_killed_local_run_leaves_no_handler_behind() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    let handler = run.handler(None).await;
    run.signal("KILL");
    run.ended().await;
    gone(handler).await;
}

#[tokio::test]
async fn a_handler_that_is_killed_is_started_again_and_clients_wait() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    let first = run.handler(None).await;
    signal(first, "KILL");
    let second = run.handler(Some(first)).await;
    assert_eq!(run.get("/api/health").await.status(), 200);
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_handler_that_ends_three_times_ends_the_local_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    let mut last = None;
    for _ in 0..3 {
        let handler = run.handler(last).await;
        signal(handler, "KILL");
        last = Some(handler);
    }
    assert_eq!(run.ended().await.code(), Some(1));
}

#[tokio::test]
async fn what_was_there_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    for _ in 0..2 {
        let run = LocalRun::start(folder.path()).await;
        let keys: serde_json::Value = run.get("/dev/oidc/jwks").await.json().await.unwrap();
        let token: serde_json::Value =
            run.post("/dev/token", &json!({"email": "anna@example.com"})).await.json().await.unwrap();
        found.push((keys, subject(token["accessToken"].as_str().unwrap())));
        run.signal("TERM");
        run.ended().await;
    }
    assert_eq!(found[0], found[1]);
}

fn subject(token: &str) -> serde_json::Value {
    let payload = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&payload).unwrap()["sub"].clone()
}
