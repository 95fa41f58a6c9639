//! Answers that are lost after their effect, on a transport that plays storage: no refusal that a call brought upon itself
//! is reported as somebody else's doing.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    Bytes,
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::{Error, ErrorKind},
    http::{
        AsyncRawResponse, HttpClient, Method, Request, StatusCode, Transport,
        headers::{HeaderName, Headers},
    },
    time::OffsetDateTime,
};

use super::{AzureBlobs, AzureConfig, AzureConnection, AzureCredential};
use crate::{BlobPath, BlobStore as _, BlobStoreExt as _, Condition, Container, ETag, StoreError};

const MARK: HeaderName = HeaderName::from_static("x-ms-meta-write");

/// What becomes of one request.
enum Fate {
    /// It did what it should, and the answer was lost.
    Lost,
    /// It could not even be sent.
    Unreachable,
    /// An answer, with an error code.
    Answered(u16, &'static str),
    /// Storage is throttling, and says for how long.
    Throttled,
    /// A blob or container that bears the mark of the first request.
    Ours,
    /// One that bears another.
    Theirs,
}
use Fate::{Answered, Lost, Ours, Theirs, Throttled, Unreachable};

#[derive(Default)]
struct Script {
    fates: Mutex<VecDeque<Fate>>,
    mark: Mutex<Option<String>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

#[async_trait]
impl HttpClient for Script {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        if let Some(mark) = request.headers().get_optional_string(&MARK) {
            let mut first = self.mark.lock().unwrap();
            assert_eq!(first.get_or_insert_with(|| mark.clone()), &mark, "one write has one mark");
        }
        let fate = self.fates.lock().unwrap().pop_front().expect("no more requests");
        let mut headers = Headers::new();
        let status = match fate {
            Lost => return Err(Error::with_message(ErrorKind::Io, "reset")),
            Unreachable => return Err(Error::with_message(ErrorKind::Connection, "refused")),
            Answered(status, code) => {
                if !code.is_empty() {
                    headers.insert("x-ms-error-code", code);
                }
                status
            }
            Throttled => {
                headers.insert("x-ms-error-code", "ServerBusy");
                headers.insert("retry-after", "1");
                503
            }
            Ours | Theirs => {
                assert!(matches!(request.method(), Method::Head | Method::Get));
                let ours = self.mark.lock().unwrap().clone().expect("a mark was written");
                headers
                    .insert("x-ms-meta-write", if matches!(fate, Ours) { ours } else { "other".to_owned() });
                headers.insert("content-length", "1");
                headers.insert("last-modified", "Sun, 01 Mar 2026 12:00:00 GMT");
                200
            }
        };
        headers.insert("etag", "\"0x1\"");
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(status), headers, Bytes::new()))
    }
}

#[derive(Debug)]
struct Anybody;

#[async_trait]
impl TokenCredential for Anybody {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new("token", OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1)))
    }
}

/// A store whose requests come to this, one after the other; and what tells whether all of them were made.
fn store(fates: impl IntoIterator<Item = Fate>) -> (AzureBlobs, Arc<Script>) {
    let script = Arc::new(Script { fates: Mutex::new(fates.into_iter().collect()), ..Script::default() });
    let connection = AzureConnection::over(Transport::new(script.clone()), Arc::new(Anybody));
    let config = AzureConfig {
        blob_url: "https://account1.blob.core.windows.net".to_owned(),
        queue_url: "https://account1.queue.core.windows.net".to_owned(),
        account: None,
        credential: AzureCredential::Developer,
    };
    (connection.blobs(&config).unwrap(), script)
}

fn path() -> BlobPath {
    BlobPath::new(Container::new("tenant-one"), "profile.json")
}

/// Writes under this condition, and checks that every request of the script was made.
async fn put(fates: impl IntoIterator<Item = Fate>, condition: Condition) -> Result<ETag, StoreError> {
    let (store, script) = store(fates);
    let written = store.put_bytes(&path(), "1".into(), condition).await;
    assert!(script.fates.lock().unwrap().is_empty(), "{written:?}");
    written
}

fn if_match() -> Condition {
    Condition::IfMatch(ETag("0x0".into()))
}

const EXISTS: Fate = Answered(409, "BlobAlreadyExists");
const CHANGED: Fate = Answered(412, "ConditionNotMet");

#[tokio::test]
async fn a_write_that_meets_its_own_effect_has_succeeded() {
    assert!(put([Lost, EXISTS, Ours], Condition::IfAbsent).await.is_ok());
    assert!(put([Lost, CHANGED, Ours], if_match()).await.is_ok());
    assert!(put([Answered(500, "OperationTimedOut"), EXISTS, Ours], Condition::IfAbsent).await.is_ok());
}

#[tokio::test]
async fn whether_a_write_had_its_effect_is_left_open_where_nothing_tells() {
    for fates in [[Lost, EXISTS, Theirs], [Lost, EXISTS, Answered(404, "BlobNotFound")]] {
        assert!(matches!(put(fates, Condition::IfAbsent).await, Err(StoreError::Unavailable { .. })));
    }
    assert!(matches!(put([Lost, CHANGED, Theirs], if_match()).await, Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn a_refusal_before_any_effect_is_what_it_says() {
    assert!(matches!(put([EXISTS], Condition::IfAbsent).await, Err(StoreError::AlreadyExists)));
    assert!(matches!(put([CHANGED], if_match()).await, Err(StoreError::PreconditionFailed)));
    assert!(matches!(put([Unreachable, EXISTS], Condition::IfAbsent).await, Err(StoreError::AlreadyExists)));
    assert!(matches!(put([Throttled, CHANGED], if_match()).await, Err(StoreError::PreconditionFailed)));
    let no_container = Answered(404, "ContainerNotFound");
    assert!(matches!(put([no_container], if_match()).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn an_unconditional_write_is_tried_again_and_asks_nothing_more() {
    assert!(put([Lost, Answered(201, "")], Condition::Always).await.is_ok());
}

#[tokio::test]
async fn a_deletion_that_meets_its_own_effect_is_left_open() {
    let gone = || Answered(404, "BlobNotFound");
    let (lost, _) = store([Lost, gone()]);
    assert!(matches!(lost.delete(&path(), None).await, Err(StoreError::Unavailable { .. })));
    let (absent, _) = store([gone()]);
    assert!(matches!(absent.delete(&path(), None).await, Err(StoreError::NotFound)));
    let (throttled, _) = store([Throttled, gone()]);
    assert!(matches!(throttled.delete(&path(), None).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_container_that_was_made_by_a_lost_try_is_new() {
    let exists = || Answered(409, "ContainerAlreadyExists");
    for (fates, new) in [
        (vec![Lost, exists(), Ours], true),
        (vec![Lost, exists(), Theirs], false),
        (vec![exists()], false),
        (vec![Answered(201, "")], true),
    ] {
        let (store, script) = store(fates);
        assert_eq!(store.create_container(&path().container).await.unwrap(), new);
        assert!(script.fates.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_container_of_that_name_that_is_being_removed_is_waited_for_by_the_caller() {
    let (store, _) = store([Answered(409, "ContainerBeingDeleted")]);
    let made = store.create_container(&path().container).await;
    assert!(
        matches!(made, Err(StoreError::Unavailable { retry_after: Some(time), .. }) if time >= Duration::from_secs(30))
    );
}

#[tokio::test]
async fn throttling_ends_after_four_tries_with_the_time_that_storage_named() {
    let (store, script) = store([Throttled, Throttled, Throttled, Throttled]);
    let read = store.properties(&path()).await;
    assert!(
        matches!(read, Err(StoreError::Unavailable { retry_after: Some(time), .. }) if time == Duration::from_secs(1))
    );
    assert!(script.fates.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_storage_is_not_taken_for_an_absent_blob() {
    for answer in [Answered(404, ""), Answered(404, "NotFound"), Answered(403, "AuthorizationFailure")] {
        let (store, _) = store([answer]);
        let read = store.properties(&path()).await;
        assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    }
}
