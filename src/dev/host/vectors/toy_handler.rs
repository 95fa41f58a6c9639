//! A handler that remembers what it saw and does what a request's `do` asks for. It stands in for a process.

use std::{
    convert::Infallible,
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

use super::super::worker::{Launcher, Process};

type ToyBody = UnsyncBoxBody<Bytes, io::Error>;

/// A request as the handler saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Makes toy handlers; clones share what they saw.
#[derive(Clone, Default)]
pub(super) struct ToyHandler(Arc<Shared>);

#[derive(Default)]
struct Shared {
    seen: Mutex<Vec<Seen>>,
    starts: Mutex<usize>,
    aborted: Mutex<usize>,
    trigger_answer: Mutex<TriggerAnswer>,
    never_listens: Mutex<bool>,
}

/// What a toy answers to trigger calls.
#[derive(Clone, Copy, Default)]
pub(super) struct TriggerAnswer {
    pub(super) status: Option<u16>,
    pub(super) content_type: Option<&'static str>,
    pub(super) body: Option<&'static str>,
    pub(super) breaks: bool,
}

impl ToyHandler {
    /// Requests so far, without those of `GET /`.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.0.seen.lock().unwrap().clone()
    }

    pub(super) fn forget(&self) {
        self.0.seen.lock().unwrap().clear();
    }

    /// How often it was started.
    pub(super) fn starts(&self) -> usize {
        *self.0.starts.lock().unwrap()
    }

    /// Exchanges that the host broke off.
    pub(super) fn aborted(&self) -> usize {
        *self.0.aborted.lock().unwrap()
    }

    pub(super) fn answer_triggers(&self, answer: TriggerAnswer) {
        *self.0.trigger_answer.lock().unwrap() = answer;
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        exit: mpsc::Sender<i32>,
    ) -> Result<Response<ToyBody>, Broken> {
        let (head, body) = request.into_parts();
        let line = format!("{} {}", head.method, head.uri);
        if line == "GET /" {
            return Ok(Response::new(text("")));
        }
        let aborts = Aborts(Some(Arc::clone(&self.0)));
        let Ok(body) = body.collect().await else { return Err(Broken) };
        let seen = Seen { line: line.clone(), headers: head.headers, body: body.to_bytes() };
        self.0.seen.lock().unwrap().push(seen);
        let what = head.uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("do="));
        let answer = match what {
            None if !head.uri.path().starts_with("/api") && !head.uri.path().starts_with("/API") => {
                self.triggered()
            }
            what => act(what.unwrap_or_default(), &head.method, &head.uri, exit).await,
        };
        aborts.passed();
        answer
    }

    fn triggered(&self) -> Result<Response<ToyBody>, Broken> {
        let answer = *self.0.trigger_answer.lock().unwrap();
        if answer.breaks {
            return Err(Broken);
        }
        let mut response = Response::builder().status(answer.status.unwrap_or(200));
        if answer.status == Some(302) {
            response = response.header("location", "/else");
            *self.0.trigger_answer.lock().unwrap() = TriggerAnswer::default();
        }
        if let Some(kind) = answer.content_type.or(answer.body.is_none().then_some("application/json")) {
            response = response.header("content-type", kind);
        }
        Ok(response
            .body(text(answer.body.unwrap_or(r#"{"Outputs":{},"Logs":["done"],"ReturnValue":null}"#)))
            .unwrap())
    }
}

/// Counts an exchange as aborted when it is dropped before its answer.
struct Aborts(Option<Arc<Shared>>);

impl Aborts {
    fn passed(mut self) {
        self.0 = None;
    }
}

impl Drop for Aborts {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            *shared.aborted.lock().unwrap() += 1;
        }
    }
}

/// Ends a connection without an answer.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

fn text(text: &str) -> ToyBody {
    Full::new(Bytes::from(text.to_owned())).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// Pieces with a pause before each; `None` breaks the connection.
fn pieces(pause: u64, pieces: Vec<Option<&'static str>>) -> ToyBody {
    let frames = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        piece
            .map(|piece| Frame::data(Bytes::from_static(piece.as_bytes())))
            .ok_or_else(|| io::Error::other("broken"))
    });
    StreamBody::new(frames).boxed_unsync()
}

async fn act(
    what: &str,
    method: &http::Method,
    uri: &http::Uri,
    exit: mpsc::Sender<i32>,
) -> Result<Response<ToyBody>, Broken> {
    let answer = Response::builder();
    let answer = match what {
        "" => {
            let json = format!(r#"{{"method":"{method}","url":"{uri}"}}"#);
            answer.header("content-type", "application/json").body(text(&json))
        }
        "breakbefore" => return Err(Broken),
        "break" => answer.header("content-length", "1000").body(pieces(20, vec![Some("xxxx"), None])),
        "breakchunk" => answer.body(pieces(20, vec![Some("xxxx"), None])),
        "breakfirst" => answer.body(pieces(20, vec![None])),
        "stream" => answer
            .header("content-type", "text/event-stream")
            .body(pieces(300, vec![Some("data: 0"), Some("data: 1")])),
        "early" => answer.header("x-early", "1").body(pieces(400, vec![Some("late body")])),
        "slow" => {
            tokio::time::sleep(Duration::from_secs(20)).await;
            answer.body(text("slow"))
        }
        "204" | "304" => answer.status(what).header("etag", "\"abc\"").body(text("")),
        "302" => answer
            .status(302)
            .header("location", "/api/tenants/t/invites/else?x=1")
            .body(pieces(0, vec![Some("moved")])),
        "412" | "401" | "500" => answer
            .status(what)
            .header("content-type", "application/problem+json")
            .header("www-authenticate", "Bearer")
            .body(pieces(0, vec![Some(r#"{"title":"stale"}"#)])),
        "heads" => answer
            .header("date", "Mon, 01 Jan 2001 00:00:00 GMT")
            .header("server", "mine")
            .header("etag", "\"v1\"")
            .header("set-cookie", "a=1; Path=/; HttpOnly")
            .header("set-cookie", "b=2; Path=/x; SameSite=Lax")
            .header("x-multi", "1")
            .header("x-multi", "2")
            .header("keep-alive", "timeout=60")
            .header("content-disposition", "attachment; filename=\"ar.txt\"; filename*=UTF-8''%C3%A5r.txt")
            .body(text("ok")),
        "rawheader" => answer
            .header("content-disposition", http::HeaderValue::from_bytes("å".as_bytes()).unwrap())
            .body(text("ok")),
        "range" => answer
            .status(206)
            .header("accept-ranges", "bytes")
            .header("content-range", "bytes 0-3/10")
            .body(pieces(0, vec![Some("0123")])),
        "gzip" => answer.header("content-encoding", "gzip").body(text("\u{1f}compressed")),
        code => {
            let code: i32 =
                code.strip_prefix("exit").and_then(|code| code.parse().ok()).expect("a known deed");
            exit.send(code).await.unwrap();
            std::future::pending().await
        }
    };
    Ok(answer.unwrap())
}

#[async_trait]
impl Launcher for ToyHandler {
    async fn launch(&self, port: u16, _worker_id: &str) -> io::Result<Box<dyn Process>> {
        *self.0.starts.lock().unwrap() += 1;
        let (exit, exited) = mpsc::channel(4);
        let mut tasks = JoinSet::new();
        if !*self.0.never_listens.lock().unwrap() {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            let toy = self.clone();
            tasks.spawn(async move {
                let mut connections = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    let (toy, exit) = (toy.clone(), exit.clone());
                    connections.spawn(async move {
                        let service = service_fn(move |request| {
                            let (toy, exit) = (toy.clone(), exit.clone());
                            async move { toy.answer(request, exit).await }
                        });
                        let _ = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await;
                    });
                }
            });
        }
        Ok(Box::new(ToyProcess { tasks, exited }))
    }
}

struct ToyProcess {
    tasks: JoinSet<()>,
    exited: mpsc::Receiver<i32>,
}

#[async_trait]
impl Process for ToyProcess {
    async fn exit(&mut self) -> Option<i32> {
        let code = self.exited.recv().await;
        if code.is_none() {
            std::future::pending::<()>().await;
        }
        self.tasks.abort_all();
        code
    }

    async fn kill(&mut self) {
        self.tasks.shutdown().await;
    }
}
