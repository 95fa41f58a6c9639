//! What remains after an operation, so that two runs of it can be compared: every blob and every mail, with what is another one
//! in each run (new identifiers, times) put in terms of what it is in all of them.
//!
//! - An identifier that was there before stays. A new one becomes a colour that follows from everything that it stands in, so
//!   that two things that are told apart by nothing but their identifiers have the same one, and a thing that lacks one of its
//!   entries has another.
//! - A time from the operation on is taken out and compared by itself: what is done later than in the undisturbed run, by
//!   whoever takes it up, may say so, but nothing may be earlier, or later than the run took.
//! - A due marker says only where retention is to look. One that leads to nothing goes on its day and does no harm before.
//! - The audit log may say twice what was begun twice, and of what never came about: of records, the ones of the undisturbed run
//!   must be there, and no others.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use jiff::{SignedDuration, Timestamp};
use kundportal_store::Mail;

use crate::{
    content::read_content,
    order::{broken, leads_nowhere},
    support::Portal,
    text::{Known, Piece, Reader},
};

/// How long a run goes on after its operation was begun.
pub(crate) const LATEST: SignedDuration = SignedDuration::from_hours(4);

/// Before the name of a blob that was there.
const GONE: &str = "gone: ";

/// One blob or mail: its name and content.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    name: Vec<Piece>,
    content: Vec<Piece>,
}

/// What remains of one run, other than what was there before.
pub(crate) struct Remains {
    items: Vec<Shown>,
    records: BTreeSet<String>,
    /// The same with every new identifier alike.
    kinds_of_records: BTreeSet<String>,
}

/// An item in terms of any run, and the times in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    text: String,
    times: Vec<Timestamp>,
}

/// Of two runs, what one has and the other has not.
pub(crate) fn difference(expected: &Remains, found: &Remains) -> Vec<String> {
    let mut differences = differing(&expected.items, &found.items);
    let missing = expected.records.difference(&found.records);
    differences.extend(missing.map(|record| format!("no record: {record}")));
    let other = found.kinds_of_records.difference(&expected.kinds_of_records);
    differences.extend(other.map(|record| format!("another record: {record}")));
    differences
}

/// The same where nothing must have come about: the log says what was intended, and the key by which the caller may come again
/// stays, as do notes of somebody being looked up and days on which retention looks once more.
pub(crate) fn difference_from_nothing(nothing: &Remains, found: &Remains) -> Vec<String> {
    let trace = |item: &&Shown| {
        (is_note(&item.text) || is_due(&item.text) || is_presence(&item.text)) && !item.text.starts_with(GONE)
    };
    let without = |remains: &Remains| -> Vec<Shown> {
        remains.items.iter().filter(|item| !trace(item)).cloned().collect()
    };
    let mut differences = differing(&without(nothing), &without(found));
    let kept = nothing.items.iter().filter(trace).filter(|item| !found.items.contains(item));
    differences.extend(kept.map(|item| format!("missing: {}", item.text)));
    differences
}

/// A note of what was done, or by which key: whoever does it twice leaves two, which say no more than one. That each has its
/// due marker is looked at by itself.
fn is_note(text: &str) -> bool {
    ["/activity/", "/keys/", "/key/", "/reads/"].iter().any(|part| text.contains(part))
}

/// What is there whatever became of a request: that somebody signed in and was there, and the marker of list reads, which stays
/// for its day.
fn is_presence(text: &str) -> bool {
    let is_reads = text.starts_with("platform/work/") && text.contains("/reads:");
    is_reads || ["/sign-ins/", "/last-use:"].iter().any(|part| text.contains(part))
}

fn is_due(text: &str) -> bool {
    text.split_once("/due/").is_some_and(|(container, _)| !container.contains('/'))
}

fn differing(expected: &[Shown], found: &[Shown]) -> Vec<String> {
    let count = |items: &[Shown]| {
        let mut texts = BTreeMap::<String, Vec<Vec<Timestamp>>>::new();
        for item in items {
            texts.entry(item.text.clone()).or_default().push(item.times.clone());
        }
        texts
    };
    let (expected, mut found) = (count(expected), count(found));
    let mut differences = Vec::new();
    for (text, times) in expected {
        let there = found.remove(&text).unwrap_or_default();
        if there.len() == times.len() {
            let pairs = times.iter().flatten().zip(there.iter().flatten());
            let strange = pairs.filter(|(then, now)| now < then || **now > **then + LATEST);
            differences.extend(strange.map(|(then, now)| format!("at {now}, not {then}: {text}")));
        } else {
            let what = if there.is_empty() { "missing" } else { "not as often" };
            let like = found.keys().find(|other| there.is_empty() && name_of(other) == name_of(&text));
            differences.push(match like {
                Some(other) => format!("other: {} {}", name_of(&text), apart(&text, other)),
                None => format!("{what}: {text}"),
            });
        }
    }
    differences.extend(found.into_keys().map(|text| format!("left: {text}")));
    differences
}

/// The name of what is shown, whatever its identifiers are.
fn name_of(text: &str) -> String {
    without_colours(text.split(": ").next().unwrap_or_default())
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split('#');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + "#" + part.get(4..).unwrap_or_default())
}

/// Where two texts part.
fn apart(expected: &str, found: &str) -> String {
    let (expected, found) = (&without_colours(expected), &without_colours(found));
    let same = expected.chars().zip(found.chars()).take_while(|(one, other)| one == other).count();
    let from = |text: &str| text.chars().skip(same.saturating_sub(40)).take(120).collect::<String>();
    format!("has …{}…, not …{}…", from(found), from(expected))
}

impl Remains {
    /// What remains now, other than `known`. Nothing must be at work any more.
    pub(crate) async fn of(portal: &Portal, known: &Known) -> Self {
        let dump = portal.dump().await;
        let mut broken = broken(&dump);
        broken.extend(
            known.blobs().filter(|name| !dump.contains_key(*name)).map(|name| format!("{GONE}{name}")),
        );
        let mut reader = Reader::new(known);
        let (mut items, mut log) = (Vec::new(), Vec::new());
        for (name, content) in &dump {
            if known.has(name, content) || name.starts_with("platform/due/") || leads_nowhere(name, &dump) {
                continue;
            }
            let item = Item { name: reader.read(name), content: read_content(&mut reader, name, content) };
            if name.starts_with("audit-") { log.push(item) } else { items.push(item) }
        }
        let mails: BTreeSet<_> =
            portal.mails().iter().filter(|mail| !known.has_mail(mail)).map(written).collect();
        let mails = mails
            .iter()
            .map(|(name, content)| Item { name: reader.read(name), content: reader.read(content) });
        items.extend(mails);
        let colours = colours(&items, reader.number_of_new());
        let alike = vec![0; colours.len()];
        let show_item = |item: &Item| {
            let plain = show(item, &alike);
            if is_note(&plain.text) { plain } else { show(item, &colours) }
        };
        let mut shown: Vec<_> = items.iter().map(show_item).collect();
        shown.extend(broken.into_iter().map(|text| Shown { text, times: Vec::new() }));
        shown.sort_unstable();
        shown.dedup_by(|one, other| one.text == other.text && is_note(&one.text));
        Self {
            items: shown,
            records: log.iter().map(|item| show(item, &colours).text).collect(),
            kinds_of_records: log.iter().map(|item| show(item, &alike).text).collect(),
        }
    }
}

/// A mail as a name and a content.
pub(crate) fn written(mail: &Mail) -> (String, String) {
    let name = format!("mail/{}/{}", mail.message_id, mail.to.reveal().as_str());
    (name, format!("{} / {}", mail.subject.reveal(), mail.text.reveal().replace('\n', " / ")))
}

fn show(item: &Item, colours: &[u64]) -> Shown {
    let mut times = Vec::new();
    let mut text = String::new();
    let between = Piece::Text(": ".to_owned());
    for piece in item.name.iter().chain([&between]).chain(&item.content) {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::New(number) => text.extend(["#", &format!("{:04x}", colours[*number] & 0xffff)]),
            Piece::Time(time) => {
                times.push(*time);
                text.push_str("<time>");
            }
        }
    }
    Shown { text, times }
}

/// A colour for each new identifier. After as many rounds it follows from what stands that far around it.
fn colours(items: &[Item], number: usize) -> Vec<u64> {
    const ROUNDS: usize = 4;
    let mut colours = vec![0; number];
    for _ in 0..ROUNDS {
        let mut places = vec![Vec::new(); number];
        for item in items {
            let pieces = || item.name.iter().chain(&item.content);
            let named: BTreeSet<_> = pieces()
                .filter_map(|piece| match piece {
                    Piece::New(number) => Some(*number),
                    _ => None,
                })
                .collect();
            for own in named {
                let mut hasher = DefaultHasher::new();
                item.name.len().hash(&mut hasher);
                for piece in pieces() {
                    match piece {
                        Piece::Text(text) => text.hash(&mut hasher),
                        Piece::New(number) if *number == own => "itself".hash(&mut hasher),
                        Piece::New(number) => colours[*number].hash(&mut hasher),
                        Piece::Time(_) => "time".hash(&mut hasher),
                    }
                }
                places[own].push(hasher.finish());
            }
        }
        colours = places
            .into_iter()
            .map(|mut places| {
                places.sort_unstable();
                let mut hasher = DefaultHasher::new();
                places.hash(&mut hasher);
                hasher.finish()
            })
            .collect();
    }
    colours
}
