//! What each category of retention costs, exactly.

use crate::{
    office::STORED,
    retention::{CATEGORIES, count},
    support::figure,
};

/// What a run costs.
#[derive(Clone, Copy)]
struct Cost {
    /// Transactions for one item.
    each: usize,
    /// And for the run, whatever is due.
    run: usize,
    /// How many things one item is, in what it may cost.
    things: usize,
    /// Items beside those that are counted: of the administrator and the colleague.
    beside: usize,
}

const fn cost(each: usize, run: usize) -> Cost {
    Cost { each, run, things: 1, beside: 0 }
}

const fn cost_of_several(things: usize, each: usize, run: usize) -> Cost {
    Cost { things, ..cost(each, run) }
}

/// What each category may cost: 8 for each thing and 20. What is more than one thing is said here.
const COSTS: [(&str, Cost); 15] = [
    ("sign-in", cost(5, 8)),
    ("activity", cost(5, 8)),
    ("idempotency-key", cost(5, 8)),
    ("email-change", cost(5, 8)),
    // The account, which is looked at again, and the mail, with its delivery.
    ("idle-warning", Cost { beside: 2, ..cost_of_several(2, 15, 19) }),
    // Profile, five entries by which the person is found, and the due marker.
    ("idle-account", cost_of_several(7, 24, 15)),
    // The same with the marker of the deactivation, and the day of the last use of whoever did something.
    ("deactivated-account", cost_of_several(9, 26, 13)),
    // Its place in two lists, the tenant's and the customer's.
    ("pending-invitation", cost_of_several(2, 9, 9)),
    ("expired-invitation", cost(7, 8)),
    ("accepted-invitation", Cost { beside: 2, ..cost(8, 23) }),
    ("file", cost(8, 8)),
    ("comment", cost(8, 8)),
    // The comment and its thread.
    ("thread", cost_of_several(2, 10, 8)),
    ("package", cost(7, 8)),
    ("case", cost(7, 8)),
];

async fn assert_cost(name: &str) {
    let category = CATEGORIES.iter().find(|category| category.name == name).expect("a category");
    let (_, expected) = COSTS.iter().find(|(known, _)| *known == name).expect("what it costs");
    let found = count(category).await;
    assert!(found.whatever_is_stored, "{name}: more when more is stored");
    assert_eq!((found.each, found.run), (expected.each, expected.run), "{name}");
    let Cost { each, run, things, beside } = *expected;
    assert!(each <= 8 * things && run <= 20 + 8 * beside, "{name}: more than 8 for each and 20");
    if name.ends_with("-account") {
        assert_eq!(found.blobs, things, "{name}: blobs that go");
    }
    let [few, many] = STORED;
    let line = format!(
        "retention, {name}: {each} transactions an item and {run} a run, whether {few} or {many} of each kind are stored"
    );
    figure(&format!("transactions-retention-{name}"), &line);
}

#[test]
fn every_category_has_its_cost() {
    let known: Vec<_> = CATEGORIES.iter().map(|category| category.name).collect();
    assert_eq!(known, COSTS.map(|(name, _)| name));
}

macro_rules! categories {
    ($($test:ident: $name:literal),+ $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            assert_cost($name).await;
        })+

        #[test]
        fn every_category_is_counted() {
            assert_eq!(COSTS.map(|(name, _)| name), [$($name),+]);
        }
    };
}

categories! {
    sign_ins: "sign-in",
    look_ups: "activity",
    keys: "idempotency-key",
    changes_of_address: "email-change",
    warnings: "idle-warning",
    idle_accounts: "idle-account",
    deactivated_accounts: "deactivated-account",
    pending_invitations: "pending-invitation",
    expired_invitations: "expired-invitation",
    accepted_invitations: "accepted-invitation",
    files: "file",
    comments: "comment",
    threads: "thread",
    packages: "package",
    cases: "case",
}
