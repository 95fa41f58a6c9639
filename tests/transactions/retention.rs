//! Each category of retention: what one item costs, and a run as such.

use jiff::SignedDuration;
use serde_json::json;

use crate::{
    office::{Office, STORED, time},
    support::{Portal, figure},
};

/// When the items come about.
const ITEMS: &str = "2026-03-03T08:00:00Z";
/// When what is stored beside them does: everything of it is due another day.
const BESIDE: &str = "2026-03-04T07:00:00Z";

/// What a run costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cost {
    /// Transactions for one item.
    each: usize,
    /// And for the run, whatever is due.
    run: usize,
    /// How many things one item is, in what it may cost: an account is as many as there are blobs of it.
    things: usize,
    /// Items beside those that are counted: of the administrator and the colleague.
    beside: usize,
}

impl Cost {
    const fn of(each: usize, run: usize) -> Self {
        Self { each, run, things: 1, beside: 0 }
    }
}

async fn run(portal: &Portal) {
    for delivery in portal.timer("retention").await {
        assert!(delivery.succeeded(), "{delivery:?}");
    }
}

/// Transactions of the run in which so many items are due, with so much stored beside them; and how many blobs go.
async fn transactions(
    (items, stored): (usize, usize),
    due: &str,
    prepare: impl AsyncFn(&Office),
    meanwhile: impl AsyncFn(&Office),
) -> (usize, usize) {
    let office = Office::open(items).await;
    let portal = &office.portal;
    portal.clock().set(time(ITEMS));
    prepare(&office).await;
    portal.pump_all().await;
    portal.clock().set(time(BESIDE));
    office.store(stored).await;
    meanwhile(&office).await;
    let due = time(due);
    portal.clock().set(due - SignedDuration::from_secs(1));
    run(portal).await;
    let before = portal.names().await.len();
    drop(portal.counts().take());
    portal.clock().set(due);
    run(portal).await;
    let tally = portal.counts().take();
    let left = portal.names().await.len();
    run(portal).await;
    let again = portal.counts().take().total();
    assert!(again <= 20, "what was due is not done: {again}");
    (tally.total(), before.saturating_sub(left))
}

/// That a run costs so much for each of its items, and the same when ten times as much is stored. How many blobs go with two
/// items more.
async fn assert_cost(
    category: &str,
    due: &str,
    cost: Cost,
    prepare: impl AsyncFn(&Office),
    meanwhile: impl AsyncFn(&Office),
) -> usize {
    let Cost { each, run, things, beside } = cost;
    let mut found = Vec::new();
    for (items, stored) in [(2, STORED[0]), (4, STORED[0]), (4, STORED[1])] {
        found.push(transactions((items, stored), due, &prepare, &meanwhile).await);
    }
    let totals: Vec<_> = found.iter().map(|(total, _)| *total).collect();
    assert_eq!(totals, [2 * each + run, 4 * each + run, 4 * each + run], "{category}");
    assert!(each <= 8 * things && run <= 20 + 8 * beside, "{category}: more than 8 for each and 20");
    let line = format!(
        "retention, {category}: {each} transactions an item and {run} a run, whether {} or {} of each kind are stored",
        STORED[0], STORED[1]
    );
    figure(&format!("transactions-retention-{category}"), &line);
    found[1].1 - found[0].1
}

async fn nothing(_: &Office) {}

#[tokio::test]
async fn sign_ins() {
    let prepare = async |office: &Office| {
        for member in &office.members {
            office.portal.as_(member).get(&office.profile()).await.expect(200);
        }
    };
    let cost = Cost::of(5, 8);
    assert_cost("sign-in", "2026-06-01T07:00:00Z", cost, prepare, nothing).await;
}

#[tokio::test]
async fn activity() {
    let prepare = async |office: &Office| {
        for member in &office.members {
            let path = office.tenant.path(&format!("/users/{}", member.id));
            office.administrator().get(&path).await.expect(200);
        }
    };
    let meanwhile = async |office: &Office| office.everybody_comes_back("2028-01-15T08:00:00Z").await;
    let cost = Cost::of(5, 8);
    assert_cost("activity", "2028-03-03T08:00:00Z", cost, prepare, meanwhile).await;
}

#[tokio::test]
async fn keys() {
    let prepare = async |office: &Office| {
        for member in &office.members {
            let caller = office.portal.as_(member).key("en");
            caller.post(&office.tenant.path("/comments"), office.comment_in("Order 7")).await.expect(201);
        }
    };
    let cost = Cost::of(5, 8);
    assert_cost("idempotency-key", "2026-03-04T08:00:00Z", cost, prepare, nothing).await;
}

#[tokio::test]
async fn changes_of_address() {
    let prepare = async |office: &Office| {
        for (number, member) in office.members.iter().enumerate() {
            let patch = json!({"email": format!("kim.ny{number}@example.com")});
            office.portal.as_(member).patch(&office.profile(), patch).await.expect(200);
        }
    };
    let cost = Cost::of(5, 8);
    assert_cost("email-change", "2026-03-04T08:00:00Z", cost, prepare, nothing).await;
}

#[tokio::test]
async fn warnings_of_idle_accounts() {
    let cost = Cost { each: 15, run: 19, things: 2, beside: 2 };
    assert_cost("idle-warning", "2028-01-02T00:00:00+01:00", cost, nothing, nothing).await;
}

#[tokio::test]
async fn idle_accounts() {
    let meanwhile = async |office: &Office| {
        for day in ["2028-01-02", "2028-02-01", "2028-02-24"] {
            office.portal.clock().set(time(&format!("{day}T08:00:00Z")));
            run(&office.portal).await;
        }
    };
    let cost = Cost { each: 24, run: 15, things: 7, beside: 0 };
    let blobs = assert_cost("idle-account", "2028-03-02T00:00:00+01:00", cost, nothing, meanwhile).await;
    assert_eq!(blobs, 2 * cost.things, "profile, entries by which the person is found, due markers");
}

#[tokio::test]
async fn deactivated_accounts() {
    let prepare = async |office: &Office| {
        for member in &office.members {
            let path = office.tenant.path(&format!("/users/{}", member.id));
            office.administrator().patch(&path, json!({"status": "deactivated"})).await.expect(200);
        }
    };
    let cost = Cost { each: 26, run: 13, things: 9, beside: 0 };
    let blobs = assert_cost("deactivated-account", "2026-06-01T07:00:00Z", cost, prepare, nothing).await;
    assert_eq!(blobs, 2 * cost.things, "profile, entries by which the person is found, due markers");
}

async fn invite(office: &Office) {
    for number in 0..office.members.len() {
        office.invite(&format!("lena{number}@example.com")).await;
    }
}

#[tokio::test]
async fn pending_invitations() {
    let cost = Cost { each: 9, run: 9, things: 2, beside: 0 };
    assert_cost("pending-invitation", "2026-03-10T08:00:00Z", cost, invite, nothing).await;
}

#[tokio::test]
async fn records_of_expired_invitations() {
    let meanwhile = async |office: &Office| {
        office.portal.clock().set(time("2026-03-10T08:00:00Z"));
        run(&office.portal).await;
    };
    let cost = Cost::of(7, 8);
    assert_cost("expired-invitation", "2026-04-09T07:00:00Z", cost, invite, meanwhile).await;
}

/// The members' own, and the administrator's beside them.
#[tokio::test]
async fn records_of_accepted_invitations() {
    let cost = Cost { each: 8, run: 23, things: 1, beside: 2 };
    assert_cost("accepted-invitation", "2026-04-01T07:00:00Z", cost, nothing, nothing).await;
}

#[tokio::test]
async fn files() {
    let prepare = async |office: &Office| {
        office.keep_for("P7D").await;
        for member in &office.members {
            office.upload(member, "avtal.txt").await;
        }
    };
    let cost = Cost::of(8, 8);
    assert_cost("file", "2026-03-10T08:00:00Z", cost, prepare, nothing).await;
}

#[tokio::test]
async fn comments() {
    let prepare = async |office: &Office| {
        office.keep_for("P7D").await;
        for member in &office.members {
            // Its thread goes on.
            office.comment(member, "Senare").await;
        }
    };
    let cost = Cost::of(8, 8);
    assert_cost("comment", "2026-03-10T08:00:00Z", cost, prepare, nothing).await;
}

#[tokio::test]
async fn last_comments_of_threads() {
    let prepare = async |office: &Office| {
        office.keep_for("P7D").await;
        for (number, member) in office.members.iter().enumerate() {
            office.comment(member, &format!("Order {number}")).await;
        }
    };
    let cost = Cost { each: 10, run: 8, things: 2, beside: 0 };
    assert_cost("thread", "2026-03-10T08:00:00Z", cost, prepare, nothing).await;
}

async fn ask(office: &Office) {
    for member in &office.members {
        let body = json!({"kind": "access", "details": "Allt, tack."});
        office.portal.as_(member).post(&office.tenant.path("/requests"), body).await.expect(201);
    }
}

#[tokio::test]
async fn packages() {
    let cost = Cost::of(7, 8);
    assert_cost("package", "2026-03-10T08:00:00Z", cost, ask, nothing).await;
}

#[tokio::test]
async fn cases() {
    let meanwhile = async |office: &Office| office.everybody_comes_back("2028-01-15T08:00:00Z").await;
    let cost = Cost::of(7, 8);
    assert_cost("case", "2029-03-03T08:00:00Z", cost, ask, meanwhile).await;
}
