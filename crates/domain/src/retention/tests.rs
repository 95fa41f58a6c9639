use jiff::{SignedDuration, civil::date};
use proptest::prelude::*;

use super::*;
use crate::{RetentionChoice, records::RetentionChoices};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

/// A tenant that keeps files for 24 months and comments until its closure.
fn rules() -> RetentionRules {
    RetentionRules::with(&RetentionChoices {
        files: Some(RetentionChoice::Period(Period::months(24))),
        comments: Some(RetentionChoice::UntilClosure),
    })
}

fn before(due: Timestamp) -> Timestamp {
    due - SignedDuration::from_secs(1)
}

#[test]
fn an_item_goes_at_its_time_and_not_a_second_before() {
    let at = time("2026-11-24T15:00:00Z");
    for (item, due) in [
        (Item::SignIn { at }, "2027-02-22T15:00:00Z"),
        (Item::Activity { at }, "2028-11-24T15:00:00Z"),
        (Item::PendingInvitation { sent_at: at }, "2026-12-01T15:00:00Z"),
        (Item::ClosedInvitation { closed_at: at }, "2026-12-24T15:00:00Z"),
        (Item::EmailChange { requested_at: at }, "2026-11-25T15:00:00Z"),
        (Item::DeactivatedAccount { deactivated_at: at }, "2027-02-22T15:00:00Z"),
        (Item::Package { ready_at: at }, "2026-12-01T15:00:00Z"),
        (Item::Case { closed_at: Some(at) }, "2029-11-24T15:00:00Z"),
        (Item::File { uploaded_at: at }, "2028-11-24T15:00:00Z"),
        (Item::IdempotencyKey { used_at: at }, "2026-11-25T15:00:00Z"),
        (Item::Upload { used_at: at }, "2026-11-25T15:00:00Z"),
        (Item::RunReport { made_at: at }, "2027-11-24T15:00:00Z"),
        (Item::AuditDay { day: day("2026-11-24") }, "2028-11-23T23:00:00Z"),
    ] {
        let (due, rules) = (time(due), rules());
        assert_eq!(due_at(&item, &rules), Some(due), "{item:?}");
        assert_eq!(due_day(&item, &rules), Some(stockholm::date_of(due)), "{item:?}");
        let keep = Decision::Keep { recheck: Some(stockholm::date_of(due)) };
        assert_eq!(decide(&item, None, before(due), &rules), keep, "{item:?}");
        let gone =
            if matches!(item, Item::PendingInvitation { .. }) { Decision::Expire } else { Decision::Purge };
        assert_eq!(decide(&item, None, due, &rules), gone, "{item:?}");
    }
}

#[test]
fn what_nothing_ends_stays_without_a_day() {
    let at = time("2026-11-24T15:00:00Z");
    let never = Timestamp::MAX;
    for item in [Item::Case { closed_at: None }, Item::Comment { created_at: at }] {
        assert_eq!(due_day(&item, &rules()), None);
        assert_eq!(decide(&item, None, never, &rules()), Decision::Keep { recheck: None });
    }
    let unchosen = RetentionRules::default();
    for item in [Item::File { uploaded_at: at }, Item::Comment { created_at: at }] {
        assert_eq!(decide(&item, None, never, &unchosen), Decision::Keep { recheck: None });
    }
}

#[test]
fn days_keep_the_time_of_day_over_summer_time_and_hours_are_real() {
    let rules = rules();
    for (sent, expires) in [
        // 20 October, 12:00 in summer time, and a week later 12:00 in winter time: an hour more than 168.
        ("2026-10-20T10:00:00Z", "2026-10-27T11:00:00Z"),
        ("2026-03-25T11:00:00Z", "2026-04-01T10:00:00Z"),
        // 02:30 does not exist on 29 March.
        ("2026-03-22T01:30:00Z", "2026-03-29T01:30:00Z"),
        // 02:30 exists twice on 25 October: the first one.
        ("2026-10-18T00:30:00Z", "2026-10-25T00:30:00Z"),
    ] {
        assert_eq!(
            due_at(&Item::PendingInvitation { sent_at: time(sent) }, &rules),
            Some(time(expires)),
            "{sent}"
        );
    }
    for requested in ["2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z"] {
        let requested_at = time(requested);
        let due = requested_at + SignedDuration::from_hours(24);
        assert_eq!(due_at(&Item::EmailChange { requested_at }, &rules), Some(due));
    }
}

#[test]
fn the_day_is_the_one_in_sweden() {
    // 00:30 on 1 July in Sweden.
    let item = Item::Package { ready_at: time("2026-06-30T22:30:00Z") };
    assert_eq!(due_day(&item, &rules()), Some(day("2026-07-08")));
}

#[test]
fn the_29th_of_february_ends_on_the_28th_where_there_is_none() {
    let item = Item::File { uploaded_at: time("2024-02-29T12:00:00Z") };
    assert_eq!(due_at(&item, &rules()), Some(time("2026-02-28T12:00:00Z")));
    assert_eq!(
        due_at(&Item::AuditDay { day: day("2024-02-29") }, &rules()),
        Some(time("2026-02-27T23:00:00Z"))
    );
}

#[test]
fn protection_keeps_what_is_due_and_stops_no_invitation_from_expiring() {
    let at = time("2026-01-01T12:00:00Z");
    let late = time("2027-01-01T12:00:00Z");
    for protection in
        [Protection::Hold, Protection::Restriction, Protection::OpenRequest, Protection::LastAdministrator]
    {
        let decided = |item, now| decide(&item, Some(protection), now, &rules());
        assert_eq!(decided(Item::SignIn { at }, late), Decision::Keep { recheck: Some(day("2027-01-08")) });
        assert_eq!(decided(Item::SignIn { at }, at), Decision::Keep { recheck: Some(day("2026-04-01")) });
        assert_eq!(decided(Item::PendingInvitation { sent_at: at }, late), Decision::Expire);
    }
    assert_eq!(decide(&Item::SignIn { at }, None, late, &rules()), Decision::Purge);
}

/// Noon of a day in Sweden.
fn noon(day: Date) -> Timestamp {
    stockholm::start_of(day) + SignedDuration::from_hours(12)
}

#[test]
fn an_idle_account_is_warned_three_times_and_goes_at_the_beginning_of_its_day() {
    let rules = rules();
    let last_used_on = day("2024-11-24");
    let goes_on = day("2026-11-24");
    let mut account = IdleAccount { last_used_on, warned: None };
    for (stage, on) in [(60, "2026-09-25"), (30, "2026-10-25"), (7, "2026-11-17")] {
        let on = day(on);
        let item = Item::Account(account);
        assert_eq!(due_day(&item, &rules), Some(on));
        let start = stockholm::start_of(on);
        assert_eq!(decide(&item, None, before(start), &rules), Decision::Keep { recheck: Some(on) });
        let warning = Warning { last_used_on, stage, goes_on };
        assert_eq!(decide(&item, None, start, &rules), Decision::Warn(warning));
        assert_eq!(warning.days_left(noon(on)), i32::from(stage));
        account.warned = Some(warning);
        let again = decide(&Item::Account(account), None, start, &rules);
        assert!(matches!(again, Decision::Keep { recheck: Some(later) } if later > on), "{again:?}");
    }
    let item = Item::Account(account);
    let due = stockholm::start_of(goes_on);
    assert_eq!(due_at(&item, &rules), Some(due));
    assert_eq!(decide(&item, None, before(due), &rules), Decision::Keep { recheck: Some(goes_on) });
    assert_eq!(decide(&item, None, due, &rules), Decision::Purge);
}

#[test]
fn an_account_that_was_never_warned_is_warned_before_it_goes() {
    let rules = rules();
    let last_used_on = day("2024-01-31");
    let today = day("2026-11-24");
    let account = IdleAccount { last_used_on, warned: None };
    let warning = Warning { last_used_on, stage: 7, goes_on: day("2026-12-01") };
    assert_eq!(decide(&Item::Account(account), None, noon(today), &rules), Decision::Warn(warning));
    let item = Item::Account(IdleAccount { warned: Some(warning), ..account });
    let due = stockholm::start_of(day("2026-12-01"));
    assert_eq!(decide(&item, None, before(due), &rules), Decision::Keep { recheck: Some(day("2026-12-01")) });
    assert_eq!(decide(&item, None, due, &rules), Decision::Purge);
}

#[test]
fn use_voids_the_warnings_and_a_protected_account_gets_none() {
    let rules = rules();
    let warned = Some(Warning { last_used_on: day("2024-11-24"), stage: 7, goes_on: day("2026-11-24") });
    let used = Item::Account(IdleAccount { last_used_on: day("2026-11-20"), warned });
    assert_eq!(due_day(&used, &rules), Some(day("2028-09-21")));
    assert_eq!(
        decide(&used, None, noon(day("2026-11-24")), &rules),
        Decision::Keep { recheck: Some(day("2028-09-21")) }
    );

    let idle = Item::Account(IdleAccount { last_used_on: day("2024-10-01"), warned: None });
    let decision = decide(&idle, Some(Protection::LastAdministrator), noon(day("2026-11-24")), &rules);
    assert_eq!(decision, Decision::Keep { recheck: Some(day("2026-12-01")) });
}

#[test]
fn the_last_copy_is_gone_when_the_storage_lets_go_of_it() {
    assert_eq!(gone_by(time("2026-11-24T15:00:00Z"), &rules()), day("2026-12-09"));
}

proptest! {
    #[test]
    fn whenever_runs_happen_an_account_goes_a_week_after_its_last_warning_at_the_earliest(
        gaps in proptest::collection::vec(1_u16..200, 1..40)
    ) {
        let rules = rules();
        let last_used_on = date(2024, 2, 29);
        let mut account = IdleAccount { last_used_on, warned: None };
        let (mut today, mut last_warning) = (last_used_on, None);
        for gap in gaps {
            today = Period::days(gap).add_to(today);
            match decide(&Item::Account(account), None, noon(today), &rules) {
                Decision::Purge => {
                    prop_assert!(today >= rules.idle_account.add_to(last_used_on));
                    prop_assert!(last_warning.is_some_and(|warned| Period::days(7).add_to(warned) <= today));
                    break;
                }
                Decision::Warn(warning) => {
                    prop_assert!(warning.days_left(noon(today)) >= 7);
                    account.warned = Some(warning);
                    last_warning = Some(today);
                }
                Decision::Keep { recheck } => prop_assert!(recheck.is_some_and(|day| day > today)),
                Decision::Expire => prop_assert!(false, "accounts do not expire"),
            }
        }
    }

    #[test]
    fn an_item_is_never_gone_on_a_day_before_it_is_looked_at(seconds in 0_i64..3_000_000_000, after in 0_i64..200_000_000) {
        let rules = rules();
        let at = Timestamp::from_second(seconds).expect("a time");
        let now = Timestamp::from_second(seconds + after).expect("a time");
        for item in [Item::SignIn { at }, Item::File { uploaded_at: at }, Item::EmailChange { requested_at: at },
            Item::Case { closed_at: Some(at) }]
        {
            if decide(&item, None, now, &rules) == Decision::Purge {
                prop_assert!(due_day(&item, &rules).is_some_and(|day| day <= stockholm::date_of(now)));
            }
        }
    }
}
