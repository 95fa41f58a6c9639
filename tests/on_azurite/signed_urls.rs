//! Signed URLs in the hands of somebody with Azure's own client library (`signed_url.py`): what they are for, and nothing else.

use std::{fs, io::Write as _, path::Path, process::Stdio, time::Duration};

use kundportal_store::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::{
    caller::Caller,
    process::LocalRun,
    support::{Azurite, Portal, Storage, python_tool, sha256},
};

const TENANT: &str = "/api/tenants/nordljus";

/// Does these with signed URLs, one after the other; how each ended.
fn client_library(certificate: &Path, acts: &Value) -> Vec<Value> {
    let mut command = python_tool("python");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/on_azurite/signed_url.py"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("Python starts");
    let given = json!({"certificate": certificate, "acts": acts}).to_string();
    process.stdin.take().expect("its input").write_all(given.as_bytes()).expect("it is read");
    let output = process.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a list")
}

fn went_well(requests: &[&str]) -> Value {
    json!({"requests": requests, "refusal": null})
}

/// Each act came to one request, which storage refused with this status and code.
fn assert_refused(outcomes: &[Value], expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(request, code)| json!({"requests": [format!("{request} 403")], "refusal": code}))
        .collect();
    assert_eq!(outcomes, expected);
}

/// The URL does not permit it.
const MISMATCH: &str = "AuthorizationPermissionMismatch";
/// The signature is for something else.
const FAILURE: &str = "AuthorizationFailure";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_s_own_client_sends_and_fetches_files_by_signed_urls_and_can_do_nothing_else() {
    let azurite = Azurite::shared();
    let settings = azurite.settings();
    let variables: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let run = LocalRun::start_in(&folder.path().join("data"), &["--storage", "azure"], &variables).await;
    let caller = Caller::sign_in(&run, azurite, "yusuf.demir@example.com").await;
    let customer = caller.get(&format!("{TENANT}/profile")).await["customers"][0]["id"].clone();
    let (sent, fetched) = (folder.path().join("sent"), folder.path().join("fetched"));
    let content: Vec<u8> =
        (0..350_001).map(|place| u8::try_from(place * 31 % 65_521 % 251).expect("a byte")).collect();
    fs::write(&sent, &content).expect("a file");

    let blocks = ["PUT block 201", "PUT block 201", "PUT block 201", "PUT block 201", "PUT blocklist 201"];
    for (name, piece, puts, gets) in [
        ("Årsbokslut.bin", 1 << 20, &["PUT 201"][..], &["GET 206"][..]),
        ("Bokslut på gång.bin", 100_000, &blocks[..], &["GET 206"; 4][..]),
    ] {
        let announced = json!({"name": name, "contentType": "application/octet-stream",
            "size": content.len(), "customer": customer});
        let begun = caller.post(&format!("{TENANT}/files/uploads"), &announced, 201).await;
        let id = begun["id"].as_str().expect("an id");
        let url = begun["upload"]["url"].as_str().expect("a URL");
        let beside = url.replace(id, &format!("{id}0"));
        let widened = url.replace("sp=cw", "sp=rcw");
        assert!(beside != url && widened != url);
        let acts = json!([
            {"do": "write", "url": url, "file": sent, "piece": piece},
            {"do": "read", "url": url, "file": fetched},
            {"do": "describe", "url": url},
            {"do": "delete", "url": url},
            {"do": "list", "url": url},
            {"do": "write", "url": beside, "file": sent},
            {"do": "read", "url": widened, "file": fetched},
        ]);
        let outcomes = client_library(&azurite.certificate(), &acts);
        assert_eq!(outcomes[0], went_well(puts), "{name}");
        assert_refused(
            &outcomes[1..],
            &[
                ("GET", MISMATCH),
                ("HEAD", MISMATCH),
                ("DELETE", MISMATCH),
                ("GET list", FAILURE),
                ("PUT", FAILURE),
                ("GET", FAILURE),
            ],
        );

        let upload = format!("{TENANT}/files/uploads/{id}");
        assert_eq!(caller.post_empty(&format!("{upload}/complete"), 202).await["state"], "checking");
        caller.until(&upload, "complete").await;
        let list = format!("{TENANT}/files?customer={}", customer.as_str().expect("an id"));
        let list = caller.get(&list).await;
        let listed = list["items"].as_array().and_then(|files| files.iter().find(|file| file["id"] == id));
        let listed = listed.expect("the file is listed");
        assert_eq!((&listed["name"], &listed["sha256"]), (&json!(name), &json!(sha256(&content))));
        let read = caller.client.get(format!("{}{TENANT}/files/{id}/content", caller.address));
        let read = read.bearer_auth(&caller.token).send().await.expect("an answer");
        assert_eq!(read.status(), 200);
        assert!(read.bytes().await.expect("a body") == content, "another content than was sent");

        let download = caller.post_empty(&format!("{TENANT}/files/{id}/download"), 200).await;
        let url = download["url"].as_str().expect("a URL");
        let acts = json!([
            {"do": "read", "url": url, "file": fetched, "piece": piece},
            {"do": "write", "url": url, "file": sent},
            {"do": "delete", "url": url},
            {"do": "list", "url": url},
        ]);
        let outcomes = client_library(&azurite.certificate(), &acts);
        assert_eq!(outcomes[0], went_well(gets), "{name}");
        assert!(fs::read(&fetched).expect("a file") == content, "another content than was sent");
        assert_refused(&outcomes[1..], &[("PUT", MISMATCH), ("DELETE", MISMATCH), ("GET list", FAILURE)]);
    }
    run.signal("INT");
    assert!(run.ended().await.success());
}

/// They end by storage's clock: the service's shows what it showed two hours ago.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signed_urls_that_are_over_are_refused_to_azure_s_own_client() {
    let portal = Portal::start_on(Storage::Azure).await;
    portal.clock().set(SystemClock.now() - Duration::from_hours(2));
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let kims = portal.as_(&kim);
    let announced = json!({"name": "a.txt", "contentType": "text/plain", "size": 2, "customer": customer});
    let begun = kims.post(&tenant.path("/files/uploads"), announced).await.expect(201);
    let kept = portal.upload_straight(&tenant, &kim, &customer, "innehåll").await;
    portal.pump_all().await;
    let download = kims.post_empty(&tenant.path(&format!("/files/{kept}/download"))).await.expect(200);

    let folder = tempfile::tempdir().expect("a folder");
    let (sent, fetched) = (folder.path().join("sent"), folder.path().join("fetched"));
    fs::write(&sent, "ab").expect("a file");
    let acts = json!([
        {"do": "write", "url": begun.text_at("/upload/url"), "file": sent},
        {"do": "write", "url": begun.text_at("/upload/url"), "file": sent, "piece": 1},
        {"do": "read", "url": download.text_at("/url"), "file": fetched},
    ]);
    let outcomes = client_library(&Azurite::shared().certificate(), &acts);
    assert_refused(&outcomes, &[("PUT", FAILURE), ("PUT block", FAILURE), ("GET", FAILURE)]);
    let complete = tenant.path(&format!("/files/uploads/{}/complete", begun.text_at("/id")));
    kims.post_empty(&complete).await.expect_problem(409, "nothing-uploaded");
}
