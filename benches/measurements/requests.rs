//! Many requests for a profile: how fast, and what memory they leave.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tokio::{io::AsyncReadExt as _, io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    by_turns::{self, Found},
    figures::{Goal, Row},
    machine,
    program::{self, Server, Stage},
};

/// Requests before memory is looked at.
const MANY: u32 = 10_000;
/// How long a server is asked in each round.
const MS: u64 = 700;
/// Cores of what serves and of what asks.
const SERVING: usize = 0;
const ASKING: usize = 1;

/// Writes something where parts find it.
pub(crate) fn write(stage: &Stage, name: &str, bytes: &[u8]) -> PathBuf {
    let path = stage.scratch.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

/// What came of asking.
pub(crate) struct Made {
    pub(crate) answers: f64,
    pub(crate) seconds: f64,
    /// What an answer took, in microseconds.
    pub(crate) median: f64,
}

/// Runs the generator.
pub(crate) fn generate(server: &Server, requests: &Path, arguments: &[&str], tie: bool) -> Made {
    let this = std::env::current_exe().expect("this program");
    let mut command = if tie { machine::on_core(ASKING, &this) } else { Command::new(this) };
    command.arg("generate").arg(server.port.to_string()).arg(requests).args(arguments);
    let output = command.output().expect("the generator");
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<_> = said.split_whitespace().filter_map(|number| number.parse::<f64>().ok()).collect();
    match numbers[..] {
        [answers, micros, median] => Made { answers, seconds: micros / 1e6, median },
        _ => panic!("the generator failed: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

pub(crate) fn memory(stage: &Stage) -> Vec<Row> {
    let profiles = write(stage, "profiles", &stage.profile_requests());
    let hello = write(stage, "hello", b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n\0");
    let after = |server: &Server, requests: &Path| {
        let made = generate(server, requests, &["--most", &MANY.to_string()], false);
        assert!(made.answers >= f64::from(MANY), "{}", made.answers);
        machine::resident(server.process())
    };
    let figure = after(&stage.handler(None), &profiles);
    let floor = after(&program::floor(None, None), &hello);
    vec![Row {
        what: "resident memory after 10,000 requests".to_owned(),
        figure: format!("{figure:.1} MiB"),
        floor: format!("{floor:.1} MiB (bare warp)"),
        ratio: None,
        noise: None,
        goal: Goal::MebibytesAtMost(25.0, figure),
    }]
}

pub(crate) fn profile(stage: &Stage, rounds: usize) -> Vec<Row> {
    let asked = stage.profile_requests();
    let profiles = write(stage, "profiles", &asked);
    let handler = stage.handler(Some(SERVING));
    let answer = answer_of(handler.port, asked.split(|byte| *byte == 0).next().expect("a request"));
    let answer = write(stage, "answer", &answer);
    let [floor, same] = [(); 2].map(|()| program::floor(Some(&answer), Some(SERVING)));
    let ms = MS.to_string();
    let measure = |server: &Server| {
        let before = machine::processor_time(server.process());
        let made = generate(server, &profiles, &["--ms", &ms], true);
        let cost = (machine::processor_time(server.process()) - before) / made.answers;
        [made.answers / made.seconds, cost * 1e6]
    };
    let [rate, cost] =
        by_turns::measure_each(rounds, || measure(&handler), || measure(&floor), || measure(&same));
    let (what, beside) = ("`GET T/profile`, embedded store, token verified", "bare warp, the same bytes");
    vec![
        row(what.to_owned(), &rate, "a second", beside, Goal::AtLeast(0.5)),
        // Where what asks is the limit, this shows more than the rate does.
        row(format!("{what}: processor time"), &cost, "µs a request", beside, Goal::None),
    ]
}

pub(crate) fn row(what: String, found: &Found, unit: &str, beside: &str, goal: Goal) -> Row {
    let show = |number: f64| {
        if number < 1000.0 { format!("{number:.1} {unit}") } else { format!("{number:.0} {unit}") }
    };
    Row {
        what,
        figure: show(found.figure),
        floor: format!("{} ({beside})", show(found.floor)),
        ratio: Some(found.ratio),
        noise: Some(found.noise),
        goal,
    }
}

/// Headers and body that are answered, as a floor takes them.
pub(crate) fn answer_of(port: u16, request: &[u8]) -> Vec<u8> {
    let answer = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
        let request = String::from_utf8_lossy(request).replacen("\r\n", "\r\nconnection: close\r\n", 1);
        stream.write_all(request.as_bytes()).await.expect("asked");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        answer
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = String::from_utf8(runtime.block_on(answer)).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let own = ["content-length", "date", "connection"];
    let headers: Vec<_> = head
        .split("\r\n")
        .skip(1)
        .filter(|line| !own.iter().any(|name| line.to_ascii_lowercase().starts_with(name)))
        .collect();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    format!("{}\n\n{body}", headers.join("\n")).into_bytes()
}
