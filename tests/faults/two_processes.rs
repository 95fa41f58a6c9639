//! Two handlers, each a process of its own, on one store: what comes to both at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, Delivery, Person, Portal, Tenant, User, figure};

const CALLERS: usize = 8;
const ROUNDS: usize = 4;

struct Pair {
    handlers: [Portal; 2],
    tenant: Tenant,
    customer: String,
    asked: AtomicUsize,
}

impl Pair {
    async fn open() -> Self {
        let one = Portal::start_served().await;
        let tenant = one.tenant("t1").await;
        let customer = one.customer(&tenant, "Kund AB").await;
        let other = one.another_process().await;
        assert_ne!(one.process_id(), other.process_id());
        Self { handlers: [one, other], tenant, customer, asked: AtomicUsize::new(0) }
    }

    /// The handlers in turn.
    fn handler(&self) -> &Portal {
        &self.handlers[self.asked.fetch_add(1, Ordering::Relaxed) % 2]
    }

    /// Somebody, at either handler.
    fn by(&self, person: &Person) -> Caller<'_> {
        self.handler().as_(person)
    }

    fn administrator(&self) -> Caller<'_> {
        self.by(&self.tenant.administrator)
    }

    fn path(&self, rest: &str) -> String {
        self.tenant.path(rest)
    }

    fn files(&self) -> String {
        self.path(&format!("/files?customer={}", self.customer))
    }

    async fn member(&self, email: &str) -> User {
        self.handlers[0].member(&self.tenant, &self.customer, email).await
    }

    async fn upload(&self, person: &Person, content: String) -> Answer {
        let caller = self.by(person).header("content-disposition", "attachment; filename=a.txt");
        caller.send_bytes(Method::POST, &self.files(), "text/plain", content).await
    }

    async fn listed(&self, person: &Person) -> Vec<Value> {
        self.by(person).get(&format!("{}&limit=200", self.files())).await.expect(200).items()
    }

    /// Both have the same timer at the same time, and deliver what it leads to.
    async fn timers(&self, function: &str) {
        let [one, other] = &self.handlers;
        let (one, other) = tokio::join!(one.timer(function), other.timer(function));
        assert_delivered(one.iter().chain(&other));
    }

    /// Everything comes to its end, and fits together then.
    async fn settle(&self) {
        for _ in 0..3 {
            assert_delivered(&self.handlers[0].pump().await);
            self.handlers[0].advance_hours(1);
            self.timers("waiting_work").await;
        }
        self.handlers[1].assert_consistent(&self.tenant.id).await;
    }
}

fn assert_delivered<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>) {
    for delivery in deliveries {
        assert!(delivery.succeeded(), "{delivery:?}");
    }
}

#[tokio::test]
async fn forty_deliveries_of_one_removal_are_one_removal() {
    let pair = Pair::open().await;
    let member = pair.member("maja@example.com").await;
    let file = pair.upload(&member, "innehåll".to_owned()).await.expect(201).text_at("/id");
    let path = pair.path(&format!("/files/{file}"));
    let invocation = pair.handlers[0].next_invocation();
    let deliveries = (0..40).map(|_| {
        let caller = pair.by(&member).invocation(&invocation);
        let path = &path;
        async move { caller.delete(path).await.status }
    });
    assert_eq!(join_all(deliveries).await, [204; 40]);
    pair.by(&member).delete(&path).await.expect(404);
    pair.settle().await;
    assert_eq!(pair.listed(&member).await, [0; 0]);
}

#[tokio::test]
async fn ten_deliveries_of_a_post_without_a_body_make_one_file_and_one_invitation() {
    let pair = Pair::open().await;
    let member = pair.member("maja@example.com").await;
    let invocation = pair.handlers[0].next_invocation();
    let uploads = (0..10).map(|_| {
        let caller = pair.by(&member).invocation(&invocation);
        let caller = caller.header("content-disposition", "attachment; filename=tom.txt");
        let path = pair.files();
        async move { caller.post_empty(&path).await }
    });
    let answers = join_all(uploads).await;
    // Whoever comes while another is at it is told so.
    let made: Vec<_> = answers.into_iter().filter(|answer| answer.status != 409).collect();
    let made: Vec<_> = made.into_iter().map(|answer| answer.expect(201).at("/id")).collect();
    let invocation = pair.handlers[0].next_invocation();
    let path = pair.path(&format!("/users/{}/reinvite", member.id));
    let invitations = (0..10).map(|_| {
        let caller = pair.administrator().invocation(&invocation);
        let path = &path;
        async move { caller.post_empty(path).await.expect(201).at("/id") }
    });
    let invited = join_all(invitations).await;
    assert!(invited.iter().all(|id| *id == invited[0]));
    pair.settle().await;
    let listed = pair.listed(&member).await;
    assert_eq!(listed.len(), 1);
    assert!(!made.is_empty() && made.iter().all(|id| *id == listed[0]["id"]), "{made:?}");
}

#[tokio::test]
async fn two_timers_and_two_workers_do_everything_once() {
    let pair = Pair::open().await;
    let member = pair.member("maja@example.com").await;
    pair.upload(&member, "innehåll".to_owned()).await.expect(201);
    let work = async |number: usize| {
        let email = format!("ny{number}@example.com");
        let invite = json!({"email": email, "name": "Ny", "role": "member", "customer": pair.customer});
        pair.administrator().post(&pair.path("/invites"), invite).await.expect(201);
        let change = json!({"email": format!("annan{number}@example.com")});
        pair.by(&member).patch(&pair.path("/profile"), change).await.expect(200);
        pair.by(&member).post(&pair.path("/requests"), json!({"kind": "access"})).await.expect(201);
    };
    // The messages are lost: the timers find the work.
    work(1).await;
    pair.handlers[0].lose_messages();
    pair.handlers[0].advance_hours(1);
    pair.timers("waiting_work").await;
    // Each message comes to both.
    work(2).await;
    for message in pair.handlers[0].lose_messages() {
        let [one, other] = &pair.handlers;
        let (one, other) = tokio::join!(one.deliver(message.clone()), other.deliver(message));
        assert_delivered([&one, &other]);
    }
    pair.settle().await;
    let requests = pair.by(&member).get(&pair.path("/requests")).await.expect(200).items();
    assert!(requests.iter().all(|request| request["state"] == "fulfilled"), "{requests:?}");
    assert_eq!(requests.len(), 2);
    for number in 1..=2 {
        pair.handlers[0].invite_token(&format!("ny{number}@example.com"));
        pair.handlers[0].mail_token(&format!("annan{number}@example.com"), "#email=");
    }
    // What is due goes once.
    pair.handlers[0].advance_hours(24 * 100);
    pair.timers("retention").await;
    pair.settle().await;
}

/// What somebody did, and was told that it is done.
struct Done {
    user: User,
    name: String,
    files: Vec<(String, String)>,
    comments: usize,
}

/// Comes in at both handlers at once, and then changes, adds and removes, each round several things at a time.
async fn uses_everything(pair: &Pair, person: Person, token: Value, requests: &AtomicUsize) -> Done {
    let accept = async |caller: Caller<'_>| {
        caller.post("/api/invites/accept", token.clone()).await.expect(200).text_at("/user")
    };
    let (one, other) = tokio::join!(accept(pair.by(&person)), accept(pair.by(&person)));
    assert_eq!(one, other);
    let mut done =
        Done { user: User { person, id: one }, name: String::new(), files: Vec::new(), comments: 0 };
    let user = done.user.clone();
    let path = pair.path("/requests");
    pair.by(&user).post(&path, json!({"kind": "access"})).await.expect(201);
    for round in 0..ROUNDS {
        done.name = format!("Namn {round}");
        let content = format!("{} {round}", user.id);
        let comment =
            json!({"customer": pair.customer, "thread": format!("Tråd {}", round % 2), "text": content});
        let (profile, comments) = (pair.path("/profile"), pair.path("/comments"));
        let (patched, uploaded, written, phoned, kept) = tokio::join!(
            async { pair.by(&user).patch(&profile, json!({"name": done.name})).await },
            pair.upload(&user, content.clone()),
            async { pair.by(&user).post(&comments, comment).await },
            async {
                pair.by(&user).patch(&profile, json!({"phone": format!("070-17406{:02}", 10 + round)})).await
            },
            pair.upload(&user, format!("{content}, kvar")),
        );
        patched.expect(200);
        phoned.expect(200);
        done.files.push((kept.expect(201).text_at("/id"), format!("{content}, kvar")));
        let file = pair.path(&format!("/files/{}", uploaded.expect(201).text_at("/id")));
        let written = pair.path(&format!("/comments/{}", written.expect(201).text_at("/id")));
        let (removed, again, edited) = tokio::join!(
            async { pair.by(&user).delete(&file).await },
            async { pair.administrator().delete(&file).await },
            async { pair.by(&user).patch(&written, json!({"text": "Ändrad"})).await },
        );
        for removed in [&removed, &again] {
            assert!([204, 404].contains(&removed.status), "{}", removed.text());
        }
        assert!(removed.status == 204 || again.status == 204);
        edited.expect(200);
        if round % 2 == 0 {
            pair.by(&user).delete(&written).await.expect(204);
        } else {
            done.comments += 1;
        }
        requests.fetch_add(12, Ordering::Relaxed);
    }
    done
}

#[tokio::test]
async fn what_many_are_told_at_two_handlers_is_there_in_the_end() {
    let pair = Pair::open().await;
    let [one, other] = &pair.handlers;
    let mut people = Vec::new();
    for number in 0..CALLERS {
        let person = Person::new(&format!("kim{number}@example.com"));
        one.invite(&pair.tenant, &person, "member", Some(&pair.customer)).await.expect(201);
        let token = json!({"token": one.invite_token(&person.email)});
        people.push((person, token));
    }
    let (over, requests) = (AtomicBool::new(false), AtomicUsize::new(0));
    let callers = async {
        let callers =
            people.into_iter().map(|(person, token)| uses_everything(&pair, person, token, &requests));
        let done = join_all(callers).await;
        over.store(true, Ordering::Relaxed);
        done
    };
    let delivers = async |portal: &Portal| {
        while !over.load(Ordering::Relaxed) {
            assert_delivered(&portal.pump().await);
            assert_delivered(&portal.timer("waiting_work").await);
        }
    };
    let (done, (), ()) = tokio::join!(callers, delivers(one), delivers(other));
    pair.settle().await;
    let listed = pair.listed(&done[0].user).await;
    assert_eq!(listed.len(), done.iter().map(|done| done.files.len()).sum::<usize>());
    let mut comments = 0;
    for thread in ["Tråd 0", "Tråd 1"] {
        let path = pair.path(&format!("/comments?customer={}&thread={thread}&limit=200", pair.customer));
        comments += pair.by(&done[0].user).get(&path.replace(' ', "%20")).await.expect(200).items().len();
    }
    assert_eq!(comments, done.iter().map(|done| done.comments).sum::<usize>());
    for done in &done {
        let profile = pair.by(&done.user).get(&pair.path("/profile")).await.expect(200);
        assert_eq!(profile.at("/name"), *done.name);
        for (id, content) in &done.files {
            let path = pair.path(&format!("/files/{id}/content"));
            assert_eq!(pair.by(&done.user).get(&path).await.expect(200).text(), *content);
        }
        let asked = pair.by(&done.user).get(&pair.path("/requests")).await.expect(200).items();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0]["state"], "fulfilled");
    }
    let line = format!(
        "two processes: {CALLERS} callers, {} requests at two handlers of one store, everything acknowledged is there",
        requests.load(Ordering::Relaxed)
    );
    figure("two-processes", &line);
}
