//! Typed identifiers: a prefix that says of what, and a ULID.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, ser};
use ulid::{ULID_LEN, Ulid};

/// A text is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct IdError;

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident = $prefix:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// What every identifier of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// An identifier made at `now` from ten unpredictable bytes.
            #[must_use]
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                Self(ulid(now, random))
            }

            /// The time within the identifier.
            #[must_use]
            pub fn created_at(self) -> Timestamp {
                created_at(self.0)
            }

            /// A name part that sorts the newest first: the bitwise inverse, in the same alphabet, without the prefix.
            #[must_use]
            pub fn inverted(self) -> String {
                Ulid(!self.0.0).to_string()
            }

            /// Back from [`Self::inverted`].
            ///
            /// # Errors
            /// [`IdError`] when the text is no such name part.
            pub fn from_inverted(text: &str) -> Result<Self, IdError> {
                parse(text).map(|ulid| Self(Ulid(!ulid.0)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(self.0.array_to_str(&mut [0; ULID_LEN]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix($prefix).ok_or(IdError).and_then(parse).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut text = [0; $prefix.len() + ULID_LEN];
                let (prefix, ulid) = text.split_at_mut($prefix.len());
                prefix.copy_from_slice($prefix.as_bytes());
                ulid.copy_from_slice(self.0.array_to_str(&mut [0; ULID_LEN]).as_bytes());
                serializer.serialize_str(str::from_utf8(&text).map_err(ser::Error::custom)?)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::json_text::parse(deserializer)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "[0-7][0-9A-HJKMNP-TV-Z]{25}$"),
                })
            }
        }
    )*};
}

ids! {
    /// A person in one tenant.
    UserId = "usr_";
    /// An invitation.
    InviteId = "inv_";
    /// A file.
    FileId = "fil_";
    /// A comment.
    CommentId = "com_";
    /// A case: the request of a data subject.
    RequestId = "req_";
    /// A customer of a tenant.
    CustomerId = "cus_";
    /// A record in the audit log or of an activity.
    RecordId = "rec_";
    /// A tenant's objection to a sub-processor.
    ObjectionId = "obj_";
}

fn ulid(now: Timestamp, random: [u8; 10]) -> Ulid {
    let random = random.iter().fold(0, |number, byte| number << 8 | u128::from(*byte));
    Ulid::from_parts(u64::try_from(now.as_millisecond()).unwrap_or(0), random)
}

fn created_at(ulid: Ulid) -> Timestamp {
    let millis = i64::try_from(ulid.timestamp_ms()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

/// Upper case only and no overflow, so that one identifier has one spelling.
fn parse(text: &str) -> Result<Ulid, IdError> {
    let ulid = Ulid::from_string(text).map_err(|_| IdError)?;
    if ulid.array_to_str(&mut [0; ULID_LEN]) == text { Ok(ulid) } else { Err(IdError) }
}

/// A tenant's chosen name: `[a-z0-9]+(-[a-z0-9]+)*`, at most 40 characters, never reused.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TenantId(String);

impl TenantId {
    /// Longest name, in characters.
    pub const MAX_LENGTH: usize = 40;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if text.len() <= Self::MAX_LENGTH && text.split('-').all(part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError)
        }
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TenantId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json_text::parse(deserializer)
    }
}

impl schemars::JsonSchema for TenantId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TenantId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 40})
    }
}
