//! A file that goes straight to storage: announced, sent to the URL that was answered, said to be complete, checked by a worker.

use std::time::Duration;

use futures_util::stream;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{
    demo::{items, token},
    process::LocalRun,
};

const UPLOADS: &str = "/api/tenants/nordljus/files/uploads";

/// Where a front end is served that somebody is working on.
const PAGE: &str = "http://localhost:5173";

struct Person<'a> {
    run: &'a LocalRun,
    token: String,
}

impl Person<'_> {
    async fn ask(&self, build: impl FnOnce(&Client, String) -> RequestBuilder, path: &str) -> (u16, Value) {
        let request = build(&Client::new(), format!("{}{path}", self.run.address));
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn complete(&self, id: &str) -> (u16, Value) {
        self.ask(Client::post, &format!("{UPLOADS}/{id}/complete")).await
    }

    /// What becomes of an upload that is being checked.
    async fn outcome(&self, id: &str) -> Value {
        for _ in 0..600 {
            let (status, upload) = self.ask(Client::get, &format!("{UPLOADS}/{id}")).await;
            assert_eq!(status, 200, "{upload}");
            if upload["state"] != "checking" {
                return upload;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it is still being checked");
    }
}

/// Sends it as a client of the interface does that knows nothing but the answer.
async fn send(begun: &Value, content: impl Into<reqwest::Body>) -> reqwest::Result<Response> {
    let upload = &begun["upload"];
    let method = upload["method"].as_str().unwrap().parse().unwrap();
    let request = Client::new().request(method, upload["url"].as_str().unwrap());
    let mut request = request.header("origin", PAGE).body(content);
    for (name, value) in upload["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    request.send().await
}

#[tokio::test]
async fn a_file_sent_straight_to_storage_is_checked_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start_in(folder.path(), &[], &[("KUNDPORTAL_CORS_ORIGINS", PAGE)]).await;
    let token = token(&run, "karin.oberg@example.se").await;
    let customer = items(&run, &token, "/api/tenants/nordljus/customers").await[0]["id"].clone();
    let karin = Person { run: &run, token };
    // Not in one piece anywhere.
    let content = "Bokslut på svenska, ".repeat(200_000);
    let body = json!({
        "name": "Årsbokslut.txt", "contentType": "text/plain; charset=utf-8",
        "size": content.len(), "customer": customer,
    });
    let begin = || karin.ask(|client, url| client.post(url).json(&body), UPLOADS);
    let (status, begun) = begin().await;
    assert_eq!(status, 201, "{begun}");
    let id = begun["id"].as_str().unwrap();

    // A page asks its browser, which asks storage.
    let url = begun["upload"]["url"].as_str().unwrap();
    let asked = Client::new()
        .request(reqwest::Method::OPTIONS, url)
        .header("origin", PAGE)
        .header("access-control-request-method", "PUT")
        .send()
        .await
        .unwrap();
    let allowed = |name: &str| asked.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(allowed("access-control-allow-origin").as_deref(), Some(PAGE));
    assert_eq!(allowed("access-control-allow-methods").as_deref(), Some("PUT"));

    // A body that breaks off leaves nothing.
    let half = content.as_bytes()[..content.len() / 2].to_vec();
    let pieces = [Ok(half), Err(std::io::Error::other("broken off"))];
    assert!(send(&begun, reqwest::Body::wrap_stream(stream::iter(pieces))).await.is_err());
    let (status, refused) = karin.complete(id).await;
    assert_eq!((status, &refused["type"]), (409, &json!("/problems/nothing-uploaded")));

    // Something else first: the URL works until it expires, and the last word counts.
    assert_eq!(send(&begun, "något annat").await.unwrap().status(), 201);
    let sent = send(&begun, content.clone()).await.unwrap();
    assert_eq!(
        (sent.status().as_u16(), &sent.headers()["access-control-allow-origin"]),
        (201, &PAGE.parse().unwrap())
    );
    assert_eq!(reqwest::get(url).await.unwrap().status(), 403);
    assert_eq!(karin.complete(id).await.0, 202);
    assert_eq!(karin.complete(id).await.0, 202);
    assert_eq!(karin.outcome(id).await["state"], "complete");

    let path = format!("{}/api/tenants/nordljus/files/{id}/content", run.address);
    let read = Client::new().get(path).bearer_auth(&karin.token).send().await.unwrap();
    assert_eq!(read.status(), 200);
    assert!(read.text().await.unwrap() == content, "another content than was sent");

    let (_, begun) = begin().await;
    let id = begun["id"].as_str().unwrap();
    assert_eq!(send(&begun, "").await.unwrap().status(), 201);
    assert_eq!(karin.complete(id).await.0, 202);
    let refused = karin.outcome(id).await;
    assert_eq!((&refused["state"], &refused["refusal"]["reason"]), (&json!("refused"), &json!("wrongSize")));
}
