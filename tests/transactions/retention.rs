//! Each category of retention: what a run costs for each item that is due, and as such.

use jiff::SignedDuration;
use serde_json::json;

use crate::{
    office::{Office, STORED, time},
    support::Portal,
};

/// When the items come about.
const ITEMS: &str = "2026-03-03T08:00:00Z";
/// When what is stored beside them does: everything of it is due another day.
const BESIDE: &str = "2026-03-04T07:00:00Z";

/// What becomes due, an item for each member, of whom each is another.
pub(crate) struct Category {
    pub(crate) name: &'static str,
    due: &'static str,
    items: Items,
    meanwhile: Meanwhile,
}

/// How the items come about.
#[derive(Clone, Copy)]
enum Items {
    /// They are there with the member.
    There,
    SignIns,
    LookUps,
    Keys,
    Addresses,
    Deactivations,
    Invitations,
    Files,
    /// In a thread that goes on.
    Comments,
    /// In threads that end with them.
    LastComments,
    Requests,
}

/// What has to happen before they are due.
#[derive(Clone, Copy)]
enum Meanwhile {
    Nothing,
    /// Everybody is seen again.
    Use,
    /// Everybody is warned.
    Warnings,
    /// Invitations expire.
    Expiry,
}

impl Category {
    const fn new(name: &'static str, due: &'static str, items: Items) -> Self {
        Self { name, due, items, meanwhile: Meanwhile::Nothing }
    }

    const fn after(self, meanwhile: Meanwhile) -> Self {
        Self { meanwhile, ..self }
    }
}

/// All of them, as due markers tell them apart, and by what is done.
pub(crate) static CATEGORIES: &[Category] = &[
    Category::new("sign-in", "2026-06-01T07:00:00Z", Items::SignIns),
    Category::new("activity", "2028-03-03T08:00:00Z", Items::LookUps).after(Meanwhile::Use),
    Category::new("idempotency-key", "2026-03-04T08:00:00Z", Items::Keys),
    Category::new("email-change", "2026-03-04T08:00:00Z", Items::Addresses),
    Category::new("idle-warning", "2028-01-02T00:00:00+01:00", Items::There),
    Category::new("idle-account", "2028-03-02T00:00:00+01:00", Items::There).after(Meanwhile::Warnings),
    Category::new("deactivated-account", "2026-06-01T07:00:00Z", Items::Deactivations),
    Category::new("pending-invitation", "2026-03-10T08:00:00Z", Items::Invitations),
    Category::new("expired-invitation", "2026-04-09T07:00:00Z", Items::Invitations).after(Meanwhile::Expiry),
    Category::new("accepted-invitation", "2026-04-01T07:00:00Z", Items::There),
    Category::new("file", "2026-03-10T08:00:00Z", Items::Files),
    Category::new("comment", "2026-03-10T08:00:00Z", Items::Comments),
    Category::new("thread", "2026-03-10T08:00:00Z", Items::LastComments),
    Category::new("package", "2026-03-10T08:00:00Z", Items::Requests),
    Category::new("case", "2029-03-03T08:00:00Z", Items::Requests).after(Meanwhile::Use),
];

/// What was counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    /// Transactions for one item more.
    pub(crate) each: usize,
    /// And for the run without any item.
    pub(crate) run: usize,
    /// How many blobs less there are after one item more.
    pub(crate) blobs: usize,
    /// Whether it is the same with ten times as much stored.
    pub(crate) whatever_is_stored: bool,
}

/// Counts with two items and with four, and with more stored.
pub(crate) async fn count(category: &Category) -> Count {
    let [few, many] = STORED;
    let (two, blobs_of_two) = run_with(category, 2, few).await;
    let (four, blobs_of_four) = run_with(category, 4, few).await;
    let (beside_more, _) = run_with(category, 4, many).await;
    let each = (four - two) / 2;
    Count {
        each,
        run: four - 4 * each,
        blobs: (blobs_of_four - blobs_of_two) / 2,
        whatever_is_stored: beside_more == four && two + 2 * each == four,
    }
}

async fn run(portal: &Portal) {
    for delivery in portal.timer("retention").await {
        assert!(delivery.succeeded(), "{delivery:?}");
    }
}

/// Transactions of the run in which so many items are due, with so much stored beside them; and how many blobs go.
async fn run_with(category: &Category, items: usize, stored: usize) -> (usize, usize) {
    let office = Office::open(items).await;
    let portal = &office.portal;
    portal.clock().set(time(ITEMS));
    prepare(&office, category.items).await;
    portal.pump_all().await;
    portal.clock().set(time(BESIDE));
    office.store(stored).await;
    wait(&office, category.meanwhile).await;
    let due = time(category.due);
    portal.clock().set(due - SignedDuration::from_secs(1));
    run(portal).await;
    let before = portal.names().await.len();
    drop(portal.counts().take());
    portal.clock().set(due);
    run(portal).await;
    let total = portal.counts().take().total();
    let left = portal.names().await.len();
    run(portal).await;
    let again = portal.counts().take().total();
    assert!(again <= 20, "what was due is not done: {again}");
    (total, before.saturating_sub(left))
}

async fn prepare(office: &Office, items: Items) {
    if matches!(items, Items::Files | Items::Comments | Items::LastComments) {
        office.keep_for("P7D").await;
    }
    for (number, member) in office.members.iter().enumerate() {
        let (caller, tenant) = (office.portal.as_(member), &office.tenant);
        let user = tenant.path(&format!("/users/{}", member.id));
        match items {
            Items::There => {}
            Items::SignIns => drop(caller.get(&office.profile()).await.expect(200)),
            Items::LookUps => drop(office.administrator().get(&user).await.expect(200)),
            Items::Keys => {
                let body = office.comment_in("Order 7");
                drop(caller.key("en").post(&tenant.path("/comments"), body).await.expect(201));
            }
            Items::Addresses => {
                let patch = json!({"email": format!("kim.ny{number}@example.com")});
                drop(caller.patch(&office.profile(), patch).await.expect(200));
            }
            Items::Deactivations => {
                let patch = json!({"status": "deactivated"});
                drop(office.administrator().patch(&user, patch).await.expect(200));
            }
            Items::Invitations => drop(office.invite(&format!("lena{number}@example.com")).await),
            Items::Files => drop(office.upload(member, "avtal.txt").await),
            Items::Comments => drop(office.comment(member, "Senare").await),
            Items::LastComments => drop(office.comment(member, &format!("Order {number}")).await),
            Items::Requests => {
                let body = json!({"kind": "access", "details": "Allt, tack."});
                drop(caller.post(&tenant.path("/requests"), body).await.expect(201));
            }
        }
    }
}

async fn wait(office: &Office, meanwhile: Meanwhile) {
    let days: &[&str] = match meanwhile {
        Meanwhile::Nothing => &[],
        Meanwhile::Use => return office.everybody_comes_back("2028-01-15T08:00:00Z").await,
        Meanwhile::Warnings => &["2028-01-02", "2028-02-01", "2028-02-24"],
        Meanwhile::Expiry => &["2026-03-10"],
    };
    for day in days {
        office.portal.clock().set(time(&format!("{day}T08:00:00Z")));
        run(&office.portal).await;
    }
}
