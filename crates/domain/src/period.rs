//! Calendar periods and what a tenant chooses with them.

use std::{fmt, str::FromStr};

use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};

/// A period of whole calendar units: an ISO 8601 duration of years, months, weeks and days (`P24M`, `P90D`, `P1Y6M`),
/// longer than nothing and at most a hundred years per unit. Written as it was read: `P24M` is not `P2Y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    years: u16,
    months: u16,
    weeks: u16,
    days: u16,
}

/// A text is not a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an ISO 8601 duration of years, months, weeks or days, such as P24M")]
pub struct PeriodError;

/// Shape of [`Period`] as a regular expression (ECMA 262).
const PATTERN: &str = "^P(?=[0-9])(?:[0-9]{1,5}Y)?(?:[0-9]{1,5}M)?(?:[0-9]{1,5}W)?(?:[0-9]{1,5}D)?$";

impl Period {
    /// Each unit and how many of it there may be.
    const LIMITS: [(char, u16); 4] = [('Y', 100), ('M', 1_200), ('W', 5_200), ('D', 36_500)];

    /// A period of days.
    #[must_use]
    pub const fn days(days: u16) -> Self {
        Self { years: 0, months: 0, weeks: 0, days }
    }

    /// A period of months.
    #[must_use]
    pub const fn months(months: u16) -> Self {
        Self { years: 0, months, weeks: 0, days: 0 }
    }

    /// A period of years.
    #[must_use]
    pub const fn years(years: u16) -> Self {
        Self { years, months: 0, weeks: 0, days: 0 }
    }

    /// The day this long after `day`: the same date of the month that is reached, or its last day where that date does
    /// not exist (31 January and a month is 28 or 29 February).
    #[must_use]
    pub fn add_to(self, day: Date) -> Date {
        day.saturating_add(self.span())
    }

    /// The day this long before `day`, by the same rule.
    #[must_use]
    pub fn subtract_from(self, day: Date) -> Date {
        day.saturating_sub(self.span())
    }

    fn span(self) -> Span {
        Span::new()
            .years(i64::from(self.years.min(Self::LIMITS[0].1)))
            .months(i64::from(self.months.min(Self::LIMITS[1].1)))
            .weeks(i64::from(self.weeks.min(Self::LIMITS[2].1)))
            .days(i64::from(self.days.min(Self::LIMITS[3].1)))
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let mut rest = text.strip_prefix('P').filter(|rest| rest.is_ascii()).ok_or(PeriodError)?;
        let mut numbers = [0_u16; 4];
        for (number, (unit, limit)) in numbers.iter_mut().zip(Self::LIMITS) {
            let Some((digits, after)) = rest.split_once(unit) else { continue };
            if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(PeriodError);
            }
            *number = digits.parse().ok().filter(|number| *number <= limit).ok_or(PeriodError)?;
            rest = after;
        }
        let [years, months, weeks, days] = numbers;
        if rest.is_empty() && numbers != [0; 4] {
            Ok(Self { years, months, weeks, days })
        } else {
            Err(PeriodError)
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        let numbers = [self.years, self.months, self.weeks, self.days];
        for (number, (unit, _)) in numbers.into_iter().zip(Self::LIMITS).filter(|(number, _)| *number > 0) {
            write!(f, "{number}{unit}")?;
        }
        if numbers == [0; 4] { f.write_str("0D") } else { Ok(()) }
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json_text::parse(deserializer)
    }
}

impl schemars::JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "ISO 8601 duration of years, months, weeks and days; longer than nothing.",
            "pattern": PATTERN,
            "examples": ["P24M", "P90D"],
        })
    }
}

/// How long a tenant keeps its files or its comments. In JSON one string: an ISO 8601 duration such as `"P24M"`, or
/// `"untilClosure"`, which keeps them until the tenant's own closure deletes everything. A period can be shortened later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetentionChoice {
    /// This long after the item was made.
    Period(Period),
    /// As long as the tenant exists.
    UntilClosure,
}

/// A text is neither a period nor `untilClosure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an ISO 8601 duration of years, months, weeks or days, such as P24M, or untilClosure")]
pub struct RetentionChoiceError;

impl RetentionChoice {
    const UNTIL_CLOSURE: &'static str = "untilClosure";

    /// The period, where there is one.
    #[must_use]
    pub const fn period(self) -> Option<Period> {
        match self {
            Self::Period(period) => Some(period),
            Self::UntilClosure => None,
        }
    }
}

impl FromStr for RetentionChoice {
    type Err = RetentionChoiceError;

    fn from_str(text: &str) -> Result<Self, RetentionChoiceError> {
        if text == Self::UNTIL_CLOSURE {
            return Ok(Self::UntilClosure);
        }
        text.parse().map(Self::Period).map_err(|PeriodError| RetentionChoiceError)
    }
}

impl fmt::Display for RetentionChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Period(period) => period.fmt(f),
            Self::UntilClosure => f.write_str(Self::UNTIL_CLOSURE),
        }
    }
}

impl Serialize for RetentionChoice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RetentionChoice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json_text::parse(deserializer)
    }
}

impl schemars::JsonSchema for RetentionChoice {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RetentionChoice".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                {"type": "string", "pattern": PATTERN, "description": "ISO 8601 duration, counted from when the item was made."},
                {"const": Self::UNTIL_CLOSURE, "description": "Kept until the tenant's closure."},
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn period(text: &str) -> Period {
        text.parse().expect("a period")
    }

    #[test]
    fn a_period_is_written_as_it_was_read() {
        for text in ["P24M", "P90D", "P1Y6M", "P2W", "P1Y2M3W4D", "P100Y"] {
            assert_eq!(period(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_period_of_days_or_more_is_refused() {
        for text in [
            "",
            "P",
            "P0D",
            "24M",
            "p24m",
            "PT1H",
            "P1DT1H",
            "P-1D",
            "P+1D",
            "P1.5Y",
            "P1M1Y",
            "P1Y1Y",
            "P101Y",
            "P99999999999D",
            "P1",
            "PD",
            "P 1D",
            "P1D ",
            "P١D",
        ] {
            assert_eq!(text.parse::<Period>(), Err(PeriodError), "{text}");
        }
    }

    #[test]
    fn months_end_on_the_last_day_where_the_date_does_not_exist() {
        for (text, from, to) in [
            ("P1M", date(2026, 1, 31), date(2026, 2, 28)),
            ("P1M", date(2024, 1, 31), date(2024, 2, 29)),
            ("P24M", date(2024, 2, 29), date(2026, 2, 28)),
            ("P4Y", date(2024, 2, 29), date(2028, 2, 29)),
            ("P90D", date(2026, 1, 1), date(2026, 4, 1)),
            ("P2W", date(2026, 3, 20), date(2026, 4, 3)),
        ] {
            assert_eq!(period(text).add_to(from), to, "{text}");
        }
        assert_eq!(period("P1M").subtract_from(date(2026, 3, 31)), date(2026, 2, 28));
    }

    #[test]
    fn a_choice_is_one_string_in_json() {
        let read = |json: &str| serde_json::from_str::<RetentionChoice>(json).ok();
        assert_eq!(read(r#""P24M""#), Some(RetentionChoice::Period(Period::months(24))));
        assert_eq!(read(r#""untilClosure""#), Some(RetentionChoice::UntilClosure));
        for json in [r#""forever""#, r#""""#, "null", "24", r#"{"period":"P24M"}"#] {
            assert_eq!(read(json), None, "{json}");
        }
        assert_eq!(serde_json::to_string(&RetentionChoice::UntilClosure).expect("JSON"), r#""untilClosure""#);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_ado(text in "P?[0-9YMWDT.-]{0,12}") {
            if let Ok(period) = text.parse::<Period>() {
                prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
                prop_assert!(period.add_to(date(2026, 11, 24)) > date(2026, 11, 24));
            }
        }
    }
}
