//! Requests of the host come in here and answers go out; no input ends the process.

use std::{
    convert::Infallible, net::SocketAddr, panic::AssertUnwindSafe, pin::Pin, sync::Arc, time::Instant,
};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt as _;
use kundportal_store::{ByteStream, as_removal};
use sync_wrapper::{SyncStream, SyncWrapper};
use warp::{Filter, Reply, path::FullPath};

use crate::{
    App, FUNCTIONS,
    admission::{Kind, Party, Place},
    audit::{AuditRecord, By},
    auth::{self, Actor},
    body::{self, Pace},
    context::Context,
    envelope,
    function::{Function, Trigger},
    listen::Head,
    operation::{Access, Operation},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

const INVOCATION: &str = "x-azure-functions-invocationid";
/// The host puts these on every proxied request, and no client can remove them; its own calls carry neither.
const PROXIED: [&str; 2] = ["x-ms-invocation-id", "x-forwarded-for"];

/// All routes: operations below `/api`, timers and queues by their function's name, and `/` for the host's question whether
/// the handler is ready.
#[must_use]
pub fn routes(app: App) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    serve(app, Router::new(FUNCTIONS))
}

/// The same with the operations of the test build, which are in no table, manifest or description.
#[cfg(feature = "faults")]
pub(crate) fn routes_of_the_test_build(
    app: App,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    serve(app, Router::new(FUNCTIONS.iter().chain([&crate::test_build::FUNCTION])))
}

fn serve(app: App, router: Router) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let router = Arc::new(router);
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<Head>())
        .and(warp::body::stream())
        .then(move |method: Method, path: FullPath, query, headers, head: Option<Head>, body| {
            let (app, router) = (app.clone(), Arc::clone(&router));
            let path = path.as_str().to_owned();
            let (headers, peer) =
                head.map_or_else(|| (Arc::new(headers), None), |head| (head.headers, Some(head.peer)));
            let incoming = Incoming { method, path, query, headers, peer, body: pieces(body) };
            async move { router.answer(app, incoming).await }
        })
        .recover(|_| async { Ok::<_, Infallible>(StatusCode::NOT_FOUND) })
}

fn pieces(
    body: impl futures_util::Stream<Item = Result<impl warp::Buf, warp::Error>> + Send + 'static,
) -> ByteStream {
    Box::pin(body.map_ok(|mut piece| piece.copy_to_bytes(piece.remaining())).map_err(std::io::Error::other))
}

pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) body: ByteStream,
}

/// Operations by path, each path with its methods.
pub(crate) struct Router {
    paths: matchit::Router<Vec<&'static Operation>>,
}

impl Router {
    pub(crate) fn new(functions: impl IntoIterator<Item = &'static Function>) -> Self {
        let mut by_path: Vec<(&str, Vec<&'static Operation>)> = Vec::new();
        for operation in functions.into_iter().flat_map(Function::operations) {
            match by_path.iter_mut().find(|(path, _)| *path == operation.path) {
                Some((_, operations)) => operations.push(operation),
                None => by_path.push((operation.path, vec![operation])),
            }
        }
        let mut paths = matchit::Router::new();
        for (path, operations) in by_path {
            if let Err(error) = paths.insert(path, operations) {
                // The table is fixed at build time, and a test asks every operation for an answer.
                tracing::error!(%error, path, "two operations have paths that cannot be told apart");
            }
        }
        Self { paths }
    }

    pub(crate) async fn answer(&self, app: App, incoming: Incoming) -> Answer {
        if incoming.path == "/" {
            return Answer::new("Kundportal".into());
        }
        let started = Instant::now();
        let method = incoming.method.clone();
        let invocation =
            incoming.headers.get(INVOCATION).and_then(|id| id.to_str().ok()).unwrap_or("").to_owned();
        let locale = incoming
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .map_or_else(Default::default, kundportal_domain::Locale::from_accept_language);
        let (route, outcome) = if incoming.path.starts_with("/api/") {
            self.operate(app, incoming, &invocation).await
        } else {
            trigger(app, incoming).await
        };
        let mut answer = match outcome {
            Ok(answer) => answer,
            Err(problem) => {
                if let Some(source) = problem.source.as_deref() {
                    log_causes(&invocation, source);
                }
                problem.to_response(locale, &invocation)
            }
        };
        let status = answer.status().as_u16();
        let headers = answer.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        tracing::info!(%method, route, status, ms = started.elapsed().as_millis(), invocation, "answered");
        answer
    }

    /// The operation that a request is for.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn operation(&self, method: &Method, path: &str) -> Option<&'static Operation> {
        self.paths.at(path).ok()?.value.iter().copied().find(|operation| operation.method == *method)
    }

    /// The operation's route and its outcome. A panic is an outcome like any other failure.
    async fn operate(
        &self,
        app: App,
        incoming: Incoming,
        invocation: &str,
    ) -> (&'static str, Result<Answer, Problem>) {
        let Ok(found) = self.paths.at(&incoming.path) else { return ("", Err(ProblemType::NotFound.into())) };
        let Some(operation) =
            found.value.iter().copied().find(|operation| operation.method == incoming.method)
        else {
            let allow = found.value.iter().map(|operation| operation.method.as_str()).collect();
            return ("", Err(Problem { allow, ..ProblemType::MethodNotAllowed.into() }));
        };
        let context = Context {
            parameters: found
                .params
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            app,
            operation,
            query: incoming.query,
            headers: incoming.headers,
            body: Some(SyncWrapper::new(body::in_time(incoming.body, Pace::of(Kind::of(operation))))),
            invocation: invocation.to_owned(),
            peer: incoming.peer.map(|peer| peer.ip()),
        };
        let removes = operation.method == Method::DELETE;
        let admitted = caught(Box::pin(admit(context)));
        (operation.path, if removes { as_removal(admitted).await } else { admitted.await })
    }
}

/// The work is in a place of its own: it is large, and is handed on several times before it begins.
async fn caught<T>(work: Pin<Box<impl Future<Output = Result<T, Problem>>>>) -> Result<T, Problem> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome,
        // What a panic says may hold anything: it is not repeated.
        Err(_) => Err(Problem::internal("a handler panicked")),
    }
}

/// Lets the caller in whom the table admits, and no other.
async fn admit(context: Context) -> Result<Answer, Problem> {
    let operation = context.operation;
    if let Access::Anyone(handler) = operation.access {
        hold(&context)?;
        let place = enter(&context, || Party::nobody(auth::client_ip(&context)))?;
        return keep(place, handler(context).await);
    }
    let identity = auth::identity(&context).await?;
    match operation.access {
        Access::Anyone(handler) => handler(context).await,
        Access::SignedIn(handler) => {
            require_step_up(&context, &identity)?;
            hold(&context)?;
            let place = enter(&context, || Party::identity(identity.name()))?;
            keep(place, handler(context, identity).await)
        }
        Access::Operator(handler) => {
            if !identity.claims.operator {
                return Err(ProblemType::Forbidden.into());
            }
            require_step_up(&context, &identity)?;
            hold(&context)?;
            let place = enter(&context, || Party::identity(identity.name()))?;
            keep(place, handler(context, identity).await)
        }
        Access::User(roles, handler) => {
            let user = admit_user(&context, identity, roles).await?;
            audited(context, user, handler).await
        }
        Access::UserOrOperator(roles, handler) => {
            if identity.claims.operator {
                auth::tenant(&context, &identity).await?;
                hold(&context)?;
                let place = enter(&context, || Party::identity(identity.name()))?;
                return keep(place, handler(context, Actor::Operator(identity)).await);
            }
            let user = admit_user(&context, identity, roles).await?;
            audited(context, user, |context, user| handler(context, Actor::User(Box::new(user)))).await
        }
    }
}

/// A place for the exchange, where it is of a kind that needs one. Nothing of its body has been read yet.
fn enter(context: &Context, party: impl FnOnce() -> Party) -> Result<Option<Place>, Problem> {
    let kind = Kind::of(context.operation);
    kind.map(|kind| context.app.admission().enter(kind, party())).transpose()
}

/// Keeps the place until the whole answer has been read, where it streams; else the place is free now.
fn keep(place: Option<Place>, outcome: Result<Answer, Problem>) -> Result<Answer, Problem> {
    let mut answer = outcome?;
    if let Some(place) = place.filter(|_| answer.extensions_mut().remove::<respond::Streams>().is_some()) {
        let (head, body) = answer.into_parts();
        let body = body.into_data_stream().map(move |piece| {
            let _ = &place;
            piece
        });
        answer = warp::reply::stream(SyncStream::new(body)).into_response();
        *answer.status_mut() = head.status;
        *answer.headers_mut() = head.headers;
    }
    Ok(answer)
}

/// Refuses what may not be done while the region lock is broken. Who is asked for knows by then who asks: nobody else learns
/// of the lock.
fn hold(context: &Context) -> Result<(), Problem> {
    if context.operation.goes_on_without_region_lock() { Ok(()) } else { context.app.check_region_lock() }
}

fn require_step_up(context: &Context, identity: &auth::Identity) -> Result<(), Problem> {
    if context.operation.step_up { identity.require_step_up(context.now()) } else { Ok(()) }
}

async fn admit_user(
    context: &Context,
    identity: auth::Identity,
    roles: crate::operation::Roles,
) -> Result<auth::User, Problem> {
    use crate::operation::Roles;
    let user = auth::user(context, identity).await?;
    let refusal = if !user.roles.meet(roles) {
        Some(if user.roles == Roles::DEACTIVATED {
            ProblemType::UserDeactivated
        } else {
            ProblemType::Forbidden
        })
    } else if !user.tenant.is_active() && !user.is_administrator() {
        Some(ProblemType::AwaitingAgreement)
    } else {
        None
    };
    if let Some(refusal) = refusal {
        Box::pin(record_denial(context, &user.tenant.id, By::user(&user))).await?;
        return Err(refusal.into());
    }
    require_step_up(context, &user.identity)?;
    hold(context)?;
    Ok(user)
}

/// Runs the handler; what it forbids is recorded like what the table forbids.
async fn audited<H, F>(context: Context, user: auth::User, handler: H) -> Result<Answer, Problem>
where
    H: FnOnce(Context, auth::User) -> F,
    F: Future<Output = Result<Answer, Problem>>,
{
    let place = enter(&context, || Party::user(user.identity.name(), &user.tenant.id))?;
    let (app, action, tenant, by) =
        (context.app.clone(), context.operation.id, user.tenant.id.clone(), By::user(&user));
    let outcome = keep(place, handler(context, user).await);
    if outcome.as_ref().is_err_and(|problem| problem.is(ProblemType::Forbidden)) {
        Box::pin(app.audit(&tenant, &AuditRecord::denied(&app, by, action))).await?;
    }
    outcome
}

async fn record_denial(
    context: &Context,
    tenant: &kundportal_domain::TenantId,
    by: By,
) -> Result<(), Problem> {
    let record = AuditRecord::denied(&context.app, by, context.operation.id);
    Ok(context.app.audit(tenant, &record).await?)
}

/// A timer's or a queue's call, which only the host can make.
async fn trigger(app: App, incoming: Incoming) -> (&'static str, Result<Answer, Problem>) {
    let name = incoming.path.strip_prefix('/').unwrap_or_default();
    let function =
        FUNCTIONS.iter().find(|function| function.name == name && function.operations().is_empty());
    let forged = PROXIED.iter().any(|header| incoming.headers.contains_key(*header));
    let Some(function) = function.filter(|_| !forged && incoming.method == Method::POST) else {
        return ("", Err(ProblemType::NotFound.into()));
    };
    (function.name, caught(Box::pin(run(app, function, incoming))).await)
}

async fn run(app: App, function: &Function, incoming: Incoming) -> Result<Answer, Problem> {
    let body = read_envelope(body::in_time(incoming.body, Pace::SMALL)).await?;
    match function.trigger {
        Trigger::Timer { run, .. } => {
            envelope::timer(&body).map_err(|_| Problem::from(ProblemType::Malformed))?;
            run(at_requested_time(app, &incoming.headers)).await?;
        }
        Trigger::Queue { run, .. } => {
            let text = envelope::message(&body).map_err(|_| Problem::from(ProblemType::Malformed))?;
            run(app, text).await?;
        }
        Trigger::Http { .. } => return Err(ProblemType::NotFound.into()),
    }
    respond::ok(&serde_json::json!({"Outputs": {}, "Logs": [], "ReturnValue": null}))
}

async fn read_envelope(mut body: ByteStream) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.try_next().await.map_err(|_| Problem::from(ProblemType::Malformed))? {
        if (bytes.len() + piece.len()) as u64 > envelope::MAX_BYTES {
            return Err(Problem::too_large(envelope::MAX_BYTES));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// In the local run a timer can be run at another time than now.
#[cfg(feature = "dev")]
fn at_requested_time(app: App, headers: &HeaderMap) -> App {
    let now = headers
        .get("x-kundportal-dev-now")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok());
    match now {
        Some(now) => app.at(now),
        None => app,
    }
}

#[cfg(not(feature = "dev"))]
fn at_requested_time(app: App, _: &HeaderMap) -> App {
    app
}

/// The chain of causes, once, at the edge. No error type here holds personal data.
fn log_causes(invocation: &str, error: &(dyn std::error::Error + 'static)) {
    let mut causes = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        causes = format!("{causes}: {cause}");
        next = cause.source();
    }
    tracing::warn!(invocation, causes, "failed");
}
