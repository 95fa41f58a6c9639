//! NCRONTAB expressions: six fields, seconds first, in UTC. The well-kept crates for it bring a second time library.

use jiff::{Timestamp, ToSpan as _, civil::DateTime, tz::TimeZone};

/// Searching further ahead than this, a schedule counts as never due: 29 February comes within eight years.
const HORIZON_DAYS: u32 = 8 * 366 + 1;

/// When a timer function is due.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    seconds: Field,
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// The values of one field, as bits.
#[derive(Clone, Copy, Debug)]
struct Field(u64);

impl Field {
    /// Reads `*`, `*/n`, `a`, `a-b`, `a-b/n`, `a/n` and lists of them; names count from `low`.
    fn parse(text: &str, low: u32, high: u32, names: &[&str]) -> Option<Self> {
        let value = |text: &str| {
            let place = names.iter().position(|name| name.eq_ignore_ascii_case(text));
            let number = match place {
                Some(place) => u32::try_from(place).ok()? + low,
                None => text.parse().ok()?,
            };
            (low..=high).contains(&number).then_some(number)
        };
        let mut bits = 0;
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)?),
                None => (part, 1),
            };
            let (from, to) = match range.split_once('-') {
                _ if range == "*" => (low, high),
                Some((from, to)) => (value(from)?, value(to)?),
                None => (value(range)?, if part.contains('/') { high } else { value(range)? }),
            };
            if from > to {
                return None;
            }
            bits |= (from..=to).step_by(step).fold(0, |bits, value| bits | 1_u64 << value);
        }
        Some(Self(bits))
    }

    fn contains(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|value| value < u64::BITS && self.0 >> value & 1 == 1)
    }

    /// Its values in order.
    fn values(self) -> impl Iterator<Item = i8> {
        (0..60_i8).filter(move |value| self.contains(*value))
    }
}

impl Schedule {
    /// Reads an expression of six fields: second, minute, hour, day of the month, month, day of the week (0 is Sunday).
    pub(crate) fn parse(expression: &str) -> Option<Self> {
        const MONTHS: [&str; 12] =
            ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
        let fields: Vec<_> = expression.split_ascii_whitespace().collect();
        let &[seconds, minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
        Some(Self {
            seconds: Field::parse(seconds, 0, 59, &[])?,
            minutes: Field::parse(minutes, 0, 59, &[])?,
            hours: Field::parse(hours, 0, 23, &[])?,
            days: Field::parse(days, 1, 31, &[])?,
            months: Field::parse(months, 1, 12, &MONTHS)?,
            weekdays: Field::parse(weekdays, 0, 6, &WEEKDAYS)?,
        })
    }

    /// The first due time after `after`; none within eight years for a day that never comes.
    pub(crate) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let from = TimeZone::UTC.to_datetime(after);
        let mut date = from.date();
        for _ in 0..HORIZON_DAYS {
            if self.months.contains(date.month())
                && self.days.contains(date.day())
                && self.weekdays.contains(date.weekday().to_sunday_zero_offset())
                && let Some(due) = self.first_of_day(date.at(0, 0, 0, 0), from)
            {
                return TimeZone::UTC.to_timestamp(due).ok();
            }
            date = date.checked_add(1.day()).ok()?;
        }
        None
    }

    fn first_of_day(&self, midnight: DateTime, after: DateTime) -> Option<DateTime> {
        self.hours
            .values()
            .flat_map(|hour| self.minutes.values().map(move |minute| (hour, minute)))
            .flat_map(|(hour, minute)| self.seconds.values().map(move |second| (hour, minute, second)))
            .map(|(hour, minute, second)| midnight.date().at(hour, minute, second, 0))
            .find(|due| *due > after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, after: &str) -> String {
        let schedule = Schedule::parse(expression).unwrap();
        schedule.next(after.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn the_next_time_is_after_the_given_one() {
        assert_eq!(next("0 0 3 * * *", "2026-11-24T02:59:59.5Z"), "2026-11-24T03:00:00Z");
        assert_eq!(next("0 0 3 * * *", "2026-11-24T03:00:00Z"), "2026-11-25T03:00:00Z");
        assert_eq!(next("0 * * * * *", "2026-12-31T23:59:30Z"), "2027-01-01T00:00:00Z");
        assert_eq!(next("*/10 * * * * *", "2026-11-24T03:00:01Z"), "2026-11-24T03:00:10Z");
    }

    #[test]
    fn steps_ranges_lists_and_names_are_read() {
        assert_eq!(next("0 */15 8-17 * * MON-FRI", "2026-11-20T17:46:00Z"), "2026-11-23T08:00:00Z");
        assert_eq!(next("0 5,35 0 1 jan,jul *", "2026-11-24T00:00:00Z"), "2027-01-01T00:05:00Z");
        assert_eq!(next("30 10/20 * * * *", "2026-11-24T00:00:00Z"), "2026-11-24T00:10:30Z");
    }

    #[test]
    fn days_of_month_and_week_must_both_fit() {
        assert_eq!(next("0 0 0 13 * 5", "2026-11-24T00:00:00Z"), "2027-08-13T00:00:00Z");
        assert_eq!(next("0 0 0 29 2 *", "2026-11-24T00:00:00Z"), "2028-02-29T00:00:00Z");
    }

    #[test]
    fn a_day_that_never_comes_has_no_next_time() {
        let schedule = Schedule::parse("0 0 0 31 2 *").unwrap();
        assert_eq!(schedule.next("2026-11-24T00:00:00Z".parse().unwrap()), None);
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "",
            "0 0 3 * *",
            "0 0 24 * * *",
            "60 * * * * *",
            "0 0 0 0 * *",
            "5-1 * * * * *",
            "*/0 * * * * *",
            "x * * * * *",
            "0 0 3 * * 7",
        ] {
            assert!(Schedule::parse(text).is_none(), "{text}");
        }
    }
}
