//! A handler's process: its port, its start, and its end.

use std::{
    fs::{self, File},
    io::Write as _,
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use super::super::portal::World;

/// How long a handler may take to answer for the first time, on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(1);

/// A handler of its own.
pub(crate) struct Process {
    child: Mutex<Child>,
    port: Port,
    url: String,
    /// Variables of this handler alone, which count before the world's.
    own: Mutex<Vec<(String, String)>>,
}

impl Process {
    /// Starts a handler on a free port and waits for its first answer.
    pub(in super::super) async fn start(world: &World) -> Self {
        world.tell_time();
        loop {
            let port = Port::free();
            let process = Self {
                child: Mutex::new(spawn(command(world, port.number), world)),
                url: format!("http://127.0.0.1:{}", port.number),
                port,
                own: Mutex::default(),
            };
            // Somebody else may have been quicker at the port: another then.
            if process.answers(world).await {
                return process;
            }
        }
    }

    pub(in super::super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn kill(&self) {
        let mut child = self.lock();
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
    }

    fn has_ended(&self) -> bool {
        self.lock().try_wait().expect("it is ours").is_some()
    }

    pub(super) fn restart(&self, world: &World) {
        let mut command = command(world, self.port.number);
        command.envs(self.own.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        *self.lock() = spawn(command, world);
    }

    /// Ends the handler without warning and starts it with other variables.
    pub(super) async fn reconfigure(&self, world: &World, variables: Vec<(String, String)>) {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = variables;
        self.kill();
        self.restart(world);
        assert!(self.answers(world).await, "the handler does not start again");
    }

    pub(super) async fn revive(&self, world: &World) -> bool {
        // A connection breaks a moment before its process is gone.
        for _ in 0..100 {
            if self.has_ended() {
                self.restart(world);
                assert!(self.answers(world).await, "the handler does not start again");
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    /// As the host asks; false where the process ended.
    async fn answers(&self, world: &World) -> bool {
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < PATIENCE {
            // An answer, not a mere connection: somebody else may listen at the port for a moment.
            let answer = world.client.get(format!("{}/", self.url)).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) && !self.has_ended() {
                return true;
            }
            if self.has_ended() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let log = fs::read_to_string(world.aside().join("handler.log")).unwrap_or_default();
        panic!("the handler does not answer: {log}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn spawn(mut command: Command, world: &World) -> Child {
    let log = File::options().create(true).append(true).open(world.aside().join("handler.log"));
    let mut log = log.expect("a log");
    let _ = writeln!(log, "-- a handler starts");
    command.stdout(log.try_clone().expect("a log")).stderr(log).spawn().expect("the program")
}

pub(super) fn command(world: &World, port: u16) -> Command {
    let program = env!("CARGO_BIN_EXE_kundportal");
    let mut command = Command::new(if world.setting().has_quota { "sh" } else { program });
    if world.setting().has_quota {
        command.args(["-c", "trap '' XFSZ; exec \"$0\"", program]);
    }
    command
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "RUST_BACKTRACE"))
        .envs(world.setting().variables.iter().map(|(name, value)| (name, value)))
        .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
        // It ends with this, so that nobody is left behind by a test that was killed.
        .stdin(Stdio::piped());
    command
}

/// A port that no other test takes, also while its handler is being started again: who holds the UDP port of the number has it.
struct Port {
    number: u16,
    _held: std::net::UdpSocket,
}

impl Port {
    /// Below the ports from which connections go out, so that a handler that is started again finds its own still free.
    fn free() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        loop {
            let turn = NEXT.fetch_add(1, Ordering::Relaxed);
            let spread = u16::try_from(std::process::id() % 15_000).unwrap_or(0).wrapping_mul(37);
            let number = 16_000 + spread.wrapping_add(turn) % 15_000;
            let held = std::net::UdpSocket::bind(("127.0.0.1", number));
            if let Ok(held) = held
                && std::net::TcpListener::bind(("127.0.0.1", number)).is_ok()
            {
                return Self { number, _held: held };
            }
        }
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    Port::free().number
}
