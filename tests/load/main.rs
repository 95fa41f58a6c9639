//! The handler's memory under load: the real process, under a limit of the operating system, watched from outside.
//!
//! `KUNDPORTAL_LOAD_MIB` says how much goes up and into a package: 256 MiB unless given, `KUNDPORTAL_LOAD_MIB=1024` for the
//! long run, which needs 4 GiB of disk at `TMPDIR`. `cargo test --features faults --test load -- --nocapture` prints the table.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where a promise is broken"
)]

#[path = "../support/mod.rs"]
mod support;
mod watch;

use std::{
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, future::join_all, stream};
use reqwest::{Body, Method};
use serde_json::json;
use support::{Portal, Speaker, Tenant, User, give_file, package::ask};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use watch::{LIMIT, Watch};

const MIB: usize = 1024 * 1024;
/// How soon somebody else is served, on a machine that does other things.
const PROMPTLY: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_mins(2);
/// Of each file, in MiB.
const FILE: usize = 16;

#[expect(clippy::disallowed_methods, reason = "what is read is the test's, not the program's")]
fn mebibytes() -> usize {
    let given = std::env::var("KUNDPORTAL_LOAD_MIB").unwrap_or_else(|_| "256".to_owned());
    given.parse().expect("KUNDPORTAL_LOAD_MIB is a number")
}

/// A tenant, a customer of it, and some of its users.
struct Office {
    tenant: Tenant,
    customer: String,
    users: Vec<User>,
}

impl Office {
    async fn open(portal: &Portal, id: &str, users: usize) -> Self {
        let tenant = portal.tenant(id).await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let mut members = Vec::new();
        for number in 0..users {
            members.push(portal.member(&tenant, &customer, &format!("{id}{number}@example.com")).await);
        }
        Self { tenant, customer, users: members }
    }

    fn files(&self) -> String {
        self.tenant.path(&format!("/files?customer={}", self.customer))
    }
}

/// What does not compress, in pieces of 64 KiB.
fn noise(mebibytes: usize, seed: u64) -> Vec<Bytes> {
    let mut state = seed | 1;
    let mut piece = || {
        let words = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        Bytes::from(words.take(8 * 1024).flatten().collect::<Vec<u8>>())
    };
    (0..mebibytes * 16).map(|_| piece()).collect()
}

async fn upload(portal: &Portal, office: &Office, user: &User, pieces: Vec<Bytes>) -> String {
    let body = stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    let answer = portal
        .as_(user)
        .header("content-disposition", "attachment; filename*=UTF-8''a.bin")
        .send(Method::POST, &office.files(), |request| request.body(Body::wrap_stream(body)))
        .await;
    answer.expect(201).text_at("/id")
}

#[test]
fn the_limit_bites() {
    let allocate = |mebibytes: u64| {
        let program = format!("import sys; block = bytearray({mebibytes} << 20); sys.exit(block[-1])");
        let limit = format!("--data={}", LIMIT * 1024 * 1024);
        let mut planted = Command::new("prlimit");
        planted.args([limit.as_str(), "python3", "-c", &program]);
        planted.output().expect("prlimit and python3").status.success()
    };
    assert!(allocate(LIMIT / 2), "half of it can be had");
    assert!(!allocate(LIMIT + 1), "more than all of it cannot");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_within_bounds_whatever_goes_on() {
    let portal = Portal::start_served_on_disk().await;
    let process = portal.process_id();
    watch::bound(process);
    let first = Office::open(&portal, "t1", 4).await;
    let second = Office::open(&portal, "t2", 4).await;
    watch::heading();
    let file = many_upload(&portal, process, &first).await;
    one_package(&portal, process, &first).await;
    slow_readers(&portal, process, (&first, &file), &second).await;
    slow_writers(&portal, process, &first, &second).await;
    large_pictures(&portal, process, &[&first, &second]).await;
    assert_eq!(portal.process_id(), process, "it is still the same");
}

/// Several files at once, over and over; answers one of them.
async fn many_upload(portal: &Portal, process: u32, office: &Office) -> String {
    let files = mebibytes() / FILE;
    let pieces = noise(FILE, 1);
    let watch = Watch::begin(process, "files go up, 8 at once");
    let uploads = stream::iter(0..files).map(|number| {
        let user = &office.users[number % office.users.len()];
        upload(portal, office, user, pieces.clone())
    });
    let ids: Vec<_> = uploads.buffer_unordered(8).collect().await;
    let seen = watch.end();
    println!("{} MiB at {:.0} MB/s", files * FILE, rate(files * FILE, seen.seconds()));
    seen.grew_at_most(64.0);
    ids.into_iter().next().expect("one file at least")
}

async fn one_package(portal: &Portal, process: u32, office: &Office) {
    let administrator = &office.tenant.administrator;
    let content = noise(FILE, 2).concat();
    let files = mebibytes() / FILE;
    for number in 0..files {
        let name = format!("stor {number}.bin");
        give_file(portal, &office.tenant, &office.customer, administrator, number, &name, content.clone())
            .await;
    }
    let request = ask(portal, &office.tenant, administrator).await;
    let watch = Watch::begin(process, "a package is written");
    portal.pump_all().await;
    let seen = watch.end();
    println!("{} MiB at {:.0} MB/s", files * FILE, rate(files * FILE, seen.seconds()));
    seen.grew_at_most(64.0);
    let path = office.tenant.path(&format!("/requests/{request}"));
    let case = portal.as_(administrator).get(&path).await.expect(200);
    assert_eq!(case.text_at("/state"), "fulfilled");
    assert!(case.at("/package/size").as_u64() > Some((files * FILE * MIB) as u64));
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn rate(mebibytes: usize, seconds: f64) -> f64 {
    (mebibytes * MIB) as f64 / 1e6 / seconds
}

/// 50 people's programs read a file a little at a time; others are served meanwhile.
async fn slow_readers(portal: &Portal, process: u32, (office, file): (&Office, &str), others: &Office) {
    let theirs = upload(portal, others, &others.users[0], noise(FILE, 3)).await;
    let watch = Watch::begin(process, "50 slow readers download");
    let from_both = [(office, file), (others, theirs.as_str())];
    let readers = (0..50).map(|number| {
        let (office, file) = from_both[number % 2];
        let user = &office.users[number / 2 % office.users.len()];
        let path = office.tenant.path(&format!("/files/{file}/content"));
        let request = portal.client().get(format!("{}{path}", portal.url()));
        let token = portal.token(Speaker::Main, user, json!({}));
        async move {
            let mut answer = request.bearer_auth(token).send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
            let mut read = answer.chunk().await.expect("a piece").expect("a piece").len();
            for _ in 0..20 {
                tokio::time::sleep(Duration::from_millis(100)).await;
                read += answer.chunk().await.expect("a piece").expect("a piece").len();
            }
            while let Some(piece) = answer.chunk().await.expect("a piece") {
                read += piece.len();
            }
            assert_eq!(read, FILE * MIB);
        }
    });
    let (_, slowest) = tokio::join!(join_all(readers), serve_others(portal, others, 10));
    println!("others waited {slowest:.0?} at most");
    watch.end().grew_at_most(64.0);
}

/// Does what people do while others are slow; how long the slowest answer took.
async fn serve_others(portal: &Portal, office: &Office, rounds: usize) -> Duration {
    let user = &office.users[3];
    let mut slowest = Duration::ZERO;
    let pieces = noise(1, 4);
    for _ in 0..rounds {
        let begun = Instant::now();
        portal.as_(user).get(&office.tenant.path("/profile")).await.expect(200);
        portal
            .as_(user)
            .patch(&office.tenant.path("/profile"), json!({"phone": "070-1740605"}))
            .await
            .expect(200);
        upload(portal, office, user, pieces.clone()).await;
        slowest = slowest.max(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(slowest < PROMPTLY, "{slowest:?}");
    slowest
}

/// A slow upload: its head, a little of its body, and then next to nothing.
async fn begin(portal: &Portal, path: &str, token: Option<String>) -> TcpStream {
    let address = portal.url().strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nclient-ip: 203.0.113.9\r\ncontent-length: 60000000\r\n{authorization}\
         content-disposition: attachment; filename*=UTF-8''slow.bin\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

/// The status that came; none while there is no answer.
async fn status(stream: &mut TcpStream, patience: Duration) -> Option<String> {
    let mut line = [0; 12];
    match timeout(patience, stream.read_exact(&mut line)).await {
        Ok(read) => {
            read.expect("an answer");
            Some(String::from_utf8_lossy(&line[9..]).into_owned())
        }
        Err(_) => None,
    }
}

/// 200 uploads of one tenant's users and 100 of nobody's are held open; the others are served meanwhile.
async fn slow_writers(portal: &Portal, process: u32, office: &Office, others: &Office) {
    let watch = Watch::begin(process, "200 slow writers, and 100 without a token");
    let path = office.files();
    let writers = join_all((0..200).map(|number| {
        let user = &office.users[number % office.users.len()];
        begin(portal, &path, Some(portal.token(Speaker::Main, user, json!({}))))
    }));
    let nobodies = join_all((0..100).map(|_| begin(portal, &path, None)));
    let (mut writers, mut nobodies) = tokio::join!(writers, nobodies);
    let refused = join_all(nobodies.iter_mut().map(|stream| status(stream, PATIENCE))).await;
    assert!(refused.iter().all(|status| status.as_deref() == Some("401")), "{refused:?}");

    // 32 places: three quarters of them are one tenant's, and each of its four users has at most a quarter.
    let refusals = async {
        let mut refused = 0;
        while refused < 176 {
            let now =
                join_all(writers.iter_mut().map(|stream| status(stream, Duration::from_millis(50)))).await;
            let mut held = Vec::new();
            for (stream, status) in writers.drain(..).zip(now) {
                match status.as_deref() {
                    None => held.push(stream),
                    Some("503") => refused += 1,
                    Some(other) => panic!("{other}"),
                }
            }
            writers = held;
        }
        writers
    };
    let mut held = timeout(PATIENCE, refusals).await.expect("who finds no place is told so at once");
    assert_eq!(held.len(), 24);
    let mut dripping = tokio::task::JoinSet::new();
    let drip: Arc<[u8]> = vec![7; 1000].into();
    for mut stream in held.drain(..) {
        let drip = Arc::clone(&drip);
        dripping.spawn(async move {
            loop {
                stream.write_all(&drip).await.expect("it is still taken in");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
    let slowest = serve_others(portal, others, 20).await;
    println!("others waited {slowest:.0?} at most");
    assert_eq!(dripping.len(), 24);
    assert!(dripping.try_join_next().is_none(), "all of them are still being taken in");
    watch.end().grew_at_most(64.0);
    dripping.shutdown().await;
}

/// Eight people send the largest picture that is taken, at the same time.
async fn large_pictures(portal: &Portal, process: u32, offices: &[&Office]) {
    let mut picture = Vec::new();
    let pixels = image::RgbaImage::from_pixel(5000, 5000, image::Rgba([1, 2, 3, 255]));
    let encoder = image::codecs::png::PngEncoder::new(&mut picture);
    pixels.write_with_encoder(encoder).expect("a picture");
    drop(pixels);
    let picture = Bytes::from(picture);
    let watch = Watch::begin(process, "8 pictures of 25 megapixels at once");
    let puts = offices.iter().flat_map(|office| office.users.iter().map(move |user| (office, user))).map(
        |(office, user)| {
            let (caller, path, picture) =
                (portal.as_(user), office.tenant.path("/profile/picture"), picture.clone());
            async move { caller.send_bytes(Method::PUT, &path, "image/png", picture).await.status }
        },
    );
    let statuses = join_all(puts).await;
    assert!(
        statuses.contains(&200) && statuses.iter().all(|status| [200, 503].contains(status)),
        "{statuses:?}"
    );
    watch.end().grew_at_most(256.0);
}
