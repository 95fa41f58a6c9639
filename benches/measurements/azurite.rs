//! A profile over Azure Storage, as far as an emulator shows it: against the same blob reads by bare calls of the SDK.

use std::ffi::OsString;

use kundportal_store::{
    AzureBlobs, AzureConfig, AzureConnection, BlobPath, BlobStore, BlobStoreExt as _, Condition, Container,
    StoreError,
};

use crate::{
    by_turns,
    figures::{Goal, Row},
    machine,
    program::{self, Server, Stage},
    requests::{self, answer_of, generate, write},
    support::Azurite,
};

/// Requests of one measurement, one after the other: with more at once everything measures the emulator.
const REQUESTS: &str = "200";

/// What people are called in the account and nowhere else, so that nothing else is measured by mistake.
const NAME: &str = "Kim Azurite";

pub(crate) fn profile(stage: &Stage, runtime: &tokio::runtime::Runtime, rounds: usize) -> Vec<Row> {
    let emulator = Azurite::shared();
    let account = emulator.account();
    runtime.block_on(copy(stage, &account));
    let names = runtime.block_on(names(stage));
    let handler = stage.handler_with(
        None,
        &[
            ("KUNDPORTAL_STORAGE", "azure".into()),
            ("KUNDPORTAL_AZURITE_CERTIFICATE", emulator.certificate().into()),
            ("DataStorage__blobServiceUri", account.blob_url.clone().into()),
            ("AzureWebJobsStorage__queueServiceUri", account.queue_url.clone().into()),
        ],
    );
    let asked = stage.profile_requests();
    let profiles = write(stage, "profiles", &asked);
    let answer = answer_of(handler.port, asked.split(|byte| *byte == 0).next().expect("a request"));
    assert!(String::from_utf8_lossy(&answer).contains(NAME), "the handler is not on Azurite");
    let [answer, names] =
        [("answer", answer), ("names", names.into_bytes())].map(|(name, bytes)| write(stage, name, &bytes));
    let floor = || -> Server {
        let arguments: [OsString; 5] = [
            account.blob_url.clone().into(),
            emulator.certificate().into(),
            container(stage).as_str().into(),
            names.clone().into(),
            answer.clone().into(),
        ];
        program::part("bare-reads", &arguments, None)
    };
    let (floor, same) = (floor(), floor());
    let measure = |server: &Server| {
        let before = machine::processor_time(server.process());
        let one_by_one = ["--connections", "1", "--sleeps", "--most", REQUESTS];
        let made = generate(server, &profiles, &one_by_one, false);
        [made.median, (machine::processor_time(server.process()) - before) / made.answers * 1e6]
    };
    let [median, cost] =
        by_turns::measure_each(rounds, || measure(&handler), || measure(&floor), || measure(&same));
    let what = "`GET T/profile` over Azurite";
    let beside = "bare calls of the SDK for the same blob";
    vec![
        requests::row(format!("{what}: median"), &median, "µs", beside, Goal::AtMost(1.15)),
        requests::row(format!("{what}: processor time"), &cost, "µs a request", beside, Goal::AtMost(1.2)),
    ]
}

fn container(stage: &Stage) -> Container {
    Container::new(format!("tenant-{}", stage.tenant.id))
}

/// Brings all that is stored into an account.
async fn copy(stage: &Stage, account: &AzureConfig) {
    let connection = AzureConnection::new(&account.credential).expect("a connection");
    let blobs: AzureBlobs = connection.blobs(account).expect("blobs");
    for (path, mut bytes) in stage.portal.dump().await {
        if path.ends_with("/profile.json") {
            let mut profile: serde_json::Value = serde_json::from_slice(&bytes).expect("a record");
            profile["name"] = NAME.into();
            bytes = profile.to_string().into();
        }
        let (container, name) = path.split_once('/').expect("a container and a name");
        let path = BlobPath::new(Container::new(container), name);
        match blobs.put_bytes(&path, bytes.clone(), Condition::Always).await {
            Err(StoreError::NotFound) => {
                blobs.create_container(&path.container).await.expect("a container");
                blobs.put_bytes(&path, bytes, Condition::Always).await.expect("a blob");
            }
            put => drop(put.expect("a blob")),
        }
    }
}

/// What is read for each person once their entry in the index is known: the record that it names.
async fn names(stage: &Stage) -> String {
    let blobs = stage.portal.blobs();
    let page = blobs.list(&container(stage), "index/identity/", None, 5_000).await.expect("a page");
    let mut lines = Vec::new();
    for entry in page.entries {
        let path = BlobPath::new(container(stage), entry.name);
        let (user, _) = blobs.get_bytes(&path, 64).await.expect("an entry");
        let user = String::from_utf8_lossy(&user).into_owned();
        lines.push(format!("subjects/{user}/profile.json"));
    }
    lines.join("\n")
}
