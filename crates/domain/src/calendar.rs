//! Swedish working days.

use jiff::{Span, civil::Date, civil::Weekday};

/// Whether a day is a public holiday (lagen 1989:253 om allmänna helgdagar), Sundays apart. Midsummer, Christmas and New
/// Year's Eve are none.
#[must_use]
pub fn is_public_holiday(day: Date) -> bool {
    let fixed = matches!((day.month(), day.day()), (1, 1 | 6) | (5, 1) | (6, 6) | (12, 25 | 26));
    let saturday = day.weekday() == Weekday::Saturday;
    let midsummer_day = saturday && day.month() == 6 && (20..=26).contains(&day.day());
    let all_saints_day = saturday && matches!((day.month(), day.day()), (10, 31) | (11, 1..=6));
    // Good Friday, Easter Sunday and Monday, Ascension, Whit Sunday.
    let moving = easter_sunday(day.year())
        .is_some_and(|easter| [-2, 0, 1, 39, 49].iter().any(|days| shifted(easter, *days) == day));
    fixed || midsummer_day || all_saints_day || moving
}

/// Whether a day is neither Saturday, Sunday nor a public holiday.
#[must_use]
pub fn is_working_day(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_public_holiday(day)
}

/// The day itself or the next working day after it.
#[must_use]
pub fn working_day_from(day: Date) -> Date {
    // Never more than a few days in a row: at the end of the calendar the last day stays.
    let mut found = day;
    while !is_working_day(found) {
        match found.tomorrow() {
            Ok(next) => found = next,
            Err(_) => break,
        }
    }
    found
}

/// Easter Sunday of a year in the Gregorian calendar (the anonymous algorithm as published by Meeus, *Astronomical
/// Algorithms*, ch. 8).
fn easter_sunday(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let golden = year.rem_euclid(19);
    let (century, rest) = (year.div_euclid(100), year.rem_euclid(100));
    let correction = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let epact = (19 * golden + century - century.div_euclid(4) - correction + 15).rem_euclid(30);
    let weekday =
        (32 + 2 * century.rem_euclid(4) + 2 * rest.div_euclid(4) - epact - rest.rem_euclid(4)).rem_euclid(7);
    let shift = (golden + 11 * epact + 22 * weekday).div_euclid(451);
    let number = epact + weekday - 7 * shift + 114;
    let (month, day) = (number.div_euclid(31), number.rem_euclid(31) + 1);
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn shifted(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn easter_is_where_the_almanacs_have_it() {
        for (year, month, day) in [
            (1818, 3, 22),
            (1943, 4, 25),
            (2000, 4, 23),
            (2008, 3, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
            (2285, 3, 22),
        ] {
            assert_eq!(easter_sunday(year), Some(date(year, month, day)));
        }
    }

    #[test]
    fn a_year_has_the_holidays_of_the_law() {
        let of = |year: i16| -> Vec<String> {
            let days = date(year, 1, 1).series(Span::new().days(1)).take_while(|day| day.year() == year);
            days.filter(|day| is_public_holiday(*day)).map(|day| day.to_string()[5..].to_owned()).collect()
        };
        let year_2026 = [
            "01-01", "01-06", "04-03", "04-05", "04-06", "05-01", "05-14", "05-24", "06-06", "06-20",
            "10-31", "12-25", "12-26",
        ];
        assert_eq!(of(2026), year_2026);
        let year_2024 = [
            "01-01", "01-06", "03-29", "03-31", "04-01", "05-01", "05-09", "05-19", "06-06", "06-22",
            "11-02", "12-25", "12-26",
        ];
        assert_eq!(of(2024), year_2024);
    }

    #[test]
    fn eves_are_working_days() {
        for eve in [date(2026, 12, 24), date(2026, 12, 31), date(2026, 6, 19)] {
            assert!(is_working_day(eve));
        }
    }

    #[test]
    fn the_ends_of_the_calendar_do_no_harm() {
        assert_eq!(working_day_from(Date::MAX), Date::MAX);
        let _ = working_day_from(Date::MIN);
    }
}
