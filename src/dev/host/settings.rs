//! What the stand-in takes from `host.json`.

use std::{collections::BTreeMap, time::Duration};

use http::HeaderMap;
use serde::Deserialize;

use super::throttle::Limits;

/// The part of `host.json` that changes what a caller or the handler can notice.
#[derive(Clone, Debug)]
pub(crate) struct HostSettings {
    /// Before every route.
    pub(crate) route_prefix: String,
    /// On every answer that has none of that name.
    pub(crate) custom_headers: HeaderMap,
    /// How many requests may be in the host at once.
    pub(crate) limits: Limits,
    /// A function that runs longer is ended, and the handler with it.
    pub(crate) function_timeout: Duration,
    /// How a message's text lies in the queue.
    pub(crate) encoding: MessageEncoding,
    /// A message delivered so often without success goes to the poison queue.
    pub(crate) max_dequeue_count: u32,
    /// Messages of one queue that are worked on at once.
    pub(crate) batch_size: usize,
    /// How long a failed message waits for its next try.
    pub(crate) retry_after: Duration,
}

/// How a message's text lies in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum MessageEncoding {
    /// As Base64; what is none never reaches the handler.
    Base64,
    /// As it is.
    None,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct File {
    function_timeout: Option<String>,
    extensions: Extensions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Extensions {
    http: Http,
    queues: Queues,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Http {
    route_prefix: Option<String>,
    custom_headers: BTreeMap<String, String>,
    max_concurrent_requests: Option<i32>,
    max_outstanding_requests: Option<i32>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Queues {
    message_encoding: Option<MessageEncoding>,
    max_dequeue_count: Option<u32>,
    batch_size: Option<usize>,
    visibility_timeout: Option<String>,
}

impl HostSettings {
    /// Reads `host.json`; what it leaves out has the host's own default. The error names the setting.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(json).map_err(|error| format!("host.json: {error}"))?;
        let duration = |text: Option<String>, default, name| match text {
            None => Ok(default),
            Some(text) => time_span(&text).ok_or_else(|| format!("host.json: {name} is not hh:mm:ss")),
        };
        let Extensions { http, queues } = file.extensions;
        let mut custom_headers = HeaderMap::new();
        for (name, value) in &http.custom_headers {
            let unusable = || format!("host.json: the custom header {name} is none");
            let name: http::HeaderName = name.parse().map_err(|_| unusable())?;
            custom_headers.insert(name, value.parse().map_err(|_| unusable())?);
        }
        Ok(Self {
            route_prefix: http.route_prefix.unwrap_or_else(|| "api".to_owned()),
            custom_headers,
            limits: Limits {
                concurrent: limit(http.max_concurrent_requests),
                outstanding: limit(http.max_outstanding_requests),
            },
            function_timeout: duration(file.function_timeout, Duration::from_mins(30), "functionTimeout")?,
            encoding: queues.message_encoding.unwrap_or(MessageEncoding::Base64),
            max_dequeue_count: queues.max_dequeue_count.unwrap_or(5),
            batch_size: queues.batch_size.unwrap_or(16).clamp(1, 32),
            retry_after: duration(queues.visibility_timeout, Duration::ZERO, "visibilityTimeout")?,
        })
    }
}

/// Below zero is no limit, as is nothing.
fn limit(number: Option<i32>) -> Option<usize> {
    usize::try_from(number?).ok()
}

/// `hh:mm:ss`.
fn time_span(text: &str) -> Option<Duration> {
    let parts: Vec<u64> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let &[hours, minutes, seconds] = parts.as_slice() else { return None };
    (minutes < 60 && seconds < 60).then(|| Duration::from_secs(hours * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_the_hosts_default() {
        let settings = HostSettings::parse(r#"{"version":"2.0"}"#).unwrap();
        assert_eq!(settings.route_prefix, "api");
        assert_eq!(settings.encoding, MessageEncoding::Base64);
        assert_eq!((settings.max_dequeue_count, settings.batch_size), (5, 16));
        assert_eq!(settings.limits, Limits { concurrent: None, outstanding: None });
    }

    #[test]
    fn what_is_set_is_read() {
        let settings = HostSettings::parse(
            r#"{"version":"2.0","functionTimeout":"00:05:00","extensions":{"http":{"routePrefix":"","maxConcurrentRequests":200,"maxOutstandingRequests":-1,"customHeaders":{"X-A":"b"}},
               "queues":{"messageEncoding":"none","maxDequeueCount":3,"batchSize":4,"visibilityTimeout":"00:00:30"}}}"#,
        )
        .unwrap();
        assert_eq!(settings.function_timeout, Duration::from_mins(5));
        assert_eq!((settings.route_prefix.as_str(), settings.encoding), ("", MessageEncoding::None));
        assert_eq!(settings.custom_headers["x-a"], "b");
        assert_eq!(settings.limits, Limits { concurrent: Some(200), outstanding: None });
        assert_eq!((settings.max_dequeue_count, settings.retry_after), (3, Duration::from_secs(30)));
    }

    #[test]
    fn a_time_that_is_none_is_named() {
        assert!(HostSettings::parse(r#"{"functionTimeout":"5m"}"#).unwrap_err().contains("functionTimeout"));
    }
}
