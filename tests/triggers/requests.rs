//! Requests, byte for byte as the host passes them on.

use serde_json::Value;

use super::{
    listed,
    raw::{RawAnswer, chunked, exchange},
    support::{Portal, Tenant},
};

const INVOCATION: &str = "ec89ddee-6cc3-4aa7-8bc8-74ff5efd77b7";

/// What the host puts on every proxied request.
pub(crate) fn host_headers(token: &str) -> Vec<(String, String)> {
    [
        ("X-Azure-Functions-HostVersion", "4.1037.0.0"),
        ("X-Azure-Functions-InvocationId", INVOCATION),
        ("x-ms-invocation-id", INVOCATION),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Authorization", token),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

pub(crate) fn bearer(portal: &Portal, tenant: &Tenant) -> String {
    let person = &tenant.administrator.person;
    format!("Bearer {}", portal.token(super::support::Speaker::Main, person, serde_json::json!({})))
}

async fn replay(portal: &Portal, tenant: &Tenant, vector: &Value) -> RawAnswer {
    let mut headers = host_headers(&bearer(portal, tenant));
    for (name, value) in vector["headers"].as_object().into_iter().flatten() {
        headers.retain(|(other, _)| other != name);
        headers.push((name.clone(), value.as_str().expect("a header").to_owned()));
    }
    let line = vector["line"].as_str().expect("a line");
    let mut body = vector["body"].as_str().unwrap_or("").as_bytes().to_vec();
    let repeated = vector["repeat"]["text"].as_str().map(|text| {
        let times = vector["repeat"]["times"].as_u64().expect("a number");
        text.repeat(usize::try_from(times).expect("a size"))
    });
    let chunks = vector["chunks"].as_array().map(|chunks| {
        chunks.iter().map(|chunk| chunk.as_str().expect("text").as_bytes()).collect::<Vec<_>>()
    });
    if let Some(chunks) = chunks.or_else(|| repeated.as_ref().map(|text| vec![text.as_bytes()])) {
        headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
        body = chunked(&chunks);
    }
    exchange(portal.url(), line, &headers, &body).await
}

#[tokio::test]
async fn every_recorded_request_is_answered_as_it_should() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    for vector in listed("requests") {
        let answer = replay(&portal, &tenant, &vector).await;
        let name = &vector["name"];
        assert_eq!(answer.status, vector["status"], "{name}: {}", answer.body);
        if answer.status >= 400 && !vector["line"].as_str().expect("a line").starts_with("HEAD") {
            assert!(
                answer.head.contains("content-type: application/problem+json"),
                "{name}: {}",
                answer.head
            );
            assert!(answer.body.contains(INVOCATION), "{name}: {}", answer.body);
        }
        let alive = portal.anyone().get("/api/config").await;
        assert_eq!(alive.status, 200, "{name}: the handler is gone");
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund A AB").await;
    portal.as_(&tenant.administrator).get(&tenant.path("/profile")).await.expect(200);
    let files = |names: Vec<String>| -> Vec<String> {
        names.into_iter().filter(|name| name.contains("/files/")).collect()
    };
    assert!(files(portal.names().await).is_empty());
    let mut headers = host_headers(&bearer(&portal, &tenant));
    headers.extend(
        [
            ("Content-Type", "text/plain"),
            ("Content-Disposition", "attachment; filename=a.txt"),
            ("Transfer-Encoding", "chunked"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let line = format!("POST {}?customer={customer}", tenant.path("/files"));
    // One whole chunk, and then the client is gone.
    let whole = chunked(&[b"a beginning"]);
    let cut = &whole[..whole.len() - 5];
    let address = portal.url().strip_prefix("http://").expect("an address").to_owned();
    {
        use tokio::io::AsyncWriteExt as _;
        let mut stream = tokio::net::TcpStream::connect(&address).await.expect("a connection");
        let mut request = format!("{line} HTTP/1.1\r\nHost: {address}\r\n");
        for (name, value) in &headers {
            request.extend([name, ": ", value, "\r\n"]);
        }
        stream.write_all(request.as_bytes()).await.expect("sent");
        stream.write_all(b"\r\n").await.expect("sent");
        stream.write_all(cut).await.expect("sent");
        stream.flush().await.expect("sent");
    }
    // Whatever it had begun is given up, or found by its marker once the time for it is over.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    portal.advance_hours(1);
    portal.timer("waiting_work").await;
    assert_eq!(files(portal.names().await), Vec::<String>::new());
    let listed = portal
        .as_(&tenant.administrator)
        .get(&tenant.path(&format!("/files?customer={customer}")))
        .await
        .expect(200);
    assert!(listed.items().is_empty());
}

#[tokio::test]
async fn a_file_too_large_is_refused_before_it_is_sent() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund A AB").await;
    let mut headers = host_headers(&bearer(&portal, &tenant));
    headers.extend(
        [
            ("Content-Type", "text/plain"),
            ("Content-Disposition", "attachment; filename=a.txt"),
            ("Content-Length", "104857601"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let line = format!("POST {}?customer={customer}", tenant.path("/files"));
    let answer = exchange(portal.url(), &line, &headers, b"").await;
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert!(answer.body.contains(r#""limit":67108864"#), "{}", answer.body);
}

#[tokio::test]
async fn whoever_still_sends_when_they_are_refused_learns_why() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let body = vec![b'['; 3_000_000];
    let length = body.len().to_string();
    for (token, content_type, status) in [
        (bearer(&portal, &tenant), "application/json", 413),
        (bearer(&portal, &tenant), "text/plain", 415),
        ("Bearer none".to_owned(), "application/json", 401),
    ] {
        let mut headers = host_headers(&token);
        headers.extend(
            [("Content-Type", content_type), ("Content-Length", &length)]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        for _ in 0..5 {
            let line = format!("POST {}", tenant.path("/comments"));
            let answer = exchange(portal.url(), &line, &headers, &body).await;
            assert_eq!(answer.status, status, "{}", answer.body);
        }
    }
}
