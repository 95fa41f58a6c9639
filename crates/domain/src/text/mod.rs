//! Text that people write: limited in characters, trimmed, in Unicode's composed form (NFC), and without what cannot be seen.

mod content_type;
mod file_name;
mod message;
mod organisation_number;

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};

pub use content_type::{ContentType, ContentTypeError};
pub use file_name::FileName;
pub use message::InviteMessage;
pub use organisation_number::{OrganisationNumber, OrganisationNumberError};

/// A text breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing visible is there.
    #[error("must not be empty")]
    Empty,
    /// There are more characters than may be.
    #[error("must have at most {max} characters")]
    TooLong {
        /// Most characters that may be there.
        max: usize,
    },
    /// Control characters, or ones that make text read in another order than it is written.
    #[error("must not hold control characters")]
    ControlCharacter,
    /// Something that a mail program makes a link of.
    #[error("must not hold links")]
    Link,
}

/// What a kind of text may be.
#[derive(Clone, Copy)]
struct Rule {
    /// Most characters.
    max: usize,
    /// Whether line breaks and tabs are kept.
    lines: bool,
}

impl Rule {
    /// The text as it is kept.
    fn read(self, text: &str) -> Result<String, TextError> {
        let Self { max, lines } = self;
        let text = text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character));
        // No character that people write is composed of so many bytes: what is longer is not worth composing.
        if text.len() > max.saturating_mul(32) {
            return Err(TextError::TooLong { max });
        }
        let text: String =
            if lines { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() };
        // Nearly every text is composed already, which is quickly seen.
        let text = if is_nfc(&text) { text } else { text.nfc().collect() };
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.chars().count() > max {
            return Err(TextError::TooLong { max });
        }
        let refused = |character: char| {
            if lines {
                character.is_control() && !matches!(character, '\n' | '\t')
            } else {
                !fits_one_line(character)
            }
        };
        if text.chars().any(refused) { Err(TextError::ControlCharacter) } else { Ok(text) }
    }
}

/// Whether a character takes no room, so that a text of such looks empty: soft hyphen, zero-width and invisible ones.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
        || reorders(character)
}

/// Whether a character makes the following ones read in another order (`gpj.exe` shown as `exe.jpg`).
fn reorders(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn fits_one_line(character: char) -> bool {
    !character.is_control() && !reorders(character) && !matches!(character, '\u{2028}' | '\u{2029}')
}

/// The pattern says that something visible is there; JSON Schema counts characters too.
fn schema(description: &str, max: usize) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "description": description,
        "minLength": 1,
        "maxLength": max,
        "pattern": "\\S",
    })
}

/// Makes a kind of text of a private string: reading, JSON and schema. The type brings `fn parse(&str)`, `MAX_LENGTH` and
/// `DESCRIPTION`.
macro_rules! text_type {
    ($name:ident) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::parse(text).map(Self)
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
                schema(Self::DESCRIPTION, Self::MAX_LENGTH)
            }
        }
    };
}
use text_type;

macro_rules! texts {
    ($($(#[doc = $doc:literal])* $name:ident, $max:literal, lines: $lines:literal, $description:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Most characters.
            pub const MAX_LENGTH: usize = $max;
            const DESCRIPTION: &'static str = $description;

            fn parse(text: &str) -> Result<String, TextError> {
                Rule { max: Self::MAX_LENGTH, lines: $lines }.read(text)
            }
        }

        text_type!($name);
    )*};
}

texts! {
    /// A person's name, as the person writes it: one line, no assumption about parts.
    PersonName, 200, lines: false, "A person's name.";
    /// A company's name: one line.
    CompanyName, 200, lines: false, "A company's name.";
    /// The text of a comment. Lines are kept, with `\n` between them.
    CommentText, 10_000, lines: true, "Text of a comment; lines are kept.";
    /// What a tenant calls a contract: one line.
    ContractReference, 200, lines: false, "A tenant's own reference of a contract.";
    /// What comments are gathered under: one line.
    ThreadName, 100, lines: false, "Name of a thread.";
    /// Why something was done or decided, for those who read it later. Lines are kept.
    Reason, 1_000, lines: true, "Why; lines are kept.";
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_trimmed_and_composed_and_count_characters() {
        let name = |text: &str| text.parse::<PersonName>().map(|name| name.as_str().to_owned());
        assert_eq!(name("  Åsa Öberg\u{200b}\n").as_deref(), Ok("Åsa Öberg"));
        assert_eq!(name("A\u{30a}sa").as_deref(), Ok("Åsa"));
        assert!(name(&"å".repeat(200)).is_ok());
        assert!(name(&"a\u{30a}".repeat(200)).is_ok());
        assert_eq!(name(&"å".repeat(201)), Err(TextError::TooLong { max: 200 }));
        assert_eq!(name(&"x".repeat(10_000_000)), Err(TextError::TooLong { max: 200 }));
        for empty in ["", " ", "\u{200b}", "\u{a0}\u{ad}\u{feff}"] {
            assert_eq!(name(empty), Err(TextError::Empty));
        }
        for bad in ["a\nb", "a\tb", "a\0b", "a\u{7f}b", "a\u{85}b", "a\u{202e}b", "a\u{2028}b"] {
            assert_eq!(name(bad), Err(TextError::ControlCharacter));
        }
    }

    #[test]
    fn a_comment_keeps_its_lines_and_nothing_else_that_controls() {
        let comment = |text: &str| text.parse::<CommentText>().map(|comment| comment.as_str().to_owned());
        assert_eq!(comment("a\r\nb\rc\n\td\n").as_deref(), Ok("a\nb\nc\n\td"));
        assert_eq!(comment("a\u{1b}[31mb"), Err(TextError::ControlCharacter));
        assert!(comment(&"x".repeat(10_000)).is_ok());
        assert_eq!(comment(&"x".repeat(10_001)), Err(TextError::TooLong { max: 10_000 }));
    }

    #[test]
    fn an_error_names_the_rule_and_not_the_value() {
        let error = serde_json::from_value::<ThreadName>("x".repeat(101).into()).err().expect("an error");
        assert_eq!(error.to_string(), "must have at most 100 characters");
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_again_as_it_is(text in "\\PC{0,60}|(?s).{0,60}") {
            let name = |text: &str| text.parse::<PersonName>().map(|name| name.0);
            let comment = |text: &str| text.parse::<CommentText>().map(|comment| comment.0);
            let file = |text: &str| text.parse::<FileName>().map(|file| file.as_str().to_owned());
            for read in [&name as &dyn Fn(&str) -> Result<String, TextError>, &comment, &file] {
                if let Ok(kept) = read(&text) {
                    prop_assert_eq!(read(&kept), Ok(kept));
                }
            }
        }
    }
}
