//! The handler's process: started, watched, restarted and given up by the host's rules.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use kundportal_store::Entropy;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{client::HandlerClient, invocation::InvocationId};

/// How often the handler is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(25);
/// How long it may take to become so.
const START_TIME: Duration = Duration::from_secs(30);
/// So many failures in a row end the host, ...
const FAILURES: usize = 3;
/// ... each within this time of the one before.
const SHORT_TIME: Duration = Duration::from_mins(30);

/// Starts handlers.
#[async_trait]
pub(crate) trait Launcher: Send + Sync {
    /// Starts one that is to listen on `port`.
    async fn launch(&self, port: u16, worker_id: &str) -> io::Result<Box<dyn Process>>;
}

/// A running handler.
#[async_trait]
pub(crate) trait Process: Send {
    /// Waits for its end; the exit code, none where a signal ended it. May be cancelled.
    async fn exit(&mut self) -> Option<i32>;

    /// Ends it at once and waits for its end.
    async fn kill(&mut self);
}

/// What can be expected of the handler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// It is being started.
    Starting,
    /// It answers.
    Ready,
    /// It left with exit code 0 after being ready, and is not started again.
    Left,
    /// It failed too often, or was stopped: the host is ending.
    Ended(String),
}

enum Command {
    EndForTimeout,
    Stop,
}

/// The handler as the rest of the host sees it. Clones share it.
#[derive(Clone)]
pub(crate) struct Worker {
    state: watch::Receiver<State>,
    commands: mpsc::Sender<Command>,
    client: HandlerClient,
    function_timeout: Duration,
}

/// Why a handler's run was over.
enum Ending {
    Stopped,
    FunctionTimeout,
    NeverReady,
    Exited { code: Option<i32>, was_ready: bool },
}

impl Worker {
    /// Starts the handler on `port` and watches it from now on.
    pub(crate) fn start(
        launcher: Arc<dyn Launcher>,
        entropy: Arc<dyn Entropy>,
        port: u16,
        function_timeout: Duration,
    ) -> Self {
        let (state, watched) = watch::channel(State::Starting);
        let (commands, received) = mpsc::channel(8);
        let client = HandlerClient::new(port);
        let supervisor = Supervisor {
            launcher,
            entropy,
            client: client.clone(),
            start_time: START_TIME,
            state,
            commands: received,
        };
        tokio::spawn(supervisor.run());
        Self { state: watched, commands, client, function_timeout }
    }

    /// Calls to it.
    pub(crate) fn client(&self) -> &HandlerClient {
        &self.client
    }

    /// How long a function may run.
    pub(crate) fn function_timeout(&self) -> Duration {
        self.function_timeout
    }

    /// Waits until it is no longer being started, and says what it is then.
    pub(crate) async fn settled(&self) -> State {
        let mut state = self.state.clone();
        match state.wait_for(|state| *state != State::Starting).await {
            Ok(state) => state.clone(),
            Err(_) => State::Ended("the handler is no longer watched".to_owned()),
        }
    }

    /// Waits until it has failed too often, and says why in a sentence.
    pub(crate) async fn given_up(&self) -> String {
        let mut state = self.state.clone();
        match state.wait_for(|state| matches!(state, State::Ended(_))).await.as_deref() {
            Ok(State::Ended(reason)) => reason.clone(),
            _ => "The handler is no longer watched.".to_owned(),
        }
    }

    /// A function ran too long: the handler is ended and started again, which counts as no failure. Comes back when it
    /// has ended.
    pub(crate) async fn end_for_timeout(&self) {
        let mut state = self.state.clone();
        state.mark_unchanged();
        if *state.borrow() == State::Ready && self.commands.send(Command::EndForTimeout).await.is_ok() {
            let _ = state.changed().await;
        }
    }

    /// Ends the handler for good.
    pub(crate) async fn stop(&self) {
        let _ = self.commands.send(Command::Stop).await;
        self.given_up().await;
    }
}

struct Supervisor {
    launcher: Arc<dyn Launcher>,
    entropy: Arc<dyn Entropy>,
    client: HandlerClient,
    start_time: Duration,
    state: watch::Sender<State>,
    commands: mpsc::Receiver<Command>,
}

impl Supervisor {
    async fn run(mut self) {
        let reason = self.until_given_up().await;
        self.state.send_replace(State::Ended(reason));
    }

    async fn until_given_up(&mut self) -> String {
        let mut failures = Failures::default();
        loop {
            self.state.send_replace(State::Starting);
            let worker_id = InvocationId::new(&*self.entropy).to_string();
            let mut process = match self.launcher.launch(self.client.port(), &worker_id).await {
                Ok(process) => process,
                Err(error) => return format!("The handler cannot be started: {error}."),
            };
            let ending = self.watch(&mut *process).await;
            process.kill().await;
            let failure = match ending {
                Ending::Stopped => return "The handler was stopped.".to_owned(),
                Ending::FunctionTimeout | Ending::Exited { code: Some(200), .. } => continue,
                Ending::Exited { code: Some(0), was_ready: true } => {
                    tracing::error!("the handler left with exit code 0 and is not started again");
                    self.state.send_replace(State::Left);
                    while !matches!(self.commands.recv().await, Some(Command::Stop) | None) {}
                    return "The handler was stopped.".to_owned();
                }
                Ending::NeverReady => {
                    format!("it did not answer within {} seconds", self.start_time.as_secs_f32())
                }
                Ending::Exited { code: Some(code), .. } => format!("exit code {code}"),
                Ending::Exited { code: None, .. } => "ended by a signal".to_owned(),
            };
            tracing::error!(failure, "the handler failed");
            if failures.add() {
                return format!("The handler failed three times within a short time, last: {failure}.");
            }
        }
    }

    /// From the start of a process to its end.
    async fn watch(&mut self, process: &mut dyn Process) -> Ending {
        let mut was_ready = false;
        let too_late = tokio::time::sleep(self.start_time);
        tokio::pin!(too_late);
        loop {
            tokio::select! {
                code = process.exit() => return Ending::Exited { code, was_ready },
                command = self.commands.recv() => match command {
                    Some(Command::Stop) | None => return Ending::Stopped,
                    // One that is only being started works on nothing.
                    Some(Command::EndForTimeout) if was_ready => return Ending::FunctionTimeout,
                    Some(Command::EndForTimeout) => {}
                },
                () = answered(&self.client), if !was_ready => {
                    was_ready = true;
                    self.state.send_replace(State::Ready);
                }
                () = &mut too_late, if !was_ready => return Ending::NeverReady,
            }
        }
    }
}

async fn answered(client: &HandlerClient) {
    while !client.is_ready().await {
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Failures that came close upon each other.
#[derive(Default)]
struct Failures {
    count: usize,
    last: Option<Instant>,
}

impl Failures {
    /// Counts one; true when they are too many.
    fn add(&mut self) -> bool {
        let now = Instant::now();
        if self.last.is_some_and(|last| now - last > SHORT_TIME) {
            self.count = 0;
        }
        self.count += 1;
        self.last = Some(now);
        self.count >= FAILURES
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use kundportal_store::SystemEntropy;

    use super::*;

    /// Launches processes that run and never listen.
    #[derive(Default)]
    struct Deaf {
        launched: AtomicUsize,
        killed: Arc<AtomicUsize>,
    }

    struct DeafProcess(Arc<AtomicUsize>);

    #[async_trait]
    impl Launcher for Deaf {
        async fn launch(&self, _port: u16, _worker_id: &str) -> io::Result<Box<dyn Process>> {
            self.launched.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(DeafProcess(Arc::clone(&self.killed))))
        }
    }

    #[async_trait]
    impl Process for DeafProcess {
        async fn exit(&mut self) -> Option<i32> {
            std::future::pending().await
        }

        async fn kill(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn a_handler_that_never_answers_is_ended_and_after_three_of_them_the_host_gives_up() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        drop(taken);
        let launcher = Arc::new(Deaf::default());
        let (state, watched) = watch::channel(State::Starting);
        let (_commands, commands) = mpsc::channel(1);
        let supervisor = Supervisor {
            launcher: Arc::clone(&launcher) as Arc<dyn Launcher>,
            entropy: Arc::new(SystemEntropy),
            client: HandlerClient::new(port),
            start_time: Duration::from_millis(50),
            state,
            commands,
        };
        supervisor.run().await;
        let State::Ended(sentence) = watched.borrow().clone() else { unreachable!("it ended") };
        assert!(sentence.ends_with("it did not answer within 0.05 seconds."), "{sentence}");
        assert_eq!(launcher.launched.load(Ordering::Relaxed), FAILURES);
        assert_eq!(launcher.killed.load(Ordering::Relaxed), FAILURES);
    }
}
