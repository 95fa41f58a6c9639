//! Two handler processes on one account: requests go to either, by chance, and to the other while one is gone.

use std::cell::{Cell, RefCell};

use async_trait::async_trait;

use crate::{
    chance::Chance,
    door::{Ask, Door, Mails},
    support::{Answer, Person, Portal},
};

/// The two, and which of them is gone.
pub(crate) struct Pair {
    processes: [Portal; 2],
    gone: Cell<Option<usize>>,
    kills: Cell<usize>,
    chance: RefCell<Chance>,
    mails: Mails,
    requests: Cell<usize>,
}

impl Pair {
    pub(crate) async fn start(seed: u64) -> Self {
        let one = Portal::start_served_on_azurite(&[]).await;
        let other = one.another_process().await;
        Self {
            processes: [one, other],
            gone: Cell::default(),
            kills: Cell::default(),
            chance: RefCell::new(Chance::new(seed)),
            mails: Mails::default(),
            requests: Cell::default(),
        }
    }

    /// Either, unless it is gone.
    pub(crate) fn either(&self) -> &Portal {
        let place = self.gone.get().map_or_else(|| self.chance.borrow_mut().place(2), |gone| 1 - gone);
        &self.processes[place]
    }

    pub(crate) const fn both(&self) -> &[Portal; 2] {
        &self.processes
    }

    /// Kills either of them, without warning. Nothing new goes to it.
    pub(crate) fn kill(&self) {
        assert_eq!(self.gone.get(), None, "one is gone already");
        let place = self.chance.borrow_mut().place(2);
        self.gone.set(Some(place));
        self.kills.set(self.kills.get() + 1);
        self.processes[place].kill();
    }

    /// Starts the one again that was killed.
    pub(crate) async fn revive(&self) {
        let gone = self.gone.get().expect("one was killed");
        assert!(self.processes[gone].revive().await, "it was killed");
        self.gone.set(None);
    }

    /// How often one was killed, and whether one is gone now.
    pub(crate) fn losses(&self) -> (usize, bool) {
        (self.kills.get(), self.gone.get().is_some())
    }

    /// Requests of people that were sent.
    pub(crate) fn requests(&self) -> usize {
        self.requests.get()
    }
}

#[async_trait(?Send)]
impl Door for Pair {
    async fn attempt(&self, person: &Person, operator: bool, ask: &Ask) -> Option<Answer> {
        let portal = self.either();
        let mut caller = if operator { portal.operator() } else { portal.as_(person) };
        for (name, value) in &ask.headers {
            caller = caller.header(name, value);
        }
        self.requests.set(self.requests.get() + 1);
        let answer = caller.attempt(ask.method.clone(), &ask.path, |request| match &ask.body {
            Some(body) => request.body(body.clone()),
            None => request,
        });
        answer.await.ok()
    }

    async fn invite_token(&self, email: &str) -> Option<String> {
        self.mails.token_from(&self.processes[0], email)
    }
}
