//! Until when a data subject's request is to be answered (Art. 12(3) GDPR; Regulation (EEC, Euratom) No 1182/71, Art. 3).

use jiff::{Timestamp, civil::Date};

use crate::{Period, calendar, stockholm};

/// The day by which a request is answered: the same date in the next month, that month's last day where the date does not
/// exist, and the next working day where it falls on a Saturday, a Sunday or a public holiday.
#[must_use]
pub fn due_date(received: Timestamp) -> Date {
    months_after(received, 1)
}

/// The day by which an extended request is answered: three months **from receipt**, by the same rules.
#[must_use]
pub fn extended_due_date(received: Timestamp) -> Date {
    months_after(received, 3)
}

fn months_after(received: Timestamp, months: u16) -> Date {
    calendar::working_day_from(Period::months(months).add_to(stockholm::date_of(received)))
}

#[cfg(test)]
mod tests {
    use jiff::{Span, ToSpan, civil::date};
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    /// A time, or noon of a day in Sweden.
    fn time(text: &str) -> Timestamp {
        text.parse().unwrap_or_else(|_| stockholm::start_of(day(text)) + 12.hours())
    }

    #[test]
    fn known_requests_are_due_when_the_authority_says() {
        for (received, due, extended) in [
            ("2024-01-31", "2024-02-29", "2024-04-30"),
            ("2026-01-31", "2026-03-02", "2026-04-30"),
            ("2026-03-05", "2026-04-07", "2026-06-05"),
            ("2025-11-25", "2025-12-29", "2026-02-25"),
            ("2026-11-30", "2026-12-30", "2027-03-01"),
            ("2026-03-31T22:30:00Z", "2026-05-04", "2026-07-01"),
        ] {
            assert_eq!(due_date(time(received)), day(due), "{received}");
            assert_eq!(extended_due_date(time(received)), day(extended), "{received}");
        }
    }

    proptest! {
        #[test]
        fn a_request_is_due_on_the_first_working_day_from_the_same_date_of_the_next_month(
            days in 0_i64..110_000, seconds in 0_i64..86_400,
        ) {
            let received = stockholm::start_of(date(1999, 1, 1)) + (days * 24).hours() + seconds.seconds();
            let from = stockholm::date_of(received);
            for (due, months) in [(due_date(received), 1_i8), (extended_due_date(received), 3)] {
                let index = i32::from(from.year()) * 12 + i32::from(from.month() - 1) + i32::from(months);
                let (year, month) = (i16::try_from(index / 12).expect("a year"), i8::try_from(index % 12 + 1).expect("a month"));
                let last = Date::new(year, month, 1).expect("a month").last_of_month();
                let nominal = last.with().day(from.day().min(last.day())).build().expect("a day");
                prop_assert!(calendar::is_working_day(due));
                prop_assert!(due >= nominal);
                // Christmas before a weekend, at the longest: four days off in a row, or five over Easter and a holiday.
                prop_assert!(due <= nominal.saturating_add(Span::new().days(5)));
                let mut skipped = nominal;
                while skipped < due {
                    prop_assert!(!calendar::is_working_day(skipped));
                    skipped = skipped.tomorrow().expect("a day");
                }
            }
        }
    }
}
