//! Accounts that nobody uses.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Decision, RetentionRules};
use crate::{Period, stockholm};

/// An active account by its use. It goes at the beginning of the day that is the idle period after the last day of use, but never
/// without warning: where runs failed and the last warning is late, the account stays for as many days as that warning promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleAccount {
    /// The last day of use in Europe/Stockholm; for an account never used, the day it was made.
    pub last_used_on: Date,
    /// The last warning that was given, for whichever last day of use.
    pub warned: Option<Warning>,
}

/// A warning to a person whose account will go. Kept with the account; it counts while its last day of use is still the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// The last day of use that it was given for.
    pub last_used_on: Date,
    /// Which warning of [`RetentionRules::idle_warnings`] it is. Together with the last day of use it names the mail.
    pub stage: u16,
    /// The day on which the account goes, as the person is told.
    pub goes_on: Date,
}

impl Warning {
    /// How many days are left on the day of a time, for the text of the warning.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i32 {
        stockholm::date_of(now)
            .duration_until(self.goes_on)
            .as_hours()
            .try_into()
            .map_or(0, |hours: i32| hours / 24)
    }
}

impl IdleAccount {
    fn current_warning(&self) -> Option<Warning> {
        self.warned.filter(|warning| warning.last_used_on == self.last_used_on)
    }

    /// The day on which the account goes, by the period and what its person was told.
    pub(super) fn goes_on(&self, rules: &RetentionRules) -> Date {
        let by_period = rules.idle_account.add_to(self.last_used_on);
        self.current_warning().map_or(by_period, |warning| by_period.max(warning.goes_on))
    }

    /// The day of the next warning, or the day on which it goes when all are given.
    pub(super) fn next_look(&self, rules: &RetentionRules) -> Date {
        let by_period = rules.idle_account.add_to(self.last_used_on);
        self.owed(rules)
            .max()
            .map_or_else(|| self.goes_on(rules), |stage| Period::days(stage).subtract_from(by_period))
    }

    /// The warnings not given yet.
    fn owed(&self, rules: &RetentionRules) -> impl Iterator<Item = u16> {
        let given = self.current_warning().map(|warning| warning.stage);
        rules.idle_warnings.iter().copied().filter(move |stage| given.is_none_or(|given| *stage < given))
    }

    pub(super) fn decide(&self, now: Timestamp, rules: &RetentionRules) -> Decision {
        let today = stockholm::date_of(now);
        let by_period = rules.idle_account.add_to(self.last_used_on);
        let is_time = |stage: &u16| Period::days(*stage).subtract_from(by_period) <= today;
        // Of several that are late, the last one is enough.
        if let Some(stage) = self.owed(rules).filter(is_time).min() {
            let last = rules.idle_warnings.iter().copied().min().unwrap_or(0);
            let goes_on = self.goes_on(rules).max(Period::days(last).add_to(today));
            return Decision::Warn(Warning { last_used_on: self.last_used_on, stage, goes_on });
        }
        let look = self.next_look(rules);
        if look <= today { Decision::Purge } else { Decision::Keep { recheck: Some(look) } }
    }
}
