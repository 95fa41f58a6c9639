//! Slow callers at the front door: who holds what, who is refused, and that nobody else notices.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use kundportal_functions::Concurrency;
use reqwest::{Body, Method};
use serde_json::json;
use support::{Answer, Portal, Speaker, Storage, Tenant, User};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(20);

struct Scene {
    portal: Portal,
    tenant: Tenant,
    customer: String,
    kim: User,
    bo: User,
}

impl Scene {
    async fn set(concurrency: Concurrency) -> Self {
        let portal =
            Portal::start_with(Storage::Embedded, |settings| settings.concurrency = concurrency).await;
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let kim = portal.member(&tenant, &customer, "kim@example.com").await;
        let bo = portal.member(&tenant, &customer, "bo@example.com").await;
        Self { portal, tenant, customer, kim, bo }
    }

    fn files(&self) -> String {
        self.tenant.path(&format!("/files?customer={}", self.customer))
    }

    async fn upload(&self, user: &User, content: impl Into<Bytes>) -> Answer {
        self.portal
            .as_(user)
            .header("content-disposition", "attachment; filename*=UTF-8''a.bin")
            .send_bytes(Method::POST, &self.files(), "application/octet-stream", content)
            .await
    }

    /// Begins a request that declares a body and sends nothing of it but what is given.
    async fn begin(&self, method: &str, path: &str, token: Option<&str>, sent: &[u8]) -> TcpStream {
        self.begin_with("", method, path, token, sent).await
    }

    /// The same with a further header.
    async fn begin_with(
        &self,
        header: &str,
        method: &str,
        path: &str,
        token: Option<&str>,
        sent: &[u8],
    ) -> TcpStream {
        let address = self.portal.url().strip_prefix("http://").expect("an address");
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let authorization =
            token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nclient-ip: 203.0.113.7\r\ncontent-length: 50000\r\n{authorization}{header}\
             content-type: application/json\r\ncontent-disposition: attachment; filename*=UTF-8''a.bin\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream.write_all(sent).await.expect("sent");
        stream
    }

    fn token(&self, user: &User) -> String {
        self.portal.token(Speaker::Main, user, json!({}))
    }

    /// A request that has its place: its body is asked for, and never sent.
    async fn hold(&self, method: &str, path: &str, user: &User) -> TcpStream {
        let header = "expect: 100-continue\r\n";
        let mut held = self.begin_with(header, method, path, Some(&self.token(user)), b"").await;
        assert!(head(&mut held).await.starts_with("HTTP/1.1 100 "));
        held
    }

    async fn hold_upload(&self, user: &User) -> TcpStream {
        self.hold("POST", &self.files(), user).await
    }
}

/// The head of what comes back.
async fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).await.expect("an answer");
            bytes.push(byte[0]);
        }
    };
    timeout(PATIENCE, reading).await.expect("an answer in time");
    String::from_utf8(bytes).expect("text")
}

#[tokio::test]
async fn whoever_holds_their_share_of_uploads_is_refused_and_others_are_not() {
    let scene = Scene::set(Concurrency { uploads: 8, ..Concurrency::default() }).await;
    let held = [scene.hold_upload(&scene.kim).await, scene.hold_upload(&scene.kim).await];
    let refused = scene.upload(&scene.kim, "x").await.expect_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), Some("5"));
    scene.upload(&scene.bo, "x").await.expect(201);
    scene.portal.as_(&scene.kim).get(&scene.tenant.path("/profile")).await.expect(200);
    // Before its body is read: nothing of it was sent.
    let mut unsent = scene.begin("POST", &scene.files(), Some(&scene.token(&scene.kim)), b"").await;
    assert!(head(&mut unsent).await.starts_with("HTTP/1.1 503 "));
    drop(held);
    let again = async { while scene.upload(&scene.kim, "x").await.status == 503 {} };
    timeout(PATIENCE, again).await.expect("the places are free again");
}

#[tokio::test]
async fn a_download_holds_its_place_until_it_is_read() {
    let scene = Scene::set(Concurrency { downloads: 1, ..Concurrency::default() }).await;
    // Longer than what sockets hold.
    let file = scene.upload(&scene.kim, vec![7; 32 * 1024 * 1024]).await.expect(201).text_at("/id");
    let path = scene.tenant.path(&format!("/files/{file}/content"));
    let download = || {
        let request = scene.portal.client().get(format!("{}{path}", scene.portal.url()));
        request.bearer_auth(scene.token(&scene.kim)).send()
    };
    let slow = download().await.expect("an answer");
    assert_eq!(slow.status(), 200);
    scene.portal.as_(&scene.bo).get(&path).await.expect_problem(503, "unavailable");
    assert_eq!(slow.bytes().await.expect("all of it").len(), 32 * 1024 * 1024);
    let again = async { while download().await.expect("an answer").status() == 503 {} };
    timeout(PATIENCE, again).await.expect("the place is free again");
}

#[tokio::test]
async fn pictures_that_wait_are_few() {
    let scene = Scene::set(Concurrency { held_bodies: 1, ..Concurrency::default() }).await;
    let path = scene.tenant.path("/profile/picture");
    let held = scene.hold("PUT", &path, &scene.kim).await;
    let put = async || scene.portal.as_(&scene.bo).send_bytes(Method::PUT, &path, "image/png", "none").await;
    put().await.expect_problem(503, "unavailable");
    drop(held);
    let again = async { while put().await.status == 503 {} };
    timeout(PATIENCE, again).await.expect("the place is free again");
    put().await.expect_problem(415, "unsupported-media-type");
}

#[tokio::test]
async fn a_refusal_arrives_while_the_body_is_still_being_sent() {
    let scene = Scene::set(Concurrency::default()).await;
    let pieces = futures_util::stream::iter(0..50).then(|_| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok::<_, std::io::Error>(Bytes::from(vec![0; 1024 * 1024]))
    });
    let answer = scene
        .portal
        .anyone()
        .header("content-disposition", "attachment; filename*=UTF-8''a.bin")
        .send(Method::POST, &scene.files(), |request| request.body(Body::wrap_stream(pieces)))
        .await;
    answer.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn without_a_token_nothing_is_held() {
    let scene = Scene::set(Concurrency { uploads: 4, small_bodies: 4, ..Concurrency::default() }).await;
    let mut held = Vec::new();
    for _ in 0..50 {
        let mut stream = scene.begin("POST", &scene.files(), None, b"x").await;
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 401 "));
        held.push(stream);
    }
    scene.upload(&scene.bo, "x").await.expect(201);
    // Where nobody needs a token, they get their quarter.
    let slow = scene.begin("POST", "/api/invites/lookup", None, b"{").await;
    let lookup = async || scene.portal.anyone().post("/api/invites/lookup", json!({"token": "x"})).await;
    let refused = async { while lookup().await.status != 503 {} };
    timeout(PATIENCE, refused).await.expect("refused at some time");
    scene
        .portal
        .as_(&scene.bo)
        .patch(&scene.tenant.path("/profile"), json!({"locale": "en"}))
        .await
        .expect(200);
    drop(slow);
}
