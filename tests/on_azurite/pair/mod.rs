//! Two handler processes on one account: under load, with kills of either, with messages and timers that come twice, and with
//! messages that are lost, they keep what one process keeps.
//!
//! `KUNDPORTAL_PAIR_KILLS` says how many kills, `KUNDPORTAL_PAIR_SEED` repeats the choices of a run that failed; what happens
//! between processes is not repeatable.

mod host;
mod lost;
mod processes;
mod scene;
mod straight;

use processes::Pair;
use scene::Scene;

use crate::support::figure;

#[expect(clippy::disallowed_methods, reason = "what is read is the test's, not the program's")]
fn setting(name: &str) -> Option<u64> {
    let given = std::env::var(name).ok()?;
    Some(given.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn kills() -> u64 {
    setting("KUNDPORTAL_PAIR_KILLS").unwrap_or(4)
}

fn seed() -> u64 {
    setting("KUNDPORTAL_PAIR_SEED").unwrap_or_else(|| u64::from(std::process::id()))
}

/// Says by which seed a failing run can be had again.
struct Seed(u64);

impl Drop for Seed {
    #[expect(clippy::print_stdout, reason = "what a test that fails has to say")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the seed was KUNDPORTAL_PAIR_SEED={}", self.0);
        }
    }
}

#[tokio::test]
async fn two_processes_under_load_and_kills_lose_and_double_nothing() {
    let (kills, seed) = (kills(), Seed(seed()));
    let pair = Pair::start(seed.0).await;
    let mut scene = Scene::set(&pair, seed.0).await;
    for _ in 0..kills {
        scene.round().await;
        scene.verify(false).await;
    }
    let acknowledged = scene.end().await;
    scene.let_periods_end().await;
    let done = &scene.host.done;
    let (mails, repeated) = scene.mails_sent();
    // Far less than chance gives: a run without them would show nothing.
    let messages = done.messages.get();
    for (what, count, of) in
        [("lost", &done.lost, 200), ("at both", &done.to_both, 16), ("again", &done.again, 16)]
    {
        assert!(count.get() >= (messages / of).max(1), "{what}: {} of {messages} messages", count.get());
    }
    figure(
        "two processes on Azurite",
        &format!(
            "two processes on Azurite: {} requests, {acknowledged} acknowledged writes ({} of them while one was gone), {} kills, \
             {} messages, of them {} lost, {} delivered to both at once, {} deliveries of what was done, {} timers fired on \
             both at once; {mails} mails, {repeated} of their deliveries again, by the same Message-ID; nothing lost, nothing doubled \
             (KUNDPORTAL_PAIR_SEED={})",
            pair.requests(),
            scene.alone,
            pair.losses().0,
            messages,
            done.lost.get(),
            done.to_both.get(),
            done.again.get() + done.in_the_end.get(),
            done.timers.get(),
            seed.0,
        ),
    );
}
