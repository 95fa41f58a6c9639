//! Invitations, and the people who accept them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::json;

use super::{Step, Writer};
use crate::{
    chance::Chance,
    door::{Ask, Door},
    office::{invitation, path},
    support::{Person, User},
};

/// Invitations without an answer at once.
const OPEN: usize = 4;
const SAMPLES: usize = 3;

/// Somebody who invites, and those who are invited.
pub(crate) struct Accepts {
    administrator: User,
    customer: String,
    prefix: &'static str,
    next: u64,
    inviting: Option<Person>,
    /// Invited, and their mail has perhaps not come yet.
    invited: Vec<Person>,
    accepting: Option<(Person, String)>,
    accepted: Vec<User>,
    /// Of the accepted, those that were looked at.
    seen: usize,
    acknowledged: usize,
}

impl Accepts {
    pub(crate) fn new(administrator: User, customer: String, prefix: &'static str) -> Self {
        Self {
            administrator,
            customer,
            prefix,
            next: 0,
            inviting: None,
            invited: Vec::new(),
            accepting: None,
            accepted: Vec::new(),
            seen: 0,
            acknowledged: 0,
        }
    }

    async fn invite(&mut self, door: &dyn Door, person: Person) -> Step {
        self.inviting = Some(person.clone());
        let ask = invitation(&person, &self.customer).key(&person.email);
        let Some(answer) = door.ask(&self.administrator, &ask).await else { return Step::Broken };
        answer.expect(201);
        self.inviting = None;
        self.invited.push(person);
        self.acknowledged += 1;
        Step::Done
    }

    async fn accept(&mut self, door: &dyn Door, person: Person, token: String) -> Step {
        let ask = Ask::post("/api/invites/accept", &json!({"token": token}));
        self.accepting = Some((person.clone(), token));
        let Some(answer) = door.ask(&person, &ask).await else { return Step::Broken };
        let id = answer.expect(200).text_at("/user");
        self.accepting = None;
        self.accepted.push(User { person, id });
        self.acknowledged += 1;
        Step::Done
    }

    /// They are in, as the user they were told, and with the membership.
    async fn look(&self, door: &dyn Door, user: &User) {
        let profile = door.now(user, &Ask::get(path("/profile")), 200).await;
        assert_eq!(profile.text_at("/id"), user.id);
        assert_eq!(profile.text_at("/email"), user.email);
        assert_eq!(profile.at("/customers/0/id"), self.customer.as_str());
        assert!(profile.at("/customers/1").is_null(), "one membership");
    }

    /// Nobody is there twice.
    async fn look_at_list(&self, door: &dyn Door) {
        let mut users: BTreeMap<String, String> = BTreeMap::new();
        let mut page = path("/users?limit=200");
        loop {
            let answer = door.now(&self.administrator, &Ask::get(&page), 200).await;
            for item in answer.items() {
                let text = |field: &str| item[field].as_str().unwrap_or_default().to_owned();
                let twice = users.insert(text("email"), text("id"));
                assert!(twice.is_none(), "somebody is there twice");
            }
            let Some(next) = answer.at("/next").as_str().map(str::to_owned) else { break };
            page = path(&format!("/users?limit=200&cursor={next}"));
        }
        for user in &self.accepted {
            assert_eq!(users.get(&user.email), Some(&user.id), "somebody who was let in is not listed");
        }
    }
}

#[async_trait(?Send)]
impl Writer for Accepts {
    async fn step(&mut self, door: &dyn Door, chance: &mut Chance, begin: bool) -> Step {
        if let Some((person, token)) = self.accepting.clone() {
            return self.accept(door, person, token).await;
        }
        if let Some(person) = self.inviting.clone() {
            return self.invite(door, person).await;
        }
        if !self.invited.is_empty() {
            let place = chance.place(self.invited.len());
            if let Some(token) = door.invite_token(&self.invited[place].email).await {
                let person = self.invited.remove(place);
                return self.accept(door, person, token).await;
            }
        }
        if self.invited.len() >= OPEN || !begin {
            return Step::Idle;
        }
        self.next += 1;
        let person = Person::new(&format!("{}{}@example.com", self.prefix, self.next));
        self.invite(door, person).await
    }

    async fn verify(&mut self, door: &dyn Door, chance: &mut Chance, all: bool) {
        let from = if all { 0 } else { self.seen };
        for user in &self.accepted[from..] {
            self.look(door, user).await;
        }
        for _ in 0..SAMPLES.min(from) {
            self.look(door, &self.accepted[chance.place(from)]).await;
        }
        self.seen = self.accepted.len();
        if all {
            self.look_at_list(door).await;
        }
    }

    fn waits(&self) -> bool {
        self.inviting.is_some() || self.accepting.is_some() || !self.invited.is_empty()
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged
    }
}
