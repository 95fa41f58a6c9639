//! The languages that people are spoken to in.

use std::{cmp::Reverse, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language of texts for people.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Swedish, where nothing else is asked for.
    #[default]
    Sv,
    /// English.
    En,
}

/// A text names no language that there are texts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of sv, en")]
pub struct LocaleError;

/// Quality in thousandths and the place in the header, earlier ones being greater.
type Wish = (u16, Reverse<usize>);

impl Locale {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::Sv, Self::En];

    /// Longest header that is looked at, in bytes: browsers send less than a tenth of it.
    const MAX_HEADER: usize = 1_000;

    /// The primary language subtag (BCP 47).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sv => "sv",
            Self::En => "en",
        }
    }

    /// The best language for an `Accept-Language` header (RFC 9110, 12.5.4): the highest quality value wins, then the
    /// earlier one; a regional range such as `en-GB` counts for its language; what cannot be read is passed over.
    /// Swedish when nothing decides.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        if header.len() > Self::MAX_HEADER {
            return Self::default();
        }
        let mut named: [Option<Wish>; 2] = [None; 2];
        let mut others: Option<Wish> = None;
        for (place, range) in header.split(',').enumerate() {
            let Some((language, quality)) = read_range(range) else { continue };
            let wish = Some((quality, Reverse(place)));
            match language.parse() {
                Ok(Self::Sv) => named[0] = named[0].max(wish),
                Ok(Self::En) => named[1] = named[1].max(wish),
                Err(LocaleError) if language == "*" => others = others.max(wish),
                Err(LocaleError) => {}
            }
        }
        let [sv, en] = named.map(|wish| wish.or(others).filter(|(quality, _)| *quality > 0));
        let sv_refused = named[0].is_some_and(|(quality, _)| quality == 0);
        match (sv, en) {
            (sv, Some(en)) if sv.is_none_or(|sv| en > sv) => Self::En,
            (None, None) if sv_refused => Self::En,
            _ => Self::Sv,
        }
    }
}

/// `en-GB;q=0.8` → (`en`, 800).
fn read_range(range: &str) -> Option<(&str, u16)> {
    let (tag, parameter) = range.split_once(';').map_or((range, None), |(tag, rest)| (tag, Some(rest)));
    let language = tag.trim().split('-').next().filter(|language| !language.is_empty())?;
    let quality = match parameter {
        None => 1_000,
        Some(parameter) => {
            let (name, value) = parameter.trim().split_once('=')?;
            if !name.trim().eq_ignore_ascii_case("q") {
                return None;
            }
            read_quality(value.trim())?
        }
    };
    Some((language, quality))
}

/// `0.8` → 800: at most three decimals, nothing above 1.
fn read_quality(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

impl FromStr for Locale {
    type Err = LocaleError;

    fn from_str(text: &str) -> Result<Self, LocaleError> {
        Self::ALL.into_iter().find(|locale| text.eq_ignore_ascii_case(locale.as_str())).ok_or(LocaleError)
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_highest_quality_wins_then_the_earlier_one_then_swedish() {
        for (header, locale) in [
            ("", Locale::Sv),
            ("en", Locale::En),
            ("EN-gb", Locale::En),
            ("sv-SE,sv;q=0.9,en;q=0.8", Locale::Sv),
            ("en-GB,en;q=0.9,sv;q=0.8", Locale::En),
            ("sv;q=0.1, en;q=0.2", Locale::En),
            ("sv ; q=0.3 , en ; Q=0.2", Locale::Sv),
            ("en, sv", Locale::En),
            ("sv, en", Locale::Sv),
            ("nb, da;q=0.9", Locale::Sv),
            ("nb, en;q=0.1", Locale::En),
            ("*", Locale::Sv),
            ("en;q=0.5, *;q=0.9", Locale::Sv),
            ("sv;q=0.5, *;q=0.9", Locale::En),
            ("sv;q=0", Locale::En),
            ("sv;q=0, *", Locale::En),
            ("en;q=0", Locale::Sv),
            ("sv;q=0, en;q=0", Locale::En),
            ("en;q=2, sv;q=0.001", Locale::Sv),
            ("en;q=abc", Locale::Sv),
            ("en;level=1", Locale::Sv),
            (",,;;=,-,en;q=1.000", Locale::En),
            ("english", Locale::Sv),
        ] {
            assert_eq!(Locale::from_accept_language(header), locale, "{header}");
        }
    }

    #[test]
    fn an_overlong_header_is_not_read() {
        let header = format!("en,{}", "x,".repeat(10_000));
        assert_eq!(Locale::from_accept_language(&header), Locale::Sv);
    }

    #[test]
    fn json_knows_two_languages() {
        assert_eq!(serde_json::to_string(&Locale::Sv).expect("JSON"), r#""sv""#);
        assert_eq!(serde_json::from_str::<Locale>(r#""en""#).expect("a locale"), Locale::En);
        assert!(serde_json::from_str::<Locale>(r#""de""#).is_err());
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_ado(header in ".{0,200}") {
            let _ = Locale::from_accept_language(&header);
        }
    }
}
