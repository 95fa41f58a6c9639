//! Storage that is away as a whole: a local run, whose handler is a process of its own, with its blobs and queues each behind a
//! wire. Every kind of request is told so within a bounded time, and the service resumes by itself.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kundportal_store::{Clock as _, SystemClock};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    caller::Caller,
    process::LocalRun,
    proxy::{BUSY_SECONDS, Weather, Wire},
    stand::keys,
    support::{Azurite, figure},
};

const TENANT: &str = "/api/tenants/nordljus";

/// What a machine that does other things may add to any time.
const LOAD: Duration = Duration::from_secs(15);

/// A local run behind two wires.
struct Away {
    blobs: Wire,
    queues: Wire,
    run: LocalRun,
    caller: Caller,
    customer: String,
    file: String,
    _folder: tempfile::TempDir,
}

impl Away {
    async fn start() -> Self {
        let azurite = Azurite::shared();
        let account = azurite.account();
        let keys = keys(azurite);
        let blobs = Wire::to(&account.blob_url, &keys).await;
        let queues = Wire::to(&account.queue_url, &keys).await;
        let certificate = azurite.certificate().display().to_string();
        let (blob_url, queue_url) = (blobs.url(&account.blob_url), queues.url(&account.queue_url));
        let variables = [
            ("KUNDPORTAL_AZURITE_CERTIFICATE", certificate.as_str()),
            ("DataStorage__blobServiceUri", &blob_url),
            ("AzureWebJobsStorage__queueServiceUri", &queue_url),
        ];
        let folder = tempfile::tempdir().expect("a folder");
        let run = LocalRun::start_in(folder.path(), &["--storage", "azure"], &variables).await;
        let caller = Caller::sign_in(&run, azurite, "yusuf.demir@example.com").await;
        let profile = caller.get(&format!("{TENANT}/profile")).await;
        let customer = profile["customers"][0]["id"].as_str().expect("a customer").to_owned();
        let mut away = Self { blobs, queues, run, caller, customer, file: String::new(), _folder: folder };
        let sent = away.send(away.send_file("Plan")).await;
        assert_eq!(sent.status, 201);
        sent.body["id"].as_str().expect("an id").clone_into(&mut away.file);
        away
    }

    fn ask(&self, method: &Method, path: &str) -> RequestBuilder {
        let asked = self.caller.client.request(method.clone(), format!("{}{path}", self.caller.address));
        if *method == Method::POST { asked.header("content-length", "0") } else { asked }
    }

    fn ask_json(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        self.caller.client.request(method, format!("{}{path}", self.caller.address)).json(body)
    }

    fn send_file(&self, content: &'static str) -> RequestBuilder {
        let path = format!("{TENANT}/files?customer={}", self.customer);
        self.caller
            .client
            .post(format!("{}{path}", self.caller.address))
            .header("content-type", "text/plain")
            .header("content-disposition", "attachment; filename=plan.txt")
            .body(content)
    }

    async fn send(&self, request: RequestBuilder) -> Answered {
        let begun = Instant::now();
        let answer = request.bearer_auth(&self.caller.token).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let header = |name: &str| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
        let retry_after = header("retry-after").and_then(|text| text.parse().ok());
        let problem = header("content-type").is_some_and(|kind| kind == "application/problem+json");
        let body = answer.json().await.unwrap_or_default();
        Answered { status, retry_after, problem, body, took: begun.elapsed() }
    }

    /// One request of each kind.
    fn kinds(&self) -> Vec<(&'static str, RequestBuilder)> {
        let get = |path: &str| self.ask(&Method::GET, &format!("{TENANT}{path}"));
        let (customer, file) = (&self.customer, &self.file);
        let comment = json!({"customer": customer, "thread": "Möten", "text": "Vi hörs."});
        let upload = json!({"name": "film.bin", "contentType": "application/octet-stream", "size": 1,
            "customer": customer});
        let post = |path: &str, body: &Value| self.ask_json(Method::POST, &format!("{TENANT}{path}"), body);
        vec![
            ("health", self.ask(&Method::GET, "/api/health")),
            ("one's tenants", self.ask(&Method::GET, "/api/me")),
            ("a profile", get("/profile")),
            ("files", get(&format!("/files?customer={customer}"))),
            ("a file's content", get(&format!("/files/{file}/content"))),
            ("a URL to fetch a file", self.ask(&Method::POST, &format!("{TENANT}/files/{file}/download"))),
            ("a URL to send a file to", post("/files/uploads", &upload)),
            ("a file that is sent", self.send_file("Plan B")),
            ("a file that is deleted", self.ask(&Method::DELETE, &format!("{TENANT}/files/{file}"))),
            ("a comment", post("/comments", &comment)),
            ("an access request", post("/requests", &json!({"kind": "access"}))),
            (
                "a changed profile",
                self.ask_json(
                    Method::PATCH,
                    &format!("{TENANT}/profile"),
                    &json!({"phone": "070-174 06 20"}),
                )
                .header("content-type", "application/merge-patch+json"),
            ),
        ]
    }

    fn set(&self, weather: Weather) {
        self.blobs.set(weather);
        self.queues.set(weather);
    }

    /// Asks all kinds at once; the time that the longest took, and that of `/api/health`.
    async fn all_are_told(&self) -> (Duration, Duration) {
        let asked = self.kinds().into_iter().map(async |(kind, request)| (kind, self.send(request).await));
        let answers = join_all(asked).await;
        for (kind, answer) in &answers {
            assert_eq!((answer.status, answer.problem), (503, true), "{kind}: {}", answer.body);
            assert!(answer.retry_after.is_some_and(|seconds| seconds > 0), "{kind}: no Retry-After");
        }
        let longest = answers.iter().map(|(_, answer)| answer.took).max().expect("answers");
        (longest, answers[0].1.took)
    }

    /// How long it takes until somebody is served again.
    async fn resumption(&self) -> Duration {
        let begun = Instant::now();
        loop {
            if self.send(self.ask(&Method::GET, &format!("{TENANT}/profile"))).await.status == 200 {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < Duration::from_secs(30) + LOAD, "service does not resume");
        }
    }
}

struct Answered {
    status: u16,
    retry_after: Option<u64>,
    problem: bool,
    body: Value,
    took: Duration,
}

impl Away {
    /// Late answers are waited for, and nothing is asked twice.
    async fn late_answers_are_waited_for(&self) {
        self.set(Weather::Slow(Duration::from_secs(1)));
        let _ = self.blobs.seen();
        let answer = self.send(self.ask(&Method::GET, &format!("{TENANT}/profile"))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(self.blobs.most_tries(), 1);
        self.set(Weather::Fair);
    }

    /// Storage that is busy is tried four times, and then its own time is passed on.
    async fn throttling_is_passed_on(&self) {
        for weather in [Weather::Busy, Weather::TooMany] {
            self.set(weather);
            let _ = self.blobs.seen();
            let answer = self.send(self.ask(&Method::GET, &format!("{TENANT}/profile"))).await;
            assert_eq!((answer.status, answer.problem), (503, true), "{weather:?}: {}", answer.body);
            assert_eq!(answer.retry_after, Some(BUSY_SECONDS), "{weather:?}");
            assert_eq!(self.blobs.most_tries(), 4, "{weather:?}");
            self.set(Weather::Fair);
            self.resumption().await;
        }
    }

    /// What queues do not take is waited for some seconds only, and the work is done once there are any.
    async fn work_waits_for_queues(&self) -> Duration {
        self.queues.set(Weather::Silent);
        let request = self.request().await;
        assert!(request.took < Duration::from_secs(6) + LOAD, "{:?}", request.took);
        self.queues.set(Weather::Fair);
        let later = SystemClock.now() + Duration::from_mins(20);
        let timer = self.run.post("/dev/timers/waiting_work", &json!({"now": later})).await;
        assert!(timer.status().is_success(), "{}", timer.status());
        self.is_fulfilled(&request).await;
        request.took
    }

    /// Everybody is told within `bound`, health says so within seconds, and the same handler serves again afterwards.
    async fn goes_and_comes_back(&self, weather: Weather, bound: Duration, what: &str) {
        let handler = self.run.handler(None).await;
        self.set(weather);
        let (longest, health) = self.all_are_told().await;
        assert!(longest < bound + LOAD, "{what}: {longest:?}");
        assert!(health < Duration::from_secs(5) + LOAD, "{what}: health takes {health:?}");
        self.set(Weather::Fair);
        let resumption = self.resumption().await;
        let health_again = self.send(self.ask(&Method::GET, "/api/health")).await;
        assert_eq!(health_again.status, 200, "{what}: {}", health_again.body);
        assert_eq!(self.run.handler(None).await, handler, "{what}: it is another process");
        figure(
            &format!("wire-outage-{weather:?}"),
            &format!(
                "storage {what}: {} kinds of requests are answered 503 with Retry-After, the last after {:.1} s, GET \
                 /api/health after {:.1} s; {:.1} s after it is back somebody is served again, by the same process",
                self.kinds().len(),
                longest.as_secs_f64(),
                health.as_secs_f64(),
                resumption.as_secs_f64()
            ),
        );
    }

    async fn request(&self) -> Answered {
        let body = json!({"kind": "access"});
        let request = self.send(self.ask_json(Method::POST, &format!("{TENANT}/requests"), &body)).await;
        assert_eq!(request.status, 201, "{}", request.body);
        request
    }

    async fn is_fulfilled(&self, request: &Answered) {
        let id = request.body["id"].as_str().expect("an id");
        self.caller.until(&format!("{TENANT}/requests/{id}"), "fulfilled").await;
    }
}

/// One local run for all of it, for it takes longer to start than to lose its storage.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_storage_does_callers_are_told_within_a_bounded_time_and_service_resumes_by_itself() {
    let away = Away::start().await;
    away.late_answers_are_waited_for().await;
    away.throttling_is_passed_on().await;
    let took = away.work_waits_for_queues().await;
    figure(
        "wire-queues",
        &format!(
            "queues fall silent: an access request is taken in within {:.1} s all the same",
            took.as_secs_f64()
        ),
    );
    away.goes_and_comes_back(Weather::Refused, Duration::from_secs(5), "refuses connections").await;
    // Until then it may say that storage was reached just now.
    tokio::time::sleep(Duration::from_secs(11)).await;
    away.goes_and_comes_back(Weather::Silent, Duration::from_secs(31), "falls silent").await;
    // What was asked for meanwhile did not come about by halves: it can be asked for now.
    away.is_fulfilled(&away.request().await).await;
}
