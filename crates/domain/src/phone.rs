//! Phone numbers.

use std::str::FromStr;

use phonenumber::{Mode, country};
use serde::{Deserialize, Serialize};

use crate::Personal;

/// A phone number, kept as E.164 (`+46701740605`). A number without country code is read as Swedish.
///
/// A national number must fit the Swedish numbering plan. One with a country code needs one that exists and no more:
/// numbering plans change, and what was stored once has to stay readable.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// A text is not a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number")]
pub struct PhoneError;

impl PhoneNumber {
    /// Longest text that is looked at, in bytes: room for any grouping of fifteen digits.
    const MAX_LENGTH: usize = 40;

    /// The number in E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as it is read aloud and dialled abroad: `+46 70 174 06 05`.
    #[must_use]
    pub fn international(&self) -> String {
        match phonenumber::parse(None, &self.0) {
            Ok(number) if number.is_valid() => number.format().mode(Mode::International).to_string(),
            _ => self.0.clone(),
        }
    }
}

fn e164(number: &phonenumber::PhoneNumber) -> String {
    number.format().mode(Mode::E164).to_string()
}

/// Before the library, whose patterns are costly on long texts: digits and what people group them with.
fn compact(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > PhoneNumber::MAX_LENGTH {
        return None;
    }
    let mut compact = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '0'..='9' => compact.push(character),
            '+' if compact.is_empty() => compact.push(character),
            // The non-breaking space, hyphen and en dash of word processors are among them, and the marks that address
            // books copy along with a number.
            ' '
            | '-'
            | '('
            | ')'
            | '.'
            | '/'
            | '\u{a0}'
            | '\u{2010}'..='\u{2013}'
            | '\u{202a}'
            | '\u{202c}' => {}
            _ => return None,
        }
    }
    if let Some(international) = compact.strip_prefix("00") {
        compact = format!("+{international}");
    }
    // `+46 (0)70-174 06 05`: written everywhere in Sweden, dialled nowhere. Were more than one zero to leave one, what is kept
    // would be read as another number.
    while let Some(national) = compact.strip_prefix("+460") {
        compact = format!("+46{national}");
    }
    let digits = compact.bytes().filter(u8::is_ascii_digit).count();
    (5..=17).contains(&digits).then_some(compact)
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

impl FromStr for PhoneNumber {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        let compact = compact(text).ok_or(PhoneError)?;
        // Told a country, the library applies that country's leading zero to numbers of others too.
        let country = (!compact.starts_with('+')).then_some(country::SE);
        let number = phonenumber::parse(country, &compact).map_err(|_| PhoneError)?;
        let kept = if number.is_valid() { e164(&number) } else { compact };
        if is_e164(&kept) { Ok(Self(kept)) } else { Err(PhoneError) }
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json_text::parse(deserializer)
    }
}

/// A number as it is kept. It was looked at when it came, by the numbering plans of that day: read again, it needs none of them,
/// which are 4 MiB in memory.
pub(crate) struct Kept(PhoneNumber);

impl FromStr for Kept {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        if is_e164(text) { Ok(Self(PhoneNumber(text.to_owned()))) } else { Err(PhoneError) }
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json_text::parse(deserializer)
    }
}

impl From<Kept> for Personal<PhoneNumber> {
    fn from(Kept(number): Kept) -> Self {
        Self::new(number)
    }
}

/// Reads a record's number, where there is one.
pub(crate) fn kept<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Personal<PhoneNumber>>, D::Error> {
    Ok(Option::<Kept>::deserialize(deserializer)?.map(Personal::from))
}

impl schemars::JsonSchema for PhoneNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PhoneNumber".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Kept as E.164; a number without country code is read as Swedish.",
            "minLength": 5,
            "maxLength": Self::MAX_LENGTH,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        text.parse::<PhoneNumber>().ok().map(|number| number.as_str().to_owned())
    }

    #[test]
    fn national_numbers_are_swedish_and_international_ones_stay() {
        for (text, number) in [
            ("070-1740605", "+46701740605"),
            ("070 174 06 05", "+46701740605"),
            (" 0701740605 ", "+46701740605"),
            ("+46 (0)70-174 06 05", "+46701740605"),
            ("+46701740605", "+46701740605"),
            ("0046 70 174 06 05", "+46701740605"),
            ("070\u{a0}174\u{2013}06\u{a0}05", "+46701740605"),
            ("\u{202a}+46 70 174 06 05\u{202c}", "+46701740605"),
            ("08-465 004 05", "+46846500405"),
            ("031-3900605", "+46313900605"),
            ("+44 20 7946 0958", "+442079460958"),
            ("+1 202 555 0143", "+12025550143"),
            ("+39 06 698 12345", "+390669812345"),
        ] {
            assert_eq!(read(text).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "+",
            "12345",
            "0701740605 ext 5",
            "tel:+46701740605",
            "070-ABC0605",
            "+999701740605",
            "++46701740605",
            "+46701740605+",
            "070174060",
            "+4670174060501234567",
            "٠٧٠١٧٤٠٦٠٥",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"0".repeat(1_000_000)), None);
    }

    #[test]
    fn a_number_with_more_zeros_than_it_should_have_is_read_again_as_it_is_kept() {
        assert_eq!(read("0046 00 83 00 10").as_deref(), Some("+46830010"));
        assert_eq!(read("+46830010").as_deref(), Some("+46830010"));
    }

    #[test]
    fn a_kept_number_is_read_in_the_one_form_in_which_numbers_are_kept() {
        let read = |json: &str| serde_json::from_str::<Kept>(json).map(|Kept(number)| number.0);
        assert_eq!(read(r#""+46701740605""#).ok().as_deref(), Some("+46701740605"));
        // Even where no plan has it any more.
        assert_eq!(read(r#""+999701740605""#).ok().as_deref(), Some("+999701740605"));
        for json in [r#""070-1740605""#, r#""+46 70 174 06 05""#, r#""""#, "46701740605", "null"] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_number_is_shown_grouped() {
        let number: PhoneNumber = "070-1740605".parse().expect("a number");
        assert_eq!(number.international(), "+46 70 174 06 05");
        let number: PhoneNumber = "+39 06 698 12345".parse().expect("a number");
        assert_eq!(number.international(), "+39 06 6981 2345");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_ado_and_what_is_kept_is_read_again(text in "[+0-9 ()/.a-]{0,24}|.{0,50}") {
            if let Some(number) = read(&text) {
                prop_assert_eq!(number.parse::<Kept>().map(|Kept(kept)| kept.0), Ok(number.clone()));
                prop_assert_eq!(read(&number), Some(number));
            }
        }

        #[test]
        fn the_fictional_mobile_numbers_are_all_read(last in 605..=699) {
            prop_assert_eq!(read(&format!("070-1740{last}")), Some(format!("+46701740{last}")));
        }
    }
}
