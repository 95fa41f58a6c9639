//! What goes when its time is up, each category on its day.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    act::Act,
    driver::Row,
    scene::Scene,
    support::{Portal, Snapshot},
};

/// A portal on which time goes by, from one day of retention to the next.
struct Calendar {
    snapshot: Arc<Snapshot>,
    rows: Vec<Row>,
}

pub(super) async fn rows(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let mut calendar = Calendar { snapshot: Arc::clone(snapshot), rows: Vec::new() };
    // Periods of their own, so that each category has its day.
    let body = json!({"retention": {"files": "P6M", "comments": "P7M"}});
    let choose = async |portal: &Portal| {
        portal.as_(scene.admin()).patch(&scene.path(""), body).await.expect(200);
        portal.pump_all().await;
    };
    calendar.then(choose).await;
    calendar.on("2026-03-03T09:00:00Z", "keys and a change of address go").await;
    calendar.on("2026-03-09T09:00:00Z", "invitations expire and a package goes").await;
    calendar.on("2026-04-01T09:00:00Z", "the records of invitations go").await;
    calendar.on("2026-05-31T09:00:00Z", "sign-ins and a deactivated account go").await;
    calendar.on("2026-09-02T09:00:00Z", "a file goes").await;
    calendar.on("2026-10-02T09:00:00Z", "comments go").await;
    let all_but_one_come_back = async |portal: &Portal| {
        portal.clock().set(time("2027-11-01T09:00:00Z"));
        for person in [scene.admin(), &scene.bo, &scene.kim, &scene.rut] {
            portal.as_(person).get(&scene.path("/profile")).await.expect(200);
        }
    };
    calendar.then(all_but_one_come_back).await;
    calendar.on("2028-01-02T09:00:00Z", "somebody is warned that their account goes").await;
    for day in ["2028-02-01T09:00:00Z", "2028-02-24T09:00:00Z"] {
        calendar.run_at(day).await;
    }
    calendar.on("2028-03-02T09:00:00Z", "an idle account and what was done two years ago go").await;
    calendar.run_at("2028-12-01T09:00:00Z").await;
    calendar.on("2029-03-02T09:00:00Z", "a case goes").await;
    calendar.rows
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

impl Calendar {
    /// Lets something happen.
    async fn then(&mut self, what: impl AsyncFnOnce(&Portal)) {
        let portal = Portal::start_from(&self.snapshot).await;
        what(&portal).await;
        self.snapshot = Arc::new(portal.snapshot().await);
    }

    /// Lets retention do whatever is due at a time.
    async fn run_at(&mut self, at: &str) {
        let run = async |portal: &Portal| {
            portal.clock().set(time(at));
            portal.timer("retention").await;
        };
        self.then(run).await;
    }

    /// A row of what retention does on a day. What was due the day before has been done.
    async fn on(&mut self, at: &str, name: &'static str) {
        let the_day_before = async |portal: &Portal| {
            portal.clock().set(time(at) - SignedDuration::from_hours(24));
            portal.timer("retention").await;
            portal.clock().set(time(at));
        };
        self.then(the_day_before).await;
        self.rows.push(Row::new(name, &self.snapshot, |_| Act::Timer("retention")));
        self.run_at(at).await;
    }
}
