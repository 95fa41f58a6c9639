//! Who contends: requests, timers, whoever delivers messages.

use std::pin::Pin;

use kundportal_store::Enqueued;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Caller, Delivery, Portal};

/// What a contender came to.
pub(crate) enum Outcome {
    Answered(Answer),
    /// What became of each message.
    Delivered(Vec<Delivery>),
}

impl Outcome {
    /// What a request was answered.
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Answered(answer) => answer,
            Self::Delivered(_) => panic!("no request but a delivery"),
        }
    }
}

/// A contender that has not begun.
pub(crate) type Racer<'a> = Pin<Box<dyn Future<Output = Outcome> + 'a>>;

/// A request.
pub(crate) fn asks<'a>(request: impl Future<Output = Answer> + 'a) -> Racer<'a> {
    Box::pin(async move { Outcome::Answered(request.await) })
}

pub(crate) fn post<'a>(caller: Caller<'a>, path: &str, body: Value) -> Racer<'a> {
    let path = path.to_owned();
    asks(async move { caller.post(&path, body).await })
}

pub(crate) fn post_empty<'a>(caller: Caller<'a>, path: &str) -> Racer<'a> {
    let path = path.to_owned();
    asks(async move { caller.post_empty(&path).await })
}

pub(crate) fn patch<'a>(caller: Caller<'a>, path: &str, body: Value) -> Racer<'a> {
    let path = path.to_owned();
    asks(async move { caller.patch(&path, body).await })
}

pub(crate) fn put<'a>(caller: Caller<'a>, path: &str, body: Value) -> Racer<'a> {
    let path = path.to_owned();
    asks(async move { caller.put(&path, body).await })
}

pub(crate) fn delete<'a>(caller: Caller<'a>, path: &str) -> Racer<'a> {
    let path = path.to_owned();
    asks(async move { caller.delete(&path).await })
}

/// An upload of a small file.
pub(crate) fn upload<'a>(caller: Caller<'a>, path: &str, content: &'static str) -> Racer<'a> {
    let path = path.to_owned();
    let caller = caller.header("content-disposition", "attachment; filename=a.txt");
    asks(async move { caller.send_bytes(Method::POST, &path, "text/plain", content).await })
}

/// A host that delivers what waits in the queues, and what that leads to.
pub(crate) fn pump(portal: &Portal) -> Racer<'_> {
    Box::pin(async move { Outcome::Delivered(portal.pump().await) })
}

/// A host whose timer has come, with all that it leads to.
pub(crate) fn timer<'a>(portal: &'a Portal, function: &'static str) -> Racer<'a> {
    Box::pin(async move { Outcome::Delivered(portal.timer(function).await) })
}

/// The same at another time than now.
pub(crate) fn timer_at<'a>(portal: &'a Portal, function: &'static str, now: &'static str) -> Racer<'a> {
    Box::pin(async move { Outcome::Delivered(portal.timer_at(function, Some(now)).await) })
}

/// A host that has been given these messages, whoever else has them.
pub(crate) fn deliver(portal: &Portal, messages: Vec<Enqueued>) -> Racer<'_> {
    Box::pin(async move {
        let mut done = Vec::new();
        for message in messages {
            done.push(portal.deliver(message).await);
        }
        Outcome::Delivered(done)
    })
}
