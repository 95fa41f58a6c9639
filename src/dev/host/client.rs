//! Calls to the handler.

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Empty, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::TokioExecutor,
};

/// The body of a call.
pub(crate) type CallBody = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// Why a call got no answer.
pub(crate) enum NoAnswer {
    /// There was no connection: the handler saw nothing.
    Refused,
    /// The connection broke before the answer's headers: the handler may have done anything.
    Broke,
}

impl From<Error> for NoAnswer {
    fn from(error: Error) -> Self {
        if error.is_connect() { Self::Refused } else { Self::Broke }
    }
}

/// Connections to the handler's port, kept between calls.
#[derive(Clone)]
pub(crate) struct HandlerClient {
    client: Client<HttpConnector, CallBody>,
    port: u16,
}

impl HandlerClient {
    /// For the handler that listens, or will listen, on `port`.
    pub(crate) fn new(port: u16) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { client: Client::builder(TokioExecutor::new()).build(connector), port }
    }

    /// The handler's port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Sends a request whose URI is a path with its query. Redirects are not followed.
    pub(crate) async fn send(&self, mut request: Request<CallBody>) -> Result<Response<Incoming>, NoAnswer> {
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        *request.uri_mut() =
            Uri::try_from(format!("http://127.0.0.1:{}{path}", self.port)).map_err(|_| NoAnswer::Refused)?;
        Ok(self.client.request(request).await?)
    }

    /// `GET /`, which the host takes as a sign of life whatever the answer.
    pub(crate) async fn is_ready(&self) -> bool {
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let mut request = Request::new(body);
        *request.uri_mut() = Uri::from_static("/");
        match self.send(request).await {
            Ok(response) => {
                // Read to its end, so that the connection can be used again.
                let _ = response.into_body().collect().await;
                true
            }
            Err(_) => false,
        }
    }
}
