//! What Azure does beyond the promises that every store keeps: others use its URLs, and the host reads its queues.

use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use jiff::Timestamp;
use kundportal_store::{
    AzureCredential, BlobStoreExt as _, Clock as _, Condition, MessageEncoding, Queue as _, SignedUrl,
    StoreError, SystemClock,
};
use reqwest::{Response, StatusCode};

use crate::{
    stores::{Subject, at},
    writing::pieces,
};

/// Somebody with a URL and nothing else.
fn stranger(subject: &Subject) -> reqwest::Client {
    let (_, config) = subject.azure.as_ref().expect("a store in Azure");
    let AzureCredential::Emulator { certificate } = &config.credential else { panic!("not Azurite") };
    let trusted = reqwest::Certificate::from_pem(certificate).unwrap();
    reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap()
}

fn soon() -> Timestamp {
    SystemClock.now() + Duration::from_mins(10)
}

async fn put(
    client: &reqwest::Client,
    url: &SignedUrl,
    suffix: &str,
    body: impl Into<reqwest::Body>,
) -> Response {
    let mut request = client.put(format!("{}{suffix}", url.url.reveal())).body(body);
    // The headers are for one piece.
    for (name, value) in url.headers.iter().filter(|_| suffix.is_empty()) {
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}

pub(crate) async fn a_signed_url_lets_one_blob_be_written_in_one_piece(subject: Subject) {
    let client = stranger(&subject);
    let url = subject.store.signed_upload_url(&at("uploads/one"), soon()).await.unwrap();
    assert_eq!(put(&client, &url, "", "content").await.status(), StatusCode::CREATED);
    assert_eq!(subject.store.get_bytes(&at("uploads/one"), 10).await.unwrap().0, "content");
    // It reads nothing, deletes nothing, and writes nowhere else.
    assert_eq!(client.get(url.url.reveal()).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(client.delete(url.url.reveal()).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let elsewhere = url.url.reveal().replace("uploads%2Fone", "uploads%2Ftwo");
    assert_ne!(elsewhere, *url.url.reveal());
    let refused = client.put(elsewhere).header("x-ms-blob-type", "BlockBlob").body("x").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

/// Sends these as blocks, and answers the list that commits them.
async fn stage(client: &reqwest::Client, url: &SignedUrl, blocks: [&'static str; 2]) -> String {
    let ids = blocks.map(|block| BASE64.encode(format!("{block:8}").as_bytes()));
    for (block, id) in blocks.into_iter().zip(&ids) {
        let suffix = format!("&comp=block&blockid={}", id.replace('=', "%3D"));
        assert_eq!(put(client, url, &suffix, block).await.status(), StatusCode::CREATED);
    }
    let ids = ids.map(|id| format!("<Latest>{id}</Latest>")).concat();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{ids}</BlockList>")
}

pub(crate) async fn a_signed_url_lets_one_blob_be_written_in_blocks(subject: Subject) {
    let client = stranger(&subject);
    let url = subject.store.signed_upload_url(&at("uploads/one"), soon()).await.unwrap();
    let list = stage(&client, &url, ["first ", "second"]).await;
    let read = subject.store.get_bytes(&at("uploads/one"), 100).await;
    assert!(matches!(read, Err(StoreError::NotFound)), "nothing is there before the blocks are committed");
    assert_eq!(put(&client, &url, "&comp=blocklist", list).await.status(), StatusCode::CREATED);
    assert_eq!(subject.store.get_bytes(&at("uploads/one"), 100).await.unwrap().0, "first second");
}

pub(crate) async fn blocks_that_were_never_committed_are_discarded(subject: Subject) {
    let client = stranger(&subject);
    let url = subject.store.signed_upload_url(&at("uploads/one"), soon()).await.unwrap();
    let list = stage(&client, &url, ["first ", "second"]).await;
    subject.store.discard(&at("uploads/one")).await.unwrap();
    assert_eq!(put(&client, &url, "&comp=blocklist", list).await.status(), StatusCode::BAD_REQUEST);
    assert!(matches!(subject.store.properties(&at("uploads/one")).await, Err(StoreError::NotFound)));
}

/// Whoever has the URL is not bound to what it is meant for.
pub(crate) async fn whatever_a_signed_url_lets_be_made_is_discarded(subject: Subject) {
    let client = stranger(&subject);
    for what in ["page blob", "append blob", "snapshot", "lease"] {
        let url = subject.store.signed_upload_url(&at("uploads/one"), soon()).await.unwrap();
        let request = |suffix: &str| client.put(format!("{}{suffix}", url.url.reveal()));
        let made = match what {
            "page blob" => {
                request("").header("x-ms-blob-type", "PageBlob").header("x-ms-blob-content-length", "512")
            }
            "append blob" => request("").header("x-ms-blob-type", "AppendBlob"),
            other => {
                assert_eq!(put(&client, &url, "", "content").await.status(), StatusCode::CREATED);
                let lease = request("&comp=lease");
                if other == "lease" {
                    lease.header("x-ms-lease-action", "acquire").header("x-ms-lease-duration", "-1")
                } else {
                    request("&comp=snapshot")
                }
            }
        };
        let made = made.header("content-length", "0").send().await.unwrap();
        assert_eq!(made.status(), StatusCode::CREATED, "{what}");
        subject.store.discard(&at("uploads/one")).await.unwrap();
        let left = subject.store.properties(&at("uploads/one")).await;
        assert!(matches!(left, Err(StoreError::NotFound)), "{what}");
    }
}

pub(crate) async fn a_signed_url_lets_one_blob_be_read_as_an_attachment(subject: Subject) {
    subject.store.put_bytes(&at("files/å b"), "content".into(), Condition::Always).await.unwrap();
    let client = stranger(&subject);
    let disposition = "attachment; filename*=UTF-8''%C3%A5.pdf";
    let url = subject
        .store
        .signed_download_url(&at("files/å b"), soon(), disposition, "application/pdf")
        .await
        .unwrap();
    let answer = client.get(url.url.reveal()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-disposition"], disposition);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert_eq!(answer.text().await.unwrap(), "content");
    assert!(put(&client, &url, "", "other").await.status().is_client_error());
    assert_eq!(subject.store.get_bytes(&at("files/å b"), 10).await.unwrap().0, "content");
}

pub(crate) async fn a_signed_url_ends(subject: Subject) {
    subject.store.put_bytes(&at("a"), "content".into(), Condition::Always).await.unwrap();
    let over = soon() - Duration::from_mins(20);
    let url = subject.store.signed_download_url(&at("a"), over, "attachment", "text/plain").await.unwrap();
    let answer = stranger(&subject).get(url.url.reveal()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

pub(crate) async fn a_message_arrives_as_the_host_reads_it(subject: Subject) {
    let (connection, config) = subject.azure.as_ref().expect("a store in Azure");
    let message = r#"{"work":"<å>&\"'"}"#;
    for (encoding, text) in [
        (MessageEncoding::None, message.to_owned()),
        (MessageEncoding::Base64, BASE64.encode(message.as_bytes())),
    ] {
        let queue = connection.queue(config, encoding).unwrap();
        for name in ["exports", "exports", "exports-poison"] {
            queue.create(name).await.unwrap();
        }
        queue.enqueue("exports", message, Duration::ZERO).await.unwrap();
        queue.enqueue("exports", message, Duration::from_hours(1)).await.unwrap();
        let taken = queue.take("exports", Duration::from_secs(30), 32).await.unwrap();
        let [taken] = taken.as_slice() else { panic!("{} messages", taken.len()) };
        assert_eq!((taken.text.as_str(), taken.dequeue_count), (text.as_str(), 1));
        assert!(queue.take("exports", Duration::from_secs(30), 32).await.unwrap().is_empty());
        queue.give_back("exports", &taken.id, &taken.pop_receipt, Duration::ZERO).await.unwrap();
        let again = queue.take("exports", Duration::from_secs(30), 32).await.unwrap();
        let [again] = again.as_slice() else { panic!("{} messages", again.len()) };
        assert_eq!((again.text.as_str(), again.dequeue_count), (text.as_str(), 2));
        let (id, receipt) = (&again.id, &again.pop_receipt);
        queue.move_to("exports", id, receipt, &again.text, "exports-poison").await.unwrap();
        assert!(!queue.has_visible("exports").await.unwrap());
        assert!(queue.has_visible("exports-poison").await.unwrap());
        let [poison] = &queue.take("exports-poison", Duration::from_secs(30), 32).await.unwrap()[..] else {
            panic!("not one message");
        };
        assert_eq!((poison.text.as_str(), poison.dequeue_count), (text.as_str(), 1));
        queue.remove("exports-poison", &poison.id, &poison.pop_receipt).await.unwrap();
    }
}

pub(crate) async fn a_message_to_a_queue_that_is_not_there_is_an_error(subject: Subject) {
    let (connection, config) = subject.azure.as_ref().expect("a store in Azure");
    let queue = connection.queue(config, MessageEncoding::None).unwrap();
    assert!(queue.enqueue("nowhere", "{}", Duration::ZERO).await.is_err());
}

pub(crate) async fn large_bodies_are_sent_in_blocks_and_read_in_ranges(subject: Subject) {
    const MIB: usize = 1024 * 1024;
    let (connection, _) = subject.azure.as_ref().expect("a store in Azure");
    // The numbers of requests to write it: one, or one for each block and one that commits them; and of those to read it.
    for (length, writes, reads) in
        [(4 * MIB - 1, 1, 1), (4 * MIB, 1, 1), (4 * MIB + 1, 3, 2), (13 * MIB, 5, 4)]
    {
        let before = connection.requests();
        let (body, whole) = pieces(length, 100_000);
        subject.store.put(&at("file"), body, Condition::IfAbsent).await.unwrap();
        let written = connection.requests();
        assert_eq!(written - before, writes, "{length}");
        let blob = subject.store.get(&at("file"), None).await.unwrap();
        let read: Bytes = blob.into_bytes(whole.len() as u64).await.unwrap();
        assert!(read == whole, "{length}");
        assert_eq!(connection.requests() - written, reads, "{length}");
        subject.store.delete(&at("file"), None).await.unwrap();
    }
}
