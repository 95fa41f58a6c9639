//! What takes time or more than one request: crashes, limits, streams, clients that go away.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    Scene, Stage,
    raw_client::{exchange, read},
    soon,
};

fn get(what: &str) -> Vec<u8> {
    format!("GET /api/tenants/t1/invites/x{what} HTTP/1.1\r\nHost: 127.0.0.1:7071\r\n\r\n").into_bytes()
}

async fn connect(stage: &Stage, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", stage.port)).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

#[tokio::test]
async fn a_request_that_ends_the_handler_meets_each_new_one_and_the_third_end_ends_the_host() {
    let stage = Scene::default().set().await;
    let got = exchange(stage.port, &get("?do=exit1")).await.unwrap();
    assert_eq!((stage.handler.seen().len(), stage.handler.starts()), (3, 3));
    assert_eq!((got.status, got.header("connection").as_deref()), (500, Some("close")));
    assert!(stage.host.given_up().await.contains("three times"));
}

#[tokio::test]
async fn a_handler_that_failed_twice_goes_on() {
    let stage = Scene::default().set().await;
    for starts in 2..=3 {
        let body =
            "POST /api/tenants/t1/invites/x?do=exit7 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy";
        assert_eq!(exchange(stage.port, body.as_bytes()).await.unwrap().status, 500);
        soon("the handler starts again", || stage.handler.starts() == starts).await;
        assert_eq!(exchange(stage.port, &get("")).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn after_exit_code_0_every_request_is_a_500() {
    let stage = Scene::default().set().await;
    assert_eq!(exchange(stage.port, &get("?do=exit0")).await.unwrap().status, 500);
    assert_eq!(exchange(stage.port, &get("")).await.unwrap().status, 500);
    assert_eq!(stage.handler.starts(), 1);
}

#[tokio::test]
async fn after_exit_code_200_the_handler_starts_again_without_limit() {
    let stage = Scene::default().set().await;
    for starts in 2..=6 {
        let body =
            "POST /api/tenants/t1/invites/x?do=exit200 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy";
        let _stream = connect(&stage, body.as_bytes()).await;
        soon("the handler starts again", || stage.handler.starts() == starts).await;
        assert_eq!(exchange(stage.port, &get("")).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn headers_leave_with_the_first_byte_of_the_body() {
    let stage = Scene::default().set().await;
    let mut stream = connect(&stage, &get("?do=early")).await;
    let begun = Instant::now();
    let mut byte = [0];
    stream.read_exact(&mut byte).await.unwrap();
    assert!(begun.elapsed() > Duration::from_millis(300));
}

#[tokio::test]
async fn an_answer_streams() {
    let stage = Scene::default().set().await;
    let mut stream = connect(&stage, &get("?do=stream")).await;
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains("data: 0") {
        let read = stream.read(&mut buffer).await.unwrap();
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    assert!(!text.contains("data: 1"), "the first piece comes before the second is there");
}

#[tokio::test]
async fn an_answer_that_breaks_off_ends_with_a_reset() {
    let stage = Scene::default().set().await;
    for what in ["?do=break", "?do=breakchunk"] {
        let stream = connect(&stage, &get(what)).await;
        let error = read(stream, false).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{what}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_before_its_body_is_a_500() {
    let stage = Scene::default().set().await;
    assert_eq!(exchange(stage.port, &get("?do=breakfirst")).await.unwrap().status, 500);
}

#[tokio::test]
async fn a_client_that_goes_away_takes_the_handlers_connection_with_it() {
    let stage = Scene::default().set().await;
    let stream = connect(&stage, &get("?do=slow")).await;
    soon("the handler sees the request", || stage.handler.seen().len() == 1).await;
    drop(stream);
    soon("the handler's exchange is broken off", || stage.handler.aborted() == 1).await;
    assert_eq!(stage.handler.starts(), 1);
}

#[tokio::test]
async fn a_client_that_stops_sending_breaks_off_the_upload() {
    let stage = Scene::default().set().await;
    let put = "PUT /api/tenants/t1/invites/u HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\naaaabbbb";
    let stream = connect(&stage, put.as_bytes()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(stage.handler.seen().is_empty(), "an upload that broke off never looks complete");
}

#[tokio::test]
async fn a_body_that_turns_out_longer_than_the_limit_is_a_500_and_breaks_off_at_the_handler() {
    let stage = Scene::default().set().await;
    let mut stream = connect(
        &stage,
        b"PUT /api/tenants/t1/invites/big HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    )
    .await;
    let piece = [b"100000\r\n".as_slice(), &vec![b'z'; 1 << 20], b"\r\n"].concat();
    for _ in 0..101 {
        if stream.write_all(&piece).await.is_err() {
            break;
        }
    }
    if let Ok(got) = read(stream, false).await {
        assert_eq!((got.status, got.header("connection").as_deref()), (500, Some("close")));
    }
    assert!(stage.handler.seen().is_empty());
}

#[tokio::test]
async fn a_large_body_within_the_limit_passes() {
    let stage = Scene::default().set().await;
    let head = format!(
        "PUT /api/tenants/t1/invites/big HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n",
        20 << 20
    );
    let mut stream = connect(&stage, head.as_bytes()).await;
    stream.write_all(&vec![b'z'; 20 << 20]).await.unwrap();
    assert_eq!(read(stream, false).await.unwrap().status, 200);
    assert_eq!(stage.handler.seen()[0].body.len(), 20 << 20);
}

#[tokio::test]
async fn a_request_that_exceeds_the_function_timeout_ends_the_handler_and_is_sent_again() {
    let stage = Scene { function_timeout: "00:00:01", ..Scene::default() }.set().await;
    let _stream = connect(&stage, &get("?do=slow")).await;
    soon("the handler is started again", || stage.handler.starts() >= 2).await;
    soon("the request comes again", || stage.handler.seen().len() >= 2).await;
    let ids: Vec<_> =
        stage.handler.seen().iter().map(|seen| seen.headers["x-ms-invocation-id"].clone()).collect();
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_request_waits_for_a_place_and_is_refused_where_already_too_many_wait() {
    let stage = Scene { limits: (1, 2), ..Scene::default() }.set().await;
    let put = "PUT /api/tenants/t1/invites/u HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\naaaa";
    let inside = connect(&stage, put.as_bytes()).await;
    let waiting = connect(&stage, &get("")).await;
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(300), waiting.peek(&mut byte)).await;
    assert!(early.is_err(), "it waits");
    let refused = exchange(stage.port, &get("")).await.unwrap();
    assert_eq!((refused.status, refused.text().as_str()), (429, ""));
    drop(inside);
    assert_eq!(read(waiting, false).await.unwrap().status, 200);
    assert_eq!(exchange(stage.port, &get("")).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_answer_keeps_its_place_until_it_has_been_sent() {
    let stage = Scene { limits: (1, 1), ..Scene::default() }.set().await;
    let stream = connect(&stage, &get("?do=stream")).await;
    stream.peek(&mut [0]).await.unwrap();
    assert_eq!(exchange(stage.port, &get("")).await.unwrap().status, 429);
    assert_eq!(read(stream, false).await.unwrap().status, 200);
    assert_eq!(exchange(stage.port, &get("")).await.unwrap().status, 200);
}
