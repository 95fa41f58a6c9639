//! Media types.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a client says a body is: `type/subtype` and parameters (RFC 9110, 8.3.1), at most 255 bytes, safe in a header. A claim and
/// no more: nothing is decided by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ContentType(String);

/// A text is not a media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a media type such as application/pdf, of at most {} characters", ContentType::MAX_LENGTH)]
pub struct ContentTypeError;

impl ContentType {
    /// Most characters, all of them ASCII.
    pub const MAX_LENGTH: usize = 255;
    const UNKNOWN: &'static str = "application/octet-stream";

    /// The type of bytes that nothing is known of (RFC 2046, 4.5.1).
    #[must_use]
    pub fn unknown() -> Self {
        Self(Self::UNKNOWN.to_owned())
    }

    /// The media type that a header names, or [`Self::unknown`] where it is absent or names none.
    #[must_use]
    pub fn from_header(value: Option<&str>) -> Self {
        value.and_then(|value| value.parse().ok()).unwrap_or_else(Self::unknown)
    }

    /// Type, subtype and parameters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Type and subtype in lower case, without parameters.
    #[must_use]
    pub fn essence(&self) -> &str {
        self.0.split(';').next().unwrap_or(&self.0)
    }
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// One parameter off the front of `text`, as (name, value as written), and what follows it.
fn take_parameter(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let length = if let Some(quoted) = rest.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })?;
        end + 2
    } else {
        rest.find([';', ' ', '\t']).unwrap_or(rest.len())
    };
    let (value, rest) = rest.split_at_checked(length)?;
    (is_token(name) && (value.starts_with('"') || is_token(value))).then_some((name, value, rest))
}

impl FromStr for ContentType {
    type Err = ContentTypeError;

    fn from_str(text: &str) -> Result<Self, ContentTypeError> {
        let text = text.trim_matches([' ', '\t']);
        if text.len() > Self::MAX_LENGTH || !text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
            return Err(ContentTypeError);
        }
        let (essence, mut rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        let essence = essence.trim_end_matches([' ', '\t']);
        let (kind, subtype) = essence.split_once('/').ok_or(ContentTypeError)?;
        if !is_token(kind) || !is_token(subtype) {
            return Err(ContentTypeError);
        }
        let mut written = essence.to_ascii_lowercase();
        while let Some(parameters) = rest.strip_prefix(';') {
            rest = parameters.trim_start_matches([' ', '\t']);
            if rest.is_empty() || rest.starts_with(';') {
                continue;
            }
            let (name, value, after) = take_parameter(rest).ok_or(ContentTypeError)?;
            written.push(';');
            written.push_str(&name.to_ascii_lowercase());
            written.push('=');
            written.push_str(value);
            rest = after.trim_start_matches([' ', '\t']);
        }
        if rest.is_empty() { Ok(Self(written)) } else { Err(ContentTypeError) }
    }
}

impl<'de> Deserialize<'de> for ContentType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json_text::parse(deserializer)
    }
}

impl schemars::JsonSchema for ContentType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ContentType".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A media type, perhaps with parameters.",
            "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \\t]*(;[ -~\\t]*)?$",
            "maxLength": Self::MAX_LENGTH,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn media_types_are_read_in_one_spelling() {
        for (text, written, essence) in [
            ("application/pdf", "application/pdf", "application/pdf"),
            (" Text/HTML ; Charset=UTF-8 ", "text/html;charset=UTF-8", "text/html"),
            (r#"a/b; x="1;\"2\" y";z=3;"#, r#"a/b;x="1;\"2\" y";z=3"#, "a/b"),
            ("image/svg+xml;;", "image/svg+xml", "image/svg+xml"),
        ] {
            let read: ContentType = text.parse().expect("a media type");
            assert_eq!((read.as_str(), read.essence()), (written, essence));
        }
    }

    #[test]
    fn anything_else_counts_as_bytes() {
        let long = format!("a/{}", "b".repeat(254));
        for text in [
            "",
            "pdf",
            "a/",
            "/b",
            "a/b/c",
            "a b/c",
            "a/b;x",
            "a/b;x=",
            "a/b;=1",
            r#"a/b;x="1"#,
            "a/b;x=1 y",
            "a/b\r\nX: y",
            "å/b",
            "a/b;x=å",
            "a/b,c/d",
            &long,
        ] {
            assert_eq!(text.parse::<ContentType>(), Err(ContentTypeError), "{text}");
            assert_eq!(ContentType::from_header(Some(text)), ContentType::unknown());
        }
        assert_eq!(ContentType::from_header(None).as_str(), "application/octet-stream");
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_again_as_it_is(text in r#"[a-z]{1,3}/[a-z]{1,3}[ ;a-z="\\]{0,20}|.{0,40}"#) {
            if let Ok(read) = text.parse::<ContentType>() {
                prop_assert_eq!(read.as_str().parse::<ContentType>(), Ok(read));
            }
        }
    }
}
