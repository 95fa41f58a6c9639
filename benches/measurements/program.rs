//! Servers as processes: the program's handler as the host starts it, and floors started the same way.

use std::{
    ffi::{OsStr, OsString},
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use kundportal_store::{Clock as _, SystemClock};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    machine,
    support::{Portal, Speaker, Tenant, User, free_port},
};

/// How long a server may take to its first answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many people ask.
const PEOPLE: usize = 8;

/// What is measured in: below `target`, on disk, and gone at the end.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// A folder with a tenant and some people in it, whom a handler knows.
pub(crate) struct Stage {
    pub(crate) portal: Portal,
    pub(crate) tenant: Tenant,
    pub(crate) customer: String,
    pub(crate) people: Vec<User>,
    /// Where measurements keep what they hand to their parts.
    pub(crate) scratch: TempDir,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        let portal = Portal::start_served_below(folder()).await;
        now(&portal);
        let tenant = portal.tenant("acme").await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            now(&portal);
            people.push(portal.member(&tenant, &customer, &format!("kim{number}@example.com")).await);
        }
        let scratch = TempDir::new_in(folder()).expect("a folder");
        Self { portal, tenant, customer, people, scratch }
    }

    /// A handler on this folder, beside the one that made it.
    pub(crate) fn handler(&self, tie: Option<usize>) -> Server {
        self.handler_with(tie, &[])
    }

    /// The same with further variables.
    pub(crate) fn handler_with(&self, tie: Option<usize>, variables: &[(&str, OsString)]) -> Server {
        Server::start(|port| {
            let mut plain = self.portal.handler(port);
            plain.envs(variables.iter().map(|(name, value)| (name, value)));
            let Some(core) = tie else { return plain };
            let mut tied = machine::on_core(core, Path::new(plain.get_program()));
            tied.env_clear().stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            tied.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
            tied
        })
    }

    /// Requests for people's own profiles, as the generator takes them.
    pub(crate) fn profile_requests(&self) -> Vec<u8> {
        now(&self.portal);
        let path = self.tenant.path("/profile");
        let request = |person: &User| {
            let token = self.portal.token(Speaker::Main, person, json!({}));
            format!(
                "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nclient-ip: 203.0.113.7\r\n\
                 x-forwarded-for: 127.0.0.1\r\nx-ms-invocation-id: 1\r\n\r\n\0"
            )
        };
        self.people.iter().map(request).collect::<String>().into_bytes()
    }
}

/// The handler's time is the machine's: messages that it sent just now are to be seen, and tokens to count.
pub(crate) fn now(portal: &Portal) {
    portal.clock().set(SystemClock.now() + jiff::SignedDuration::from_secs(20));
}

/// A floor, on a port of its own.
pub(crate) fn floor(answer: Option<&Path>, tie: Option<usize>) -> Server {
    part("floor", answer.as_slice(), tie)
}

/// A part of this program that serves.
pub(crate) fn part(name: &str, arguments: &[impl AsRef<OsStr>], tie: Option<usize>) -> Server {
    Server::start(|port| {
        let this = std::env::current_exe().expect("this program");
        let mut command = match tie {
            Some(core) => machine::on_core(core, &this),
            None => Command::new(this),
        };
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.arg(name).arg(port.to_string()).args(arguments);
        command
    })
}

/// A process that serves. It ends with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    /// From the start of the process to its first answer.
    pub(crate) start: Duration,
}

impl Server {
    fn start(command: impl Fn(u16) -> Command) -> Self {
        let port = free_port();
        let mut command = command(port);
        let begun = Instant::now();
        let child = command.spawn().expect("the program");
        let mut server = Self { child, port, start: Duration::ZERO };
        while !server.answers() {
            assert!(begun.elapsed() < PATIENCE, "the server does not answer");
            assert!(server.child.try_wait().expect("it is ours").is_none(), "the server ended");
            std::thread::sleep(Duration::from_micros(100));
        }
        server.start = begun.elapsed();
        server
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let mut answer = Vec::new();
        let asked = stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        asked.and_then(|()| stream.read_to_end(&mut answer)).is_ok() && answer.starts_with(b"HTTP/1.1 200")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
