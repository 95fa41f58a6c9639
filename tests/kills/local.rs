//! Kills of a whole local run: the program with its host stand-in and its handler.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use kundportal_store::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    chance::Chance,
    door::{Ask, Door, Mails, token_in},
    scene::Killed,
    support::{Answer, Person, temporary_folder},
};

/// How long a start may take on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(1);
/// Tokens are asked for anew after this time, so that every sign-in is young enough for a package.
const TOKEN: Duration = Duration::from_mins(2);

/// A local run in a folder of its own.
pub(crate) struct LocalRun {
    folder: TempDir,
    child: RefCell<Option<Child>>,
    client: reqwest::Client,
    tokens: RefCell<HashMap<String, (String, Instant)>>,
    mails: Mails,
    /// Times that the handler was killed alone.
    pub(crate) handlers: Cell<usize>,
}

impl LocalRun {
    pub(crate) async fn start() -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .build()
            .expect("a client");
        let run = Self {
            folder: temporary_folder(),
            child: RefCell::default(),
            client,
            tokens: RefCell::default(),
            mails: Mails::default(),
            handlers: Cell::default(),
        };
        run.revive().await;
        run
    }

    fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(self.folder.path().join("run.log"));
        let log = log.expect("a log");
        Command::new(env!("CARGO_BIN_EXE_kundportal"))
            .arg("--data-dir")
            .arg(self.folder.path().join("data"))
            .args(["--port", "0", "--empty"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the program")
    }

    /// The folder keeps its port.
    fn address(&self) -> Option<String> {
        let port = fs::read_to_string(self.folder.path().join("data/port")).ok()?;
        Some(format!("http://localhost:{}", port.trim()))
    }

    async fn is_ready(&self) -> bool {
        let Some(address) = self.address() else { return false };
        let answer = self.client.get(format!("{address}/api/health")).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    fn end_child(&self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it is ours");
            child.wait().expect("it ends");
        }
    }

    /// The handler's process, where there is one now.
    fn handler(&self) -> Option<u32> {
        let parent = self.child.borrow().as_ref()?.id();
        let tasks = fs::read_dir(format!("/proc/{parent}/task")).ok()?;
        let children =
            tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        children.collect::<String>().split_whitespace().next()?.parse().ok()
    }

    /// The end of what it wrote to its log.
    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("run.log")).unwrap_or_default();
        log.lines().rev().take(30).collect::<Vec<_>>().join("\n")
    }

    async fn post(&self, path: &str, body: &Value) -> Option<reqwest::Response> {
        let request = self.client.post(format!("{}{path}", self.address()?)).json(body);
        request.send().await.ok()
    }

    async fn token(&self, person: &Person, operator: bool) -> Option<String> {
        let known = self.tokens.borrow().get(&person.email).cloned();
        if let Some((token, _)) = known.filter(|(_, made)| made.elapsed() < TOKEN) {
            return Some(token);
        }
        let mut asked = json!({"email": person.email, "name": person.name});
        if operator {
            asked["roles"] = json!(["Operator"]);
        }
        let answer: Value = self.post("/dev/token", &asked).await?.json().await.ok()?;
        let token = answer["accessToken"].as_str()?.to_owned();
        self.tokens.borrow_mut().insert(person.email.clone(), (token.clone(), Instant::now()));
        Some(token)
    }
}

impl Drop for LocalRun {
    fn drop(&mut self) {
        self.end_child();
    }
}

#[async_trait(?Send)]
impl Door for LocalRun {
    async fn attempt(&self, person: &Person, operator: bool, ask: &Ask) -> Option<Answer> {
        let token = self.token(person, operator).await?;
        let to = format!("{}{}", self.address()?, ask.path);
        let mut request = self.client.request(ask.method.clone(), to).bearer_auth(token);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &ask.body {
            request = request.body(body.clone());
        }
        let answer = request.send().await.ok()?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.ok()?;
        Some(Answer { status, headers, body, asked: format!("{} {}", ask.method, ask.path) })
    }

    async fn invite_token(&self, email: &str) -> Option<String> {
        if self.mails.are_old() {
            let answer = self.client.get(format!("{}/dev/outbox", self.address()?)).send().await.ok()?;
            let mails: Vec<Value> = answer.json().await.ok()?;
            let tokens = mails.iter().rev().filter_map(|mail| {
                Some((mail["to"].as_str()?.to_owned(), token_in(mail["text"].as_str()?)?))
            });
            self.mails.set(tokens);
        }
        self.mails.token(email)
    }
}

#[async_trait(?Send)]
impl Killed for LocalRun {
    fn door(&self) -> &dyn Door {
        self
    }

    /// Its host does that.
    async fn serve(&self, _: &Cell<bool>) {}

    /// One time in three its handler goes first, or with it; else the handler notices that its host is gone.
    async fn kill(&self, chance: &mut Chance) {
        if chance.happens(33)
            && let Some(handler) = self.handler()
        {
            let killed = Command::new("kill").args(["-9", &handler.to_string()]).status().expect("kill");
            self.handlers.set(self.handlers.get() + usize::from(killed.success()));
            tokio::time::sleep(Duration::from_millis(chance.number() % 2 * chance.between(1, 200))).await;
        }
        self.end_child();
    }

    async fn stumble(&self, after: Duration) {
        *self.child.borrow_mut() = Some(self.spawn());
        tokio::time::sleep(after).await;
        self.end_child();
    }

    async fn revive(&self) {
        let begun = Instant::now();
        *self.child.borrow_mut() = Some(self.spawn());
        while !self.is_ready().await {
            let ended =
                self.child.borrow_mut().as_mut().and_then(|child| child.try_wait().expect("it is ours"));
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "it does not start: {}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn let_time_pass(&self, times: u32) {
        let now = SystemClock.now().saturating_add(Duration::from_mins(20) * times).expect("a time");
        for timer in ["waiting_work", "activity"] {
            let answer = self.post(&format!("/dev/timers/{timer}"), &json!({"now": now})).await;
            assert_eq!(answer.expect("an answer").status(), 200, "{timer}");
        }
    }

    /// Its host delivers by itself, and soon.
    async fn rest(&self) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    fn folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    async fn end(&self) {
        self.end_child();
    }
}
