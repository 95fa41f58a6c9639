//! The host of both processes: takes messages out of Azurite's queues and fires timers, more often than it should and, with
//! messages, less often too.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::future::join_all;
use kundportal_functions::{FUNCTIONS, Trigger};
use kundportal_store::{AzureQueue, TakenMessage};
use serde_json::Value;

use super::processes::Pair;
use crate::{
    chance::Chance,
    support::{Portal, function_of_queue, queue_envelope, timer_envelope},
};

/// Of a hundred messages: lost without a delivery,
const LOST: u64 = 8;
/// delivered to both processes at once,
const TO_BOTH: u64 = 30;
/// and delivered once more after they were done.
const AGAIN: u64 = 30;
/// Of a hundred turns of the host, those in which a timer fires on both processes at once.
const TIMERS: u64 = 20;
/// Messages of one queue worked on at once.
const AT_ONCE: usize = 8;
const DELIVERIES: u32 = 5;
const HIDDEN: Duration = Duration::from_mins(10);

/// What the host did.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) messages: Cell<usize>,
    pub(crate) lost: Cell<usize>,
    pub(crate) to_both: Cell<usize>,
    pub(crate) again: Cell<usize>,
    /// Deliveries of everything once more, in the end.
    pub(crate) in_the_end: Cell<usize>,
    pub(crate) timers: Cell<usize>,
}

fn count(what: &Cell<usize>) {
    what.set(what.get() + 1);
}

/// The host.
pub(crate) struct Host<'a> {
    pair: &'a Pair,
    queue: AzureQueue,
    chance: RefCell<Chance>,
    /// Whether it loses messages.
    careless: Cell<bool>,
    /// Done, and to be delivered once more: function and text.
    again: RefCell<Vec<(&'static str, String)>>,
    /// Everything that was ever delivered.
    ever: RefCell<BTreeSet<(&'static str, String)>>,
    /// How often work of each id was brought to a process.
    brought: RefCell<BTreeMap<String, u32>>,
    pub(crate) done: Done,
}

impl<'a> Host<'a> {
    pub(crate) fn new(pair: &'a Pair, seed: u64) -> Self {
        Self {
            pair,
            queue: pair.both()[0].queue_on_azurite(),
            chance: RefCell::new(Chance::new(seed)),
            careless: Cell::new(false),
            again: RefCell::default(),
            ever: RefCell::default(),
            brought: RefCell::default(),
            done: Done::default(),
        }
    }

    /// Whether messages are lost from now on.
    pub(crate) fn lose_messages(&self, lost: bool) {
        self.careless.set(lost);
    }

    fn happens(&self, percent: u64) -> bool {
        self.chance.borrow_mut().happens(percent)
    }

    /// Delivers what can be taken, and some of what was done before; how many messages it took.
    pub(crate) async fn deliver(&self) -> usize {
        let mut taken = Vec::new();
        for queue in queues() {
            let messages = self.queue.take(queue, HIDDEN, AT_ONCE).await.expect("a queue");
            taken.extend(messages.into_iter().map(|message| (queue, message)));
        }
        let again = self.again.take();
        let repeating = join_all(again.iter().map(|(function, text)| self.repeat(function, text)));
        let delivering = join_all(taken.iter().map(|(queue, message)| self.deliver_one(queue, message)));
        tokio::join!(repeating, delivering);
        taken.len()
    }

    async fn deliver_one(&self, queue: &'static str, message: &TakenMessage) {
        let function = function_of_queue(queue).expect("a function reads it");
        let (id, receipt) = (&message.id, &message.pop_receipt);
        count(&self.done.messages);
        if self.careless.get() && (self.happens(LOST) || self.done.lost.get() == 0) {
            count(&self.done.lost);
            self.queue.remove(queue, id, receipt).await.expect("it is ours");
            return;
        }
        self.ever.borrow_mut().insert((function, message.text.clone()));
        let done = if self.happens(TO_BOTH) {
            count(&self.done.to_both);
            let [one, other] = self.pair.both();
            let bring = |portal| self.bring(portal, function, &message.text, message.dequeue_count);
            let (one, other) = tokio::join!(bring(one), bring(other));
            one || other
        } else {
            self.bring(self.pair.either(), function, &message.text, message.dequeue_count).await
        };
        let kept = if done {
            if self.happens(AGAIN) {
                self.again.borrow_mut().push((function, message.text.clone()));
            }
            self.queue.remove(queue, id, receipt).await
        } else if message.dequeue_count < DELIVERIES {
            self.queue.give_back(queue, id, receipt, Duration::ZERO).await
        } else {
            let poison = format!("{queue}-poison");
            assert!(function_of_queue(&poison).is_some(), "{function} fails again and again");
            self.queue.move_to(queue, id, receipt, &message.text, &poison).await
        };
        kept.expect("it is ours");
    }

    /// Brings a message to a process, and notes of what work it speaks; whether it was done.
    async fn bring(&self, portal: &Portal, function: &str, text: &str, delivery: u32) -> bool {
        let message: Value = serde_json::from_str(text).expect("a message");
        let work = message["id"].as_str().expect("an id of work").to_owned();
        *self.brought.borrow_mut().entry(work).or_default() += 1;
        bring(portal, function, text, delivery).await
    }

    /// How often work was begun that sends the mail of a Message-ID: its own, or what it belongs to.
    pub(crate) fn begun(&self, message_id: &str) -> u32 {
        let local = message_id.split('@').next().unwrap_or_default();
        let sends = |work: &str| match work.split_once('-') {
            Some(("mail", own)) => local.ends_with(&own.replacen('-', ".", 1)),
            Some(("invite" | "export", own)) if !own.starts_with("closed-") => {
                own.split('-').filter(|part| part.contains('_')).all(|id| local.contains(id))
            }
            _ => false,
        };
        let brought = self.brought.borrow();
        brought.iter().filter(|(work, _)| sends(work)).map(|(_, times)| times).sum()
    }

    /// Delivers once more what was done.
    async fn repeat(&self, function: &'static str, text: &str) {
        let before = self.pair.losses();
        let done = self.bring(self.pair.either(), function, text, 1).await;
        count(&self.done.again);
        assert!(done || before.1 || before != self.pair.losses(), "{function} fails when it comes again");
    }

    /// Delivers everything that was ever delivered once more, to both at once.
    pub(crate) async fn repeat_all(&self) {
        let ever: Vec<_> = self.ever.borrow().iter().cloned().collect();
        for some in ever.chunks(AT_ONCE) {
            let [one, other] = self.pair.both();
            let bring_both = |(function, text): &(&'static str, String)| {
                let (function, text) = (*function, text.clone());
                async move {
                    let done = tokio::join!(bring(one, function, &text, 1), bring(other, function, &text, 1));
                    assert_eq!(done, (true, true), "{function} fails when it comes again");
                    self.done.in_the_end.set(self.done.in_the_end.get() + 2);
                }
            };
            join_all(some.iter().map(bring_both)).await;
        }
    }

    /// Fires a timer on both at once.
    pub(crate) async fn fire(&self, timer: &'static str) {
        let before = self.pair.losses();
        let envelope = timer_envelope(timer);
        let [one, other] = self.pair.both();
        let fired = |portal: &'a Portal| portal.try_trigger(timer, &envelope, None);
        let answers = tokio::join!(fired(one), fired(other));
        count(&self.done.timers);
        if before == self.pair.losses() && !before.1 {
            for answer in [answers.0, answers.1] {
                let (status, text) = answer.expect("an answer");
                assert_eq!(status, 200, "{timer}: {text}");
            }
        }
    }

    /// Fires every timer, each on both at once, and delivers what follows.
    pub(crate) async fn fire_all(&self) {
        for timer in timers() {
            self.fire(timer).await;
        }
        self.rest().await;
    }

    /// Delivers until no message waits.
    pub(crate) async fn rest(&self) {
        while self.deliver().await > 0 || !self.again.borrow().is_empty() {}
    }

    /// Delivers messages and fires timers until it is over.
    pub(crate) async fn serve(&self, over: &Cell<bool>) {
        let timers: Vec<_> = timers().collect();
        while !over.get() {
            let firing = async {
                if self.happens(TIMERS) {
                    let timer = timers[self.chance.borrow_mut().place(timers.len())];
                    self.fire(timer).await;
                }
            };
            let (delivered, ()) = tokio::join!(self.deliver(), firing);
            if delivered == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Brings a message to a process; whether it was done.
async fn bring(portal: &Portal, function: &str, text: &str, delivery: u32) -> bool {
    let envelope = queue_envelope(function, text, delivery);
    portal.try_trigger(function, &envelope, None).await.is_ok_and(|(status, _)| status == 200)
}

fn timers() -> impl Iterator<Item = &'static str> {
    FUNCTIONS
        .iter()
        .filter(|function| matches!(function.trigger, Trigger::Timer { .. }))
        .map(|timer| timer.name)
}

fn queues() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().filter_map(|function| match function.trigger {
        Trigger::Queue { queue, .. } => Some(queue),
        _ => None,
    })
}
