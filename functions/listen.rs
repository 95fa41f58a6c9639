//! The handler's own listener. The host is its only client, but whoever is behind the host decides how slowly a request comes:
//! a connection costs little, its head has a time and a size, and there are only so many.

use std::{convert::Infallible, mem, net::SocketAddr, sync::Arc, time::Duration};

use http::{HeaderMap, Request};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};
use warp::Filter;

use crate::{
    App,
    lingering::{Lingerers, Lingering},
    serve::routes,
};

/// Most connections at once; further ones wait to be taken. More than the host lets through (`host.json`).
const MOST_CONNECTIONS: usize = 1024;
/// How long a connection may be idle, and how long a request's head may take. Longer than clients keep idle connections: the host's
/// keeps them for 60 seconds, and must not send on one that is just being closed.
const HEAD: Duration = Duration::from_mins(2);
/// Most bytes of a request's head, and of a body between the socket and whoever reads it. The host takes 40 KiB of a head.
const BUFFER: usize = 64 * 1024;
/// How long to wait when no connection can be taken, for instance because too many files are open.
const RELIEF: Duration = Duration::from_millis(100);

/// What the listener knows of a request or takes out of it, so that nobody has to copy it: an extension of requests.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// Who is at the other end of the connection.
    pub(crate) peer: SocketAddr,
    pub(crate) headers: Arc<HeaderMap>,
}

/// Serves all routes for as long as it is polled.
pub async fn serve(listener: TcpListener, app: App) {
    listen(listener, routes(app)).await;
}

/// The same with the operations of the test build, and before all of them what a test controls it with.
#[cfg(feature = "faults")]
pub async fn serve_test_build<F>(listener: TcpListener, app: App, control: F)
where
    F: Filter<Error = warp::Rejection> + Clone + Send + Sync + 'static,
    F::Extract: warp::Reply,
{
    listen(listener, control.or(crate::serve::routes_of_the_test_build(app))).await;
}

async fn listen<F>(listener: TcpListener, routes: F)
where
    F: Filter<Error = Infallible> + Clone + Send + Sync + 'static,
    F::Extract: warp::Reply,
{
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let lingerers = Lingerers::default();
    let service = TowerToHyperService::new(warp::service(routes));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(BUFFER);
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a connection was not taken");
                tokio::time::sleep(RELIEF).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let service = service.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            let headers = Arc::new(mem::take(request.headers_mut()));
            request.extensions_mut().insert(Head { peer, headers });
            service.call(request)
        });
        let stream = TokioIo::new(Lingering::new(stream, lingerers.clone()));
        let connection = http.serve_connection(stream, service);
        tokio::spawn(async move {
            // Callers who go away are none of our failures.
            if let Err(error) = connection.await {
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke");
            }
            drop(place);
        });
    }
}
