//! The functions as their `function.json` files name them.

use http::Method;
use serde::Deserialize;

use super::{route::Route, schedule::Schedule};

/// One function of the app.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// Its folder, which is the path of its trigger calls.
    pub(crate) name: String,
    /// What starts it.
    pub(crate) trigger: Trigger,
}

/// What starts a function.
#[derive(Clone, Debug)]
pub(crate) enum Trigger {
    /// A request, handed on as it is.
    Http {
        /// Others are 404.
        methods: Vec<Method>,
        /// Where it answers.
        route: Route,
    },
    /// A message of a queue.
    Queue {
        /// The name of the message in the envelope.
        binding: String,
        /// The queue's name.
        queue: String,
    },
    /// A schedule.
    Timer {
        /// The name of the timer in the envelope.
        binding: String,
        /// When it is due.
        schedule: Schedule,
        /// Runs once more when the app starts.
        run_on_startup: bool,
    },
}

/// A manifest that the stand-in cannot serve: for the developer who wrote it.
#[derive(Debug, thiserror::Error)]
#[error("function.json of {function}: {reason}")]
pub(crate) struct ManifestError {
    function: String,
    reason: String,
}

#[derive(Deserialize)]
struct Manifest {
    bindings: Vec<Binding>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Binding {
    #[serde(rename = "httpTrigger")]
    Http { methods: Vec<String>, route: Option<String> },
    #[serde(rename = "http")]
    Answer,
    #[serde(rename = "queueTrigger")]
    Queue {
        name: String,
        #[serde(rename = "queueName")]
        queue: String,
    },
    #[serde(rename = "timerTrigger")]
    Timer {
        name: String,
        schedule: String,
        #[serde(rename = "runOnStartup", default)]
        run_on_startup: bool,
    },
}

impl Function {
    /// The queue whose messages it takes.
    pub(crate) fn queue(&self) -> Option<&str> {
        match &self.trigger {
            Trigger::Queue { queue, .. } => Some(queue),
            Trigger::Http { .. } | Trigger::Timer { .. } => None,
        }
    }

    /// Reads one manifest; `prefix` is the host's route prefix.
    pub(crate) fn parse(name: &str, json: &str, prefix: &str) -> Result<Self, ManifestError> {
        let error = |reason: String| ManifestError { function: name.to_owned(), reason };
        let manifest: Manifest = serde_json::from_str(json).map_err(|cause| error(cause.to_string()))?;
        let mut triggers =
            manifest.bindings.into_iter().filter(|binding| !matches!(binding, Binding::Answer));
        let (Some(binding), None) = (triggers.next(), triggers.next()) else {
            return Err(error("exactly one trigger is needed".to_owned()));
        };
        let trigger = match binding {
            Binding::Http { methods, route } => Trigger::Http {
                methods: methods
                    .iter()
                    .map(|method| Method::from_bytes(method.to_uppercase().as_bytes()))
                    .collect::<Result<_, _>>()
                    .map_err(|_| error("a method is not one of HTTP".to_owned()))?,
                route: Route::parse(prefix, route.as_deref().unwrap_or(name)).map_err(error)?,
            },
            Binding::Queue { name, queue } => Trigger::Queue { binding: name, queue },
            Binding::Timer { name, schedule, run_on_startup } => Trigger::Timer {
                binding: name,
                schedule: Schedule::parse(&schedule)
                    .ok_or_else(|| error(format!("'{schedule}' is no schedule of six fields")))?,
                run_on_startup,
            },
            Binding::Answer => return Err(error("exactly one trigger is needed".to_owned())),
        };
        Ok(Self { name: name.to_owned(), trigger })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Function, ManifestError> {
        Function::parse("f", json, "api")
    }

    #[test]
    fn the_three_kinds_of_trigger_are_read() {
        let http = parse(
            r#"{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","methods":["get","PUT"],"route":"a/{b}"},
               {"type":"http","direction":"out","name":"res"}]}"#,
        );
        assert!(matches!(http.unwrap().trigger, Trigger::Http { methods, route }
            if methods == [Method::GET, Method::PUT] && route.template() == "/api/a/{b}"));
        let queue = parse(
            r#"{"bindings":[{"type":"queueTrigger","direction":"in","name":"message","queueName":"jobs","connection":"AzureWebJobsStorage"}]}"#,
        );
        assert!(
            matches!(queue.unwrap().trigger, Trigger::Queue { binding, queue } if binding == "message" && queue == "jobs")
        );
        let timer = parse(
            r#"{"bindings":[{"type":"timerTrigger","direction":"in","name":"timer","schedule":"0 0 3 * * *","useMonitor":true,"runOnStartup":false}]}"#,
        );
        assert!(matches!(timer.unwrap().trigger, Trigger::Timer { run_on_startup: false, .. }));
    }

    #[test]
    fn a_manifest_with_no_trigger_two_or_an_unknown_one_is_refused() {
        let timer = r#"{"type":"timerTrigger","name":"t","schedule":"0 0 3 * * *"}"#;
        for json in [
            r#"{"bindings":[]}"#.to_owned(),
            format!(r#"{{"bindings":[{timer},{timer}]}}"#),
            r#"{"bindings":[{"type":"blobTrigger","name":"b"}]}"#.to_owned(),
            r#"{"bindings":[{"type":"timerTrigger","name":"t","schedule":"0 3 * * *"}]}"#.to_owned(),
        ] {
            assert!(parse(&json).is_err(), "{json}");
        }
    }
}
