//! Timer and queue functions: envelopes byte for byte, and what each kind of answer leads to.

use std::time::Duration;

use data_encoding::BASE64;
use kundportal_store::{Queue as _, SystemEntropy, embedded::Message};
use serde::Deserialize;

use super::{
    super::envelope::{self, Addressee, TimerStatus},
    Scene, Stage, soon,
    toy_handler::{Seen, TriggerAnswer},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueVector {
    text: String,
    message: Fields,
    now: jiff::Timestamp,
    envelope: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    id: String,
    pop_receipt: String,
    dequeue_count: u32,
    inserted_at: jiff::Timestamp,
    expires_at: jiff::Timestamp,
    next_visible_at: jiff::Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimerVector {
    function: String,
    status: TimerStatus,
    now: jiff::Timestamp,
    envelope: String,
}

/// Random, and therefore written as `…` in the vectors.
fn without_guid(envelope: &str) -> String {
    let Some(start) = envelope.find("\"RandGuid\":\"").map(|place| place + 12) else {
        return envelope.to_owned();
    };
    assert_eq!(envelope[start + 36..].chars().next(), Some('"'));
    format!("{}…{}", &envelope[..start], &envelope[start + 36..])
}

#[test]
fn messages_are_put_into_envelopes_byte_for_byte() {
    let vectors: Vec<QueueVector> =
        serde_json::from_str(include_str!("../../../../tests/vectors/queue.json")).unwrap();
    assert!(vectors.len() >= 6);
    for vector in vectors {
        let message = Message {
            id: vector.message.id,
            pop_receipt: vector.message.pop_receipt,
            text: vector.text.clone(),
            dequeue_count: vector.message.dequeue_count,
            inserted_at: vector.message.inserted_at,
            expires_at: vector.message.expires_at,
            next_visible_at: vector.message.next_visible_at,
        };
        let to = Addressee { function: "q", binding: "msg" };
        let envelope = envelope::message(to, &vector.text, &message, vector.now, &SystemEntropy);
        assert_eq!(without_guid(&envelope), vector.envelope);
    }
}

#[test]
fn timers_are_put_into_envelopes_byte_for_byte() {
    let vectors: Vec<TimerVector> =
        serde_json::from_str(include_str!("../../../../tests/vectors/timer.json")).unwrap();
    assert!(vectors.len() >= 3);
    for vector in vectors {
        let to = Addressee { function: &vector.function, binding: "timer" };
        let envelope = envelope::timer(to, &vector.status, false, vector.now, &SystemEntropy);
        assert_eq!(without_guid(&envelope), vector.envelope);
    }
}

async fn send(stage: &Stage, text: &str) {
    stage.queue.enqueue("jobs", text, Duration::ZERO).await.unwrap();
}

fn calls_of(stage: &Stage, function: &str) -> Vec<Seen> {
    let line = format!("POST /{function}");
    stage.handler.seen().into_iter().filter(|seen| seen.line == line).collect()
}

const SUCCESS: TriggerAnswer = TriggerAnswer { status: None, content_type: None, body: None, breaks: false };

#[tokio::test]
async fn a_trigger_call_has_the_hosts_headers_and_none_of_a_proxied_request() {
    let stage = Scene::default().set().await;
    send(&stage, &BASE64.encode("hello åäö".as_bytes())).await;
    soon("the message is delivered", || !calls_of(&stage, "q").is_empty()).await;
    let call = calls_of(&stage, "q").remove(0);
    let names: std::collections::BTreeSet<_> = call.headers.keys().map(http::HeaderName::as_str).collect();
    let expected = [
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-azure-functions-hostversion",
        "x-azure-functions-invocationid",
    ];
    assert_eq!(names, expected.into());
    assert_eq!(call.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(call.headers["user-agent"], "Azure-Functions-Host/4.1037.0.0");
    let envelope: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(envelope["Data"]["msg"], "\"hello åäö\"");
    assert_eq!(envelope["Metadata"]["DequeueCount"], "1");
}

#[tokio::test]
async fn a_message_that_succeeds_comes_once() {
    let stage = Scene { encoding: "none", ..Scene::default() }.set().await;
    send(&stage, r#"{"kind":"x"}"#).await;
    soon("the message is delivered", || !calls_of(&stage, "q").is_empty()).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(calls_of(&stage, "q").len(), 1);
}

#[tokio::test]
async fn a_message_that_fails_comes_five_times_and_then_to_the_poison_queue() {
    let failures = [
        TriggerAnswer { status: Some(500), ..SUCCESS },
        TriggerAnswer { status: Some(404), ..SUCCESS },
        TriggerAnswer { body: Some("not json"), content_type: Some("application/json"), ..SUCCESS },
        TriggerAnswer { body: Some("not json"), content_type: Some("text/plain"), ..SUCCESS },
        TriggerAnswer { body: Some("{\"Outputs\":{}}"), ..SUCCESS },
        TriggerAnswer { breaks: true, ..SUCCESS },
    ];
    for failure in failures {
        let stage = Scene { encoding: "none", ..Scene::default() }.set().await;
        stage.handler.answer_triggers(failure);
        send(&stage, "{\"fail\":1}").await;
        soon("the fifth try", || calls_of(&stage, "q").len() >= 5).await;
        stage.handler.answer_triggers(SUCCESS);
        soon("the poison queue's function", || !calls_of(&stage, "buried").is_empty()).await;
        let counts: Vec<_> = calls_of(&stage, "q")
            .iter()
            .map(|call| {
                serde_json::from_slice::<serde_json::Value>(&call.body).unwrap()["Metadata"]["DequeueCount"]
                    .clone()
            })
            .collect();
        assert_eq!(counts, ["1", "2", "3", "4", "5"]);
        assert_eq!(stage.handler.starts(), 1);
    }
}

#[tokio::test]
async fn what_is_not_base64_never_reaches_the_function() {
    let stage = Scene::default().set().await;
    for text in ["hello world", "//4B", "abcd"] {
        send(&stage, text).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(stage.handler.seen().is_empty());
}

#[tokio::test]
async fn an_answer_that_says_nothing_hangs_until_the_function_timeout_ends_the_handler() {
    for (status, body) in [(200, ""), (204, ""), (200, "null")] {
        let stage = Scene { encoding: "none", function_timeout: "00:00:01", ..Scene::default() }.set().await;
        let nothing = TriggerAnswer {
            status: Some(status),
            body: Some(body),
            content_type: Some("application/json"),
            breaks: false,
        };
        stage.handler.answer_triggers(nothing);
        send(&stage, "x").await;
        soon("the call", || stage.handler.seen().len() == 1).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(
            (stage.handler.seen().len(), stage.handler.starts()),
            (1, 1),
            "{status} {body:?}: it hangs"
        );
        soon("a new handler", || stage.handler.starts() == 2).await;
        stage.handler.answer_triggers(SUCCESS);
        soon("the second try", || stage.handler.seen().len() == 2).await;
    }
}

#[tokio::test]
async fn a_timer_succeeds_with_any_json_object_and_follows_a_redirect_as_get() {
    let stage = Scene::default().set().await;
    stage.handler.answer_triggers(TriggerAnswer {
        body: Some("{}"),
        content_type: Some("application/json"),
        ..SUCCESS
    });
    assert!(stage.host.run_timer("tick", None).await.unwrap().unwrap().succeeded);
    stage.handler.answer_triggers(TriggerAnswer { status: Some(302), ..SUCCESS });
    stage.handler.forget();
    assert!(stage.host.run_timer("tick", None).await.unwrap().unwrap().succeeded);
    let lines: Vec<_> = stage.handler.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines, ["POST /tick", "GET /else"]);
}

#[tokio::test]
async fn a_timer_that_is_run_at_a_time_tells_the_handler_and_fails_when_it_does() {
    let stage = Scene::default().set().await;
    let now = "2027-01-01T03:00:00Z".parse().unwrap();
    stage.handler.answer_triggers(TriggerAnswer { status: Some(500), ..SUCCESS });
    assert!(!stage.host.run_timer("tick", Some(now)).await.unwrap().unwrap().succeeded);
    assert_eq!(stage.handler.seen()[0].headers["x-kundportal-dev-now"], "2027-01-01T03:00:00Z");
    assert!(stage.host.run_timer("nobody", None).await.is_none());
}

#[tokio::test]
async fn a_timer_run_waits_for_the_queues() {
    let stage = Scene { encoding: "none", ..Scene::default() }.set().await;
    for _ in 0..20 {
        send(&stage, "x").await;
    }
    let run = stage.host.run_timer("tick", None).await.unwrap().unwrap();
    assert!(run.succeeded);
    assert_eq!(calls_of(&stage, "q").len(), 20);
}
