//! Everybody at once, on two handlers: what each of them is promised holds whichever keys the handlers have.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::sync::RwLock;

use crate::{
    office::{Office, Pair},
    support::{Answer, Person},
};

/// How often somebody comes again whose handler is being started anew.
const TRIES: usize = 400;
const PAUSE: Duration = Duration::from_millis(25);

pub(crate) struct Load<'a> {
    office: &'a Office,
    /// Held for writing while time goes by, so that no request lasts for hours.
    gate: RwLock<()>,
    ends: AtomicBool,
    turn: AtomicUsize,
    wrong: Mutex<Vec<String>>,
    done: Mutex<BTreeMap<&'static str, usize>>,
    /// The comments that were acknowledged and not removed since, by thread.
    comments: Mutex<BTreeMap<String, BTreeSet<String>>>,
    pairs: Mutex<Vec<Pair>>,
}

/// One request, and who makes it.
struct Ask<'a> {
    person: &'a Person,
    method: Method,
    path: String,
    body: Option<Value>,
    key: Option<String>,
}

impl<'a> Ask<'a> {
    fn new(person: &'a Person, method: Method, path: String, body: Option<Value>) -> Self {
        Self { person, method, path, body, key: None }
    }

    fn get(person: &'a Person, path: String) -> Self {
        Self::new(person, Method::GET, path, None)
    }

    fn post(person: &'a Person, path: String, body: Value) -> Self {
        Self::new(person, Method::POST, path, Some(body))
    }

    fn key(mut self, key: String) -> Self {
        self.key = Some(key);
        self
    }
}

impl<'a> Load<'a> {
    pub(crate) fn new(office: &'a Office) -> Self {
        Self {
            office,
            gate: RwLock::default(),
            ends: AtomicBool::default(),
            turn: AtomicUsize::default(),
            wrong: Mutex::default(),
            done: Mutex::default(),
            comments: Mutex::default(),
            pairs: Mutex::default(),
        }
    }

    pub(crate) fn end(&self) {
        self.ends.store(true, Ordering::Relaxed);
    }

    /// Waits until nobody asks for anything, and keeps everybody waiting while this is held.
    pub(crate) async fn hush(&self) -> tokio::sync::RwLockWriteGuard<'_, ()> {
        self.gate.write().await
    }

    pub(crate) fn give(&self, pairs: Vec<Pair>) {
        self.pairs.lock().expect("the pairs").extend(pairs);
    }

    /// How often each promise was kept. Panics where one was broken.
    pub(crate) fn outcome(&self) -> BTreeMap<&'static str, usize> {
        let wrong = self.wrong.lock().expect("what went wrong");
        assert!(wrong.is_empty(), "{wrong:#?}");
        self.done.lock().expect("what was done").clone()
    }

    pub(crate) async fn run(&self) {
        tokio::join!(
            self.again(async || self.sign_in().await),
            self.again(async || self.search().await),
            self.again(async || self.comment(0).await),
            self.again(async || self.comment(1).await),
            self.again(async || self.begin_a_thread().await),
            self.again(async || self.rename().await),
            self.again(async || self.create_twice().await),
            self.again(async || self.meet().await),
        );
    }

    async fn again(&self, act: impl AsyncFn()) {
        while !self.ends.load(Ordering::Relaxed) {
            {
                let _open = self.gate.read().await;
                act().await;
            }
            tokio::time::sleep(self.office.pause).await;
        }
    }

    fn next(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    fn hold(&self, what: &'static str, holds: bool, otherwise: impl FnOnce() -> String) {
        if holds {
            *self.done.lock().expect("what was done").entry(what).or_default() += 1;
        } else {
            self.wrong.lock().expect("what went wrong").push(format!("{what}: {}", otherwise()));
        }
    }

    /// Asks a handler, and again where it was ended or says so.
    async fn ask(&self, handler: usize, ask: &Ask<'_>) -> Answer {
        for tries in 0..TRIES {
            let mut caller = self.office.handlers[(handler + tries / 8) % 2].as_(ask.person);
            if let Some(key) = &ask.key {
                caller = caller.key(key);
            }
            let patch = ask.method == Method::PATCH;
            let kind = if patch { "application/merge-patch+json" } else { "application/json" };
            let body = ask.body.as_ref().map(Value::to_string);
            let answer = caller
                .attempt(ask.method.clone(), &ask.path, |request| match body {
                    Some(body) => request.header(CONTENT_TYPE, kind).body(body),
                    None => request,
                })
                .await;
            match answer {
                Ok(answer) if ![503, 412].contains(&answer.status) => return answer,
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
        panic!("{} {}: no handler answers", ask.method, ask.path);
    }

    async fn sign_in(&self) {
        let turn = self.next();
        let user = &self.office.members[turn % self.office.members.len()];
        let profile = self.ask(turn, &Ask::get(user, self.office.tenant.path("/profile"))).await;
        self.hold("signed in", profile.status == 200 && profile.at("/id") == *user.id, || {
            format!("{}: {}", user.id, profile.status)
        });
        let own = self.ask(turn + 1, &Ask::get(user, "/api/me".to_owned())).await;
        self.hold("own tenants", own.status == 200 && own.at("/0/tenant") == "t1", || {
            format!("{}: {}", user.id, own.text())
        });
    }

    async fn search(&self) {
        let turn = self.next();
        let user = &self.office.members[turn % self.office.members.len()];
        let path = self.office.tenant.path("/users/search");
        let ask = Ask::post(&self.office.tenant.administrator, path, json!({"email": user.email}));
        let found = self.ask(turn, &ask).await;
        let is_found = found.status == 200 && found.at("/items/0/id") == *user.id;
        self.hold("found by address", is_found, || format!("{}: {}", user.id, found.text()));
    }

    /// Writes in a thread that is there, now and then removes, and finds everything.
    async fn comment(&self, writer: usize) {
        let turn = self.next();
        // Not so many in one that a page would not hold them.
        let thread = format!("Tråd {writer}-{}", turn / 400);
        let id = self.write(turn, writer, &thread).await;
        if turn.is_multiple_of(5) {
            self.comments.lock().expect("the comments").entry(thread.clone()).or_default().remove(&id);
            let path = self.office.tenant.path(&format!("/comments/{id}"));
            let member = &self.office.members[writer];
            let removed = self.ask(turn, &Ask::new(member, Method::DELETE, path, None)).await;
            // 404: it had been removed before the answer broke off.
            self.hold("removed", [204, 404].contains(&removed.status), || format!("{}", removed.status));
        }
        self.read(turn + 1, &thread).await;
    }

    /// Two begin the same thread at the same moment.
    async fn begin_a_thread(&self) {
        let turn = self.next();
        let thread = format!("Gemensam {turn}");
        let (one, other) = tokio::join!(self.write(0, 0, &thread), self.write(1, 1, &thread));
        self.hold("two comments", one != other, || thread.clone());
        self.read(turn, &thread).await;
        self.read(turn + 1, &thread).await;
    }

    async fn write(&self, handler: usize, writer: usize, thread: &str) -> String {
        let key = format!("{writer}-{}", self.next());
        let body = json!({"customer": self.office.customers[0], "thread": thread, "text": key});
        let path = self.office.tenant.path("/comments");
        let ask = Ask::post(&self.office.members[writer], path, body).key(key);
        let written = self.ask(handler, &ask).await;
        self.hold("commented", written.status == 201, || format!("{} {}", written.status, written.text()));
        let id = written.at("/id").as_str().unwrap_or_default().to_owned();
        self.comments.lock().expect("the comments").entry(thread.to_owned()).or_default().insert(id.clone());
        id
    }

    async fn read(&self, handler: usize, thread: &str) {
        let before = self.comments.lock().expect("the comments").get(thread).cloned().unwrap_or_default();
        let path = format!("/comments?customer={}&thread={thread}&limit=200", self.office.customers[0]);
        let path = self.office.tenant.path(&path.replace(' ', "%20"));
        let read = self.ask(handler, &Ask::get(&self.office.members[2], path)).await;
        let items = read.at("/items");
        let listed: BTreeSet<String> = items
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| Some(item["id"].as_str()?.to_owned()))
            .collect();
        let missing: Vec<_> = before.difference(&listed).collect();
        self.hold("read", read.status == 200 && missing.is_empty(), || {
            format!("{thread}: {}, {missing:?} missing of {}", read.status, before.len())
        });
    }

    /// Every thread is there once, with all its comments.
    pub(crate) async fn threads_are_one(&self) {
        let mut names = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/threads?customer={}&limit=200{cursor}", self.office.customers[0]);
            let page = self.ask(0, &Ask::get(&self.office.members[2], self.office.tenant.path(&path))).await;
            names.extend(page.items().iter().filter_map(|item| Some(item["thread"].as_str()?.to_owned())));
            match page.at("/next").as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        names.sort();
        let expected = self.comments.lock().expect("the comments").clone();
        let expected: Vec<_> = expected.into_iter().filter(|(_, ids)| !ids.is_empty()).collect();
        assert_eq!(names, expected.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        for (name, _) in &expected {
            self.read(0, name).await;
        }
    }

    async fn rename(&self) {
        let turn = self.next();
        let path = self.office.tenant.path(&format!("/customers/{}", self.office.customers[turn % 2]));
        let body = json!({"name": format!("Kund {turn} AB")});
        let ask = Ask::new(&self.office.tenant.administrator, Method::PATCH, path, Some(body));
        let renamed = self.ask(turn, &ask).await;
        self.hold("renamed", renamed.status == 200, || format!("{}", renamed.status));
    }

    /// The same request at both handlers at once makes one thing.
    async fn create_twice(&self) {
        let turn = self.next();
        let body = json!({"name": format!("Ny {turn} AB")});
        let path = self.office.tenant.path("/customers");
        let administrator = &self.office.tenant.administrator;
        let ask = Ask::post(administrator, path, body).key(format!("customer-{turn}"));
        let (one, other) = tokio::join!(self.ask(0, &ask), self.ask(1, &ask));
        let same = one.status == 201 && other.status == 201 && one.at("/id") == other.at("/id");
        self.hold("made once", same, || {
            format!("{} {} {} {}", one.status, other.status, one.text(), other.text())
        });
    }

    /// Two requests that meet, of which each pair was prepared.
    async fn meet(&self) {
        let Some(pair) = self.pairs.lock().expect("the pairs").pop() else { return };
        match pair {
            Pair::SamePerson { person, tokens: [first, second] } => {
                let accept = |token: &str| {
                    Ask::post(&person, "/api/invites/accept".to_owned(), json!({"token": token}))
                };
                let (first, second) = (accept(&first), accept(&second));
                let (one, other) = tokio::join!(self.ask(0, &first), self.ask(1, &second));
                let same = one.status == 200 && other.status == 200 && one.at("/user") == other.at("/user");
                self.hold("one user", same, || {
                    format!("{} {} {} {}", one.status, other.status, one.text(), other.text())
                });
                let found =
                    self.ask(self.next(), &Ask::get(&person, self.office.tenant.path("/profile"))).await;
                self.hold("in at once", found.status == 200, || format!("{}", found.status));
            }
            Pair::Rivals { people: [one, other], path, tokens: [first, second] } => {
                let ask = |person, token: &str| Ask::post(person, path.to_owned(), json!({"token": token}));
                let (first, second) = (ask(&one, &first), ask(&other, &second));
                let (one, other) = tokio::join!(self.ask(0, &first), self.ask(1, &second));
                let mut statuses = [one.status, other.status];
                statuses.sort_unstable();
                self.hold(
                    if path.contains("email") { "one address, changed to" } else { "one address, invited" },
                    statuses == [200, 409],
                    || format!("{} {} {} {}", one.status, other.status, one.text(), other.text()),
                );
            }
        }
    }
}
