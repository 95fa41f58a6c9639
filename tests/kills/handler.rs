//! Kills of the handler. The test is its host: it delivers messages, again where the handler died, five times in all.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::join_all;
use kundportal_store::Enqueued;

use crate::{
    chance::Chance,
    door::{Ask, Door, Mails},
    scene::Killed,
    support::{Answer, Person, Portal, function_of_queue, queue_envelope, timer_envelope},
};

/// Messages worked on at once.
const AT_ONCE: usize = 8;
const DELIVERIES: u32 = 5;

/// A handler and its host.
pub(crate) struct Handler {
    portal: Portal,
    /// Messages that the host has taken, and how often it has delivered them.
    in_hand: RefCell<Vec<(Enqueued, u32)>>,
    mails: Mails,
}

impl Handler {
    pub(crate) async fn start() -> Self {
        let portal = Portal::start_served().await;
        Self { portal, in_hand: RefCell::default(), mails: Mails::default() }
    }

    fn take_messages(&self) {
        let (visible, hidden) = self.portal.take_messages();
        self.portal.put_back(hidden);
        self.in_hand.borrow_mut().extend(visible.into_iter().map(|message| (message, 0)));
    }

    /// Delivers some messages once; how many.
    async fn deliver(&self) -> usize {
        self.take_messages();
        let some: Vec<_> = {
            let mut in_hand = self.in_hand.borrow_mut();
            let count = in_hand.len().min(AT_ONCE);
            in_hand.drain(..count).collect()
        };
        join_all(some.into_iter().map(|(message, deliveries)| self.deliver_one(message, deliveries + 1)))
            .await
            .len()
    }

    async fn deliver_one(&self, mut message: Enqueued, delivery: u32) {
        // Nobody reads further poison queues.
        let Some(function) = function_of_queue(&message.queue) else { return };
        let envelope = queue_envelope(function, &message.message, delivery);
        if self.portal.try_trigger(function, &envelope, None).await.is_ok_and(|(status, _)| status == 200) {
            return;
        }
        let mut in_hand = self.in_hand.borrow_mut();
        if delivery < DELIVERIES {
            in_hand.push((message, delivery));
        } else {
            message.queue.push_str("-poison");
            in_hand.push((message, 0));
        }
    }
}

#[async_trait(?Send)]
impl Door for Handler {
    async fn attempt(&self, person: &Person, operator: bool, ask: &Ask) -> Option<Answer> {
        let mut caller = if operator { self.portal.operator() } else { self.portal.as_(person) };
        for (name, value) in &ask.headers {
            caller = caller.header(name, value);
        }
        let answer = caller.attempt(ask.method.clone(), &ask.path, |request| match &ask.body {
            Some(body) => request.body(body.clone()),
            None => request,
        });
        answer.await.ok()
    }

    async fn invite_token(&self, email: &str) -> Option<String> {
        self.mails.token_from(&self.portal, email)
    }
}

#[async_trait(?Send)]
impl Killed for Handler {
    fn door(&self) -> &dyn Door {
        self
    }

    async fn serve(&self, over: &Cell<bool>) {
        while !over.get() {
            if self.deliver().await == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    async fn kill(&self, _: &mut Chance) {
        self.portal.kill();
    }

    async fn stumble(&self, after: Duration) {
        self.portal.stumble(after).await;
    }

    async fn revive(&self) {
        assert!(self.portal.revive().await, "it was killed");
        self.portal.clock().advance(Duration::from_secs(1));
    }

    async fn let_time_pass(&self, _: u32) {
        self.portal.clock().advance(Duration::from_mins(20));
        for timer in ["waiting_work", "activity"] {
            let (status, text) = self.portal.trigger(timer, &timer_envelope(timer), None).await;
            assert_eq!(status, 200, "{timer}: {text}");
        }
        self.rest().await;
    }

    async fn rest(&self) {
        while self.deliver().await > 0 {}
    }

    fn folder(&self) -> std::path::PathBuf {
        self.portal.folder().to_owned()
    }

    async fn end(&self) {
        self.portal.kill();
    }
}
