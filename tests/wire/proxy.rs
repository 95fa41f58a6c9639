//! A proxy between the portal and one service of Azurite, which loses, delays and cuts what goes through it as a test says.
//!
//! It ends TLS with Azurite's own certificate, so that a test can aim at a single answer, and speaks TLS to Azurite behind.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    io::{self, ErrorKind},
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    header::{CONNECTION, HOST, RETRY_AFTER, TRANSFER_ENCODING},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::Instant,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use crate::support::free_port;

/// What storage names in `Retry-After` when it is busy.
pub(crate) const BUSY_SECONDS: u64 = 1;

/// How everything fares that goes through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weather {
    /// As it should.
    Fair,
    /// Nobody listens, and what was open is reset.
    Refused,
    /// What is sent is taken and never answered, the greeting of TLS included.
    Silent,
    /// Every answer comes so much later.
    Slow(Duration),
    /// Storage says that it is busy, and does nothing.
    Busy,
    /// The same in the other form, of a gateway before it.
    TooMany,
    /// The body of every answer breaks off halfway.
    Halved,
}

/// What becomes of one exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It is reset before storage hears of it.
    Unheard,
    /// Storage does what it is asked, and the answer is lost.
    Lost,
    /// The same, and half of the answer's body arrives.
    Half,
}

/// What is to become of an exchange that is still to come, and of everything after it.
#[derive(Clone, Copy, Debug)]
struct Plan {
    left: usize,
    fate: Fate,
    after: Option<(Weather, Duration)>,
}

struct State {
    weather: watch::Sender<Weather>,
    /// Until when it lasts, where it ends by itself.
    until: Mutex<Option<Instant>>,
    plan: Mutex<Option<Plan>>,
    seen: Mutex<Vec<String>>,
    origin: String,
    client: reqwest::Client,
}

/// A port of its own, behind which lies a service of Azurite.
pub(crate) struct Wire {
    state: Arc<State>,
    port: u16,
    running: tokio::task::JoinHandle<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wire {
    /// To a service at this URL, whose path names the account; with a folder where its certificate and key are.
    pub(crate) async fn to(url: &str, folder: &Path) -> Self {
        let (origin, _account) = url.rsplit_once('/').expect("an origin and an account");
        let pem = std::fs::read(folder.join("cert.pem")).expect("a certificate");
        let trusted = reqwest::Certificate::from_pem(&pem).expect("PEM");
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([trusted]);
        let state = Arc::new(State {
            weather: watch::Sender::new(Weather::Fair),
            until: Mutex::default(),
            plan: Mutex::default(),
            seen: Mutex::default(),
            origin: origin.to_owned(),
            client: client.build().expect("a client"),
        });
        let tls = acceptor(folder, &pem);
        let (port, listener) = loop {
            let port = free_port();
            if let Ok(listener) = listen(port).await {
                break (port, listener);
            }
        };
        let running = tokio::spawn(run(Arc::clone(&state), listener, port, tls));
        Self { state, port, running }
    }

    /// The URL of an account of the service, as it is seen through here.
    pub(crate) fn url(&self, url: &str) -> String {
        let (_, account) = url.rsplit_once('/').expect("an origin and an account");
        format!("https://127.0.0.1:{}/{account}", self.port)
    }

    /// From now on.
    pub(crate) fn set(&self, weather: Weather) {
        *lock(&self.state.until) = None;
        self.state.weather.send_replace(weather);
    }

    /// What becomes of the `nth` exchange from now on, and what of all others for some time after it.
    pub(crate) fn plan(&self, nth: usize, fate: Fate, after: Option<(Weather, Duration)>) {
        *lock(&self.state.plan) = Some(Plan { left: nth, fate, after });
    }

    /// Forgets the plan; whether it had come to pass.
    pub(crate) fn forget(&self) -> bool {
        self.set(Weather::Fair);
        lock(&self.state.plan).take().is_none()
    }

    /// The exchanges since they were taken last: method and path.
    pub(crate) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.state.seen))
    }

    /// How often the exchange was tried that was tried most often, since they were taken last.
    pub(crate) fn most_tries(&self) -> usize {
        let mut tries = BTreeMap::<String, usize>::new();
        for exchange in self.seen() {
            *tries.entry(exchange).or_default() += 1;
        }
        tries.into_values().max().unwrap_or_default()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn acceptor(folder: &Path, certificate: &[u8]) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(certificate).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("a key");
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}

async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await
}

async fn run(state: Arc<State>, listener: TcpListener, port: u16, tls: TlsAcceptor) {
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    let mut weather = state.weather.subscribe();
    loop {
        let now = *weather.borrow_and_update();
        let ends = *lock(&state.until);
        let end = async {
            match ends {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        if now == Weather::Refused {
            listener = None;
            connections.shutdown().await;
            tokio::select! {
                _ = weather.changed() => {}
                () = end => clear(&state),
            }
            continue;
        }
        if listener.is_none() {
            listener = Some(listen(port).await.expect("its own port again"));
        }
        let accept = listener.as_ref().expect("it listens").accept();
        tokio::select! {
            _ = weather.changed() => {}
            () = end => clear(&state),
            Some(_) = connections.join_next() => {}
            accepted = accept => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(Arc::clone(&state), stream, tls.clone()));
            },
        }
    }
}

/// Ends what was to last some time only.
fn clear(state: &State) {
    *lock(&state.until) = None;
    state.weather.send_replace(Weather::Fair);
}

async fn serve(state: Arc<State>, stream: TcpStream, tls: TlsAcceptor) {
    let mut weather = state.weather.subscribe();
    if *weather.borrow_and_update() == Weather::Silent {
        // What was not answered before is not answered afterwards either.
        let _ = weather.changed().await;
        return;
    }
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let Ok(stream) = tls.accept(Resettable { stream, reset: Arc::clone(&reset) }).await else { return };
    let answer = service_fn(|request| exchange(Arc::clone(&state), Arc::clone(&reset), request));
    // That it breaks is what it is for.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

type Body = BoxBody<Bytes, io::Error>;

fn broken() -> io::Error {
    io::Error::from(ErrorKind::ConnectionReset)
}

fn whole(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never: Infallible| match never {}).boxed()
}

/// The first half, and then the end of the connection, once that half has gone out.
fn half(body: &Bytes) -> Body {
    let first = stream::iter([Ok(Frame::data(body.slice(..body.len() / 2)))]);
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(broken())
    });
    BodyExt::boxed(StreamBody::new(Box::pin(first.chain(end))))
}

async fn exchange(
    state: Arc<State>,
    reset: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    lock(&state.seen).push(format!("{} {}", request.method(), request.uri()));
    let fate = fated(&state);
    let weather = *state.weather.borrow();
    if fate == Some(Fate::Unheard) {
        reset.store(true, Ordering::Relaxed);
        return Err(broken());
    }
    match weather {
        Weather::Busy => return Ok(busy(503, "ServerBusy")),
        Weather::TooMany => return Ok(busy(429, "")),
        Weather::Silent if fate.is_none() => std::future::pending().await,
        Weather::Slow(time) => tokio::time::sleep(time).await,
        Weather::Fair | Weather::Refused | Weather::Silent | Weather::Halved => {}
    }
    let answer = ask(&state, request).await;
    let (parts, body) = answer.map_err(io::Error::other)?;
    // Only now is it sure that storage has done it.
    if let Some((after, time)) = fate.and_then(|_| lock(&state.plan).take()).and_then(|plan| plan.after) {
        *lock(&state.until) = Some(Instant::now() + time);
        state.weather.send_replace(after);
    }
    match fate {
        Some(Fate::Half) if body.len() > 1 => Ok(Response::from_parts(parts, half(&body))),
        Some(_) => {
            reset.store(true, Ordering::Relaxed);
            Err(broken())
        }
        None if weather == Weather::Halved && body.len() > 1 => Ok(Response::from_parts(parts, half(&body))),
        None => Ok(Response::from_parts(parts, whole(body))),
    }
}

/// What is planned for this exchange.
fn fated(state: &State) -> Option<Fate> {
    let mut planned = lock(&state.plan);
    let plan = planned.as_mut().filter(|plan| plan.left > 0)?;
    plan.left -= 1;
    let fate = (plan.left == 0).then_some(plan.fate);
    if fate == Some(Fate::Unheard) {
        *planned = None;
    }
    fate
}

fn busy(status: u16, code: &str) -> Response<Body> {
    let answer = Response::builder().status(status).header(RETRY_AFTER, BUSY_SECONDS);
    let answer = if code.is_empty() { answer } else { answer.header("x-ms-error-code", code) };
    answer.body(whole("")).expect("an answer")
}

/// The whole answer of what lies behind.
async fn ask(
    state: &State,
    request: Request<Incoming>,
) -> Result<(http::response::Parts, Bytes), reqwest::Error> {
    let (parts, body) = request.into_parts();
    // A body that breaks off is the sender's end: nobody waits for an answer.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut headers = parts.headers;
    for name in [HOST, CONNECTION, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let url = format!("{}{}", state.origin, parts.uri);
    let answer = state.client.request(parts.method, url).headers(headers).body(body).send().await?;
    let mut response = Response::new(());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    for name in [CONNECTION, TRANSFER_ENCODING] {
        response.headers_mut().remove(name);
    }
    Ok((response.into_parts().0, answer.bytes().await?))
}

/// A connection that can end with a reset.
struct Resettable {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Resettable {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Resettable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Resettable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
