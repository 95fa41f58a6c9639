//! What people do, in memory and on Azurite: the calls to the ports are the same, name by name.

use bytes::Bytes;
use kundportal_store::Tally;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    Portal, Storage, figure,
    package::{ask, entries, package},
};

/// More than storage takes in one request.
const FILE: usize = 9 * 1024 * 1024;

/// What a step cost.
#[derive(Debug)]
struct Cost {
    step: &'static str,
    calls: Tally,
    requests: u64,
}

/// Notes what each step cost.
struct Costs<'a> {
    portal: &'a Portal,
    requests: u64,
    all: Vec<Cost>,
}

impl<'a> Costs<'a> {
    fn new(portal: &'a Portal) -> Self {
        Self { portal, requests: 0, all: Vec::new() }
    }

    fn note(&mut self, step: &'static str) {
        let requests = self.portal.requests();
        let mut calls = self.portal.counts().take();
        // The issuer has another address in each run, and what is asked for at once may come in either order.
        let Tally { reads, writes, deletes, lists, messages } = &mut calls;
        for column in [reads, writes, deletes, lists, messages] {
            for name in column.iter_mut() {
                *name = without_hashes(name);
            }
            column.sort();
        }
        self.all.push(Cost { step, calls, requests: requests - self.requests });
        self.requests = requests;
    }
}

/// A name without the keyed hashes in it.
fn without_hashes(name: &str) -> String {
    let hash = |part: &str| part.strip_prefix("1-").is_some_and(|hash| hash.len() == 64);
    name.split('/').map(|part| if hash(part) { "hash" } else { part }).collect::<Vec<_>>().join("/")
}

/// Accepts, patches, uploads, downloads, comments, asks for a package, and lets retention take what is due.
async fn a_life(portal: &Portal) -> Vec<Cost> {
    let mut costs = Costs::new(portal);
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    costs.note("founding a tenant");
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    costs.note("inviting and accepting");
    let caller = portal.as_(&kim);
    caller.patch(&tenant.path("/profile"), json!({"phone": "070-174 06 20"})).await.expect(200);
    costs.note("changing a profile");
    let body: Bytes = (0..FILE).map(|place| u8::try_from(place / 1000 % 251).expect("a byte")).collect();
    let by = caller.clone().header("content-disposition", "attachment; filename=\"avtal.bin\"");
    let files = tenant.path(&format!("/files?customer={customer}"));
    let sent =
        by.send_bytes(Method::POST, &files, "application/octet-stream", body.clone()).await.expect(201);
    let file = tenant.path(&format!("/files/{}", sent.text_at("/id")));
    costs.note("sending a file of 9 MiB");
    let read = caller.get(&format!("{file}/content")).await.expect(200);
    assert!(read.body == body);
    costs.note("reading it");
    let part = caller.clone().header("range", "bytes=5000000-5000009");
    let part = part.get(&format!("{file}/content")).await.expect(206);
    assert!(part.body == body.slice(5_000_000..5_000_010));
    costs.note("reading ten bytes of it");
    let comment = json!({"customer": customer, "thread": "Möten", "text": "Vi hörs."});
    caller.post(&tenant.path("/comments"), comment).await.expect(201);
    costs.note("writing a comment");
    let request = ask(portal, &tenant, &kim).await;
    portal.pump_all().await;
    costs.note("asking for a package, and its writing");
    let fetched = package(portal, &tenant, &kim, &request).await.expect(200);
    let entries = entries(&fetched, &request);
    assert!(entries.values().any(|content| *content == body), "the file is in the package");
    costs.note("fetching the package");
    // Past the period of the package and of the sign-ins, short of everything else's.
    portal.advance_hours(24 * 92);
    for delivery in portal.timer("retention").await {
        assert!(delivery.succeeded(), "{delivery:?}");
    }
    costs.note("retention, three months later");
    assert!(!portal.names().await.iter().any(|name| name.contains("/package")), "the package is gone");
    costs.all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_calls_are_those_that_are_counted_in_memory() {
    let memory = a_life(&Portal::start().await).await;
    let portal = Portal::start_on(Storage::Azure).await;
    let azure = a_life(&portal).await;
    let mut lines =
        vec!["On Azurite: calls to ports, as in memory, and the requests that they became".to_owned()];
    for (counted, real) in memory.iter().zip(&azure) {
        assert_eq!(counted.calls, real.calls, "{}", counted.step);
        // Messages are in memory here, and a call is a request at least.
        let calls = real.calls.total() - real.calls.messages.len();
        assert!(real.requests >= calls as u64, "{}: {} of {calls}", real.step, real.requests);
        lines.push(format!("  {}: {calls} calls, {} requests", real.step, real.requests));
    }
    assert_eq!(memory.len(), azure.len());
    figure("azurite-calls", &lines.join("\n"));
}
