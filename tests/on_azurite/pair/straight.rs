//! Direct uploads: announced at one process, completed at either, checked by whichever gets the message, and once there.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use kundportal_store::{BlobPath, BlobStore, BlobStoreExt as _, Condition, Container};
use reqwest::Method;
use serde_json::json;

use crate::{
    chance::Chance,
    door::{Ask, Door},
    office::{TENANT, path},
    support::{User, sha256},
    writers::{Step, Writer},
};

#[derive(Clone, Debug)]
enum Phase {
    Beginning,
    /// Announced under this id.
    Sending(String),
    /// Sent.
    Completing(String),
    Checking(String),
}

/// Somebody who sends files straight to storage, for a customer of their own.
pub(crate) struct Straight {
    user: User,
    customer: String,
    blobs: Arc<dyn BlobStore>,
    number: u64,
    phase: Phase,
    /// Whether the announcement is without an answer.
    broken: bool,
    /// By id: the numbers of what became files.
    there: BTreeMap<String, u64>,
    acknowledged: usize,
}

fn content(number: u64) -> Vec<u8> {
    let mut chance = Chance::new(number);
    let size = usize::try_from(chance.between(1, 200_000)).unwrap_or(1);
    chance.bytes(size)
}

fn name(number: u64) -> String {
    format!("Rakt {number}.bin")
}

impl Straight {
    /// Their content follows from `first`, which has to be far from everybody else's.
    pub(crate) fn new(user: User, customer: String, blobs: Arc<dyn BlobStore>, first: u64) -> Self {
        Self {
            user,
            customer,
            blobs,
            number: first,
            phase: Phase::Beginning,
            broken: false,
            there: BTreeMap::new(),
            acknowledged: 0,
        }
    }

    async fn begin(&mut self, door: &dyn Door) -> Option<Step> {
        if !self.broken {
            self.number += 1;
            self.broken = true;
        }
        let body = json!({
            "name": name(self.number), "contentType": "application/octet-stream",
            "size": content(self.number).len(), "customer": self.customer,
        });
        let ask = Ask::post(path("/files/uploads"), &body).key(&format!("straight-{}", self.number));
        let answer = door.ask(&self.user, &ask).await?.expect(201);
        self.broken = false;
        self.phase = Phase::Sending(answer.text_at("/id"));
        self.acknowledged += 1;
        Some(Step::Done)
    }

    /// Once: what is sent after the end of the upload would be left to retention.
    async fn send(&mut self, id: String) -> Step {
        let staging = BlobPath::new(Container::new("staging"), format!("{TENANT}/{id}"));
        let sent = self.blobs.put_bytes(&staging, content(self.number).into(), Condition::Always);
        sent.await.expect("it is sent");
        self.phase = Phase::Completing(id);
        Step::Done
    }

    async fn complete(&mut self, door: &dyn Door, id: String) -> Option<Step> {
        let ask = Ask {
            method: Method::POST,
            path: path(&format!("/files/uploads/{id}/complete")),
            headers: vec![("content-length", "0".to_owned())],
            body: None,
        };
        door.ask(&self.user, &ask).await?.expect(202);
        self.phase = Phase::Checking(id);
        self.acknowledged += 1;
        Some(Step::Done)
    }

    async fn look(&mut self, door: &dyn Door, id: String) -> Option<Step> {
        let ask = Ask::get(path(&format!("/files/uploads/{id}")));
        let upload = door.ask(&self.user, &ask).await?.expect(200);
        match upload.text_at("/state").as_str() {
            "checking" => Some(Step::Idle),
            "complete" => {
                let twice = self.there.insert(id, self.number);
                assert!(twice.is_none(), "an id is given twice");
                self.phase = Phase::Beginning;
                self.acknowledged += 1;
                Some(Step::Done)
            }
            other => panic!("an upload that was sent is {other}: {}", upload.text()),
        }
    }
}

#[async_trait(?Send)]
impl Writer for Straight {
    async fn step(&mut self, door: &dyn Door, chance: &mut Chance, begin: bool) -> Step {
        let step = match self.phase.clone() {
            Phase::Beginning if !self.broken && (!begin || chance.happens(50)) => Some(Step::Idle),
            Phase::Beginning => self.begin(door).await,
            Phase::Sending(id) => Some(self.send(id).await),
            Phase::Completing(id) => self.complete(door, id).await,
            Phase::Checking(id) => self.look(door, id).await,
        };
        step.unwrap_or(Step::Broken)
    }

    async fn verify(&mut self, door: &dyn Door, chance: &mut Chance, all: bool) {
        let mut listed = BTreeMap::new();
        let first = path(&format!("/files?customer={}&limit=200", self.customer));
        let mut page = first.clone();
        loop {
            let answer = door.now(&self.user, &Ask::get(&page), 200).await;
            for item in answer.items() {
                let twice = listed.insert(item["id"].as_str().unwrap_or_default().to_owned(), item);
                assert!(twice.is_none(), "a file is listed twice");
            }
            let Some(next) = answer.at("/next").as_str().map(str::to_owned) else { break };
            page = format!("{first}&cursor={next}");
        }
        if let Phase::Completing(id) | Phase::Checking(id) = &self.phase {
            // It may have become a file since.
            listed.remove(id);
        }
        assert!(listed.keys().eq(self.there.keys()), "{:?} for {:?}", listed.keys(), self.there);
        for (place, (id, number)) in self.there.iter().enumerate() {
            let content = content(*number);
            let item = &listed[id];
            assert_eq!(
                (&item["name"], &item["size"], &item["sha256"]),
                (&name(*number).into(), &content.len().into(), &sha256(&content).into())
            );
            if all || place + 1 == self.there.len() || chance.happens(10) {
                let ask = Ask::get(path(&format!("/files/{id}/content")));
                let read = door.now(&self.user, &ask, 200).await;
                assert!(read.body == content, "{id} has another content");
            }
        }
    }

    fn waits(&self) -> bool {
        self.broken || !matches!(self.phase, Phase::Beginning)
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged
    }
}
