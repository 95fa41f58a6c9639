//! The answer of each exchange of an operation is lost in turn, in each way; the operation is brought to its end, and what
//! remains is compared with what an undisturbed run left: nothing is doubled, and nothing is lost.

use std::{
    collections::BTreeMap,
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, stream};

use crate::{
    proxy::{Fate, Weather, Wire},
    remains::{Remains, difference, difference_from_nothing},
    rows::{ROWS, Row},
    stand::Stand,
    support::{Azurite, Issuer, Portal, figure},
    text::Known,
};

/// One case alone: what a failure prints.
const CASE: &str = "KUNDPORTAL_WIRE_CASE";
/// How many cases are gone through: a number, or `all` (`tests/long`).
const CASES: &str = "KUNDPORTAL_WIRE_CASES";
/// How many where nobody says.
const USUAL: usize = 16;
/// By which they are chosen.
const SEED: &str = "KUNDPORTAL_WIRE_SEED";

/// Longer than a call tries when every connection is refused: 2.2 s at most, in pauses.
const OUTAGE: Duration = Duration::from_secs(3);

/// Hours after an operation in which the timer runs, so that what was left is taken up.
const ROUNDS: usize = 2;

/// Cases that wait for storage at the same time.
const AT_ONCE: usize = 4;

/// Cases on one Azurite, which keeps all that was ever sent to it, and has so many accounts.
const CASES_OF_ONE: usize = 50;

/// How an exchange goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// It is reset before storage hears of it.
    Unheard,
    /// Its answer is lost.
    Lost,
    /// Half of its answer arrives.
    Half,
    /// Its answer is lost, and with it the connection to storage for longer than anybody tries. Whoever began it comes again.
    Outage,
    /// The same, and they do not.
    OutageLeft,
}

const WAYS: [(Way, &str); 5] = [
    (Way::Unheard, "unheard"),
    (Way::Lost, "lost"),
    (Way::Half, "half"),
    (Way::Outage, "outage"),
    (Way::OutageLeft, "outage-left"),
];

/// With whom an exchange is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Service {
    Blobs,
    /// Messages that are sent. The host takes them out on a way of its own.
    Queues,
}

/// One exchange of an operation, from 1, that goes wrong in one way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Case {
    way: Way,
    with: Service,
    nth: usize,
}

/// Before the number of an exchange with the queues.
const QUEUE: &str = "queue-";

/// `<way>/<nth>` or `<way>/queue-<nth>`.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = WAYS.iter().find(|(way, _)| *way == self.way).map_or("", |(_, name)| name);
        let with = if self.with == Service::Queues { QUEUE } else { "" };
        write!(f, "{way}/{with}{}", self.nth)
    }
}

impl FromStr for Case {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (way, nth) = text.split_once('/').ok_or("no number")?;
        let way = WAYS.iter().find(|(_, name)| *name == way).ok_or("no such way")?.0;
        let (with, nth) = match nth.strip_prefix(QUEUE) {
            Some(nth) => (Service::Queues, nth),
            None => (Service::Blobs, nth),
        };
        Ok(Self { way, with, nth: nth.parse().map_err(|_| "no number")? })
    }
}

/// What an undisturbed run does and leaves.
struct Undisturbed {
    row: Row,
    /// With blobs and with queues.
    exchanges: [Vec<String>; 2],
    everything: Remains,
    nothing: Remains,
}

/// How a case went.
struct Went {
    wrong: Vec<String>,
    /// The answer to the one who began it.
    first: u16,
}

impl Undisturbed {
    async fn run(row: Row, azurite: &Azurite, issuer: &Arc<Issuer>) -> Self {
        let stand = Stand::up_with_queues(azurite, issuer).await;
        let known = Known::of(&stand.portal).await;
        let _ = stand.seen();
        let answer = (row.make)(&stand.portal, &stand.scene).perform(&stand.portal).await;
        let exchanges = stand.seen();
        assert_eq!(answer, Some(row.done), "{}: undisturbed", row.name);
        settle(&stand).await;
        let everything = Remains::of(&stand.portal, &known).await;
        let untouched = Stand::up(azurite, issuer).await;
        let known = Known::of(&untouched.portal).await;
        settle(&untouched).await;
        let nothing = Remains::of(&untouched.portal, &known).await;
        Self { row, exchanges, everything, nothing }
    }

    fn cases(&self) -> Vec<Case> {
        let [blobs, queues] = &self.exchanges;
        let blobs = (1..).zip(blobs).map(|(nth, exchange)| (Service::Blobs, nth, exchange));
        let queues = (1..).zip(queues).map(|(nth, exchange)| (Service::Queues, nth, exchange));
        let cut = blobs.chain(queues).filter(|(.., exchange)| self.row.is_cut_at(exchange));
        let ways = |(with, nth, exchange): (Service, usize, &String)| {
            let left = self.row.may_be_left_at(exchange);
            let ways = WAYS.into_iter().filter(move |(way, _)| left || *way != Way::OutageLeft);
            ways.map(move |(way, _)| Case { way, with, nth })
        };
        cut.flat_map(ways).collect()
    }

    fn exchange(&self, case: Case) -> &str {
        let [blobs, queues] = &self.exchanges;
        let exchanges = if case.with == Service::Queues { queues } else { blobs };
        exchanges.get(case.nth - 1).map_or("", String::as_str)
    }

    async fn went(&self, case: Case, azurite: &Azurite, issuer: &Arc<Issuer>) -> Went {
        let stand = match case.with {
            Service::Blobs => Stand::up(azurite, issuer).await,
            Service::Queues => Stand::up_with_queues(azurite, issuer).await,
        };
        let wire: &Wire = stand.queues.as_ref().unwrap_or(&stand.wire);
        let portal = &stand.portal;
        let known = Known::of(portal).await;
        let mut deed = (self.row.make)(portal, &stand.scene);
        let (fate, after) = match case.way {
            Way::Unheard => (Fate::Unheard, None),
            Way::Lost => (Fate::Lost, None),
            Way::Half => (Fate::Half, None),
            Way::Outage | Way::OutageLeft => (Fate::Lost, Some((Weather::Refused, OUTAGE))),
        };
        wire.plan(case.nth, fate, after);
        let mut last = deed.perform(portal).await;
        let mut wrong = Vec::new();
        if !wire.forget() {
            wrong.push("the exchange was not met".to_owned());
        }
        let first = last.unwrap_or_default();
        // A 503 has a `Retry-After` and nothing more to say: the caller looks at that with each answer. Work that could not be
        // announced is no reason for one.
        if first != self.row.done && (first != 503 || case.with == Service::Queues) {
            wrong.push(format!("it is answered with {first}"));
        }
        let done = first == self.row.done;
        if case.way != Way::OutageLeft {
            for _ in 0..3 {
                if self.is_over(last) {
                    break;
                }
                last = deed.perform(portal).await;
            }
            if !self.is_over(last) {
                wrong.push(format!("sent again it is answered with {last:?}"));
            }
        }
        settle(&stand).await;
        if case.with == Service::Queues {
            wrong.extend(twice_mailed(portal));
        }
        let found = Remains::of(portal, &known).await;
        let from_everything = difference(&self.everything, &found);
        if !from_everything.is_empty() && case.way == Way::OutageLeft && !done {
            let from_nothing = difference_from_nothing(&self.nothing, &found);
            if !from_nothing.is_empty() {
                wrong.extend(from_nothing.into_iter().map(|text| format!("neither nothing: {text}")));
                wrong.extend(from_everything.into_iter().map(|text| format!("nor everything: {text}")));
            }
        } else {
            wrong.extend(from_everything);
            portal.assert_consistent(&stand.scene.tenant.id).await;
        }
        Went { wrong, first }
    }

    fn is_over(&self, answer: Option<u16>) -> bool {
        answer.is_some_and(|status| status == self.row.done || self.row.moot == Some(status))
    }
}

/// What went out more than once. A message that comes twice, or late, is no reason for that.
fn twice_mailed(portal: &Portal) -> Vec<String> {
    let mut sent = BTreeMap::<String, usize>::new();
    for mail in portal.mails() {
        *sent.entry(mail.message_id).or_default() += 1;
    }
    let twice = sent.into_iter().filter(|(_, times)| *times > 1);
    twice.map(|(mail, times)| format!("mailed {times} times: {mail}")).collect()
}

/// Lets hours go by in which the timer runs that takes up what was left.
async fn settle(stand: &Stand) {
    for _ in 0..ROUNDS {
        stand.portal.advance_hours(1);
        stand.portal.timer("waiting_work").await;
    }
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test says so")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A number that follows from the seed and the case.
fn chance(seed: u64, name: &str, case: &Case) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, name, case.to_string()).hash(&mut hasher);
    hasher.finish()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_after_its_effect_doubles_nothing_and_loses_nothing() {
    let one = variable(CASE);
    let one = one.as_ref().map(|text| text.split_once(' ').expect("a case and the name of a row"));
    let seed: u64 = variable(SEED).map_or(1, |seed| seed.parse().expect("a number"));
    let issuer = Arc::new(Issuer::start().await);
    let rows = ROWS.into_iter().filter(|row| one.is_none_or(|(_, name)| name == row.name));
    let azurite = Arc::new(Azurite::in_memory());
    let running = stream::iter(rows).map(|row| Undisturbed::run(row, &azurite, &issuer));
    let rows: Vec<_> = running.buffered(AT_ONCE).map(Arc::new).collect().await;
    assert!(!rows.is_empty(), "no such row");
    let of_queues: usize = rows.iter().map(|row| row.exchanges[1].len()).sum();
    let exchanges: usize = rows.iter().map(|row| row.exchanges.iter().map(Vec::len).sum::<usize>()).sum();

    let mut cases: Vec<_> =
        rows.iter().flat_map(|row| row.cases().into_iter().map(|case| (Arc::clone(row), case))).collect();
    let all = cases.len();
    if let Some((case, _)) = one.filter(|(case, _)| *case != "*") {
        let case: Case = case.parse().expect("a case");
        cases.retain(|(_, each)| *each == case);
    } else if one.is_none() {
        cases.sort_by_key(|(row, case)| chance(seed, row.row.name, case));
        let number = match variable(CASES).as_deref() {
            None => USUAL,
            Some("all") => all,
            Some(number) => number.parse().expect("a number, or `all`"),
        };
        cases.truncate(number);
    }
    let number = cases.len();
    assert!(number > 0, "no such case");

    let mut went = Vec::new();
    for some in cases.chunks(CASES_OF_ONE) {
        let azurite = Arc::new(Azurite::in_memory());
        let running = stream::iter(some).map(async |(row, case)| {
            let (row, azurite, issuer) = (Arc::clone(row), Arc::clone(&azurite), Arc::clone(&issuer));
            let (name, case) = (row.row.name, *case);
            let exchange = row.exchange(case).to_owned();
            // A panic is a failure of the case too.
            let went = tokio::spawn(async move { row.went(case, &azurite, &issuer).await }).await;
            let went = went.unwrap_or_else(|error| Went { wrong: vec![error.to_string()], first: 0 });
            let text = format!("{CASE}='{case} {name}' ({exchange})\n  {}", went.wrong.join("\n  "));
            (case, went.first, (!went.wrong.is_empty()).then_some(text))
        });
        went.extend(running.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
    }
    let mut answers = BTreeMap::<(&str, u16), usize>::new();
    for (case, first, _) in &went {
        let kind =
            if matches!(case.way, Way::Outage | Way::OutageLeft) { "and then storage" } else { "alone" };
        *answers.entry((kind, *first)).or_default() += 1;
    }
    let failures: Vec<_> = went.into_iter().filter_map(|(.., text)| text).collect();
    assert!(
        failures.is_empty(),
        "{} of {number} cases end otherwise than undisturbed ({SEED}={seed}):\n{}",
        failures.len(),
        failures.join("\n")
    );
    if one.is_none() {
        let count = |kind: &str, well: bool| -> usize {
            let wanted = |(of, answer): &(&str, u16)| *of == kind && (*answer != 503) == well;
            answers.iter().filter(|(key, _)| wanted(key)).map(|(_, number)| number).sum()
        };
        figure(
            "wire-lost-answers",
            &format!(
                "lost answers on the wire: {number} of {all} cases ({} operations, {exchanges} exchanges, {of_queues} of them with queues, {SEED}={seed}); of those with \
                 one answer lost, reset or halved {} were answered as if nothing had been and {} with 503; of those with the \
                 storage gone for {} s afterwards {} and {}; all equal to the undisturbed end state",
                rows.len(),
                count("alone", true),
                count("alone", false),
                OUTAGE.as_secs(),
                count("and then storage", true),
                count("and then storage", false),
            ),
        );
    }
}
