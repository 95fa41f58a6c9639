//! What a hostile caller sends through the local run, and what a handler does that panics or ends: the next request is answered.

use reqwest::{Client, Method, RequestBuilder, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::process::LocalRun;

const TENANT: &str = "nordljus";
/// How deep bodies are nested.
const DEEP: usize = 100_000;

/// Somebody with a token.
struct Caller<'a> {
    run: &'a LocalRun,
    token: String,
}

impl<'a> Caller<'a> {
    async fn new(run: &'a LocalRun, who: Value) -> Self {
        let issued: Value = run.post("/dev/token", &who).await.json().await.unwrap();
        Self { run, token: issued["accessToken"].as_str().unwrap().to_owned() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        Client::new().request(method, format!("{}{path}", self.run.address)).bearer_auth(&self.token)
    }

    async fn first_id(&self, list: &str) -> String {
        let answer =
            self.request(Method::GET, &format!("/api/tenants/{TENANT}/{list}")).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["items"][0]["id"].as_str().unwrap().to_owned()
    }
}

/// Method, path and media type of every operation that takes JSON, by the description; ids are filled in.
async fn operations_with_json(run: &LocalRun, karin: &Caller<'_>) -> Vec<(Method, String, String)> {
    let customer = karin.first_id("customers").await;
    let user = karin.first_id(&format!("users?customer={customer}")).await;
    let document: Value = run.get("/api/openapi.json").await.json().await.unwrap();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{tenant}", TENANT)
            .replace("{customer}", &customer)
            .replace("{user}", &user)
            .replace("{comment}", "com_01ARZ3NDEKTSV4RRFFQ69G5FAV")
            .replace(
                "sub-processor-objections/{id}",
                "sub-processor-objections/obj_01ARZ3NDEKTSV4RRFFQ69G5FAV",
            );
        for (method, operation) in methods.as_object().unwrap() {
            let contents = operation["requestBody"]["content"].as_object().into_iter().flatten();
            for (media_type, _) in contents.filter(|(media_type, _)| media_type.ends_with("json")) {
                assert!(!path.contains('{'), "{path} has a parameter that this test does not know");
                let method = method.to_uppercase().parse().unwrap();
                found.push((method, path.clone(), media_type.clone()));
            }
        }
    }
    assert!(found.len() > 15, "{found:?}");
    found
}

/// Nested as deep as can be, open or closed, by itself or as a member.
fn nested() -> Vec<String> {
    let [open, close] = ["[", "]"].map(|bracket| bracket.repeat(DEEP));
    vec![
        open.clone(),
        format!("{open}{close}"),
        format!("{}1{}", r#"{"a":"#.repeat(DEEP), "}".repeat(DEEP)),
        format!(r#"{{"name":{open}{close}}}"#),
        r#"{"fields":{"a":["#.repeat(DEEP / 4),
    ]
}

async fn is_refused_as_a_problem(answer: reqwest::Response, asked: &str) -> u16 {
    let status = answer.status().as_u16();
    assert!(matches!(status, 400 | 413 | 422), "{asked}: {status}");
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json", "{asked}");
    assert_eq!(answer.json::<Value>().await.unwrap()["status"], status, "{asked}");
    status
}

#[tokio::test]
async fn nesting_of_a_hundred_thousand_brackets_is_a_problem_of_the_caller_alone() {
    let folder = tempfile::tempdir().unwrap();
    // As much as the settings allow at most, so that length alone refuses nothing.
    let run = LocalRun::start_in(folder.path(), &[], &[("KUNDPORTAL_MAX_JSON_BYTES", "1048576")]).await;
    let handler = run.handler(None).await;
    let karin = Caller::new(&run, json!({"email": "karin.oberg@example.se"})).await;
    let operator = Caller::new(&run, json!({"email": "operator@example.com", "roles": ["Operator"]})).await;
    for (method, path, media_type) in operations_with_json(&run, &karin).await {
        let by_operator = path == "/api/tenants"
            || ["/administrators", "/answer"].iter().any(|operation| path.ends_with(operation));
        let caller = if by_operator { &operator } else { &karin };
        for body in nested() {
            let asked = format!("{method} {path} {media_type} {}", &body[..20]);
            let request = caller.request(method.clone(), &path).header(CONTENT_TYPE, &media_type);
            let status = is_refused_as_a_problem(request.body(body).send().await.unwrap(), &asked).await;
            assert_ne!(status, 413, "{asked}: it has not been read");
        }
    }
    assert_eq!(run.get("/api/health").await.status(), 200);
    assert_eq!(run.handler(None).await, handler, "the handler has been started again");
}

#[tokio::test]
async fn heads_and_queries_of_any_length_and_a_body_over_its_limit_are_problems_of_the_caller_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    let handler = run.handler(None).await;
    let caller = Caller::new(&run, json!({"email": "karin.oberg@example.se"})).await;
    for length in [1_000, 10_000, 30_000, 60_000, 100_000, 1_000_000] {
        let text = "a".repeat(length);
        let get = |path: &str| caller.request(Method::GET, path);
        let mut many = get("/api/me");
        for number in 0..length / 100 {
            many = many.header(format!("x-{number}"), "a");
        }
        for (what, request) in [
            ("header", get("/api/me").header("x-long", &text)),
            ("headers", many),
            ("idempotency key", get("/api/me").header("idempotency-key", &text)),
            ("range", get("/api/me").header("range", format!("bytes={}", "0-1,".repeat(length / 4)))),
            ("language", get("/api/me").header("accept-language", "sv,".repeat(length / 3))),
            ("query", get(&format!("/api/me?{text}"))),
            ("parameters", get(&format!("/api/me?{}", "a=b&".repeat(length / 4)))),
            ("path", get(&format!("/api/{text}"))),
            ("parts", get(&format!("/api/{}", "a/".repeat(length / 2)))),
            ("token", get("/api/me").bearer_auth(&text)),
        ] {
            match request.send().await {
                Ok(answer) => {
                    assert!(answer.status().as_u16() < 500, "{what} of {length} bytes: {}", answer.status());
                }
                // Who is to refuse so much may close the connection while it is being sent, and some is no URL any more.
                Err(error) => assert!(length > 10_000, "{what} of {length} bytes: {error}"),
            }
            assert_eq!(run.get("/api/health").await.status(), 200, "after a {what} of {length} bytes");
        }
    }
    let body = format!(r#"{{"token":"{}"}}"#, "a".repeat(100_000));
    let request = Client::new().post(format!("{}/api/invites/lookup", run.address)).body(body);
    let answer = request.header(CONTENT_TYPE, "application/json").send().await.unwrap();
    assert_eq!(is_refused_as_a_problem(answer, "a long body").await, 413);
    assert_eq!(run.handler(None).await, handler, "the handler has been started again");
}

/// The routes of the test build, which a caller reaches through the host.
#[cfg(feature = "faults")]
mod test_build {
    use super::*;

    const OPEN: [(&str, &str); 1] = [("KUNDPORTAL_TEST_FAULTS", "1")];

    async fn send(
        run: &LocalRun,
        method: Method,
        path: &str,
        body: Option<&'static str>,
    ) -> reqwest::Response {
        let request = Client::new().request(method, format!("{}{path}", run.address));
        let request = match body {
            Some(body) => request.body(body),
            None => request,
        };
        request.send().await.unwrap()
    }

    #[tokio::test]
    async fn a_handler_that_panics_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let run = LocalRun::start_in(folder.path(), &["--empty"], &OPEN).await;
        let handler = run.handler(None).await;
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = send(&run, method.clone(), "/api/test/panic", None).await;
            assert_eq!(answer.status(), 500, "{method}");
            assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(problem["type"], "/problems/internal");
            assert!(
                !problem.to_string().contains("as a test asked"),
                "what a panic says is nobody's business"
            );
            assert_eq!(run.get("/api/health").await.status(), 200);
        }
        assert_eq!(run.handler(None).await, handler);
    }

    #[tokio::test]
    async fn a_handler_that_ends_is_started_again_and_the_next_request_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let run = LocalRun::start_in(folder.path(), &["--empty"], &OPEN).await;
        let mut handler = run.handler(None).await;
        // A request with a body is not delivered again. A third end would be one too many for the host.
        for method in [Method::POST, Method::DELETE] {
            let answer = send(&run, method.clone(), "/api/test/exit", Some("x")).await;
            assert_eq!(answer.status(), 500, "{method}");
            assert_eq!(run.get("/api/health").await.status(), 200, "after {method}");
            let another = run.handler(Some(handler)).await;
            assert_ne!(another, handler);
            handler = another;
        }
    }

    /// Why no input may end the process: the host delivers such a request again to each handler that it starts.
    #[tokio::test]
    async fn a_request_without_a_body_that_ends_every_handler_ends_the_host() {
        let folder = tempfile::tempdir().unwrap();
        let run = LocalRun::start_in(folder.path(), &["--empty"], &OPEN).await;
        let request = Client::new().get(format!("{}/api/test/exit", run.address));
        let asking = tokio::spawn(request.send());
        assert_eq!(run.ended().await.code(), Some(1));
        if let Ok(answer) = asking.await.unwrap() {
            assert_eq!(answer.status(), 500);
        }
    }
}
