//! Fails each step of an operation in turn, in each way, lets it be resumed, and compares what remains with what an undisturbed
//! run left.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{
    act::{Act, Outcome},
    remains::{Remains, difference, difference_from_nothing},
    support::{NO_ANSWER, Portal, Snapshot, fault},
    text::Known,
};

/// Hours after an operation in which the timers run once each, so that what was left is taken up.
const ROUNDS: u64 = 2;
/// The statuses of success.
const WELL: [u16; 3] = [200, 201, 204];

/// What makes the act, with tokens that are good now.
type Make = Box<dyn Fn(&Portal) -> Act + Send + Sync>;

/// One operation, and where it starts from.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    snapshot: Arc<Snapshot>,
    make: Make,
    /// The answer when all goes well, where that is no success by itself.
    done: &'static [u16],
    /// What may be answered to somebody who sends it again after it has been done.
    moot: &'static [u16],
    /// Whether it consists of several that may be left one by one.
    in_parts: bool,
    /// Whether what it writes are notes by the way, which the next request makes up for.
    by_the_way: bool,
}

impl Row {
    pub(crate) fn new(
        name: &'static str,
        snapshot: &Arc<Snapshot>,
        make: impl Fn(&Portal) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            snapshot: Arc::clone(snapshot),
            make: Box::new(make),
            done: &WELL,
            moot: &[],
            in_parts: false,
            by_the_way: false,
        }
    }

    /// What it is answered with when all goes well.
    pub(crate) fn answers(mut self, done: &'static [u16]) -> Self {
        self.done = done;
        self
    }

    /// It consists of several that come about one by one: somebody who does not come again may leave some of them.
    pub(crate) fn in_parts(mut self) -> Self {
        self.in_parts = true;
        self
    }

    /// It notes something by the way: it is answered all the same where that cannot be noted, and the next request does it.
    pub(crate) fn by_the_way(mut self) -> Self {
        self.by_the_way = true;
        self
    }

    /// What else may be answered to whoever sends it again after an answer that did not say that it was done.
    pub(crate) fn or_again(mut self, moot: &'static [u16]) -> Self {
        self.moot = moot;
        self
    }
}

/// What an undisturbed run does and leaves.
pub(crate) struct Undisturbed {
    pub(crate) row: Arc<Row>,
    /// The operations and functions that took part.
    pub(crate) took_part: Vec<String>,
    /// The calls to ports.
    pub(crate) calls: Vec<String>,
    is_asked_for: bool,
    everything: Remains,
    nothing: Remains,
    known: Known,
}

/// How a step goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// It fails before it has any effect.
    Before,
    /// It fails after its effect.
    After,
    /// The process ends before its effect.
    KillBefore,
    /// The process ends after its effect.
    KillAfter,
}

/// What happens then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// Whoever began it comes again at once.
    Again,
    /// They do not: the timers take it up, or nothing is left of it.
    Left,
}

/// One step of an operation that goes wrong in one way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Case {
    pub(crate) way: Way,
    pub(crate) ending: Ending,
    /// From 1.
    pub(crate) step: usize,
}

const WAYS: [(Way, &str); 4] = [
    (Way::Before, "before"),
    (Way::After, "after"),
    (Way::KillBefore, "kill-before"),
    (Way::KillAfter, "kill-after"),
];
const ENDINGS: [(Ending, &str); 2] = [(Ending::Again, "again"), (Ending::Left, "left")];

/// `<way>-<ending>/<step>`.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = WAYS.iter().find(|(way, _)| *way == self.way).map_or("", |(_, name)| name);
        let ending = ENDINGS.iter().find(|(ending, _)| *ending == self.ending).map_or("", |(_, name)| name);
        write!(f, "{way}-{ending}/{}", self.step)
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (what, step) = text.split_once('/').ok_or("no step")?;
        let (way, ending) = what.rsplit_once('-').ok_or("no ending")?;
        let way = WAYS.iter().find(|(_, name)| *name == way).ok_or("no such way")?.0;
        let ending = ENDINGS.iter().find(|(_, name)| *name == ending).ok_or("no such ending")?.0;
        Ok(Self { way, ending, step: step.parse().map_err(|_| "no number of a step")? })
    }
}

/// Whether a call changes nothing, so that failing it before or after is the same.
pub(crate) fn only_reads(call: &str) -> bool {
    ["Get ", "Properties ", "List ", "Sign ", "Signature "].iter().any(|kind| call.starts_with(kind))
}

impl Undisturbed {
    pub(crate) async fn run(row: Arc<Row>) -> Self {
        let portal = Portal::start_from(&row.snapshot).await;
        let known = Known::of(&portal).await;
        let act = (row.make)(&portal);
        let _ = portal.calls().await;
        let outcome = act.perform(&portal).await;
        let calls = portal.calls().await;
        assert!(
            outcome.answer.is_some_and(|status| row.done.contains(&status)),
            "{}: undisturbed, and yet {:?}\n{}",
            row.name,
            outcome.answer,
            portal.log()
        );
        let mut took_part = vec![act.begins()];
        took_part.extend(outcome.deliveries.iter().map(|delivery| delivery.queue.clone()));
        for delivery in &outcome.deliveries {
            assert!(delivery.succeeded(), "{}: {delivery:?}", row.name);
        }
        settle(&portal, &act).await;
        let everything = Remains::of(&portal, &known).await;
        let untouched = Portal::start_from(&row.snapshot).await;
        settle(&untouched, &Act::Timer("waiting_work")).await;
        let nothing = Remains::of(&untouched, &known).await;
        Self { row, took_part, calls, is_asked_for: act.may_be_left(), everything, nothing, known }
    }

    /// Every case of every step. A read has no effect: that it fails before or after is the same, and a process that ends there
    /// leaves what it left after the step before.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for (place, call) in self.calls.iter().enumerate() {
            let ways: &[Way] = if only_reads(call) {
                if place == 0 { &[Way::Before, Way::KillBefore] } else { &[Way::Before] }
            } else {
                &[Way::Before, Way::After, Way::KillAfter]
            };
            for way in ways {
                // A timer comes again by itself, and so does a message.
                let endings: &[Ending] = match (self.is_asked_for, self.row.in_parts) {
                    (false, _) => &[Ending::Left],
                    (true, true) => &[Ending::Again],
                    (true, false) => &[Ending::Again, Ending::Left],
                };
                cases.extend(endings.iter().map(|ending| Case {
                    way: *way,
                    ending: *ending,
                    step: place + 1,
                }));
            }
        }
        cases
    }

    /// How a case ends otherwise than it should; nothing where it does not.
    pub(crate) async fn failures(&self, case: Case) -> Vec<String> {
        let portal = Portal::start_from(&self.row.snapshot).await;
        let act = (self.row.make)(&portal);
        let _ = portal.calls().await;
        let (moment, action) = match case.way {
            Way::Before => ("before", "fail"),
            Way::After => ("after", "fail"),
            Way::KillBefore => ("before", "kill"),
            Way::KillAfter => ("after", "kill"),
        };
        portal.plan(fault(case.step, moment, action)).await;
        let first = act.perform(&portal).await;
        let mut wrong = Vec::new();
        let ended = first.answer.is_none()
            || first.deliveries.iter().any(|delivery| delivery.statuses.contains(&NO_ANSWER));
        let met = if action == "kill" { ended } else { portal.calls().await.len() >= case.step };
        if !met {
            wrong.push("the step was not met".to_owned());
        }
        portal.forget_faults().await;
        let done = self.acknowledged(&first) && !self.row.by_the_way;
        let mut last = first;
        if case.ending == Ending::Again {
            for tries in 0..3 {
                if self.acknowledged(&last) && (tries > 0 || !self.row.by_the_way) {
                    break;
                }
                last = act.again(&portal, &last).await;
                if last.answer.is_some_and(|status| self.row.moot.contains(&status)) {
                    break;
                }
            }
            let moot = last.answer.is_some_and(|status| self.row.moot.contains(&status));
            if !moot && !self.acknowledged(&last) {
                wrong.push(format!("sent again it is answered with {:?}", last.answer));
            }
        }
        settle(&portal, &act).await;
        let found = Remains::of(&portal, &self.known).await;
        let from_everything = difference(&self.everything, &found);
        if from_everything.is_empty() {
            return wrong;
        }
        if case.ending == Ending::Left && !done && self.is_asked_for {
            let from_nothing = difference_from_nothing(&self.nothing, &found);
            if from_nothing.is_empty() {
                return wrong;
            }
            wrong.extend(from_nothing.into_iter().map(|text| format!("neither nothing: {text}")));
            wrong.extend(from_everything.into_iter().map(|text| format!("nor everything: {text}")));
            return wrong;
        }
        wrong.extend(from_everything);
        wrong
    }

    fn acknowledged(&self, outcome: &Outcome) -> bool {
        outcome.answer.is_some_and(|status| self.row.done.contains(&status))
    }
}

/// Lets hours go by in which the timers run that take up what was left.
async fn settle(portal: &Portal, act: &Act) {
    for _ in 0..ROUNDS {
        portal.advance_hours(1);
        portal.timer("waiting_work").await;
        if let Act::Timer(function) = act
            && *function != "waiting_work"
        {
            portal.timer(function).await;
        }
    }
}
