//! Timer functions: run by their schedules, or at once when asked.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use kundportal_store::{Clock, Entropy};

use super::{
    envelope::{self, Addressee, TimerStatus},
    schedule::Schedule,
    trigger::{self, Failed},
    worker::Worker,
};

/// Longest sleep, so that a machine that was suspended notices what is due.
const NAP: Duration = Duration::from_secs(10);

/// One timer function.
#[derive(Clone, Debug)]
pub(crate) struct TimerFunction {
    /// The function.
    pub(crate) function: String,
    /// Its binding.
    pub(crate) binding: String,
    /// When it is due.
    pub(crate) schedule: Schedule,
    /// Runs once more when the app starts.
    pub(crate) run_on_startup: bool,
}

/// Runs timer functions. Clones share what they remember.
#[derive(Clone)]
pub(crate) struct Timers {
    worker: Worker,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    memory: Arc<Memory>,
}

/// When each function ran: kept in a file, so that what was missed while nothing ran is made up for.
struct Memory {
    file: PathBuf,
    statuses: Mutex<BTreeMap<String, TimerStatus>>,
}

impl Memory {
    fn open(file: PathBuf) -> Self {
        let kept = std::fs::read(&file).ok().and_then(|json| serde_json::from_slice(&json).ok());
        Self { file, statuses: Mutex::new(kept.unwrap_or_default()) }
    }

    fn get(&self, function: &str) -> Option<TimerStatus> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner).get(function).copied()
    }

    fn set(&self, function: &str, status: TimerStatus) {
        let mut statuses = self.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        statuses.insert(function.to_owned(), status);
        if let Err(error) = self.write(&statuses) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the times of timer runs are not kept");
        }
    }

    fn write(&self, statuses: &BTreeMap<String, TimerStatus>) -> io::Result<()> {
        let draft = self.file.with_extension("draft");
        std::fs::write(&draft, serde_json::to_vec_pretty(statuses)?)?;
        std::fs::rename(draft, &self.file)
    }
}

impl Timers {
    /// Timers whose last runs are remembered in `file`.
    pub(crate) fn new(
        worker: Worker,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        file: PathBuf,
    ) -> Self {
        Self { worker, clock, entropy, memory: Arc::new(Memory::open(file)) }
    }

    /// Runs one function by its schedule until cancelled.
    pub(crate) async fn serve(&self, timer: TimerFunction) {
        if timer.run_on_startup {
            let _ = self.run(&timer, None).await;
        }
        while let Some(due) = self.due(&timer) {
            let now = self.clock.now();
            if now < due {
                let left = due.duration_since(now);
                tokio::time::sleep(left.unsigned_abs().min(NAP)).await;
                continue;
            }
            // More than a schedule's own delay: it was missed.
            let past_due = now.duration_since(due).unsigned_abs() > NAP * 2;
            let status = self.status(&timer);
            if let Some(next) = timer.schedule.next(now) {
                self.memory.set(&timer.function, TimerStatus { last: Some(now), next, last_updated: now });
            }
            let _ = self.call(&timer, status, past_due, None).await;
        }
        tracing::warn!(function = timer.function, "the schedule of this function is never due");
    }

    /// Runs one function now, whose clock says `now` where one is given; whether it succeeded.
    pub(crate) async fn run(&self, timer: &TimerFunction, now: Option<Timestamp>) -> bool {
        self.call(timer, self.status(timer), false, now).await.is_ok()
    }

    fn due(&self, timer: &TimerFunction) -> Option<Timestamp> {
        if let Some(status) = self.memory.get(&timer.function) {
            return Some(status.next);
        }
        let now = self.clock.now();
        let next = timer.schedule.next(now)?;
        self.memory.set(&timer.function, TimerStatus { last: None, next, last_updated: now });
        Some(next)
    }

    fn status(&self, timer: &TimerFunction) -> TimerStatus {
        let now = self.clock.now();
        self.memory.get(&timer.function).unwrap_or_else(|| TimerStatus {
            last: None,
            next: timer.schedule.next(now).unwrap_or(now),
            last_updated: now,
        })
    }

    async fn call(
        &self,
        timer: &TimerFunction,
        status: TimerStatus,
        past_due: bool,
        now: Option<Timestamp>,
    ) -> Result<(), Failed> {
        let function = timer.function.as_str();
        let to = Addressee { function, binding: &timer.binding };
        let envelope = envelope::timer(to, &status, past_due, self.clock.now(), &*self.entropy);
        let outcome = trigger::call(&self.worker, function, envelope, now, &*self.entropy).await;
        if let Err(Failed(reason)) = &outcome {
            tracing::error!(function, reason, "a timer function failed");
        }
        outcome
    }
}
