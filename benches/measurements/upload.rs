//! A file that goes up, against the same bytes written to a file and brought to disk.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Instant,
};

use serde_json::json;

use crate::{
    by_turns,
    figures::{Goal, Row},
    program::{self, Server, Stage},
    support::{Speaker, User},
};

const MIB: usize = 1024 * 1024;
/// Bytes that are written at once.
const PIECE: usize = 512 * 1024;

pub(crate) fn measure(stage: &Stage, rounds: usize, mebibytes: usize) -> Vec<Row> {
    let handler = stage.handler(None);
    let large = row(stage, &handler, rounds, mebibytes, Goal::AtLeast(0.5));
    let small = row(stage, &handler, rounds, 1, Goal::None);
    vec![large, small]
}

fn row(stage: &Stage, handler: &Server, rounds: usize, mebibytes: usize, goal: Goal) -> Row {
    let bytes = noise(mebibytes * MIB);
    let path = stage.scratch.path().join("floor");
    let floor = || rate(&bytes, || write(&path, &bytes));
    let mut turn = 0;
    let figure = || {
        program::now(&stage.portal);
        turn += 1;
        let person = &stage.people[turn % stage.people.len()];
        rate(&bytes, || upload(stage, handler.port, person, &bytes))
    };
    let found = by_turns::measure(rounds, figure, floor, floor);
    let show = |rate: f64| format!("{rate:.0} MB/s");
    Row {
        what: format!("upload of a file of {mebibytes} MiB, embedded store"),
        figure: show(found.figure),
        floor: format!("{} (written and fsynced)", show(found.floor)),
        ratio: Some(found.ratio),
        noise: Some(found.noise),
        goal,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn rate(bytes: &[u8], work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    bytes.len() as f64 / 1e6 / begun.elapsed().as_secs_f64()
}

fn write(path: &Path, bytes: &[u8]) {
    let mut file = File::create(path).expect("a file");
    for piece in bytes.chunks(PIECE) {
        file.write_all(piece).expect("written");
    }
    file.sync_all().expect("on disk");
    drop(file);
    std::fs::remove_file(path).expect("removed");
}

fn upload(stage: &Stage, port: u16, person: &User, bytes: &[u8]) {
    let token = stage.portal.token(Speaker::Main, person, json!({}));
    let path = stage.tenant.path(&format!("/files?customer={}", stage.customer));
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         client-ip: 203.0.113.7\r\nx-forwarded-for: 127.0.0.1\r\nx-ms-invocation-id: 1\r\n\
         content-type: application/octet-stream\r\ncontent-disposition: attachment; filename*=UTF-8''a.bin\r\n\
         content-length: {}\r\n\r\n",
        bytes.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.set_nodelay(true).expect("a setting");
    stream.write_all(head.as_bytes()).expect("sent");
    stream.write_all(bytes).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

/// What does not compress.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ length as u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(length.div_ceil(8)).flatten().take(length).collect()
}
