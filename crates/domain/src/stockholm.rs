//! The calendar that deadlines and retention are counted in: Europe/Stockholm.

use std::sync::OnceLock;

use jiff::{
    Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

/// The time zone, from the database within the executable: the same on every machine.
pub fn time_zone() -> &'static TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| TimeZoneDatabase::bundled().get("Europe/Stockholm").unwrap_or(TimeZone::UTC))
}

/// The day on which a time falls in Sweden.
#[must_use]
pub fn date_of(time: Timestamp) -> Date {
    time_zone().to_datetime(time).date()
}

/// The first moment of a day in Sweden.
#[must_use]
pub fn start_of(day: Date) -> Timestamp {
    time_zone().to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_sweden_in_summer_and_in_winter() {
        for (day, start) in [
            (date(2026, 1, 1), "2025-12-31T23:00:00Z"),
            (date(2026, 3, 29), "2026-03-28T23:00:00Z"),
            (date(2026, 3, 30), "2026-03-29T22:00:00Z"),
            (date(2026, 10, 25), "2026-10-24T22:00:00Z"),
            (date(2026, 10, 26), "2026-10-25T23:00:00Z"),
        ] {
            let start: Timestamp = start.parse().expect("a time");
            assert_eq!(start_of(day), start);
            assert_eq!(date_of(start), day);
            assert_eq!(date_of(start - std::time::Duration::from_nanos(1)), day.yesterday().expect("a day"));
        }
    }
}
