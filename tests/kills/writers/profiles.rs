//! Changes of one's own profile, each made on the version before it.

use async_trait::async_trait;
use serde_json::json;

use super::{Step, Writer, follows};
use crate::{
    chance::Chance,
    door::{Ask, Door},
    office::path,
    support::{Answer, User},
};

/// Somebody who changes their profile again and again.
pub(crate) struct Profiles {
    user: User,
    /// The last change that was acknowledged, and its version.
    known: (u64, String),
    broken: Option<u64>,
    acknowledged: usize,
}

fn name(change: u64) -> String {
    format!("Kim Åberg {change}")
}

fn phone(change: u64) -> String {
    format!("+467017406{:02}", 5 + change % 95)
}

impl Profiles {
    pub(crate) async fn new(door: &dyn Door, user: User) -> Self {
        let patch = Ask::patch(path("/profile"), &json!({"name": name(0), "phone": phone(0)}));
        let etag = door.now(&user, &patch, 200).await.etag();
        Self { user, known: (0, etag), broken: None, acknowledged: 1 }
    }

    /// Which change a profile shows.
    #[track_caller]
    fn shown(&self, answer: &Answer) -> (u64, String) {
        let (text, shown) = (answer.text_at("/name"), self.known.0);
        let change = [Some(shown), self.broken].into_iter().flatten().find(|change| text == name(*change));
        let change = change.unwrap_or_else(|| panic!("change {shown} is lost: it is {text}"));
        assert_eq!(answer.text_at("/phone"), phone(change), "a profile of two changes");
        (change, answer.etag())
    }

    fn look(&mut self, answer: &Answer) {
        let (change, etag) = self.shown(answer);
        if change == self.known.0 {
            assert_eq!(etag, self.known.1, "change {change}");
        } else {
            assert!(follows(&etag, &self.known.1), "versions go up");
            self.known = (change, etag);
            self.broken = None;
        }
    }
}

#[async_trait(?Send)]
impl Writer for Profiles {
    async fn step(&mut self, door: &dyn Door, _: &mut Chance, begin: bool) -> Step {
        if self.broken.is_none() && !begin {
            return Step::Idle;
        }
        if self.broken.is_some() {
            let Some(answer) = door.ask(&self.user, &Ask::get(path("/profile"))).await else {
                return Step::Broken;
            };
            self.look(&answer.expect(200));
        }
        let again = self.broken.is_some();
        let change = self.broken.unwrap_or(self.known.0 + 1);
        let patch = Ask::patch(path("/profile"), &json!({"name": name(change), "phone": phone(change)}));
        self.broken = Some(change);
        let Some(answer) = door.ask(&self.user, &patch.if_match(&self.known.1)).await else {
            return Step::Broken;
        };
        if answer.status == 412 && again {
            // A handler that outlived its host by a moment had not come to its end at the last look.
            return Step::Broken;
        }
        self.look(&answer.expect(200));
        assert_eq!(self.known.0, change);
        self.acknowledged += 1;
        Step::Done
    }

    async fn verify(&mut self, door: &dyn Door, _: &mut Chance, _: bool) {
        let answer = door.now(&self.user, &Ask::get(path("/profile")), 200).await;
        let (change, etag) = self.shown(&answer);
        if change == self.known.0 {
            assert_eq!(etag, self.known.1, "change {change}");
        }
    }

    fn waits(&self) -> bool {
        self.broken.is_some()
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged
    }
}
