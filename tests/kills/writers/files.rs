//! Files that are put there and removed, small ones and such as lie in files of their own.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{Step, Writer};
use crate::{
    chance::Chance,
    door::{Ask, Door},
    office::path,
    support::{Answer, User, sha256},
};

/// How many of the older files are read again after a kill.
const SAMPLES: usize = 2;
/// About so many are there at once.
const KEPT: usize = 20;

/// Somebody who puts files there for a customer of their own.
pub(crate) struct Files {
    user: User,
    customer: String,
    next: u64,
    /// Acknowledged, and not removed.
    there: BTreeMap<String, Sent>,
    /// Acknowledged since the last look.
    fresh: Vec<String>,
    gone: BTreeSet<String>,
    putting: Option<Sent>,
    removing: Option<String>,
    /// Given up on: there or not.
    doubtful: Vec<Sent>,
    acknowledged: usize,
}

/// What was sent under a key. Its content follows from its number.
#[derive(Clone, Debug)]
struct Sent {
    number: u64,
    size: usize,
    sha256: String,
}

impl Sent {
    fn new(number: u64, chance: &mut Chance) -> Self {
        let size = match chance.place(10) {
            0 => 0,
            1..=5 => chance.between(1, 60_000),
            6..=8 => chance.between(70_000, 400_000),
            _ => chance.between(400_000, 1_500_000),
        };
        let size = usize::try_from(size).unwrap_or(0);
        let mut sent = Self { number, size, sha256: String::new() };
        sent.sha256 = sha256(&sent.content());
        sent
    }

    fn content(&self) -> Vec<u8> {
        Chance::new(self.number).bytes(self.size)
    }

    fn name(&self) -> String {
        format!("Fil {}.bin", self.number)
    }
}

impl Files {
    /// Their content follows from `first`, which has to be far from everybody else's.
    pub(crate) fn new(user: User, customer: String, first: u64) -> Self {
        Self {
            user,
            customer,
            next: first,
            there: BTreeMap::new(),
            fresh: Vec::new(),
            gone: BTreeSet::new(),
            putting: None,
            removing: None,
            doubtful: Vec::new(),
            acknowledged: 0,
        }
    }

    async fn put(&mut self, door: &dyn Door, sent: Sent) -> Step {
        let ask =
            Ask::upload(path(&format!("/files?customer={}", self.customer)), &sent.name(), sent.content());
        self.putting = Some(sent.clone());
        let Some(answer) = door.ask(&self.user, &ask.key(&format!("file-{}", sent.number))).await else {
            return Step::Broken;
        };
        let answer = answer.expect(201);
        Self::compare(&answer.json(), &sent);
        let id = answer.text_at("/id");
        self.putting = None;
        self.fresh.push(id.clone());
        assert!(!self.gone.contains(&id) && self.there.insert(id, sent).is_none(), "an id is given twice");
        self.acknowledged += 1;
        Step::Done
    }

    async fn remove(&mut self, door: &dyn Door, id: String) -> Step {
        let again = self.removing.replace(id.clone()).is_some();
        let Some(answer) = door.ask(&self.user, &Ask::delete(path(&format!("/files/{id}")))).await else {
            return Step::Broken;
        };
        assert!(answer.status == 204 || again && answer.status == 404, "{}: {}", answer.asked, answer.status);
        self.removing = None;
        self.there.remove(&id);
        self.gone.insert(id);
        self.acknowledged += 1;
        Step::Done
    }

    #[track_caller]
    fn compare(item: &serde_json::Value, sent: &Sent) {
        assert_eq!(
            (&item["name"], &item["size"], &item["sha256"]),
            (&sent.name().into(), &sent.size.into(), &sent.sha256.as_str().into())
        );
    }

    /// What a listed file must be.
    fn expected(&self, id: &str, name: &str) -> Sent {
        if let Some(sent) = self.there.get(id) {
            return sent.clone();
        }
        let mut maybe = self.doubtful.iter().chain(&self.putting);
        let sent = maybe.find(|sent| sent.name() == name);
        sent.unwrap_or_else(|| panic!("{name} ({id}) is listed and was never put there, or has gone")).clone()
    }

    async fn read(&self, door: &dyn Door, id: &str, sent: &Sent) {
        let answer: Answer =
            door.now(&self.user, &Ask::get(path(&format!("/files/{id}/content"))), 200).await;
        assert!(answer.body == sent.content(), "{} ({id}) has another content", sent.name());
    }
}

#[async_trait(?Send)]
impl Writer for Files {
    async fn step(&mut self, door: &dyn Door, chance: &mut Chance, begin: bool) -> Step {
        if let Some(id) = self.removing.clone() {
            return self.remove(door, id).await;
        }
        if let Some(sent) = self.putting.take() {
            // One in five gives up.
            if chance.happens(80) {
                return self.put(door, sent).await;
            }
            self.doubtful.push(sent);
        }
        if !begin {
            return Step::Idle;
        }
        if self.there.len() > KEPT && chance.happens(60) {
            let place = chance.place(self.there.len());
            if let Some(id) = self.there.keys().nth(place).cloned() {
                return self.remove(door, id).await;
            }
        }
        self.next += 1;
        let sent = Sent::new(self.next, chance);
        self.put(door, sent).await
    }

    async fn verify(&mut self, door: &dyn Door, chance: &mut Chance, all: bool) {
        let mut listed = BTreeMap::new();
        let mut names = BTreeSet::new();
        let mut page = path(&format!("/files?customer={}&limit=200", self.customer));
        loop {
            let answer = door.now(&self.user, &Ask::get(&page), 200).await;
            for item in answer.items() {
                let text = |field: &str| item[field].as_str().unwrap_or_default().to_owned();
                let (id, name) = (text("id"), text("name"));
                let sent = self.expected(&id, &name);
                Self::compare(&item, &sent);
                assert!(names.insert(name), "{} is there twice", sent.name());
                listed.insert(id, sent);
            }
            let Some(next) = answer.at("/next").as_str().map(str::to_owned) else { break };
            page = path(&format!("/files?customer={}&limit=200&cursor={next}", self.customer));
        }
        for (id, sent) in &self.there {
            assert!(listed.contains_key(id) || self.removing.as_ref() == Some(id), "{} is lost", sent.name());
        }
        let fresh: BTreeSet<_> = self.fresh.drain(..).collect();
        let sampled: BTreeSet<_> = (0..SAMPLES).map(|_| chance.place(listed.len().max(1))).collect();
        for (place, (id, sent)) in listed.iter().enumerate() {
            let doubtful = !self.there.contains_key(id);
            if all || doubtful || fresh.contains(id) || sampled.contains(&place) {
                self.read(door, id, sent).await;
            }
        }
    }

    fn waits(&self) -> bool {
        self.putting.is_some() || self.removing.is_some()
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged
    }
}
