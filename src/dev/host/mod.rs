//! A stand-in for the Azure Functions host. It keeps the ways of the real one that a caller or the handler could notice,
//! as they were recorded: headers, re-sends, envelopes, limits, restarts.

mod activity;
mod client;
mod cors;
mod deadline;
mod download;
mod envelope;
mod headers;
mod invocation;
mod manifest;
mod messages;
mod path;
mod process;
mod proxy;
mod pump;
mod route;
mod schedule;
mod settings;
mod throttle;
mod timers;
mod trigger;
mod upload;
#[cfg(test)]
mod vectors;
mod worker;

use std::{io, net::IpAddr, path::PathBuf, sync::Arc};

use http::{Request, Response};
use hyper::body::Incoming;
use jiff::Timestamp;
use kundportal_store::{Clock, Entropy, StoreError};

pub(crate) use cors::Cors;
pub(crate) use download::Reset;
pub(crate) use manifest::Function;
pub(crate) use messages::Messages;
pub(crate) use process::{END_WITH_INPUT, ThisExecutable};
pub(crate) use proxy::{AnswerBody, AnsweredAt};
pub(crate) use settings::HostSettings;
pub(crate) use worker::Launcher;

use manifest::Trigger;
use proxy::Proxy;
use pump::{Bound, Pump};
use timers::{TimerFunction, Timers};
use worker::Worker;

/// What a host is made of.
pub(crate) struct Parts {
    /// The functions to serve.
    pub(crate) functions: Vec<Function>,
    /// `host.json`.
    pub(crate) settings: HostSettings,
    /// Origins whose pages may call.
    pub(crate) cors: Cors,
    /// Starts the handler.
    pub(crate) launcher: Arc<dyn Launcher>,
    /// Where the messages are.
    pub(crate) messages: Arc<dyn Messages>,
    /// Remembers when timers ran.
    pub(crate) timer_file: PathBuf,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Chance.
    pub(crate) entropy: Arc<dyn Entropy>,
}

/// What came of a timer run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TimerRun {
    /// Whether the function itself succeeded.
    pub(crate) succeeded: bool,
    /// Messages that came to an end meanwhile.
    pub(crate) messages: usize,
}

/// The host: its handler is being started as soon as it exists.
pub(crate) struct Host {
    worker: Worker,
    proxy: Proxy,
    pump: Pump,
    timers: Timers,
    bound: Vec<Bound>,
    scheduled: Vec<TimerFunction>,
}

impl Host {
    /// Starts the handler on a free port. Messages and timers wait for [`Host::serve_triggers`].
    pub(crate) fn start(parts: Parts) -> io::Result<Self> {
        let Parts { functions, settings, cors, launcher, messages, timer_file, clock, entropy } = parts;
        let port = free_port(&*entropy)?;
        let worker = Worker::start(launcher, Arc::clone(&entropy), port, settings.function_timeout);
        let proxy = Proxy::new(
            &functions,
            worker.clone(),
            cors,
            settings.custom_headers.clone(),
            settings.limits,
            Arc::clone(&entropy),
        );
        let pump = Pump::new(messages, worker.clone(), settings, Arc::clone(&clock), Arc::clone(&entropy));
        let timers = Timers::new(worker.clone(), clock, entropy, timer_file);
        let (mut bound, mut scheduled) = (Vec::new(), Vec::new());
        for Function { name: function, trigger } in functions {
            match trigger {
                Trigger::Queue { binding, queue } => bound.push(Bound { function, binding, queue }),
                Trigger::Timer { binding, schedule, run_on_startup } => {
                    scheduled.push(TimerFunction { function, binding, schedule, run_on_startup });
                }
                Trigger::Http { .. } => {}
            }
        }
        Ok(Self { worker, proxy, pump, timers, bound, scheduled })
    }

    /// Answers a request from outside.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        reset: Reset,
    ) -> Response<AnswerBody> {
        self.proxy.answer(request, peer, reset).await
    }

    /// Brings messages and timers to the handler, until dropped.
    pub(crate) fn serve_triggers(&self) -> tokio::task::JoinSet<()> {
        let mut tasks = tokio::task::JoinSet::new();
        for bound in self.bound.clone() {
            let pump = self.pump.clone();
            tasks.spawn(async move { pump.serve(bound).await });
        }
        for timer in self.scheduled.clone() {
            let timers = self.timers.clone();
            tasks.spawn(async move { timers.serve(timer).await });
        }
        tasks
    }

    /// Runs a timer function now and waits for the queues to be empty; none where there is no such function.
    pub(crate) async fn run_timer(
        &self,
        function: &str,
        now: Option<Timestamp>,
    ) -> Option<Result<TimerRun, StoreError>> {
        let timer = self.scheduled.iter().find(|timer| timer.function == function)?;
        let before = self.pump.finished();
        let succeeded = self.timers.run(timer, now).await;
        let queues: Vec<_> = self.bound.iter().map(|bound| bound.queue.clone()).collect();
        let drained = self.pump.drained(&queues).await;
        Some(drained.map(|()| TimerRun { succeeded, messages: self.pump.finished() - before }))
    }

    /// Waits until the handler answers, or is given up with a sentence that says why.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        match self.worker.settled().await {
            worker::State::Ended(reason) => Err(reason),
            _ => Ok(()),
        }
    }

    /// Waits until the host ends by its own rules, and says why in a sentence.
    pub(crate) async fn given_up(&self) -> String {
        self.worker.given_up().await
    }

    /// Ends the handler.
    pub(crate) async fn stop(&self) {
        self.worker.stop().await;
    }
}

/// Below those from which connections go out (on Linux from 32,768): nothing of the kind takes the handler's port between two
/// starts of it, or before the first.
const PORTS: std::ops::Range<u16> = 31_000..32_000;

fn free_port(entropy: &dyn Entropy) -> io::Result<u16> {
    let mut chance = [0; 2];
    entropy.fill(&mut chance);
    let skipped = usize::from(u16::from_le_bytes(chance)) % PORTS.len();
    let mut ports = PORTS.cycle().skip(skipped).take(PORTS.len());
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.find(is_free).ok_or_else(|| io::ErrorKind::AddrInUse.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// The same chance each time.
    struct Loaded;

    impl Entropy for Loaded {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_port_that_is_taken_is_not_the_handlers() {
        let first = free_port(&Loaded).unwrap();
        let _taken = TcpListener::bind(("127.0.0.1", first)).unwrap();
        let next = free_port(&Loaded).unwrap();
        assert_ne!(next, first);
        assert!(PORTS.contains(&first) && PORTS.contains(&next));
    }
}
