//! Whether a register goes on from an earlier state of it. What was said once stays said: revisions are kept, entries change by
//! a revision that names them and gain nothing that was not announced, days do not move back, and nobody's notice becomes shorter
//! than it was.

use jiff::{ToSpan as _, civil::Date};
use serde::Deserialize;
use serde_json::Value;

use super::{EntryId, Register, RegisterError, Status, SubProcessor, Zone, additions, words};

/// An earlier state, of which no more is read than is compared: its form may have been another one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Earlier {
    example: Option<Value>,
    zone: Zone,
    notice_period_days: u16,
    revisions: Vec<Value>,
    sub_processors: Vec<Value>,
}

/// What an earlier entry said that binds the later one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Before {
    id: EntryId,
    status: Status,
    #[serde(deserialize_with = "words::day")]
    effective: Date,
}

struct History<'a> {
    earlier: &'a Earlier,
    later: &'a Register,
    faults: Vec<String>,
}

impl Register {
    /// How many revisions are new since an earlier state of this register. An example may be replaced as a whole: its history is
    /// nobody's. Where a day is given, no new revision may be of a day before it.
    ///
    /// # Errors
    /// Every reason why this register does not go on from the earlier one, a sentence each.
    pub fn since(&self, earlier: &str, not_before: Option<Date>) -> Result<usize, RegisterError> {
        let unreadable = |error| RegisterError::of(format!("the earlier register: {error}"));
        let earlier: Earlier = serde_json::from_str(earlier).map_err(unreadable)?;
        if earlier.example.is_some() && self.example().is_none() {
            return Ok(self.revisions().len());
        }
        let before = earlier.sub_processors.iter().map(Before::deserialize);
        let before: Vec<_> = before.collect::<Result<_, _>>().map_err(unreadable)?;
        let mut history = History { earlier: &earlier, later: self, faults: Vec::new() };
        history.revisions(not_before);
        history.whole();
        for (before, written) in before.iter().zip(&earlier.sub_processors) {
            history.entry(before, written);
        }
        for entry in self.entries().iter().filter(|entry| !before.iter().any(|before| before.id == entry.id))
        {
            history.addition(entry);
        }
        let number = self.revision();
        let said = |fault| format!("revision {number} of the register of sub-processors: {fault}");
        RegisterError::unless_empty(history.faults.into_iter().map(said).collect())?;
        Ok(self.revisions().len() - earlier.revisions.len())
    }
}

impl History<'_> {
    fn unless(&mut self, holds: bool, fault: String) {
        if !holds {
            self.faults.push(fault);
        }
    }

    /// The days of the new revisions that name an entry, or of all.
    fn new_revisions(&self, naming: Option<&EntryId>) -> impl Iterator<Item = Date> {
        let new = self.later.revisions().iter().skip(self.earlier.revisions.len());
        new.filter(move |revision| naming.is_none_or(|id| revision.sub_processors.contains(id)))
            .map(|revision| revision.date)
    }

    fn revisions(&mut self, not_before: Option<Date>) {
        let (earlier, later) = (self.earlier, self.later);
        for (number, written) in (1..).zip(&earlier.revisions) {
            match later.revisions().get(number - 1) {
                None => self.faults.push(format!("revision {number} is gone")),
                Some(kept) => {
                    let changed = changed(written, serde_json::to_value(kept).ok().as_ref());
                    let fault =
                        format!("revision {number} is not kept as it was: {} changed", listed(&changed));
                    self.unless(changed.is_empty(), fault);
                }
            }
        }
        let Some(not_before) = not_before else { return };
        for revision in later.revisions().iter().skip(earlier.revisions.len()) {
            let (number, day) = (revision.number, revision.date);
            let fault = format!(
                "revision {number} is of {day}, and what is new may be of no day before {not_before}"
            );
            self.unless(day >= not_before, fault);
        }
    }

    /// What the register says of no single entry.
    fn whole(&mut self) {
        let (earlier, later) = (self.earlier, self.later);
        let is_new = self.new_revisions(None).next().is_some();
        let (was, is) = (earlier.notice_period_days, later.notice_period_days());
        let unsaid =
            |what: &str| format!("{what} is not as it was, and there is no revision since that could say so");
        self.unless(is_new || was == is, unsaid("noticePeriodDays"));
        self.unless(is_new || earlier.zone == later.zone(), unsaid("zone"));
        let was_example = earlier.example.is_some() || later.example().is_none();
        self.unless(was_example, "it is an example, and was none before".to_owned());
    }

    /// An entry that was there before.
    fn entry(&mut self, before: &Before, written: &Value) {
        let Before { id, status: was, effective, .. } = before;
        let Some(entry) = self.later.entry(id) else {
            return self.faults.push(format!("{id} is gone; an entry that is used no longer is former"));
        };
        let changed = changed(written, serde_json::to_value(entry).ok().as_ref());
        let said = self.new_revisions(Some(id)).next();
        let last = self.earlier.revisions.len();
        let fault = format!(
            "{id}: {} changed, and no revision after revision {last} names the entry",
            listed(&changed)
        );
        self.unless(changed.is_empty() || said.is_some(), fault);

        let company = |of: &str| changed.iter().any(|member| member == of);
        let is_other = company("organisationNumber") || company("organisationRegister");
        let fault = "it is another company: that is an entry of its own, to be announced".to_owned();
        self.unless(!is_other, format!("{id}: {fault}"));

        let gained = match SubProcessor::deserialize(written) {
            Ok(before) => additions::unannounced(&before, entry, last),
            Err(_) => vec!["what it was cannot be read, so it cannot be told what it has gained".to_owned()],
        };
        self.faults.extend(gained.into_iter().map(|fault| format!("{id}: {fault}")));

        let is = entry.status;
        let goes_on = match was {
            Status::Announced => true,
            Status::Active | Status::Ending => is != Status::Announced,
            Status::Former => is == Status::Former,
        };
        self.unless(goes_on, format!("{id}: {} after {} is a step back", name(is), name(*was)));

        let start = entry.effective;
        if *was == Status::Announced {
            let fault = format!("{id}: it was announced for {effective}, and {start} is earlier");
            self.unless(start >= *effective, fault);
            let in_time = start == *effective || said.is_none_or(|day| start >= day);
            self.unless(
                in_time,
                format!("{id}: its new first day, {start}, is before the revision that says so"),
            );
            let (was, is) = (self.earlier.notice_period_days, self.later.notice_period_days());
            let fault = format!(
                "{id}: it is announced with a notice period of {was} days, which becomes no shorter while it is not in use"
            );
            self.unless(entry.status != Status::Announced || is >= was, fault);
        } else {
            let fault =
                format!("{id}: it is in use since {effective}, which cannot become {start} afterwards");
            self.unless(start == *effective, fault);
        }
    }

    /// An entry that was not there before. It is announced first, by a revision of its own day, with the longer of both periods.
    fn addition(&mut self, entry: &SubProcessor) {
        let SubProcessor { id, announced, effective, status, .. } = entry;
        let named = self.new_revisions(Some(id)).count();
        let fault = format!(
            "{id}: a new entry is announced first, and becomes {} by another revision, of the day on which that is so",
            name(*status)
        );
        self.unless(*status == Status::Announced || named > 1, fault);
        let days = self.earlier.notice_period_days.max(self.later.notice_period_days());
        let noticed = announced.checked_add(i64::from(days).days()).ok();
        let fault = format!(
            "{id}: it is in use from {effective}, before the {days} days of notice that counted until it was announced"
        );
        self.unless(noticed.is_some_and(|noticed| noticed <= *effective), fault);
    }
}

/// The members that differ, were taken away or came.
fn changed(before: &Value, after: Option<&Value>) -> Vec<String> {
    let (Some(before), Some(after)) = (before.as_object(), after.and_then(Value::as_object)) else {
        return vec!["everything".to_owned()];
    };
    let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

fn listed(members: &[String]) -> String {
    format!("{} {}", members.join(", "), if members.len() == 1 { "has" } else { "have" })
}

const fn name(status: Status) -> &'static str {
    match status {
        Status::Announced => "announced",
        Status::Active => "active",
        Status::Ending => "ending",
        Status::Former => "former",
    }
}
