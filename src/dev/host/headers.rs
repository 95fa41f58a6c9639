//! Which headers pass the host, and which it makes itself.

use std::net::IpAddr;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{CONNECTION, CONTENT_LENGTH, COOKIE, HOST, SERVER, TE, TRAILER, TRANSFER_ENCODING, UPGRADE},
};

use super::invocation::InvocationId;

/// The version of the host whose ways the stand-in keeps.
pub(crate) const HOST_VERSION: &str = "4.1037.0.0";

/// `X-Azure-Functions-HostVersion`.
pub(crate) const HOST_VERSION_HEADER: HeaderName = HeaderName::from_static("x-azure-functions-hostversion");
/// `X-Azure-Functions-InvocationId`.
pub(crate) const INVOCATION_HEADER: HeaderName = HeaderName::from_static("x-azure-functions-invocationid");
const MS_INVOCATION: HeaderName = HeaderName::from_static("x-ms-invocation-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const DISGUISED_HOST: HeaderName = HeaderName::from_static("disguised-host");
const ARR_SSL: HeaderName = HeaderName::from_static("x-arr-ssl");

/// Headers of a request that never reach the handler: those of one connection, and what claims to come from a proxy.
const DROPPED: [&str; 10] = [
    "connection",
    "forwarded",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-prefix",
];

/// A header holds bytes beyond ASCII: the host answers 500, in either direction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAscii;

/// What the host knows of a request besides its headers.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    /// Who sent it, as the host sees it.
    pub(crate) peer: IpAddr,
    /// The request's invocation.
    pub(crate) invocation: InvocationId,
    /// On the platform the front end's own headers say which host and scheme the client used.
    pub(crate) on_platform: bool,
}

/// The headers that the handler gets.
pub(crate) fn to_handler(
    method: &Method,
    received: &HeaderMap,
    arrival: Arrival,
) -> Result<HeaderMap, NotAscii> {
    let mut headers = HeaderMap::with_capacity(received.len() + 6);
    let websocket =
        received.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    for name in received.keys() {
        let joined = joined(name, received)?;
        let dropped = DROPPED.contains(&name.as_str())
            || [HOST, TE, UPGRADE, TRANSFER_ENCODING, FORWARDED_PROTO].contains(name);
        if !dropped {
            headers.insert(name, joined);
        }
    }
    if websocket {
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    }
    if received.contains_key(TRANSFER_ENCODING) {
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        headers.remove(CONTENT_LENGTH);
    } else if !headers.contains_key(CONTENT_LENGTH) && asks_for_a_body(method) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let platform = |name| received.get(&name).filter(|_| arrival.on_platform);
    let host = platform(DISGUISED_HOST).or_else(|| received.get(HOST));
    headers.insert(FORWARDED_HOST, host.cloned().unwrap_or_else(|| HeaderValue::from_static("")));
    let scheme = if platform(ARR_SSL).is_some() { "https" } else { "http" };
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(scheme));
    headers.insert(FORWARDED_FOR, value(&arrival.peer.to_string()));
    headers.insert(HOST_VERSION_HEADER, HeaderValue::from_static(HOST_VERSION));
    headers.insert(INVOCATION_HEADER, value(&arrival.invocation.to_string()));
    headers.insert(MS_INVOCATION, value(&arrival.invocation.to_string()));
    Ok(headers)
}

/// The headers that the client gets.
pub(crate) fn to_client(received: &HeaderMap) -> Result<HeaderMap, NotAscii> {
    let mut headers = HeaderMap::with_capacity(received.len() + 1);
    for (name, value) in received {
        if !value.as_bytes().is_ascii() {
            return Err(NotAscii);
        }
        let of_the_connection = *name != TRAILER
            && (DROPPED.get(..7).unwrap_or_default().contains(&name.as_str())
                || *name == TRANSFER_ENCODING
                || *name == UPGRADE);
        if !of_the_connection || name.as_str() == "forwarded" {
            headers.append(name, value.clone());
        }
    }
    if !headers.contains_key(SERVER) {
        headers.insert(SERVER, HeaderValue::from_static("Kestrel"));
    }
    Ok(headers)
}

/// Values of a repeated header become one: cookies with `; `, others with `, `.
fn joined(name: &HeaderName, headers: &HeaderMap) -> Result<HeaderValue, NotAscii> {
    let values: Vec<_> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    if values.iter().any(|value| !value.is_ascii()) {
        return Err(NotAscii);
    }
    let separator: &[u8] = if *name == COOKIE { b"; " } else { b", " };
    HeaderValue::from_bytes(&values.join(separator)).map_err(|_| NotAscii)
}

fn asks_for_a_body(method: &Method) -> bool {
    ![Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS, Method::CONNECT].contains(method)
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
