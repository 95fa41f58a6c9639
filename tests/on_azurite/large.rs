//! A file that goes straight to storage, becomes a file of the portal, and comes out in a package: the handler's memory
//! stays where it was. `KUNDPORTAL_LARGE_MIB` says how large it is; `tests/long` takes 2 GiB.

use std::{fmt::Write as _, fs};

use data_encoding::{BASE64, HEXLOWER};
use futures_util::TryStreamExt as _;
use reqwest::Client;
use serde_json::json;

use crate::{
    caller::Caller,
    process::LocalRun,
    support::{Azurite, figure},
};

const MIB: u64 = 1024 * 1024;

const EMAIL: &str = "yusuf.demir@example.com";

/// What a client sends at once.
const BLOCK: usize = 4 * 1024 * 1024;

/// What the handler may need more while it moves the file than it needed before, whatever the size of the file: less than half of
/// the smallest that is tried.
const ROOM: u64 = 96 * MIB;

/// What no compression makes smaller.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let mut noise = Vec::new();
    while noise.len() < BLOCK {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend(state.to_le_bytes());
    }
    noise
}

/// Sends a file straight to storage, in blocks; its SHA-256.
async fn send(client: &Client, url: &str, blocks: u64) -> String {
    let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let mut list = String::new();
    let mut block = noise();
    for number in 0..blocks {
        let id = BASE64.encode(format!("{number:06}").as_bytes());
        // No two are the same.
        block[..8].copy_from_slice(&number.to_le_bytes());
        digest.update(&block);
        let sent = client.put(format!("{url}&comp=block&blockid={id}")).body(block.clone()).send().await;
        assert_eq!(sent.expect("an answer").status(), 201);
        let _ = write!(list, "<Latest>{id}</Latest>");
    }
    let list = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{list}</BlockList>");
    let sent = client.put(format!("{url}&comp=blocklist")).body(list).send().await;
    assert_eq!(sent.expect("an answer").status(), 201);
    HEXLOWER.encode(digest.finish().as_ref())
}

/// The memory of a process, in bytes: what it has now, or the most since [`Memory::watch`].
fn memory(process: u32, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process");
    let found = status.lines().find_map(|each| each.strip_prefix(line)).expect("its memory");
    found.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().expect("a number") * 1024
}

/// How much more memory a process has had than at the beginning.
struct Growth {
    process: u32,
    before: u64,
}

impl Growth {
    /// Forgets the most that it ever had: making the demo data may have taken much.
    fn watch(process: u32) -> Self {
        fs::write(format!("/proc/{process}/clear_refs"), "5").expect("the process is ours");
        Self { process, before: memory(process, "VmRSS:") }
    }

    fn most(&self) -> u64 {
        memory(self.process, "VmHWM:").saturating_sub(self.before)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_goes_in_and_comes_out_in_bounded_memory() {
    #[expect(clippy::disallowed_methods, reason = "the tests' own")]
    let size =
        std::env::var("KUNDPORTAL_LARGE_MIB").map_or(192, |text| text.parse::<u64>().expect("a number"));
    let azurite = Azurite::on_disk();
    let settings = azurite.settings();
    let variables: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let run = LocalRun::start_in(folder.path(), &["--storage", "azure"], &variables).await;
    let caller = Caller::sign_in(&run, &azurite, EMAIL).await;
    let tenant = "/api/tenants/nordljus";

    let customer = caller.get(&format!("{tenant}/profile")).await["customers"][0]["id"].clone();
    let announced = json!({"name": "film.bin", "contentType": "application/octet-stream",
        "size": size * MIB, "customer": customer});
    let begun = caller.post(&format!("{tenant}/files/uploads"), &announced, 201).await;
    let upload = format!("{tenant}/files/uploads/{}", begun["id"].as_str().expect("an id"));
    let url = begun["upload"]["url"].as_str().expect("a URL");
    let sha256 = send(&caller.client, url, size / 4).await;

    let handler = run.handler(None).await;
    let growth = Growth::watch(handler);
    caller.post_empty(&format!("{upload}/complete"), 202).await;
    caller.until(&upload, "complete").await;
    let file = caller.get(&format!("{tenant}/files/{}", begun["id"].as_str().expect("an id"))).await;
    assert_eq!((&file["sha256"], &file["size"]), (&json!(sha256), &json!(size * MIB)));
    let taken_in = growth.most();

    let request = caller.post(&format!("{tenant}/requests"), &json!({"kind": "access"}), 201).await;
    let request = format!("{tenant}/requests/{}", request["id"].as_str().expect("an id"));
    let case = caller.until(&request, "fulfilled").await;
    let written = growth.most();
    // A package asks for a fresh sign-in, and a large one takes its time.
    let caller = Caller::sign_in(&run, &azurite, EMAIL).await;
    let fetched =
        caller.client.get(format!("{}{request}/package", caller.address)).bearer_auth(&caller.token);
    let fetched = fetched.send().await.expect("an answer");
    assert_eq!(fetched.status(), 200);
    let pieces = fetched.bytes_stream().map_ok(|piece| piece.len() as u64);
    let length = pieces.try_fold(0, async |sum, piece| Ok(sum + piece)).await.expect("the whole package");
    assert_eq!(case["package"]["size"], json!(length));
    assert!(length > size * MIB, "the package holds the file");
    let after = growth.most();
    let mib = |bytes: u64| bytes / MIB;
    figure(
        "azurite-memory",
        &format!(
            "On Azurite: a file of {size} MiB goes straight to storage and comes out in a package of {} MiB; the handler \
             had {} MiB, and at most so much more: {} MiB when the file was checked and copied, {} MiB when the package \
             was written, {} MiB when it was fetched",
            mib(length),
            mib(growth.before),
            mib(taken_in),
            mib(written),
            mib(after)
        ),
    );
    assert!(after < ROOM, "{} MiB more than before", mib(after));
    assert_eq!(run.handler(None).await, handler, "the handler never ended");
    run.signal("INT");
    assert!(run.ended().await.success());
}
