//! Contents that break off on their way out of storage: nobody takes half a file for a whole one.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::Method;

use crate::{
    proxy::{Fate, Weather},
    stand::Stand,
    support::{
        Azurite, Issuer,
        package::{ask, entries, package},
        sha256,
    },
};

/// More than two ranges.
const SIZE: usize = 9 * 1024 * 1024;

/// Longer than anything tries here.
const LONG: Duration = Duration::from_mins(10);

fn content() -> Bytes {
    (0..SIZE).map(|place| u8::try_from(place / 1000 % 251).expect("a byte")).collect()
}

/// A file of Kim's.
async fn with_file(content: &Bytes) -> (Stand, String) {
    let stand = Stand::up(Azurite::shared(), &Arc::new(Issuer::start().await)).await;
    let scene = &stand.scene;
    let files = scene.tenant.path(&format!("/files?customer={}", scene.customer));
    let by = stand.portal.as_(&scene.kim).header("content-disposition", "attachment; filename=film.bin");
    let sent = by.send_bytes(Method::POST, &files, "application/octet-stream", content.clone()).await;
    let file = scene.tenant.path(&format!("/files/{}/content", sent.expect(201).text_at("/id")));
    (stand, file)
}

/// Whatever a caller gets of the file: a status, and the content's SHA-256 if it came to its end.
async fn read(stand: &Stand, file: &str) -> (u16, Option<String>) {
    let token = stand.portal.token(crate::support::Speaker::Main, &stand.scene.kim, serde_json::json!({}));
    let asked = stand.portal.client().get(format!("{}{file}", stand.portal.url())).bearer_auth(token);
    let asked = asked.header("x-azure-functions-invocationid", stand.portal.next_invocation());
    let answer = asked.header("client-ip", "203.0.113.7").send().await.expect("the head of an answer");
    let status = answer.status().as_u16();
    if status == 200 {
        assert_eq!(answer.content_length(), Some(SIZE as u64), "the caller knows how much to wait for");
    }
    (status, answer.bytes().await.ok().map(|bytes| sha256(&bytes)))
}

/// The exchanges that fetch the file's content, from 1.
fn ranges(seen: &[String]) -> Vec<usize> {
    let of_content = |(place, exchange): (usize, &String)| {
        (exchange.starts_with("GET ") && exchange.ends_with("%2Fcontent")).then_some(place + 1)
    };
    seen.iter().enumerate().filter_map(of_content).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_that_breaks_off_is_resumed_or_never_looks_like_a_whole_file() {
    let content = content();
    let (stand, file) = with_file(&content).await;
    let whole = (200, Some(sha256(&content)));
    let _ = stand.wire.seen();
    assert_eq!(read(&stand, &file).await, whole);
    let ranges = ranges(&stand.wire.seen());
    let [first, second, _] = ranges[..] else { panic!("three ranges, not {ranges:?}") };
    for range in ranges {
        // Half of each comes, and the rest is asked for.
        stand.wire.plan(range, Fate::Half, None);
        assert_eq!(read(&stand, &file).await, whole, "exchange {range}");
        assert!(stand.wire.forget());
    }
    // Storage is away from the first on, of which nothing came: nothing has been sent yet.
    stand.wire.plan(first, Fate::Lost, Some((Weather::Refused, LONG)));
    assert_eq!(read(&stand, &file).await.0, 503);
    assert!(stand.wire.forget());
    // From the second on: the caller sees that it broke off.
    for fate in [Fate::Lost, Fate::Half] {
        stand.wire.plan(second, fate, Some((Weather::Refused, LONG)));
        assert_eq!(read(&stand, &file).await, (200, None));
        assert!(stand.wire.forget());
    }
    assert_eq!(read(&stand, &file).await, whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_never_holds_half_a_file() {
    let content = content();
    let (stand, _) = with_file(&content).await;
    let _ = stand.wire.seen();
    let asked = ask(&stand.portal, &stand.scene.tenant, &stand.scene.kim).await;
    stand.portal.pump_all().await;
    let ranges = ranges(&stand.wire.seen());
    let [.., second, _] = ranges[..] else { panic!("three ranges, not {ranges:?}") };
    assert!(holds(&stand, &asked, &content).await, "the file is in an undisturbed package");

    // The same with others, whose storage goes away in the midst of the file, for longer than a message is delivered.
    let (stand, _) = with_file(&content).await;
    stand.wire.plan(second, Fate::Half, Some((Weather::Refused, LONG)));
    let asked = ask(&stand.portal, &stand.scene.tenant, &stand.scene.kim).await;
    let deliveries = stand.portal.pump().await;
    assert!(stand.wire.forget());
    assert!(deliveries.iter().any(|delivery| !delivery.succeeded()), "{deliveries:?}");
    let path = stand.scene.tenant.path(&format!("/requests/{asked}/package"));
    assert_eq!(stand.portal.as_(&stand.scene.kim).get(&path).await.status, 409);
    for _ in 0..3 {
        stand.portal.advance_hours(1);
        stand.portal.timer("waiting_work").await;
    }
    assert!(holds(&stand, &asked, &content).await, "the file is in the package");
}

/// Whether the package of a request holds this content.
async fn holds(stand: &Stand, request: &str, content: &Bytes) -> bool {
    let (portal, scene) = (&stand.portal, &stand.scene);
    let fetched = package(portal, &scene.tenant, &scene.kim, request).await;
    assert_eq!(fetched.status, 200);
    entries(&fetched, request).values().any(|entry| entry == content)
}
