//! The load, the kills, and what must hold after each.

use std::{
    cell::Cell,
    path::PathBuf,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::future::join_all;

use crate::{
    chance::Chance,
    door::Door,
    office::Office,
    remains,
    writers::{Accepts, Comments, Files, Packages, Profiles, Step, Writer, write},
};

/// A kill comes after up to so many writes, and a moment: the same load on every machine, be it fast or slow ...
const MOST_WRITES: usize = 25;
/// ... and after this time at the latest.
const LONGEST: Duration = Duration::from_secs(3);
/// Everything is read again after so many kills; after each, the newest and some of the rest.
const READ_ALL: usize = 25;
/// Times of twenty minutes until everything must have come to its end by itself: three days, for what failed often is tried
/// again after up to one.
const PATIENCE: u32 = 3 * 24 * 3;

/// What is killed.
#[async_trait(?Send)]
pub(crate) trait Killed {
    fn door(&self) -> &dyn Door;

    /// Delivers messages until it is over, where nobody else does.
    async fn serve(&self, over: &Cell<bool>);

    /// Kills it.
    async fn kill(&self, chance: &mut Chance);

    /// Starts it, and kills it again before it has answered.
    async fn stumble(&self, after: Duration);

    /// Starts it again.
    async fn revive(&self);

    /// Twenty minutes go by, the n-th time in a row, and the timers run.
    async fn let_time_pass(&self, times: u32);

    /// Waits until no message waits.
    async fn rest(&self);

    /// Where it keeps everything.
    fn folder(&self) -> PathBuf;

    /// Ends it.
    async fn end(&self);
}

/// Says by which seed a failing run can be had again.
pub(crate) struct Seed(pub(crate) u64);

impl Drop for Seed {
    #[expect(clippy::print_stdout, reason = "what a test that fails has to say")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the seed was KUNDPORTAL_KILLS_SEED={}", self.0);
        }
    }
}

/// Writers at work on something that is killed.
pub(crate) struct Scene<'a> {
    killed: &'a dyn Killed,
    writers: Vec<Box<dyn Writer>>,
    chance: Chance,
    kills: usize,
}

impl<'a> Scene<'a> {
    pub(crate) async fn set(killed: &'a dyn Killed, seed: u64) -> Self {
        let door = killed.door();
        let over = Cell::new(false);
        let setting = async {
            let office = Office::open(door).await;
            let mut writers: Vec<Box<dyn Writer>> = Vec::new();
            for number in 1..=2_u64 {
                let customer = office.customer(door, &format!("Kund {number} AB")).await;
                // The one who puts files there has a customer of their own, so that its list is theirs alone.
                let own = office.customer(door, &format!("Filkund {number} AB")).await;
                let files = office.member(door, &own, &format!("filer{number}")).await;
                writers.push(Box::new(Files::new(files, own, number << 32)));
                let profile = office.member(door, &customer, &format!("profil{number}")).await;
                writers.push(Box::new(Profiles::new(door, profile).await));
                let package = office.member(door, &customer, &format!("paket{number}")).await;
                writers.push(Box::new(Packages::new(door, package, &customer, number << 40).await));
                let comments = office.member(door, &customer, &format!("ord{number}")).await;
                writers.push(Box::new(Comments::new(comments, customer.clone(), &format!("tema{number}"))));
                let invited = ["anna", "bosse"][usize::from(number == 2)];
                writers.push(Box::new(Accepts::new(office.administrator.clone(), customer, invited)));
            }
            over.set(true);
            writers
        };
        let (writers, ()) = tokio::join!(setting, killed.serve(&over));
        Self { killed, writers, chance: Chance::new(seed), kills: 0 }
    }

    /// One kill under load, and what is there after it.
    async fn round(&mut self) -> usize {
        let mut chance = Chance::new(self.chance.number());
        let (killed, over, done) = (self.killed, Cell::new(false), Cell::new(0));
        let door = killed.door();
        let writing = join_all(self.writers.iter_mut().map(|writer| {
            let chance = Chance::new(chance.number());
            write(writer.as_mut(), door, chance, &over, &done)
        }));
        let (writes, pause) = (self.chance.place(MOST_WRITES), self.chance.between(0, 30));
        let killing = async {
            let begun = Instant::now();
            while done.get() < writes && begun.elapsed() < LONGEST {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
            killed.kill(&mut chance).await;
            over.set(true);
        };
        tokio::join!(writing, killed.serve(&over), killing);
        let mut kills = 1;
        if self.chance.happens(20) {
            killed.stumble(Duration::from_millis(self.chance.between(1, 80))).await;
            kills += 1;
        }
        killed.revive().await;
        kills
    }

    async fn verify(&mut self, all: bool) {
        let door = self.killed.door();
        let chance = &mut self.chance;
        join_all(self.writers.iter_mut().map(|writer| {
            let mut chance = Chance::new(chance.number());
            async move { writer.verify(door, &mut chance, all).await }
        }))
        .await;
    }

    /// Kills it so many times; after each of them the newest of what was acknowledged is read again, and now and then all.
    pub(crate) async fn kill(&mut self, times: usize) {
        let mut read = 0;
        while self.kills < times {
            self.kills += self.round().await;
            self.verify(false).await;
            if self.kills - read >= READ_ALL {
                read = self.kills;
                self.come_to_rest().await;
                self.verify(true).await;
            }
        }
    }

    /// Nobody is killed any more, and nobody does anything but wait: everything comes to its end.
    async fn come_to_rest(&mut self) {
        let killed = self.killed;
        for times in 1..=PATIENCE {
            killed.rest().await;
            while self.go_on().await {
                killed.rest().await;
            }
            // Also where nobody waits: what was given up on comes to its end too.
            killed.let_time_pass(times).await;
            if !self.writers.iter().any(|writer| writer.waits()) {
                return;
            }
        }
        panic!("something never comes to its end");
    }

    /// Writers go on with what they wait for; whether anything was acknowledged.
    async fn go_on(&mut self) -> bool {
        let mut done = false;
        for writer in self.writers.iter_mut().filter(|writer| writer.waits()) {
            done |= writer.step(self.killed.door(), &mut self.chance, false).await == Step::Done;
        }
        done
    }

    /// Waits for the end of everything, reads everything, and looks at what is stored; the writes that were acknowledged.
    pub(crate) async fn end(mut self) -> usize {
        self.come_to_rest().await;
        // Reading is noted too.
        self.verify(true).await;
        for times in 1..=PATIENCE {
            self.killed.let_time_pass(times).await;
            if !remains::work_waits(&self.killed.folder()).await {
                break;
            }
        }
        self.killed.end().await;
        remains::check(&self.killed.folder()).await;
        let acknowledged: Vec<_> = self.writers.iter().map(|writer| writer.acknowledged()).collect();
        assert!(
            acknowledged.iter().all(|count| *count > self.kills / 20),
            "no load of each kind: {acknowledged:?}"
        );
        acknowledged.iter().sum()
    }
}
