//! `kill -9` under load: what was acknowledged is there afterwards byte for byte, nothing is half there or twice, and what
//! waits comes to its end by itself.
//!
//! `KUNDPORTAL_KILLS` says how many kills, 200 unless given: three quarters of the handler, the others of a whole local run.
//! `KUNDPORTAL_KILLS_SEED` repeats the choices of a run that failed; what happens between two processes is not repeatable.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod chance;
mod door;
mod handler;
mod local;
mod office;
mod remains;
mod scene;
#[path = "../support/mod.rs"]
mod support;
mod writers;

use handler::Handler;
use local::LocalRun;
use scene::{Scene, Seed};
use support::figure;

/// So many writes at least must have been acknowledged for each kill: with fewer there was no load.
const LOAD: usize = 5;

#[expect(clippy::disallowed_methods, reason = "what is read is the test's, not the program's")]
fn setting(name: &str) -> Option<u64> {
    let given = std::env::var(name).ok()?;
    Some(given.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn kills() -> usize {
    setting("KUNDPORTAL_KILLS").map_or(200, |kills| usize::try_from(kills).expect("a number of kills"))
}

fn seed() -> Seed {
    Seed(setting("KUNDPORTAL_KILLS_SEED").unwrap_or_else(|| u64::from(std::process::id())))
}

#[tokio::test]
async fn a_handler_that_is_killed_under_load_loses_and_doubles_nothing() {
    let (kills, seed) = (kills() * 3 / 4, seed());
    let handler = Handler::start().await;
    let mut scene = Scene::set(&handler, seed.0).await;
    scene.kill(kills).await;
    let acknowledged = scene.end().await;
    assert!(acknowledged > kills * LOAD, "{acknowledged} acknowledged writes are no load");
    figure(
        "kills of the handler",
        &format!(
            "kills: {kills} of the handler, {acknowledged} acknowledged writes, nothing lost, nothing doubled"
        ),
    );
}

#[tokio::test]
async fn a_local_run_that_is_killed_under_load_loses_and_doubles_nothing() {
    let (kills, seed) = (kills() / 4, seed());
    let run = LocalRun::start().await;
    let mut scene = Scene::set(&run, seed.0).await;
    scene.kill(kills).await;
    let acknowledged = scene.end().await;
    assert!(acknowledged > kills * LOAD, "{acknowledged} acknowledged writes are no load");
    let first = run.handlers.get();
    figure(
        "kills of the local run",
        &format!(
            "kills: {kills} of the whole local run, {first} with its handler first, {acknowledged} acknowledged writes, \
             nothing lost, nothing doubled"
        ),
    );
}
