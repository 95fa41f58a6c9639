//! A small portal in memory: the real routes without a socket, over stores that are copied anew for each input, at a time that
//! stands still. All people in it are made up.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use bytes::Bytes;
use data_encoding::BASE64;
use http::{Request, Response};
use jiff::Timestamp;
use kundportal_domain::{Personal, sub_processors::Register};
use kundportal_functions::{
    Adapters, App, ClientIp, Concurrency, DirectUploads, FUNCTIONS, FrontEnd, Keys, Limits, PackageLimits,
    Place, Settings, Trigger, foreign::Door,
};
use kundportal_store::{
    Claims, FixedClock, LocalSigner, MemoryMailer, MemoryQueue, MemoryStore, SeededEntropy, TokenError,
    TokenVerifier,
};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// From RFC 7515, A.3: no secret.
const SIGNING_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIffH1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt";
const INVOCATION: &str = "00000000-0000-4000-8000-000000000001";
/// What stands for `/api/tenants/nord` in inputs.
const TENANT: &str = "/api/tenants/nord";

/// The portal as every input finds it, and what its inputs may name: `$customer`, `$file` and so on.
struct Fixture {
    store: MemoryStore,
    names: BTreeMap<&'static str, String>,
}

/// One portal, for one input.
pub(crate) struct World {
    door: &'static Door,
    app: App,
    store: Arc<MemoryStore>,
    queue: Arc<MemoryQueue>,
    mailer: Arc<MemoryMailer>,
    names: BTreeMap<&'static str, String>,
}

/// Signs in whoever a token names: `karin` is `karin@example.com`.
struct ByName;

#[async_trait]
impl TokenVerifier for ByName {
    async fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        const KNOWN: [&str; 6] = ["drift", "karin", "dora", "chris", "maja", "ulf"];
        let name = KNOWN.iter().find(|name| **name == token).ok_or(TokenError::Invalid)?;
        Ok(Claims {
            issuer: "https://issuer.example.com".to_owned(),
            subject: Personal::new(format!("sub-{name}")),
            auth_time: Some(now),
            email: format!("{name}@example.com").parse().ok().map(Personal::new),
            operator: *name == "drift",
            tenants: None,
        })
    }
}

fn door() -> &'static Door {
    static DOOR: OnceLock<Door> = OnceLock::new();
    DOOR.get_or_init(Door::default)
}

/// Runs on this thread: libFuzzer counts what is covered between two inputs.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
    }
    RUNTIME.with_borrow_mut(|runtime| {
        runtime
            .get_or_insert_with(|| Builder::new_current_thread().enable_time().build().expect("a runtime"))
            .block_on(work)
    })
}

impl World {
    /// The portal with everything in it.
    pub(crate) fn new() -> Self {
        static FIXTURE: OnceLock<Fixture> = OnceLock::new();
        let fixture = FIXTURE.get_or_init(|| {
            let mut world = Self::over(MemoryStore::new(clock()), BTreeMap::new(), 1);
            block_on(world.furnish());
            Fixture { store: world.store.copy(), names: world.names }
        });
        Self::over(fixture.store.copy(), fixture.names.clone(), 2)
    }

    fn over(store: MemoryStore, names: BTreeMap<&'static str, String>, seed: u64) -> Self {
        let (store, queue, mailer) =
            (Arc::new(store), Arc::new(MemoryQueue::new()), Arc::new(MemoryMailer::new()));
        let adapters = Adapters {
            blobs: store.clone(),
            queue: queue.clone(),
            mailer: mailer.clone(),
            clock: clock(),
            entropy: Arc::new(SeededEntropy::new(seed)),
            tokens: Arc::new(ByName),
            signer: Arc::new(signer()),
        };
        Self { door: door(), app: App::new(adapters, settings()), store, queue, mailer, names }
    }

    /// A text with every `~` and `$name` filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.names
            .iter()
            .rev()
            .fold(text.replace('~', TENANT), |text, (name, value)| text.replace(&format!("${name}"), value))
    }

    pub(crate) fn name(&self, name: &str) -> &str {
        self.names.get(name).expect("a name of the fixture")
    }

    /// The answer to a request, which must be one that the description of the interface allows.
    pub(crate) async fn ask(&self, mut request: Request<Bytes>) -> Response<Bytes> {
        let id = http::HeaderValue::from_static(INVOCATION);
        request.headers_mut().entry("x-azure-functions-invocationid").or_insert(id);
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = self.door.answer(&self.app, request).await.expect("a whole answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers());
        if path == "/" {
            return answer;
        }
        assert!(status < 500, "{status}: {}", String::from_utf8_lossy(answer.body()));
        assert_eq!(headers.get("x-content-type-options").expect("said of every answer"), "nosniff");
        assert!(headers.contains_key("cache-control"));
        if status >= 400 {
            assert_eq!(headers.get("content-type").expect("a problem"), "application/problem+json");
            let problem: Value = serde_json::from_slice(answer.body()).expect("JSON");
            assert_eq!(problem["status"], status);
            assert!(answer.body().len() < 16 * 1024, "a problem names rules, not all that was sent");
        }
        match self.door.described(&method, &path) {
            Some(described) => assert!(described.contains(&status), "{status} is not described"),
            None => assert!(!path.starts_with("/api/") || matches!(status, 404 | 405)),
        }
        answer
    }

    /// Delivers what is announced until there is nothing left; every delivery must succeed.
    pub(crate) async fn work(&self) {
        for _ in 0..8 {
            let messages = self.queue.drain();
            if messages.is_empty() {
                return;
            }
            for message in messages {
                let text = Value::String(message.message).to_string();
                let answer = self.deliver(function_of(&message.queue), text).await;
                assert_eq!(answer.status(), 200, "{}", String::from_utf8_lossy(answer.body()));
            }
        }
    }

    /// A queue message as the host delivers it: the binding as it is given.
    pub(crate) async fn deliver(&self, function: &str, binding: String) -> Response<Bytes> {
        let envelope = json!({"Data": {"message": binding}, "Metadata": {}}).to_string();
        self.ask(post(&format!("/{function}"), envelope)).await
    }

    async fn furnish(&mut self) {
        let new = json!({
            "id": "nord", "name": "Nord AB", "organisationNumber": "556000-0001", "locale": "sv",
            "contact": {"name": "Karin Kontakt", "email": "karin@example.com"},
            "agreement": {"kind": "standard", "signedOn": "2026-03-01"},
            "retention": {"files": "P24M", "comments": "P24M"},
            "administrator": {"name": "Karin Admin", "email": "karin@example.com"},
        });
        self.succeed("drift POST /api/tenants", new).await;
        self.accept("karin").await;
        let customer = self.succeed("karin POST ~/customers", json!({"name": "Kund AB"})).await;
        self.remember("customer", &customer["id"]);
        self.succeed("karin POST ~/customers", json!({"name": "Annan AB"})).await;
        for (person, role, customer) in [
            ("dora", "dataProtectionOfficer", false),
            ("chris", "customerAdministrator", true),
            ("maja", "member", true),
        ] {
            self.invite(person, role, customer).await;
            self.accept(person).await;
        }
        let me = self.succeed("maja GET ~/profile", Value::Null).await;
        self.remember("user", &me["id"]);
        let invite = self.invite("ulf", "member", true).await;
        self.remember("invite", &invite["id"]);
        let token = self.token_for("ulf", "#invite=").await;
        self.names.insert("token", token);
        let comment = json!({"customer": self.name("customer"), "thread": "Möten", "text": "Hej"});
        let comment = self.succeed("maja POST ~/comments", comment).await;
        self.remember("comment", &comment["id"]);
        self.names.insert("thread", "M%C3%B6ten".to_owned());
        let file = self
            .ask(self.request("maja POST ~/files?customer=$customer\ncontent-disposition: attachment; filename=a.txt\ncontent-length: 4\n\nHej!").expect("a request"))
            .await;
        let file: Value = serde_json::from_slice(file.body()).expect("a file");
        self.remember("file", &file["id"]);
        let case = self.succeed("maja POST ~/requests", json!({"kind": "access"})).await;
        self.remember("request", &case["id"]);
        self.work().await;
        self.succeed("maja PATCH ~/profile", json!({"email": "maja.ny@example.com"})).await;
        let token = self.token_for("maja.ny", "#email=").await;
        self.names.insert("change", token);
        // Work that is announced and not done yet.
        let case = self.succeed("maja POST ~/requests", json!({"kind": "access"})).await;
        self.remember("open", &case["id"]);
        let announced = self.queue.drain().pop().expect("a message").message;
        self.names.insert("work", announced);
        let page = self.succeed("karin GET ~/users?limit=1", Value::Null).await;
        self.remember("cursor", &page["next"]);
    }

    fn remember(&mut self, name: &'static str, value: &Value) {
        self.names.insert(name, value.as_str().expect("a text").to_owned());
    }

    async fn invite(&self, person: &str, role: &str, customer: bool) -> Value {
        let mut new = json!({"email": format!("{person}@example.com"), "name": person, "role": role});
        if customer {
            new["customer"] = self.name("customer").into();
        }
        self.succeed("karin POST ~/invites", new).await
    }

    async fn accept(&self, person: &str) {
        let token = self.token_for(person, "#invite=").await;
        self.succeed(&format!("{person} POST /api/invites/accept"), json!({"token": token})).await;
        self.work().await;
    }

    /// The token in the newest mail to somebody.
    async fn token_for(&self, person: &str, mark: &str) -> String {
        self.work().await;
        let address = format!("{person}@example.com");
        let mails = self.mailer.drain();
        let mut texts = mails
            .iter()
            .rev()
            .filter(|mail| mail.to.reveal().as_str() == address)
            .map(|mail| mail.text.reveal());
        let token = texts.find_map(|text| text.split_once(mark)).expect("a mail with a link").1;
        token.split(|character: char| character.is_whitespace()).next().unwrap_or_default().to_owned()
    }

    async fn succeed(&self, line: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let text =
            format!("{line}\ncontent-type: application/json\ncontent-length: {}\n\n{body}", body.len());
        let answer = self.ask(self.request(&text).expect("a request")).await;
        assert!(answer.status().is_success(), "{line}: {}", String::from_utf8_lossy(answer.body()));
        serde_json::from_slice(answer.body()).unwrap_or_default()
    }

    /// `<who> <method> <path and query>`, lines of headers, an empty line, the body. None where that is no request that HTTP
    /// could carry.
    pub(crate) fn request(&self, text: &str) -> Option<Request<Bytes>> {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let mut first = lines.next()?.splitn(3, ' ');
        let (who, method, target) = (first.next()?, first.next()?, first.next()?);
        let mut request = Request::builder().method(method).uri(self.fill(target));
        if who != "-" {
            request = request.header("authorization", format!("Bearer {who}"));
        }
        for line in lines {
            let (name, value) = line.split_once(':')?;
            request = request.header(name, self.fill(value.trim()));
        }
        request.body(Bytes::from(self.fill(body))).ok()
    }
}

/// A POST of JSON, as the host makes it.
fn post(path: &str, body: String) -> Request<Bytes> {
    let request = Request::post(path).header("content-type", "application/json; charset=utf-8");
    request.body(Bytes::from(body)).expect("a request")
}

fn function_of(queue: &str) -> &'static str {
    let of = |trigger: &Trigger| matches!(trigger, Trigger::Queue { queue: own, .. } if *own == queue);
    FUNCTIONS.iter().find(|function| of(&function.trigger)).expect("a function of the queue").name
}

fn clock() -> Arc<FixedClock> {
    static CLOCK: OnceLock<Arc<FixedClock>> = OnceLock::new();
    let start = || Arc::new(FixedClock::new("2026-03-02T08:00:00Z".parse().expect("a time")));
    Arc::clone(CLOCK.get_or_init(start))
}

fn signer() -> LocalSigner {
    let key = BASE64.decode(SIGNING_KEY.as_bytes()).expect("Base64");
    LocalSigner::new(&key, Vec::new()).expect("a key")
}

fn settings() -> Settings {
    let keys = |first: u8| {
        let key: Vec<u8> = (0..32).map(|byte| byte ^ first).collect();
        Keys::parse(&format!("1:{}", BASE64.encode(&key))).expect("keys")
    };
    Settings {
        index_keys: keys(0x55),
        link_keys: keys(0xaa),
        portal_url: "https://portal.example.com/".to_owned(),
        mail_domain: "portal.example.com".to_owned(),
        client_ip: ClientIp::Header("client-ip".to_owned()),
        front_end: FrontEnd {
            issuer: "https://issuer.example.com".to_owned(),
            client_id: "portal".to_owned(),
            scopes: Vec::new(),
        },
        limits: Limits { picture_pixels: 64 * 1024, ..Limits::default() },
        concurrency: Concurrency::default(),
        packages: PackageLimits::default(),
        direct_uploads: DirectUploads::default(),
        region: None,
        version: "0".to_owned(),
        place: Place::Local,
        mail_by: None,
        register: Arc::new(Register::embedded().expect("the register").clone()),
    }
}
