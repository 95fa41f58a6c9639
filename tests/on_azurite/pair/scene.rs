//! The load on both processes, what is done to them meanwhile, and what must hold in the end.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::join_all;
use kundportal_store::{BlobStore as _, Container};
use serde_json::json;

use super::{host::Host, processes::Pair, straight::Straight};
use crate::{
    chance::Chance,
    door::{Ask, Door as _},
    office::{Office, TENANT, path},
    support::User,
    writers::{Accepts, Comments, Files, Packages, Profiles, Step, Writer, write},
};

/// Writes before a kill at most, while one is gone, and after it is there again.
const MOST_WRITES: usize = 15;
/// Within this time the one that is left must have done its writes, on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(2);
/// Time that goes by between two rounds: work whose message was lost has its turn three rounds later.
const BETWEEN: Duration = Duration::from_mins(6);
/// Times of twenty minutes until everything must have come to its end by itself: three days, for what failed often is tried
/// again after up to one.
const TIMES: u32 = 3 * 24 * 3;

/// Writers at work on both processes.
pub(crate) struct Scene<'a> {
    pair: &'a Pair,
    pub(crate) host: Host<'a>,
    office: Office,
    writers: Vec<Box<dyn Writer>>,
    /// Who will be let go in the end.
    leavers: Vec<User>,
    chance: Chance,
    /// Writes that were acknowledged while one process was gone.
    pub(crate) alone: usize,
}

impl<'a> Scene<'a> {
    pub(crate) async fn set(pair: &'a Pair, seed: u64) -> Self {
        let host = Host::new(pair, seed.wrapping_add(1));
        let over = Cell::new(false);
        let setting = async {
            let office = Office::open(pair).await;
            let customer = office.customer(pair, "Kund AB").await;
            let (files, straight) =
                (office.customer(pair, "Filkund AB").await, office.customer(pair, "Rak kund AB").await);
            let filer = office.member(pair, &files, "filer").await;
            let sender = office.member(pair, &straight, "rak").await;
            let profile = office.member(pair, &customer, "profil").await;
            let package = office.member(pair, &customer, "paket").await;
            let comments = office.member(pair, &customer, "ord").await;
            let leavers = vec![
                office.member(pair, &customer, "gar1").await,
                office.member(pair, &customer, "gar2").await,
            ];
            let blobs = pair.both()[0].blobs();
            let writers: Vec<Box<dyn Writer>> = vec![
                Box::new(Files::new(filer, files, 1 << 32)),
                Box::new(Straight::new(sender, straight, blobs, 1 << 36)),
                Box::new(Profiles::new(pair, profile).await),
                Box::new(Packages::new(pair, package, &customer, 1 << 40).await),
                Box::new(Comments::new(comments, customer.clone(), "tema")),
                Box::new(Accepts::new(office.administrator.clone(), customer, "anna")),
            ];
            over.set(true);
            (office, writers, leavers)
        };
        let ((office, writers, leavers), ()) = tokio::join!(setting, host.serve(&over));
        Self { pair, host, office, writers, leavers, chance: Chance::new(seed), alone: 0 }
    }

    fn pass(&self, time: Duration) {
        self.pair.both()[0].clock().advance(time);
    }

    /// Load on both, a kill of one, load on the other, and again on both.
    pub(crate) async fn round(&mut self) {
        self.pass(BETWEEN);
        self.host.lose_messages(true);
        let (pair, host, chance) = (self.pair, &self.host, &mut self.chance);
        let (over, done, alone) = (Cell::new(false), Cell::new(0), Cell::new(0));
        let writing = join_all(self.writers.iter_mut().map(|writer| {
            let chance = Chance::new(chance.number());
            write(writer.as_mut(), pair, chance, &over, &done)
        }));
        let writes: Vec<_> = (0..3).map(|_| 1 + chance.place(MOST_WRITES)).collect();
        let more = async |writes: usize| {
            let (before, begun) = (done.get(), Instant::now());
            while done.get() < before + writes {
                assert!(begun.elapsed() < PATIENCE, "nobody's writes are acknowledged");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let killing = async {
            more(writes[0]).await;
            pair.kill();
            let before = done.get();
            more(writes[1]).await;
            alone.set(done.get() - before);
            pair.revive().await;
            more(writes[2]).await;
            over.set(true);
        };
        tokio::join!(writing, host.serve(&over), killing);
        self.host.lose_messages(false);
        self.alone += alone.get();
    }

    pub(crate) async fn verify(&mut self, all: bool) {
        let (pair, chance) = (self.pair, &mut self.chance);
        join_all(self.writers.iter_mut().map(|writer| {
            let mut chance = Chance::new(chance.number());
            async move { writer.verify(pair, &mut chance, all).await }
        }))
        .await;
    }

    /// Twenty minutes go by, and every timer fires on both at once.
    async fn let_time_pass(&self) {
        self.pass(Duration::from_mins(20));
        self.host.fire_all().await;
    }

    /// Nobody begins anything: what is under way comes to its end, by itself or by the timers.
    async fn come_to_rest(&mut self) {
        for _ in 0..TIMES {
            self.host.rest().await;
            while self.go_on().await {
                self.host.rest().await;
            }
            self.let_time_pass().await;
            if !self.writers.iter().any(|writer| writer.waits()) && self.work().await.is_empty() {
                return;
            }
        }
        panic!("something never comes to its end: {:?}", self.work().await);
    }

    async fn go_on(&mut self) -> bool {
        let mut done = false;
        for writer in self.writers.iter_mut().filter(|writer| writer.waits()) {
            done |= writer.step(self.pair, &mut self.chance, false).await == Step::Done;
        }
        done
    }

    /// Markers of work that is not done. List reads keep theirs for the day.
    async fn work(&self) -> Vec<String> {
        let (blobs, platform) = (self.pair.both()[0].blobs(), Container::new("platform"));
        let (mut names, mut from) = (Vec::new(), None);
        loop {
            let page = blobs.list(&platform, "work/", from.as_ref(), 5_000).await.expect("a page");
            names.extend(page.entries.into_iter().map(|entry| entry.name));
            let Some(next) = page.next else { break };
            from = Some(next);
        }
        names.retain(|name| !name.ends_with("/reads"));
        names
    }

    async fn stored(&self) -> BTreeMap<String, Bytes> {
        self.pair.both()[0].dump().await
    }

    /// Everything comes to its end, is there, fits together, and stays as it is whatever comes again; the writes that were
    /// acknowledged.
    pub(crate) async fn end(&mut self) -> usize {
        self.come_to_rest().await;
        self.verify(true).await;
        // Reading is noted too.
        self.come_to_rest().await;
        self.pair.both()[0].assert_consistent(TENANT).await;
        self.assert_mails_are_single();
        self.repeat_everything().await;
        let acknowledged: Vec<_> = self.writers.iter().map(|writer| writer.acknowledged()).collect();
        assert!(acknowledged.iter().all(|count| *count > 0), "no load of each kind: {acknowledged:?}");
        acknowledged.iter().sum()
    }

    /// All messages that ever came come again, to both at once, and all timers fire: nothing is stored, removed or sent.
    async fn repeat_everything(&self) {
        let before = (self.stored().await, self.pair.both()[0].times_sent());
        self.host.repeat_all().await;
        self.host.fire_all().await;
        let after = (self.stored().await, self.pair.both()[0].times_sent());
        let names = before.0.keys().chain(after.0.keys()).collect::<BTreeSet<_>>();
        let changed: Vec<_> =
            names.into_iter().filter(|name| before.0.get(*name) != after.0.get(*name)).collect();
        assert_eq!(changed, Vec::<&String>::new(), "what came again changed something");
        assert_eq!(before.1, after.1, "what came again sent mails");
        let staged = after.0.keys().filter(|name| name.starts_with("staging/")).count();
        assert_eq!(staged, 0, "what was sent straight to storage is a file, and nowhere else");
    }

    /// Each mail says something of its own: a link, a code, a reference. Nobody gets the same twice under two Message-IDs, and
    /// under one no more often than its work was begun: at both processes at once, or by one that was killed.
    fn assert_mails_are_single(&self) {
        for (mail, times) in self.pair.both()[0].times_sent() {
            let begun = self.host.begun(&mail);
            assert!(times <= begun, "a mail was sent {times} times, its work begun {begun} times: {mail}");
        }
        let mut seen = BTreeSet::new();
        for mail in self.pair.both()[0].mails() {
            let (to, text) = (mail.to.reveal().as_str().to_owned(), mail.text.reveal().clone());
            assert!(seen.insert((to, text)), "a mail was sent twice: {}", mail.message_id);
        }
    }

    /// How many mails were sent, and how many times one of them was sent again.
    pub(crate) fn mails_sent(&self) -> (usize, usize) {
        let times = self.pair.both()[0].times_sent();
        let again: u32 = times.values().map(|times| times - 1).sum();
        (times.len(), usize::try_from(again).unwrap_or(usize::MAX))
    }

    /// Retention, on both at once with a kill in its midst: people who were let go, and packages past their period, are gone,
    /// and nothing else.
    pub(crate) async fn let_periods_end(&mut self) {
        for leaver in &self.leavers {
            let ask = Ask::patch(path(&format!("/users/{}", leaver.id)), &json!({"status": "deactivated"}));
            self.pair.now(&self.office.administrator, &ask, 200).await;
        }
        self.host.rest().await;
        let of_packages = |name: &&String| name.ends_with("/package.zip");
        assert!(self.stored().await.keys().any(|name| of_packages(&name)), "no package to go");
        self.pass(Duration::from_hours(24 * 92));
        let over = Cell::new(false);
        let killing = async {
            tokio::join!(self.host.fire("retention"), async {
                tokio::time::sleep(Duration::from_millis(30)).await;
                self.pair.kill();
            });
            self.pair.revive().await;
            over.set(true);
        };
        tokio::join!(killing, self.host.serve(&over));
        for _ in 0..TIMES {
            self.let_time_pass().await;
            if self.work().await.is_empty() {
                break;
            }
        }
        let stored = self.stored().await;
        assert_eq!(stored.keys().filter(of_packages).count(), 0, "packages past their period");
        for leaver in &self.leavers {
            let theirs = stored.keys().filter(|name| name.contains(&format!("subjects/{}", leaver.id)));
            assert_eq!(theirs.count(), 0, "something of somebody who is gone");
        }
        self.pair.both()[0].assert_consistent(TENANT).await;
    }
}
