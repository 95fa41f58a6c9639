//! How calls are sent: one HTTP client, bounded tries, and what each try tells of a call.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    error::ErrorKind,
    http::{
        ClientMethodOptions, ClientOptions, Context, ExponentialRetryOptions, Request, RetryOptions,
        StatusCode, Transport,
        headers::{ERROR_CODE, Headers, RETRY_AFTER},
        policies::{Policy, PolicyResult},
    },
    time::Duration as SignedDuration,
};

use super::failure::Failure;

/// For a connection to be made, name and TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// For an answer to begin, a block of an upload sent before it included; and for each further piece of its body.
const READ: Duration = Duration::from_secs(12);

/// For a call with all its tries and the pauses between them, whatever storage asks for in `Retry-After`.
pub(super) const CALL: Duration = Duration::from_secs(30);

/// For a message to be sent, with all its tries: somebody waits for it who has already stored what the message hints at, and a
/// timer sends it again where it is lost.
pub(super) const HINT: Duration = Duration::from_secs(6);

/// The SDK's own exponential policy: after 0.2, 0.4 and 0.8 s with up to 0.26 s more by chance (it doubles the delay before
/// its first pause too), and none begun later than 12 s after the first came back. Its default goes on for more than a
/// minute, longer than anybody waits for an answer.
fn retry() -> RetryOptions {
    RetryOptions::exponential(ExponentialRetryOptions {
        initial_delay: SignedDuration::milliseconds(100),
        max_retries: 3,
        max_total_elapsed: SignedDuration::seconds(12),
        max_delay: SignedDuration::seconds(2),
    })
}

/// The HTTP client of everything in Azure. With certificates given, it trusts those and no other.
pub(super) fn transport(trusted: Vec<reqwest::Certificate>) -> reqwest::Result<Transport> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .redirect(reqwest::redirect::Policy::none());
    if !trusted.is_empty() {
        builder = builder.tls_certs_only(trusted);
    }
    Ok(Transport::new(Arc::new(builder.build()?)))
}

/// The options of every client, over one transport.
pub(super) fn options(transport: Transport, sent: Arc<AtomicU64>) -> ClientOptions {
    ClientOptions {
        retry: retry(),
        transport: Some(transport),
        per_try_policies: vec![Arc::new(Watch { sent })],
        ..ClientOptions::default()
    }
}

/// Watches each try.
#[derive(Debug)]
struct Watch {
    sent: Arc<AtomicU64>,
}

#[async_trait]
impl Policy for Watch {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let Some((first, rest)) = next.split_first() else {
            return Err(azure_core::Error::with_message(ErrorKind::Other, "no transport"));
        };
        let result = first.send(context, request, rest).await;
        if let Some(call) = context.value::<Call>() {
            match &result {
                Ok(response) => call.note(response.status(), response.headers()),
                // A connection that was never made carried nothing.
                Err(error) if *error.kind() == ErrorKind::Connection => {}
                Err(_) => call.0.unsure.store(true, Ordering::Relaxed),
            }
        }
        result
    }
}

/// One call, which may take several tries.
#[derive(Clone, Debug, Default)]
pub(super) struct Call(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// A try came to an end of which its effect is not known.
    unsure: AtomicBool,
    retry_after: Mutex<Option<Duration>>,
}

impl Call {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// What goes along with the SDK's call, so that its tries are seen.
    pub(super) fn options(&self) -> ClientMethodOptions<'static> {
        ClientMethodOptions { context: self.context() }
    }

    /// The same for a listing.
    pub(super) fn context(&self) -> Context<'static> {
        Context::new().with_value(self.clone())
    }

    /// Waits for the SDK's call, with all its tries.
    pub(super) async fn ask<T>(
        &self,
        call: impl Future<Output = azure_core::Result<T>> + Send,
    ) -> Result<T, Failure> {
        self.ask_within(CALL, call).await
    }

    /// The same within another time.
    pub(super) async fn ask_within<T>(
        &self,
        limit: Duration,
        call: impl Future<Output = azure_core::Result<T>> + Send,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(limit, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Failure::new(error, self.unsure(), self.retry_after())),
            Err(_) => Err(Failure::late(self.retry_after())),
        }
    }

    fn unsure(&self) -> bool {
        self.0.unsure.load(Ordering::Relaxed)
    }

    fn retry_after(&self) -> Option<Duration> {
        *self.0.retry_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, status: StatusCode, headers: &Headers) {
        let throttled = status == StatusCode::TooManyRequests
            || status == StatusCode::ServiceUnavailable
                && headers.get_optional_str(&ERROR_CODE) == Some("ServerBusy");
        // A request that was turned away did nothing; any other failure of the server may have come after the effect.
        if !throttled && (status.is_server_error() || status == StatusCode::RequestTimeout) {
            self.0.unsure.store(true, Ordering::Relaxed);
        }
        let seconds = headers.get_optional_str(&RETRY_AFTER).and_then(|text| text.parse().ok());
        if let Some(seconds) = seconds {
            *self.0.retry_after.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Duration::from_secs(seconds));
        }
    }
}
