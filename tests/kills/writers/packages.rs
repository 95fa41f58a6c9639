//! Access packages: asked for, waited for, fetched, and held against what their person had put there.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::json;

use super::{Step, Writer};
use crate::{
    chance::Chance,
    door::{Ask, Door},
    office::path,
    support::{User, package, sha256},
};

/// Files of the person before the first package.
const FILES: u64 = 4;
/// Packages that are fetched again in the end.
const REREAD: usize = 3;

/// Somebody who asks for their package again and again.
pub(crate) struct Packages {
    user: User,
    /// By SHA-256: what they put there.
    files: Vec<String>,
    phase: Phase,
    next: u64,
    /// Requests that were answered, with the packages' digests.
    answered: Vec<(String, String)>,
    acknowledged: usize,
}

#[derive(Clone, Debug)]
enum Phase {
    /// Nothing is asked for; or a request got no answer.
    Asking {
        broken: bool,
    },
    Waiting(String),
}

impl Packages {
    pub(crate) async fn new(door: &dyn Door, user: User, customer: &str, seed: u64) -> Self {
        let mut files = Vec::new();
        for number in 0..FILES {
            let size = [3_000, 50_000, 70_000, 300_000][usize::try_from(number).unwrap_or(0) % 4];
            let content = Chance::new(seed + number).bytes(size);
            files.push(sha256(&content));
            let to = path(&format!("/files?customer={customer}"));
            door.now(&user, &Ask::upload(to, &format!("Eget {number}.bin"), content), 201).await;
        }
        Self {
            user,
            files,
            phase: Phase::Asking { broken: false },
            next: 0,
            answered: Vec::new(),
            acknowledged: 0,
        }
    }

    async fn ask(&mut self, door: &dyn Door) -> Option<Step> {
        self.phase = Phase::Asking { broken: true };
        let ask = Ask::post(path("/requests"), &json!({"kind": "access"}));
        let answer = door.ask(&self.user, &ask.key(&format!("package-{}", self.next))).await?;
        let id = answer.expect(201).text_at("/id");
        assert!(self.answered.iter().all(|(earlier, _)| *earlier != id), "a request is answered twice");
        self.phase = Phase::Waiting(id);
        self.acknowledged += 1;
        Some(Step::Done)
    }

    async fn look(&mut self, door: &dyn Door, id: &str) -> Option<Step> {
        let case = door.ask(&self.user, &Ask::get(path(&format!("/requests/{id}")))).await?.expect(200);
        if case.text_at("/state") != "fulfilled" {
            return Some(Step::Idle);
        }
        let digest = case.text_at("/package/sha256");
        self.fetch(door, id, &digest).await?;
        self.answered.push((id.to_owned(), digest));
        self.phase = Phase::Asking { broken: false };
        self.next += 1;
        self.acknowledged += 1;
        Some(Step::Done)
    }

    async fn fetch(&self, door: &dyn Door, id: &str, digest: &str) -> Option<()> {
        let answer = door.ask(&self.user, &Ask::get(path(&format!("/requests/{id}/package")))).await?;
        let answer = answer.expect(200);
        assert_eq!(sha256(&answer.body), digest, "the package is another");
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for content in package::unpack(&answer.body, id).values() {
            *found.entry(sha256(content)).or_default() += 1;
        }
        for file in &self.files {
            assert_eq!(found.get(file), Some(&1), "a file is missing in the package, or doubled");
        }
        Some(())
    }
}

#[async_trait(?Send)]
impl Writer for Packages {
    async fn step(&mut self, door: &dyn Door, chance: &mut Chance, begin: bool) -> Step {
        let step = match self.phase.clone() {
            Phase::Asking { broken: false } if !begin || chance.happens(70) => Some(Step::Idle),
            Phase::Asking { .. } => self.ask(door).await,
            Phase::Waiting(id) => self.look(door, &id).await,
        };
        step.unwrap_or(Step::Broken)
    }

    async fn verify(&mut self, door: &dyn Door, chance: &mut Chance, all: bool) {
        // Each request once, and none besides.
        let mut ids = Vec::new();
        let mut page = path("/requests?limit=200");
        loop {
            let answer = door.now(&self.user, &Ask::get(&page), 200).await;
            ids.extend(answer.items().iter().filter_map(|item| item["id"].as_str().map(str::to_owned)));
            let Some(next) = answer.at("/next").as_str().map(str::to_owned) else { break };
            page = path(&format!("/requests?limit=200&cursor={next}"));
        }
        let there = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), there);
        for (id, _) in &self.answered {
            assert!(ids.contains(id), "a request is lost");
        }
        if let Phase::Waiting(id) = &self.phase {
            assert!(ids.contains(id), "a request is lost");
        }
        let unanswered = there - self.answered.len();
        assert!(unanswered <= 1, "{unanswered} requests for one");
        let again = if all { REREAD } else { usize::from(chance.happens(20)) };
        for _ in 0..again.min(self.answered.len()) {
            let (id, digest) = &self.answered[chance.place(self.answered.len())];
            self.fetch(door, id, digest).await.expect("a package that was there");
        }
    }

    fn waits(&self) -> bool {
        !matches!(self.phase, Phase::Asking { broken: false })
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged
    }
}
