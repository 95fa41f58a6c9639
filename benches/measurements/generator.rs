//! Asks as fast as it is answered, over connections that stay: one thread that does no more than it must, the same for every
//! server.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

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
}

/// Prints how many answers came, and in how many microseconds.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) {
    let requests = std::fs::read(&options.requests).expect("the requests");
    let requests: Vec<_> = requests.split(|byte| *byte == 0).filter(|request| !request.is_empty()).collect();
    let begun = Instant::now();
    let end = begun + Duration::from_millis(options.ms);
    let asked = AtomicU64::new(0);
    let connections = (0..options.connections).map(|number| {
        let asked = &asked;
        ask(options.port, requests[number % requests.len()], move || {
            Instant::now() < end && asked.fetch_add(1, Ordering::Relaxed) < options.most
        })
    });
    let answered: u64 = futures_util::future::join_all(connections).await.into_iter().sum();
    println!("{answered} {}", begun.elapsed().as_micros());
}

/// How many answers came over one connection.
async fn ask(port: u16, request: &[u8], goes_on: impl Fn() -> bool) -> u64 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    stream.set_nodelay(true).expect("a setting");
    let mut space = vec![0; 16 * 1024];
    let mut answered = 0;
    while goes_on() {
        stream.write_all(request).await.expect("asked");
        read_answer(&mut stream, &mut space).await;
        answered += 1;
    }
    answered
}

/// One answer with 200 and a length, to its end and no further.
pub(crate) async fn read_answer(stream: &mut TcpStream, space: &mut [u8]) {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut space[filled..]).await.expect("an answer");
        assert!(read > 0, "the server hung up");
        filled += read;
        if let Some(length) = length_of(&space[..filled]) {
            assert!(filled <= length, "more than one answer");
            if filled == length {
                return;
            }
        }
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
