//! Comments that are written, changed and removed, in a thread of one's own.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde_json::json;

use super::{Step, Writer, follows};
use crate::{
    chance::Chance,
    door::{Ask, Door},
    office::path,
    support::User,
};

/// More are not kept in the thread, so that it can be read after each kill.
const KEPT: usize = 60;

/// Somebody who writes comments.
pub(crate) struct Comments {
    user: User,
    customer: String,
    thread: String,
    next: u64,
    /// Acknowledged, and not removed.
    there: BTreeMap<String, Comment>,
    /// What is without an answer.
    broken: Option<Change>,
    /// Texts given up on: there or not.
    doubtful: BTreeSet<String>,
    acknowledged: usize,
}

#[derive(Clone, Debug)]
struct Comment {
    text: String,
    etag: String,
}

#[derive(Clone, Debug)]
enum Change {
    New(u64),
    Edit { id: String, text: String },
    Removal { id: String },
}

impl Comments {
    pub(crate) fn new(user: User, customer: String, thread: &str) -> Self {
        Self {
            user,
            customer,
            thread: thread.to_owned(),
            next: 0,
            there: BTreeMap::new(),
            broken: None,
            doubtful: BTreeSet::new(),
            acknowledged: 0,
        }
    }

    fn text(&self, number: u64) -> String {
        format!("{} {number}: Hej å\nhå", self.thread)
    }

    fn choose(&mut self, chance: &mut Chance) -> Change {
        let place = chance.place(self.there.len().max(1));
        let any = self.there.keys().nth(place).cloned();
        self.next += 1;
        match any {
            Some(id) if self.there.len() >= KEPT || chance.happens(10) => Change::Removal { id },
            Some(id) if chance.happens(30) => {
                Change::Edit { id, text: format!("{} (ändrat)", self.text(self.next)) }
            }
            _ => Change::New(self.next),
        }
    }

    async fn write(&mut self, door: &dyn Door, number: u64) -> Option<()> {
        let text = self.text(number);
        let body = json!({"customer": self.customer, "thread": self.thread, "text": text});
        let ask = Ask::post(path("/comments"), &body).key(&format!("{}-{number}", self.thread));
        let answer = door.ask(&self.user, &ask).await?.expect(201);
        assert_eq!(answer.text_at("/text"), text);
        let comment = Comment { text, etag: answer.etag() };
        let twice = self.there.insert(answer.text_at("/id"), comment);
        assert!(twice.is_none(), "an id is given twice");
        Some(())
    }

    async fn edit(&mut self, door: &dyn Door, id: &str, text: &str, again: bool) -> Option<()> {
        let etag = self.there[id].etag.clone();
        let ask = Ask::patch(path(&format!("/comments/{id}")), &json!({"text": text}));
        let mut answer = door.ask(&self.user, &ask.clone().if_match(&etag)).await?;
        if answer.status == 412 && again {
            // It was done when the answer was lost. The same text once more changes nothing.
            answer = door.ask(&self.user, &ask).await?;
        }
        let answer = answer.expect(200);
        assert_eq!(answer.text_at("/text"), text);
        assert!(follows(&answer.etag(), &etag), "versions go up");
        self.there.insert(id.to_owned(), Comment { text: text.to_owned(), etag: answer.etag() });
        Some(())
    }

    async fn remove(&mut self, door: &dyn Door, id: &str, again: bool) -> Option<()> {
        let answer = door.ask(&self.user, &Ask::delete(path(&format!("/comments/{id}")))).await?;
        assert!(answer.status == 204 || again && answer.status == 404, "{}: {}", answer.asked, answer.status);
        self.there.remove(id);
        Some(())
    }
}

#[async_trait(?Send)]
impl Writer for Comments {
    async fn step(&mut self, door: &dyn Door, chance: &mut Chance, begin: bool) -> Step {
        let mut again = self.broken.is_some();
        if let Some(Change::New(number)) = self.broken
            && chance.happens(20)
        {
            self.doubtful.insert(self.text(number));
            (self.broken, again) = (None, false);
        }
        if self.broken.is_none() && !begin {
            return Step::Idle;
        }
        let change = self.broken.clone().unwrap_or_else(|| self.choose(chance));
        self.broken = Some(change.clone());
        let done = match &change {
            Change::New(number) => self.write(door, *number).await,
            Change::Edit { id, text } => self.edit(door, id, text, again).await,
            Change::Removal { id } => self.remove(door, id, again).await,
        };
        if done.is_none() {
            return Step::Broken;
        }
        self.broken = None;
        self.acknowledged += 1;
        Step::Done
    }

    async fn verify(&mut self, door: &dyn Door, _: &mut Chance, _: bool) {
        let mut listed = BTreeMap::new();
        let mut texts = BTreeSet::new();
        let first = path(&format!("/comments?customer={}&thread={}&limit=200", self.customer, self.thread));
        let mut page = first.clone();
        loop {
            let answer = door.now(&self.user, &Ask::get(&page), 200).await;
            for item in answer.items() {
                let text = |field: &str| item[field].as_str().unwrap_or_default().to_owned();
                assert!(texts.insert(text("text")), "a comment is there twice: {}", text("text"));
                listed.insert(text("id"), text("text"));
            }
            let Some(next) = answer.at("/next").as_str().map(str::to_owned) else { break };
            page = format!("{first}&cursor={next}");
        }
        for (id, comment) in &self.there {
            let listed = listed.remove(id);
            let broken = match &self.broken {
                Some(Change::Removal { id: removed }) => removed == id && listed.is_none(),
                Some(Change::Edit { id: edited, text }) => edited == id && listed.as_ref() == Some(text),
                _ => false,
            };
            assert!(
                broken || listed.as_ref() == Some(&comment.text),
                "{id}: {listed:?} for {}",
                comment.text
            );
        }
        for text in listed.values() {
            let broken = matches!(&self.broken, Some(Change::New(number)) if self.text(*number) == *text);
            assert!(broken || self.doubtful.contains(text), "{text:?} was removed, or never written");
        }
    }

    fn waits(&self) -> bool {
        self.broken.is_some()
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged
    }
}
