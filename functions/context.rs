//! One request, as its handler meets it.

use std::{net::IpAddr, str::FromStr, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, header};
use jiff::Timestamp;
use kundportal_domain::{Locale, TenantId};
use kundportal_store::{ByteStream, Condition, ETag};
use serde::de::DeserializeOwned;
use sync_wrapper::SyncWrapper;

use crate::{
    app::App,
    operation::Operation,
    problem::{FieldError, Problem, ProblemType},
};

/// One request.
pub struct Context {
    pub(crate) app: App,
    pub(crate) operation: &'static Operation,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) query: String,
    pub(crate) headers: Arc<HeaderMap>,
    /// Shared references to the request go from thread to thread; the body is only ever taken.
    pub(crate) body: Option<SyncWrapper<ByteStream>>,
    pub(crate) invocation: String,
    pub(crate) peer: Option<IpAddr>,
}

impl Context {
    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// The caller's language, by `Accept-Language`.
    pub(crate) fn locale(&self) -> Locale {
        self.header(header::ACCEPT_LANGUAGE.as_str()).map_or(Locale::default(), Locale::from_accept_language)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A path parameter; what does not parse does not exist.
    pub(crate) fn parameter<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        let text = self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        text.and_then(|text| text.parse().ok()).ok_or_else(|| ProblemType::NotFound.into())
    }

    /// The tenant in the path.
    pub(crate) fn tenant_id(&self) -> Result<TenantId, Problem> {
        self.parameter("tenant")
    }

    /// A query parameter, decoded; the first of several.
    pub(crate) fn query(&self, name: &str) -> Result<Option<String>, Problem> {
        let Some(raw) = self.query.split('&').find_map(|pair| match pair.split_once('=') {
            Some((key, value)) => (key == name).then_some(value),
            None => (pair == name).then_some(""),
        }) else {
            return Ok(None);
        };
        let plain = raw.replace('+', " ");
        let decoded = percent_encoding::percent_decode_str(&plain).decode_utf8();
        decoded
            .map(|text| Some(text.into_owned()))
            .map_err(|_| Problem::invalid(format!("?{name}"), "must be UTF-8"))
    }

    /// A query parameter as a value.
    pub(crate) fn query_as<T: FromStr<Err: std::fmt::Display>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, Problem> {
        let text = self.query(name)?;
        text.map(|text| text.parse().map_err(|error| Problem::invalid(format!("?{name}"), error))).transpose()
    }

    /// A query parameter that must be there.
    pub(crate) fn required_query<T: FromStr<Err: std::fmt::Display>>(
        &self,
        name: &str,
    ) -> Result<T, Problem> {
        self.query_as(name)?.ok_or_else(|| Problem::invalid(format!("?{name}"), "is required"))
    }

    /// What `If-Match` asks of a write; [`Condition::Always`] without one.
    pub(crate) fn if_match(&self) -> Result<Option<ETag>, Problem> {
        let Some(text) = self.header("if-match").map(str::trim) else { return Ok(None) };
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(tag) if !tag.contains('"') => Ok(Some(ETag(tag.to_owned()))),
            _ if text == "*" => Ok(None),
            // A weak tag or a list never equals a strong one that we gave (RFC 9110, 13.1.1).
            _ => Err(ProblemType::PreconditionFailed.into()),
        }
    }

    /// Refuses what was meant for another version than this one.
    pub(crate) fn check_if_match(&self, current: &ETag) -> Result<(), Problem> {
        match self.if_match()? {
            Some(expected) if expected != *current => Err(ProblemType::PreconditionFailed.into()),
            _ => Ok(()),
        }
    }

    /// The length that the caller declares.
    pub(crate) fn declared_length(&self) -> Option<u64> {
        self.header(header::CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok())
    }

    /// Whether there is nothing to read: the host makes a length of zero of a missing one.
    pub(crate) fn has_no_body(&self) -> bool {
        self.declared_length().unwrap_or(0) == 0 && !self.headers.contains_key(header::TRANSFER_ENCODING)
    }

    /// The body as it comes, once.
    pub(crate) fn stream(&mut self) -> ByteStream {
        self.body.take().map_or_else(|| kundportal_store::once(Bytes::new()), SyncWrapper::into_inner)
    }

    /// The body as it comes; it breaks off with an error after `limit` bytes. One that is declared longer is refused
    /// before it is read.
    pub(crate) fn limited_stream(&mut self, limit: u64) -> Result<ByteStream, Problem> {
        if self.declared_length().is_some_and(|length| length > limit) {
            return Err(Problem::too_large(limit));
        }
        let mut left = limit;
        Ok(Box::pin(self.stream().map(move |piece| {
            let piece = piece?;
            left = left
                .checked_sub(piece.len() as u64)
                .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::FileTooLarge))?;
            Ok(piece)
        })))
    }

    /// The body in memory.
    pub(crate) async fn bytes(&mut self, limit: u64) -> Result<Bytes, Problem> {
        let mut stream = self.limited_stream(limit)?;
        let mut bytes = bytes::BytesMut::new();
        while let Some(piece) = stream.try_next().await.map_err(|error| broken_body(error, limit))? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }

    /// The body as JSON, and as it was sent.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self) -> Result<(T, Bytes), Problem> {
        let media_type = self.header(header::CONTENT_TYPE.as_str()).unwrap_or("");
        let essence = media_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if essence != "application/json" && essence != "application/merge-patch+json" {
            return Err(ProblemType::UnsupportedMediaType.into());
        }
        let bytes = self.bytes(self.app.settings().limits.json_bytes).await?;
        Ok((parse_json(&bytes)?, bytes))
    }
}

/// Why a body could not be read: too long, or the caller went away.
pub(crate) fn broken_body(error: std::io::Error, limit: u64) -> Problem {
    if error.kind() == std::io::ErrorKind::FileTooLarge {
        Problem::too_large(limit)
    } else {
        Problem { source: Some(error.into()), ..ProblemType::Malformed.into() }
    }
}

/// Text that is not JSON is malformed; JSON that is not a `T` is invalid, and the answer says where and by which rule.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        let error = error.into_inner();
        if error.is_data() {
            Problem::invalid_all(vec![field_error(pointer, &error)])
        } else {
            ProblemType::Malformed.into()
        }
    })?;
    deserializer.end().map_err(|_| Problem::from(ProblemType::Malformed))?;
    Ok(parsed)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

/// Serde's own sentences hold the value, so they are replaced; ours hold the rule alone.
fn field_error(mut pointer: String, error: &serde_json::Error) -> FieldError {
    let text = error.to_string();
    let rule = match text.split_whitespace().take(2).collect::<Vec<_>>().as_slice() {
        ["unknown", "field"] => {
            // The name of the member is the caller's text: only the object it stands in is named.
            pointer.truncate(pointer.rfind('/').unwrap_or(0));
            "has a member that is not known"
        }
        ["missing", "field"] => {
            let name = text.split('`').nth(1).unwrap_or_default();
            return FieldError::new(format!("{pointer}/{name}"), "is required");
        }
        ["invalid", "type:"] => "is of the wrong type",
        ["unknown", "variant"] => "is none of the allowed values",
        ["duplicate", _] => "appears twice",
        ["data", "did"] => "is of none of the allowed forms",
        // Our own types'.
        ["must" | "not", _] => text.rsplit_once(" at line ").map_or(text.as_str(), |(rule, _)| rule),
        _ => "is not an allowed value",
    };
    FieldError::new(pointer, rule)
}

/// The condition of a write: the version that was read.
pub(crate) fn if_unchanged(etag: &ETag) -> Condition {
    Condition::IfMatch(etag.clone())
}
