//! Those who write, each with a ledger of what was acknowledged to them.
//!
//! A writer goes on with a request that got no answer, with the same key, until it has one; now and then it gives up, as
//! people do, and what it had asked for may then be there or not, but whole if it is there, and once.

mod accepts;
mod comments;
mod files;
mod packages;
mod profiles;

use std::{cell::Cell, time::Duration};

use async_trait::async_trait;

pub(crate) use accepts::Accepts;
pub(crate) use comments::Comments;
pub(crate) use files::Files;
pub(crate) use packages::Packages;
pub(crate) use profiles::Profiles;

use crate::{chance::Chance, door::Door};

/// What came of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// It was acknowledged.
    Done,
    /// There is nothing to do yet.
    Idle,
    /// Nobody knows.
    Broken,
}

#[async_trait(?Send)]
pub(crate) trait Writer {
    /// Goes on with what broke off or has not come to its end; else, and only where `begin` says so, writes one thing more.
    async fn step(&mut self, door: &dyn Door, chance: &mut Chance, begin: bool) -> Step;

    /// Holds what is there against the ledger, while nobody writes: the newest, and samples of the older; or all.
    async fn verify(&mut self, door: &dyn Door, chance: &mut Chance, all: bool);

    /// Whether a request of its own is without an answer, or something is yet to come of one.
    fn waits(&self) -> bool;

    /// How many writes were acknowledged.
    fn acknowledged(&self) -> usize;
}

/// Writes till `over` says so, and counts in `done` what is acknowledged.
pub(crate) async fn write(
    writer: &mut dyn Writer,
    door: &dyn Door,
    mut chance: Chance,
    over: &Cell<bool>,
    done: &Cell<usize>,
) {
    while !over.get() {
        match writer.step(door, &mut chance, true).await {
            Step::Done => done.set(done.get() + 1),
            Step::Idle | Step::Broken => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Whether a version comes after another: the embedded store counts versions, those of Azure only differ.
pub(crate) fn follows(etag: &str, earlier: &str) -> bool {
    let count = |etag: &str| u64::from_str_radix(etag.trim_matches('"'), 16).ok();
    match (count(etag), count(earlier)) {
        (Some(count), Some(earlier)) => count > earlier,
        _ => etag != earlier,
    }
}
