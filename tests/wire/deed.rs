//! What somebody does: a request, or the requests of which a direct upload consists.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use crate::{
    act::{Act, Outcome},
    stand::{STRAIGHT, Scene, announcement},
    support::{Person, Portal, Tenant},
};

/// How often a client sends something to storage, with a pause between: longer than storage is gone in any case.
const TRIES: u32 = 8;
const PAUSE: Duration = Duration::from_millis(500);

/// What is done, again and again until it has come about.
pub(crate) enum Deed {
    Once { act: Act, last: Option<Outcome> },
    Straight(Box<Straight>),
}

/// A direct upload, as far as it has come.
pub(crate) struct Straight {
    tenant: Tenant,
    customer: String,
    kim: Person,
    sender: reqwest::Client,
    announced: Option<Value>,
    is_sent: bool,
}

impl From<Act> for Deed {
    fn from(act: Act) -> Self {
        Self::Once { act, last: None }
    }
}

impl Deed {
    pub(crate) fn straight(scene: &Scene) -> Self {
        Self::Straight(Box::new(Straight {
            tenant: scene.tenant.clone(),
            customer: scene.customer.clone(),
            kim: (*scene.kim).clone(),
            sender: scene.sender.clone(),
            announced: None,
            is_sent: false,
        }))
    }

    /// Does it, for the first time or again, and delivers the messages that it leads to. The answer, if there is one.
    pub(crate) async fn perform(&mut self, portal: &Portal) -> Option<u16> {
        match self {
            Self::Once { act, last } => {
                let outcome = match last.take() {
                    Some(before) => act.again(portal, &before).await,
                    None => act.perform(portal).await,
                };
                let answer = outcome.answer;
                *last = Some(outcome);
                answer
            }
            Self::Straight(straight) => straight.go_on(portal).await,
        }
    }
}

impl Straight {
    /// Announces it, sends it, and says so: whatever has not been done.
    async fn go_on(&mut self, portal: &Portal) -> Option<u16> {
        let files = self.tenant.path("/files/uploads");
        let announced = if let Some(announced) = &self.announced {
            announced
        } else {
            let by = portal.as_(&self.kim).header("idempotency-key", "straight");
            let answer = by.post(&files, announcement(&self.customer)).await;
            if answer.status != 201 {
                return Some(answer.status);
            }
            self.announced.insert(answer.json())
        };
        if !self.is_sent {
            self.is_sent = send(&self.sender, &announced["upload"]).await;
            if !self.is_sent {
                return None;
            }
        }
        let id = announced["id"].as_str().expect("an id");
        let answer = portal.as_(&self.kim).post_empty(&format!("{files}/{id}/complete")).await;
        portal.pump().await;
        Some(answer.status)
    }
}

/// Sends the content to a signed URL as clients of storage do: what has no answer is sent again. Whether storage has taken it.
async fn send(sender: &reqwest::Client, upload: &Value) -> bool {
    let headers: BTreeMap<String, String> =
        serde_json::from_value(upload["headers"].clone()).expect("headers");
    for _ in 0..TRIES {
        let mut request = sender.put(upload["url"].as_str().expect("a URL")).body(STRAIGHT);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        if let Ok(answer) = request.send().await {
            assert_eq!(answer.status().as_u16(), 201, "storage takes what is sent by the URL");
            return true;
        }
        tokio::time::sleep(PAUSE).await;
    }
    false
}
