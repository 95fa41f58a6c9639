//! Exchanges as they were recorded from the real host, replayed against the stand-in with a toy handler. The vectors are
//! in `tests/vectors`.

mod exchanges;
mod raw_client;
mod rules;
mod toy_handler;
mod triggers;

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use kundportal_store::{EmbeddedQueue, EmbeddedStore, SigningKey, SystemClock, SystemEntropy};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{AnswerBody, Cors, Function, Host, HostSettings, Parts, Reset};
use crate::dev::server::{self, Answers};
use toy_handler::ToyHandler;

/// The stand-in in front of a toy handler.
struct Stage {
    host: Arc<Host>,
    handler: ToyHandler,
    queue: EmbeddedQueue,
    port: u16,
    _triggers: tokio::task::JoinSet<()>,
    _dir: TempDir,
}

/// How the stage is set.
struct Scene {
    origins: Vec<String>,
    function_timeout: &'static str,
    encoding: &'static str,
    /// `maxConcurrentRequests` and `maxOutstandingRequests`.
    limits: (i32, i32),
}

impl Default for Scene {
    fn default() -> Self {
        Self { origins: Vec::new(), function_timeout: "00:05:00", encoding: "base64", limits: (-1, -1) }
    }
}

struct HostOnly(Arc<Host>);

impl Answers for HostOnly {
    async fn answer(
        &self,
        request: http::Request<hyper::body::Incoming>,
        peer: std::net::IpAddr,
        reset: Reset,
    ) -> http::Response<AnswerBody> {
        self.0.answer(request, peer, reset).await
    }
}

impl Scene {
    /// Sets the stage: one HTTP function as in the recordings, a queue `q` and its poison queue, a timer `tick`.
    async fn set(self) -> Stage {
        let (concurrent, outstanding) = self.limits;
        let settings = serde_json::json!({
            "functionTimeout": self.function_timeout,
            "extensions": {
                "queues": {"messageEncoding": self.encoding},
                "http": {"maxConcurrentRequests": concurrent, "maxOutstandingRequests": outstanding},
            },
        })
        .to_string();
        let settings = HostSettings::parse(&settings).unwrap();
        let manifests = [
            (
                "invites",
                r#"{"bindings":[{"type":"httpTrigger","name":"req","route":"tenants/{tenant}/invites/{*path}",
                "methods":["get","head","post","put","patch","delete","options"]},{"type":"http","name":"res"}]}"#,
            ),
            ("q", r#"{"bindings":[{"type":"queueTrigger","name":"msg","queueName":"jobs"}]}"#),
            ("buried", r#"{"bindings":[{"type":"queueTrigger","name":"msg","queueName":"jobs-poison"}]}"#),
            ("tick", r#"{"bindings":[{"type":"timerTrigger","name":"timer","schedule":"0 0 0 1 1 *"}]}"#),
        ];
        let functions =
            manifests.map(|(name, json)| Function::parse(name, json, &settings.route_prefix).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let store =
            EmbeddedStore::open(dir.path(), SigningKey::new(&[7; 32]), "", clock.clone(), entropy.clone())
                .unwrap();
        let handler = ToyHandler::default();
        let host = Host::start(Parts {
            functions: functions.into(),
            settings,
            cors: Cors::new(self.origins),
            launcher: Arc::new(handler.clone()),
            messages: Arc::new(store.queue()),
            timer_file: dir.path().join("timers.json"),
            clock,
            entropy,
        })
        .unwrap();
        let host = Arc::new(host);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(server::serve(listener, Arc::new(HostOnly(Arc::clone(&host))), std::future::pending()));
        let triggers = host.serve_triggers();
        Stage { host, handler, queue: store.queue(), port, _triggers: triggers, _dir: dir }
    }
}

/// Waits until something holds, for a few seconds.
async fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came: {what}");
}
