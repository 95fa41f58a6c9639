//! The words that the register is made of. Each is parsed at the door, by the rule that the JSON Schema beside the file states.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::Locale;

macro_rules! words {
    ($($(#[doc = $doc:literal])* $name:ident: $rule:ident, $broken:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                if $rule(text) { Ok(Self(text.to_owned())) } else { Err(WordError($broken)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

/// A text breaks the rule of its place in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WordError(&'static str);

words! {
    /// One line of text, without space around it.
    Line: is_line, "must be one line of 1 to 1000 characters, without control characters or space around it";
    /// The id of an entry: stable, for notices and objections refer to it.
    EntryId: is_id, "must be an id: small letters and digits, joined by single hyphens, at most 60";
    /// A region, as Azure Resource Manager writes it: `swedencentral`.
    RegionName: is_region, "must be a region: small letters and digits, 3 to 40";
    /// A country by ISO 3166-1.
    CountryCode: is_country, "must be a country: two capital letters";
    /// An address on the web.
    WebAddress: is_web_address, "must start with https:// and hold no space";
    /// A mailbox of a role.
    Mailbox: is_mailbox, "must be an e-mail address";
    /// A telephone number of a role, with its country.
    Telephone: is_telephone, "must be a telephone number with its country: + and digits in groups";
    /// A type of resource, as Azure Resource Manager writes it: `Microsoft.KeyVault/vaults`.
    ResourceType: is_resource_type, "must be a type of resource: Microsoft.Provider/type";
}

impl RegionName {
    /// The name behind what the platform shows: 'Sweden Central' is swedencentral.
    #[must_use]
    pub fn normalised(shown: &str) -> Option<Self> {
        let name: String = shown.chars().filter(|character| *character != ' ').collect();
        name.to_ascii_lowercase().parse().ok()
    }
}

/// What people read, in every language that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// In Swedish.
    sv: Line,
    /// In English.
    en: Line,
}

impl Text {
    /// In one language.
    #[must_use]
    pub fn in_language(&self, locale: Locale) -> &str {
        match locale {
            Locale::Sv => self.sv.as_str(),
            Locale::En => self.en.as_str(),
        }
    }
}

/// A day in the one form that the register has: `2026-11-16`.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    let form = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 10 || !text.bytes().enumerate().all(form) {
        return Err(D::Error::custom("must be a day: yyyy-mm-dd"));
    }
    text.parse().map_err(|_| D::Error::custom("must be a day of the calendar"))
}

/// A day, or null; it must be said which.
pub(super) fn day_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    struct Day(#[serde(deserialize_with = "day")] Date);
    Ok(Option::<Day>::deserialize(deserializer)?.map(|Day(day)| day))
}

/// A value, or null; it must be said which.
pub(super) fn or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

fn is_line(text: &str) -> bool {
    let length = text.chars().count();
    (1..=1000).contains(&length)
        && text.trim() == text
        && !text.contains(['\u{2028}', '\u{2029}', '\u{fffe}', '\u{ffff}'])
        && !text.contains(char::is_control)
}

fn is_id(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= 60 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('-').all(part)
}

fn is_region(text: &str) -> bool {
    (3..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://");
    text.chars().count() <= 1000
        && rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn is_mailbox(text: &str) -> bool {
    text.len() <= 254 && text.parse::<crate::EmailAddress>().is_ok()
}

fn is_telephone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else { return false };
    (6..=26).contains(&rest.len())
        && rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.bytes().all(|b| b.is_ascii_digit() || b == b' ')
}

fn is_resource_type(text: &str) -> bool {
    let Some((provider, types)) = text.strip_prefix("Microsoft.").and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic());
    word(provider) && types.split('/').all(word)
}
