//! The host's part: envelopes for timers and queues, five deliveries, then the poison queue.

use kundportal_functions::{FUNCTIONS, Trigger};
use kundportal_store::{Clock as _, Enqueued};
use serde_json::{Value, json};

use super::portal::Portal;

pub(crate) const INVOCATION: &str = "x-azure-functions-invocationid";
pub(crate) const VERSION: &str = "4.1037.0.0";
/// Deliveries of one message before it goes to the poison queue.
const DELIVERIES: u32 = 5;
/// More messages than any test leads to: something feeds itself.
const ENDLESS: usize = 10_000;

/// Instead of a status, when the handler ended.
pub(crate) const NO_ANSWER: u16 = 0;

/// A message and what the handler made of it.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) queue: String,
    pub(crate) message: String,
    /// The answer to each delivery; [`NO_ANSWER`] where the handler ended meanwhile and was started again.
    pub(crate) statuses: Vec<u16>,
}

impl Delivery {
    pub(crate) fn succeeded(&self) -> bool {
        self.statuses.last() == Some(&200)
    }
}

/// The host's envelope of a queue message on its n-th delivery.
pub(crate) fn queue_envelope(function: &str, text: &str, delivery: u32) -> Value {
    json!({
        // The host hands a binding over as JSON text of what it read, and JSON text is read as a string here.
        "Data": {"message": Value::String(text.to_owned()).to_string()},
        "Metadata": {
            "DequeueCount": delivery.to_string(),
            "ExpirationTime": "2026-12-01T13:34:52+00:00",
            "Id": "\"a93762bb-33ac-4cce-ba65-f16fc5e7f80b\"",
            "InsertionTime": "2026-11-24T13:34:52+00:00",
            "NextVisibleTime": "2026-11-24T13:44:52+00:00",
            "PopReceipt": "\"MjROb3YyMDI2MTM6MzQ6NTI3Yzg1\"",
            "sys": {"MethodName": function, "UtcNow": "2026-11-24T13:34:52.8614654Z",
                "RandGuid": "9c85a060-1e75-448b-b2d4-ab65d3fd06f4"},
        },
    })
}

/// The host's envelope of a timer.
pub(crate) fn timer_envelope(function: &str) -> Value {
    json!({
        "Data": {"timer": {"Schedule": {"AdjustForDST": true}, "ScheduleStatus": null, "IsPastDue": false}},
        "Metadata": {"sys": {"MethodName": function, "UtcNow": "2026-11-24T13:34:52.8614654Z",
            "RandGuid": "9c85a060-1e75-448b-b2d4-ab65d3fd06f4"}},
    })
}

/// The function that reads a queue, if any does.
pub(crate) fn function_of_queue(name: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find_map(|function| match function.trigger {
        Trigger::Queue { queue, .. } if queue == name => Some(function.name),
        _ => None,
    })
}

impl Portal {
    /// Calls a trigger as the host does; answers status and body.
    pub(crate) async fn trigger(&self, function: &str, envelope: &Value, now: Option<&str>) -> (u16, String) {
        self.try_trigger(function, envelope, now).await.expect("an answer to a trigger")
    }

    /// The same; an error where the handler ended before its answer had.
    pub(crate) async fn try_trigger(
        &self,
        function: &str,
        envelope: &Value,
        now: Option<&str>,
    ) -> Result<(u16, String), reqwest::Error> {
        self.tell_time();
        let body = envelope.to_string();
        let mut request = self
            .client()
            .post(format!("{}/{function}", self.url()))
            .header(INVOCATION, self.next_invocation())
            .header("x-azure-functions-hostversion", VERSION)
            .header("user-agent", format!("Azure-Functions-Host/{VERSION}"))
            .header("content-type", "application/json; charset=utf-8");
        if let Some(now) = now {
            request = request.header("x-kundportal-dev-now", now);
        }
        // A stream has no length: it goes out chunked, as the host sends it.
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
        let response = request.body(reqwest::Body::wrap_stream(stream)).send().await?;
        let status = response.status().as_u16();
        let media_type = response.headers().get("content-type").cloned();
        let text = response.text().await?;
        if status == 200 {
            // Anything else makes the host hang until its time is up, and kill the handler.
            assert_eq!(media_type.expect("a media type"), "application/json", "{function}");
            assert_eq!(text, r#"{"Logs":[],"Outputs":{},"ReturnValue":null}"#, "{function}");
        }
        Ok((status, text))
    }

    /// Runs a timer function now and delivers what it leads to.
    pub(crate) async fn timer(&self, function: &str) -> Vec<Delivery> {
        self.timer_at(function, None).await
    }

    /// Runs a timer function at another time than now, which all it leads to takes over.
    pub(crate) async fn timer_at(&self, function: &str, now: Option<&str>) -> Vec<Delivery> {
        let (status, text) = self.trigger(function, &timer_envelope(function), now).await;
        assert_eq!(status, 200, "{function}: {text}");
        self.pump().await
    }

    /// Delivers queue messages until none is visible; answers what became of each.
    pub(crate) async fn pump(&self) -> Vec<Delivery> {
        let mut done = Vec::new();
        loop {
            let (visible, hidden) = self.take_messages();
            self.put_back(hidden);
            if visible.is_empty() {
                return done;
            }
            for message in visible {
                assert!(done.len() < ENDLESS, "messages feed on themselves: {}", message.queue);
                done.push(self.deliver(message).await);
            }
        }
    }

    /// Delivers queue messages, each of which must succeed at once.
    pub(crate) async fn pump_all(&self) {
        for delivery in self.pump().await {
            assert!(delivery.statuses == [200], "{delivery:?}");
        }
    }

    /// Delivers one message, again while that fails.
    pub(crate) async fn deliver(&self, message: Enqueued) -> Delivery {
        let Enqueued { queue, message, .. } = message;
        let mut delivery = Delivery { queue, message, statuses: Vec::new() };
        let Some(function) = function_of_queue(&delivery.queue) else {
            assert!(delivery.queue.ends_with("-poison"), "no function reads the queue {}", delivery.queue);
            return delivery;
        };
        for number in 1..=DELIVERIES {
            let envelope = queue_envelope(function, &delivery.message, number);
            let status = match self.try_trigger(function, &envelope, None).await {
                Ok((status, _)) => status,
                Err(error) => {
                    assert!(self.revive().await, "{function}: {error:?}");
                    NO_ANSWER
                }
            };
            delivery.statuses.push(status);
            if status == 200 {
                return delivery;
            }
        }
        let poison = Enqueued {
            queue: format!("{}-poison", delivery.queue),
            message: delivery.message.clone(),
            delay: std::time::Duration::ZERO,
        };
        self.put_back(vec![(self.clock().now(), poison)]);
        delivery
    }
}
