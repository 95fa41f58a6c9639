//! HTTP functions: a request on its way to the handler, and the answer on its way back.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONNECTION, CONTENT_LENGTH, SERVER, TRANSFER_ENCODING},
};
use http_body_util::{BodyExt as _, Empty, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use kundportal_store::Entropy;

use super::{
    activity::Activity,
    client::{CallBody, NoAnswer},
    cors::Cors,
    deadline::Deadline,
    download::{Download, Reset},
    headers::{self, Arrival},
    invocation::InvocationId,
    manifest::{Function, Trigger},
    path::RoutedPath,
    route::Route,
    throttle::{Limits, Throttle},
    upload::{LONGEST_BODY, Upload},
    worker::{State, Worker},
};

/// The body of an answer.
pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, io::Error>;

/// How long an exchange may be silent.
const PATIENCE: Duration = Duration::from_mins(4);

/// The pauses between deliveries of a request whose connection breaks, in milliseconds.
const PAUSES: [u64; 10] = [0, 50, 100, 200, 250, 250, 250, 250, 250, 250];

/// Within each of those, what changes nothing by its method is sent so often without a pause.
const AT_ONCE: usize = 4;

/// The route to name in the log: an extension of answers that the handler did not give. Of its own it logs itself.
#[derive(Clone, Debug)]
pub(crate) struct AnsweredAt(pub(crate) Arc<str>);

/// The host's front: routes, and the handler behind them.
pub(crate) struct Proxy {
    functions: Vec<HttpFunction>,
    worker: Worker,
    cors: Cors,
    custom_headers: HeaderMap,
    throttle: Throttle,
    entropy: Arc<dyn Entropy>,
}

struct HttpFunction {
    methods: Vec<Method>,
    route: Route,
    template: String,
}

/// Why a request came to nothing: the host's own 500.
enum Failure {
    /// The client may go on using its connection.
    Answered,
    /// The client's connection is closed after the answer.
    Closed,
}

impl Proxy {
    /// In front of the handler, for the HTTP functions among these; every answer gets the custom headers it lacks.
    pub(crate) fn new(
        functions: &[Function],
        worker: Worker,
        cors: Cors,
        custom_headers: HeaderMap,
        limits: Limits,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let mut functions: Vec<_> = functions
            .iter()
            .filter_map(|function| match &function.trigger {
                Trigger::Http { methods, route } => Some(HttpFunction {
                    methods: methods.clone(),
                    route: route.clone(),
                    template: route.template().to_owned(),
                }),
                Trigger::Queue { .. } | Trigger::Timer { .. } => None,
            })
            .collect();
        functions.sort_by(|one, other| one.route.compare(&other.route));
        Self { functions, worker, cors, custom_headers, throttle: Throttle::new(limits), entropy }
    }

    /// Answers one request from `peer`. `reset` is set when the answer breaks off.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        reset: Reset,
    ) -> Response<AnswerBody> {
        if let Some(headers) = self.cors.preflight(request.method(), request.headers()) {
            let mut answer = empty(StatusCode::NO_CONTENT);
            answer.headers_mut().extend(headers);
            return at("preflight", answer);
        }
        let allowed = self.cors.allowed(request.headers());
        let mut answer = match self.throttle.enter().await {
            Some(place) => place.until_sent(self.route(request, peer, reset).await),
            None => at("throttled", empty(StatusCode::TOO_MANY_REQUESTS)),
        };
        if let Some(origin) = allowed {
            answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        for (name, value) in &self.custom_headers {
            answer.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        answer
    }

    async fn route(&self, request: Request<Incoming>, peer: IpAddr, reset: Reset) -> Response<AnswerBody> {
        let Ok(path) = RoutedPath::parse(request.uri().path()) else {
            return at("no route", closing(empty(StatusCode::BAD_REQUEST)));
        };
        let fits = |function: &&HttpFunction| {
            function.methods.contains(request.method()) && function.route.matches(path.as_str())
        };
        let Some(function) = self.functions.iter().find(fits) else {
            return at("no route", empty(StatusCode::NOT_FOUND));
        };
        let failure = match self.call(request, &path, peer, reset).await {
            Ok(answer) => return answer,
            Err(Failure::Answered) => empty(StatusCode::INTERNAL_SERVER_ERROR),
            Err(Failure::Closed) => closing(empty(StatusCode::INTERNAL_SERVER_ERROR)),
        };
        at(&function.template, failure)
    }

    async fn call(
        &self,
        request: Request<Incoming>,
        path: &RoutedPath,
        peer: IpAddr,
        reset: Reset,
    ) -> Result<Response<AnswerBody>, Failure> {
        let deadline = Deadline::start(&self.worker);
        let activity = Activity::new();
        let call = self.outgoing(request, path, peer, &activity)?;
        let answer = async {
            let answer = self.deliver(&call).await?;
            activity.touch();
            let (head, body) = answer.into_parts();
            let headers = headers::to_client(&head.headers).map_err(|_| Failure::Answered)?;
            let body = begun(body, reset, deadline).await?;
            let mut answer = Response::new(body);
            *answer.status_mut() = head.status;
            *answer.headers_mut() = headers;
            Ok(answer)
        };
        tokio::select! {
            answer = answer => answer,
            () = activity.silence(PATIENCE) => Err(Failure::Answered),
        }
    }

    /// What the handler is to get.
    fn outgoing(
        &self,
        request: Request<Incoming>,
        path: &RoutedPath,
        peer: IpAddr,
        activity: &Activity,
    ) -> Result<Call, Failure> {
        let (head, body) = request.into_parts();
        let declared =
            head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > LONGEST_BODY) {
            return Err(Failure::Closed);
        }
        let invocation = InvocationId::new(&*self.entropy);
        let arrival = Arrival { peer, invocation, on_platform: self.cors.configured() };
        let headers =
            headers::to_handler(&head.method, &head.headers, arrival).map_err(|_| Failure::Answered)?;
        let query = head.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let length_given = declared.is_some() || head.headers.contains_key(TRANSFER_ENCODING);
        let has_body =
            declared.is_some_and(|length| length > 0) || head.headers.contains_key(TRANSFER_ENCODING);
        Ok(Call {
            at_once: if length_given || headers.contains_key(CONTENT_LENGTH) { 1 } else { AT_ONCE },
            method: head.method,
            uri: format!("{}{query}", path.forwarded()),
            headers,
            body: has_body.then(|| Upload::new(body, activity.clone())),
        })
    }

    /// Sends the request until its answer begins, as often as the host would.
    async fn deliver(&self, call: &Call) -> Result<Response<Incoming>, Failure> {
        for pause in PAUSES {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if matches!(self.worker.settled().await, State::Ended(_)) {
                return Err(Failure::Closed);
            }
            for _ in 0..call.at_once {
                let Some(request) = call.request() else { break };
                match self.worker.client().send(request).await {
                    Ok(answer) => return Ok(answer),
                    Err(_) if call.too_long() => return Err(Failure::Closed),
                    Err(NoAnswer::Refused) => break,
                    Err(NoAnswer::Broke) => {}
                }
            }
        }
        Err(Failure::Answered)
    }
}

/// A request that may be sent more than once.
struct Call {
    method: Method,
    uri: String,
    headers: HeaderMap,
    body: Option<Upload>,
    at_once: usize,
}

impl Call {
    /// The request; none where its body was read before.
    fn request(&self) -> Option<Request<CallBody>> {
        let body = match &self.body {
            Some(upload) if upload.begun() => return None,
            Some(upload) => upload.clone().map_err(Into::into).boxed_unsync(),
            None => Empty::new().map_err(|never| match never {}).boxed_unsync(),
        };
        let mut request = Request::builder().method(&self.method).uri(&self.uri).body(body).ok()?;
        *request.headers_mut() = self.headers.clone();
        Some(request)
    }

    fn too_long(&self) -> bool {
        self.body.as_ref().is_some_and(Upload::too_long)
    }
}

/// Waits for the first byte, with which the headers leave.
async fn begun(mut body: Incoming, reset: Reset, deadline: Deadline) -> Result<AnswerBody, Failure> {
    loop {
        match body.frame().await {
            None => return Ok(nothing()),
            Some(Err(_)) => return Err(Failure::Answered),
            Some(Ok(frame)) => {
                if let Ok(first) = frame.into_data() {
                    return Ok(Download::new(first, body, PATIENCE, reset, deadline).boxed_unsync());
                }
            }
        }
    }
}

fn nothing() -> AnswerBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// An answer of the host's own.
fn empty(status: StatusCode) -> Response<AnswerBody> {
    let mut answer = Response::new(nothing());
    *answer.status_mut() = status;
    answer.headers_mut().insert(SERVER, HeaderValue::from_static("Kestrel"));
    answer
}

/// To be logged under this route.
fn at(route: &str, mut answer: Response<AnswerBody>) -> Response<AnswerBody> {
    answer.extensions_mut().insert(AnsweredAt(route.into()));
    answer
}

fn closing(mut answer: Response<AnswerBody>) -> Response<AnswerBody> {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
