//! Messages that are lost, all of them: the timer finds the work, and both processes may look at once.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{Seed, host::Host, processes::Pair, seed};
use crate::support::{Person, Portal, Tenant, User, figure};

/// The patience with whoever began the work, and the time until the timer fires next.
const LATEST: u64 = 20;

/// What was begun, by its name, and whether it is done.
async fn done(portal: &Portal, tenant: &Tenant, user: &User, begun: &Begun) -> BTreeMap<&'static str, bool> {
    let caller = portal.as_(user);
    let case = caller.get(&tenant.path(&format!("/requests/{}", begun.request))).await.expect(200);
    let upload = caller.get(&tenant.path(&format!("/files/uploads/{}", begun.upload))).await.expect(200);
    let mails = portal.mails_to("lena@example.com").len();
    assert!(mails <= 1, "an invitation was mailed {mails} times");
    BTreeMap::from([
        ("package", case.text_at("/state") == "fulfilled"),
        ("direct upload", upload.text_at("/state") == "complete"),
        ("invitation's mail", mails == 1),
    ])
}

struct Begun {
    request: String,
    upload: String,
}

#[tokio::test]
async fn work_whose_messages_the_queue_lost_is_done_by_the_timer_within_twenty_minutes() {
    let seed = Seed(seed());
    let pair = Pair::start(seed.0).await;
    let host = Host::new(&pair, seed.0);
    let [portal, other] = pair.both();
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;

    let upload = other.upload_straight(&tenant, &kim, &customer, "innehåll").await;
    let request =
        other.as_(&kim).post(&tenant.path("/requests"), json!({"kind": "access"})).await.expect(201);
    let lena = Person::new("lena@example.com");
    let invitation =
        json!({"email": lena.email, "name": lena.name, "role": "member", "customer": customer.as_str()});
    portal.as_(&tenant.administrator).post(&tenant.path("/invites"), invitation).await.expect(201);
    let begun = Begun { request: request.text_at("/id"), upload };
    let lost = portal.lose_messages().len();
    assert!(lost >= 3, "{lost} messages for three things");

    let mut after: BTreeMap<&str, u64> = BTreeMap::new();
    for minute in 1..=60 {
        portal.clock().advance(Duration::from_mins(1));
        if minute % 5 == 0 {
            host.fire("waiting_work").await;
        }
        host.rest().await;
        for (name, done) in done(portal, &tenant, &kim, &begun).await {
            if done {
                after.entry(name).or_insert(minute);
            }
        }
    }
    assert_eq!(after.len(), 3, "never done, but for {after:?}");
    assert!(after.values().all(|minute| *minute <= LATEST), "{after:?}");
    // What was read in lists is noted by a timer of its own.
    host.fire_all().await;
    portal.assert_consistent(&tenant.id).await;
    let times: Vec<_> = after.iter().map(|(name, minute)| format!("{name} {minute}")).collect();
    figure(
        "two processes, lost messages",
        &format!(
            "two processes on Azurite: {lost} messages lost, the work done all the same, minutes later: {}",
            times.join(", ")
        ),
    );
}
