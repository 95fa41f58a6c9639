//! The local run's front door: loopback only, for loopback names only.

use std::{
    convert::Infallible,
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use kundportal_functions::Lingerers;
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::Instant};

use super::{
    connection::Connection,
    host::{AnswerBody, AnsweredAt, Reset},
};

/// How long exchanges in progress may take once the local run is ending.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long to wait when no connection can be taken, for instance because too many are open.
const RELIEF: Duration = Duration::from_millis(100);

/// Whoever answers requests.
pub(crate) trait Answers: Send + Sync + 'static {
    /// Answers one request.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        reset: Reset,
    ) -> impl Future<Output = Response<AnswerBody>> + Send;
}

/// Serves until `ending` comes back, then lets exchanges in progress finish for a moment.
pub(crate) async fn serve(
    listener: TcpListener,
    answers: Arc<impl Answers>,
    ending: impl Future<Output = ()>,
) {
    let (end, ended) = watch::channel(false);
    let mut connections = JoinSet::new();
    let lingerers = Lingerers::default();
    let mut ending = pin!(ending);
    loop {
        tokio::select! {
            () = &mut ending => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    let reset = Reset::default();
                    let connection = Connection::new(stream, Arc::clone(&reset), lingerers.clone());
                    connections.spawn(one(connection, peer, reset, Arc::clone(&answers), ended.clone()));
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a connection was not taken");
                    tokio::time::sleep(RELIEF).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let _ = end.send(true);
    let _ = tokio::time::timeout(FAREWELL, async { while connections.join_next().await.is_some() {} }).await;
}

async fn one(
    connection: Connection,
    peer: SocketAddr,
    reset: Reset,
    answers: Arc<impl Answers>,
    mut ended: watch::Receiver<bool>,
) {
    let service = service_fn(|request: Request<Incoming>| {
        let (answers, reset) = (Arc::clone(&answers), Arc::clone(&reset));
        async move {
            let (method, begun) = (request.method().clone(), Instant::now());
            let answer = answers.answer(request, peer.ip(), reset).await;
            if let Some(AnsweredAt(route)) = answer.extensions().get() {
                let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                tracing::info!(%method, %route, status = answer.status().as_u16(), ms = milliseconds, "answered by the host");
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(connection), service);
    let mut serving = pin!(serving);
    tokio::select! {
        _ = &mut serving => return,
        _ = ended.wait_for(|ended| *ended) => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
