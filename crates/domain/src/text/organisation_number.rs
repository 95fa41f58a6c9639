//! Swedish organisation numbers.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A Swedish organisation number, `NNNNNN-NNNN`: ten digits of which the last is a check digit (Luhn) and the third at least
/// two (lagen 1974:174). A sole trader has none of their own and uses their personnummer or samordningsnummer: that is taken
/// too, when its third to sixth digit can be a month and a day, and [`Self::is_personal`] says so. Since that makes any such
/// number potentially somebody's, the type can neither be printed nor logged.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct OrganisationNumber(String);

/// A text is not an organisation number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a Swedish organisation number of ten digits with a right check digit")]
pub struct OrganisationNumberError;

impl OrganisationNumber {
    /// The number with its hyphen.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the number is a sole trader's personnummer or samordningsnummer.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        matches!(self.0.as_bytes(), [_, _, b'0' | b'1', ..])
    }
}

/// Luhn's sum over all digits, the check digit included, is a multiple of ten.
fn has_right_check_digit(digits: [u32; 10]) -> bool {
    let sum: u32 = digits
        .into_iter()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit })
        .sum();
    sum.is_multiple_of(10)
}

/// Third to sixth digit of an organisation, or of a person: month and day, the day plus 60 for a samordningsnummer.
fn may_be_given_out(digits: [u32; 10]) -> bool {
    let [_, _, third, fourth, fifth, sixth, ..] = digits;
    let (month, day) = (third * 10 + fourth, fifth * 10 + sixth);
    third >= 2 || ((1..=12).contains(&month) && matches!(day, 1..=31 | 61..=91))
}

impl FromStr for OrganisationNumber {
    type Err = OrganisationNumberError;

    fn from_str(text: &str) -> Result<Self, OrganisationNumberError> {
        let error = OrganisationNumberError;
        let text = text.trim();
        let (first, last) = match text.len() {
            10 => text.split_at_checked(6),
            11 => text.split_once('-'),
            _ => None,
        }
        .filter(|(first, _)| first.len() == 6)
        .ok_or(error)?;
        let mut digits = [0; 10];
        for (digit, character) in digits.iter_mut().zip(first.chars().chain(last.chars())) {
            *digit = character.to_digit(10).ok_or(error)?;
        }
        if has_right_check_digit(digits) && may_be_given_out(digits) {
            Ok(Self(format!("{first}-{last}")))
        } else {
            Err(error)
        }
    }
}

impl<'de> Deserialize<'de> for OrganisationNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json_text::parse(deserializer)
    }
}

impl schemars::JsonSchema for OrganisationNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OrganisationNumber".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Swedish organisation number, or the personnummer of a sole trader.",
            "pattern": "^[0-9]{6}-?[0-9]{4}$",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        text.parse::<OrganisationNumber>().ok().map(|number| number.as_str().to_owned())
    }

    #[test]
    fn ten_digits_with_or_without_hyphen_are_read_in_one_spelling() {
        for text in ["212000-0142", "2120000142", " 212000-0142 "] {
            assert_eq!(read(text).as_deref(), Some("212000-0142"));
        }
    }

    #[test]
    fn a_sole_traders_number_is_taken_and_known_as_personal() {
        let number: OrganisationNumber = "701063-2391".parse().expect("a number");
        assert!(number.is_personal());
        let number: OrganisationNumber = "212000-0142".parse().expect("a number");
        assert!(!number.is_personal());
    }

    #[test]
    fn wrong_digits_lengths_and_dates_are_refused() {
        for text in [
            "",
            "212000-0143",
            "212000-014",
            "212000-01422",
            "21200-00142",
            "2120000-142",
            "212000_0142",
            "16212000-0142",
            "000000-0000",
            "701363-2398",
            "21200０-0142",
            "aaaaaa-aaaa",
            "åååååa",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_seen(place in 0..10_usize, shift in 1..10_u8) {
            let mut digits = *b"2120000142";
            digits[place] = b'0' + (digits[place] - b'0' + shift) % 10;
            prop_assert_eq!(read(&String::from_utf8_lossy(&digits)), None);
        }

        #[test]
        fn any_text_is_read_without_ado(text in "[0-9å-]{9,12}|.{0,20}") {
            let _ = read(&text);
        }
    }
}
