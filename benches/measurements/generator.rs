//! Asks as fast as it is answered, over connections that stay: one thread that does no more than it must, the same for every
//! server.
//!
//! It never sleeps, but looks at each connection in turn. Where it slept, each answer of a slow server would wake it, at the
//! server's cost, and none of a quick one's. Only for what waits for a third it may be told to.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    time::{Duration, Instant},
};

/// Room for an answer.
const SPACE: usize = 16 * 1024;
/// How long a server may stay silent.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub(crate) struct Options {
    /// On loopback.
    port: u16,
    /// The requests, each ending in a zero byte. Connections take turns at them.
    requests: PathBuf,
    /// How many connections.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// How long.
    #[arg(long, default_value_t = 60_000)]
    ms: u64,
    /// How many answers at most.
    #[arg(long, default_value_t = u64::MAX)]
    most: u64,
    /// Sleeps until an answer is there. For one connection.
    #[arg(long)]
    sleeps: bool,
}

/// Prints how many answers came, in how many microseconds, and the median of what an answer took.
pub(crate) fn run(options: &Options) {
    let requests = std::fs::read(&options.requests).expect("the requests");
    let requests: Vec<_> = requests.split(|byte| *byte == 0).filter(|request| !request.is_empty()).collect();
    let mut connections: Vec<_> = (0..options.connections)
        .map(|number| {
            let connection = Connection::open(options.port, requests[number % requests.len()]);
            connection.stream.set_nonblocking(!options.sleeps).expect("a setting");
            connection
        })
        .collect();
    let begun = Instant::now();
    let end = begun + Duration::from_millis(options.ms);
    let (mut asked, mut answered) = (0, 0);
    let (mut heard, mut took) = (begun, Vec::new());
    loop {
        let now = Instant::now();
        let goes_on = now < end;
        for connection in &mut connections {
            if connection.waits {
                if connection.hears() {
                    answered += 1;
                    heard = Instant::now();
                    took.push(heard - connection.asked);
                } else {
                    continue;
                }
            }
            if goes_on && asked < options.most {
                connection.ask();
                asked += 1;
            }
        }
        if !goes_on && answered == asked || answered == options.most {
            break;
        }
        assert!(now < heard + PATIENCE, "the server is silent");
    }
    let elapsed = begun.elapsed();
    took.sort_unstable();
    let median = took.get(took.len() / 2).expect("an answer");
    println!("{answered} {} {}", elapsed.as_micros(), median.as_micros());
}

/// One connection, with the request that is sent on it over and over.
struct Connection<'a> {
    stream: TcpStream,
    request: &'a [u8],
    space: Vec<u8>,
    filled: usize,
    /// Length of the answer, once its head is there.
    length: Option<usize>,
    waits: bool,
    asked: Instant,
}

impl<'a> Connection<'a> {
    fn open(port: u16, request: &'a [u8]) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        stream.set_nodelay(true).expect("a setting");
        let space = vec![0; SPACE];
        Self { stream, request, space, filled: 0, length: None, waits: false, asked: Instant::now() }
    }

    fn ask(&mut self) {
        self.asked = Instant::now();
        // Nothing is on its way here: there is room for a small request.
        self.stream.write_all(self.request).expect("asked");
        (self.filled, self.length, self.waits) = (0, None, true);
    }

    /// Whether the answer is there: one with 200 and a length, to its end and no further.
    fn hears(&mut self) -> bool {
        match self.stream.read(&mut self.space[self.filled..]) {
            Ok(read) => {
                assert!(read > 0, "the server hung up");
                self.filled += read;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(error) => panic!("no answer: {error}"),
        }
        let answer = &self.space[..self.filled];
        self.length = self.length.or_else(|| length_of(answer));
        let Some(length) = self.length else { return false };
        assert!(self.filled <= length, "more than one answer");
        self.waits = self.filled < length;
        !self.waits
    }
}

/// Length of the answer that begins here, once its head is there.
fn length_of(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&answer[..head]).expect("a head");
    assert!(text.starts_with("HTTP/1.1 20"), "{text}");
    let body = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().expect("a length"))
    });
    Some(head + 4 + body.expect("a length"))
}
