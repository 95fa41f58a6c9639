//! Deployed functions and their manifests.

use std::{future::Future, pin::Pin};

use serde_json::{Value, json};

use crate::{app::App, operation::Operation, problem::Problem};

/// What a timer or queue function comes to.
pub(crate) type Run = Pin<Box<dyn Future<Output = Result<(), Problem>> + Send>>;

/// One deployed function: a folder of this crate with its `function.json`.
pub struct Function {
    /// Name of folder and function.
    pub name: &'static str,
    /// What sets it off.
    pub trigger: Trigger,
}

/// What sets a function off.
pub enum Trigger {
    /// Requests of these operations, all under one route.
    Http {
        /// As in `function.json`: without the prefix.
        route: &'static str,
        /// The operations.
        operations: &'static [Operation],
    },
    /// The clock.
    Timer {
        /// NCRONTAB: six fields, UTC.
        schedule: &'static str,
        /// What is done.
        run: fn(App) -> Run,
    },
    /// A message.
    Queue {
        /// Name of the queue.
        queue: &'static str,
        /// What is done with the message's text.
        run: fn(App, String) -> Run,
    },
}

impl Function {
    /// Its operations; none where it is no HTTP function.
    #[must_use]
    pub fn operations(&self) -> &'static [Operation] {
        match self.trigger {
            Trigger::Http { operations, .. } => operations,
            Trigger::Timer { .. } | Trigger::Queue { .. } => &[],
        }
    }

    /// Its `function.json`.
    #[must_use]
    pub fn manifest(&self) -> Value {
        let bindings = match self.trigger {
            Trigger::Http { route, operations } => {
                let mut methods: Vec<_> =
                    operations.iter().map(|o| o.method.as_str().to_ascii_lowercase()).collect();
                methods.sort_unstable();
                methods.dedup();
                json!([
                    {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous",
                     "methods": methods, "route": route},
                    {"type": "http", "direction": "out", "name": "res"},
                ])
            }
            Trigger::Timer { schedule, .. } => json!([
                {"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": schedule,
                 "useMonitor": true, "runOnStartup": false},
            ]),
            Trigger::Queue { queue, .. } => json!([
                {"type": "queueTrigger", "direction": "in", "name": "message", "queueName": queue,
                 "connection": "AzureWebJobsStorage"},
            ]),
        };
        json!({"bindings": bindings})
    }
}
