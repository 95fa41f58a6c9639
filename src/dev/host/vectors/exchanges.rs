//! Each vector: what a client sends, what the handler must see, what the client must get.

use serde::Deserialize;
use std::collections::BTreeMap;

use super::{Scene, raw_client::exchange, toy_handler::Seen};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Vector {
    name: String,
    #[serde(default)]
    origins: Vec<String>,
    send: Vec<String>,
    #[serde(default)]
    body: String,
    /// What the handler expected, each time; nothing where it is not asked.
    #[serde(rename = "sees")]
    expected: Option<Sees>,
    /// How often it expected it.
    #[serde(default = "once")]
    times: usize,
    gets: Gets,
}

fn once() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sees {
    line: String,
    /// Beside those that every proxied request has.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default = "loopback")]
    host: String,
    #[serde(default = "http")]
    scheme: String,
    #[serde(default)]
    body: String,
}

fn loopback() -> String {
    "127.0.0.1:7071".to_owned()
}

fn http() -> String {
    "http".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gets {
    status: u16,
    /// `null` for a header that must be missing.
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    body: Option<String>,
}

#[tokio::test]
async fn recorded_exchanges_are_repeated() {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../../../tests/vectors/http.json")).unwrap();
    assert!(vectors.len() > 40);
    for vector in vectors {
        check(vector).await;
    }
}

async fn check(vector: Vector) {
    let Vector { name, origins, send, body, expected, times, gets } = vector;
    let stage = Scene { origins, ..Scene::default() }.set().await;
    let request = format!("{}\r\n\r\n{body}", send.join("\r\n"));
    let got = exchange(stage.port, request.as_bytes()).await.unwrap();
    assert_eq!(got.status, gets.status, "{name}");
    for (header, value) in gets.headers {
        assert_eq!(got.header(&header), value, "{name}: {header}");
    }
    if let Some(body) = gets.body {
        assert_eq!(got.text(), body, "{name}");
    }
    let seen = stage.handler.seen();
    let Some(expected) = expected else {
        assert!(seen.is_empty(), "{name}: the handler saw {seen:?}");
        return;
    };
    assert_eq!(seen.len(), times, "{name}: {seen:?}");
    let invocations: Vec<_> = seen.iter().map(|seen| compare(&name, seen, &expected)).collect();
    assert!(
        invocations.iter().all(|id| Some(id) == invocations.first()),
        "{name}: one invocation id throughout"
    );
}

/// Compares all headers; answers the invocation id.
fn compare(name: &str, seen: &Seen, expected: &Sees) -> String {
    assert_eq!(seen.line, expected.line, "{name}");
    assert_eq!(seen.body, expected.body.as_bytes(), "{name}");
    let mut headers: BTreeMap<_, _> = seen
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    assert_eq!(headers.len(), seen.headers.len(), "{name}: no header comes twice");
    let mut take = |header: &str| headers.remove(header).unwrap_or_else(|| panic!("{name}: no {header}"));
    let invocation = take("x-azure-functions-invocationid");
    assert_eq!(invocation.len(), 36, "{name}");
    assert_eq!(take("x-ms-invocation-id"), invocation, "{name}");
    assert_eq!(take("x-azure-functions-hostversion"), "4.1037.0.0", "{name}");
    assert_eq!(take("x-forwarded-for"), "127.0.0.1", "{name}");
    assert_eq!(take("x-forwarded-host"), expected.host, "{name}");
    assert_eq!(take("x-forwarded-proto"), expected.scheme, "{name}");
    assert!(take("host").starts_with("127.0.0.1:"), "{name}");
    assert_eq!(headers, expected.headers, "{name}");
    invocation
}
