//! The memory of a process, watched from outside.

use std::{
    fs,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::support::figure;

/// How often memory is looked at.
const EVERY: Duration = Duration::from_millis(20);

/// What the operating system lets a handler have, in MiB.
pub(crate) const LIMIT: u64 = 512;

/// Bounds the private, writable memory of a running process: its heap, its stacks, what it maps for itself (`RLIMIT_DATA`). A
/// limit on the address space would count files and reservations that cost nothing; a control group would need rights that
/// not every machine gives.
pub(crate) fn bound(process: u32) {
    let limit = LIMIT * 1024 * 1024;
    let status = Command::new("prlimit")
        .args([format!("--pid={process}"), format!("--data={limit}")])
        .status()
        .expect("prlimit, of util-linux");
    assert!(status.success(), "the limit is set");
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).expect("its limits");
    let line = limits.lines().find(|line| line.starts_with("Max data size")).expect("a limit");
    assert!(line.contains(&limit.to_string()), "{line}");
}

/// A figure of `/proc/<pid>/status`, in MiB.
fn status(process: u32, name: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u32 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(f64::from(kib) / 1024.0)
}

/// The resident memory of a process while something goes on.
pub(crate) struct Watch {
    process: u32,
    name: &'static str,
    begun: Instant,
    before: f64,
    highest_kib: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    sampler: JoinHandle<u32>,
}

/// What was seen.
pub(crate) struct Seen {
    name: &'static str,
    seconds: f64,
    samples: u32,
    before: f64,
    highest: f64,
    after: f64,
    ever: f64,
}

impl Watch {
    pub(crate) fn begin(process: u32, name: &'static str) -> Self {
        let before = status(process, "VmRSS").expect("the process is there");
        let highest_kib = Arc::new(AtomicU64::new(0));
        let over = Arc::new(AtomicBool::new(false));
        let sampler = {
            let (highest, over) = (Arc::clone(&highest_kib), Arc::clone(&over));
            thread::spawn(move || {
                let mut samples = 0;
                while !over.load(Ordering::Relaxed) {
                    if let Some(now) = status(process, "VmRSS") {
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "a size"
                        )]
                        highest.fetch_max((now * 1024.0) as u64, Ordering::Relaxed);
                        samples += 1;
                    }
                    thread::sleep(EVERY);
                }
                samples
            })
        };
        Self { process, name, begun: Instant::now(), before, highest_kib, over, sampler }
    }

    pub(crate) fn end(self) -> Seen {
        let seconds = self.begun.elapsed().as_secs_f64();
        self.over.store(true, Ordering::Relaxed);
        let samples = self.sampler.join().expect("the samples");
        #[expect(clippy::cast_precision_loss, reason = "a size")]
        let highest = self.highest_kib.load(Ordering::Relaxed) as f64 / 1024.0;
        let after = status(self.process, "VmRSS").expect("the process is still there");
        let ever = status(self.process, "VmHWM").expect("the process is still there");
        Seen { name: self.name, seconds, samples, before: self.before, highest, after, ever }
    }
}

impl Seen {
    pub(crate) fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Prints a row and holds it against what may be, in MiB.
    #[track_caller]
    pub(crate) fn grew_at_most(&self, most: f64) {
        let Self { name, seconds, samples, before, highest, after, ever } = self;
        let grown = highest - before;
        println!(
            "| {name:<44} | {seconds:>6.1} s | {samples:>5} | {before:>6.1} | {highest:>6.1} | {after:>6.1} | {grown:>+6.1} | {most:>5.0} | {ever:>6.1} |"
        );
        figure(
            &format!("load: {name}"),
            &format!(
                "load: resident memory while {name}: {before:.0} MiB, at most {grown:.0} more of {most:.0} that may be"
            ),
        );
        assert!(grown <= most, "{name}: {grown:.1} MiB more, {most} may be");
    }
}

pub(crate) fn heading() {
    println!(
        "| MiB resident while …                         |     time | looks | before |   peak |  after |   more | allow | VmHWM  |"
    );
}
