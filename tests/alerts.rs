//! What the operator is alerted of: each alert waits for words in the log, and each of these situations puts them there.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use std::{
    collections::BTreeSet,
    fs, io,
    path::Path,
    sync::{Arc, Mutex},
};

use kundportal_functions::{Place, StoragePlace};
use kundportal_store::{CallKind, Matching, Moment};
use serde_json::{Value, json};
use support::{Portal, Storage, announced_today, timer_envelope};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// The log of the handler that runs on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let lines = tracing_subscriber::fmt().with_target(false).with_ansi(false).with_writer(log.clone());
        (log, tracing::subscriber::set_default(lines.finish()))
    }

    /// The alerts that the lines since the last look set off, by the rules that are deployed.
    fn alerts(&self) -> BTreeSet<String> {
        let lines = std::mem::take(&mut *self.0.lock().expect("the log"));
        let text = String::from_utf8(lines).expect("text");
        let waits =
            alerts().into_iter().filter(|(_, phrases)| phrases.iter().any(|phrase| text.contains(phrase)));
        waits.map(|(name, _)| name).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Each alert on log lines with what it waits for, as the committed prediction of a deployment has it.
fn alerts() -> Vec<(String, Vec<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/production.snapshot.json");
    let snapshot: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("the snapshot")).expect("JSON");
    let resources = snapshot["predictedResources"].as_array().expect("resources").iter();
    let rules = resources.filter(|resource| resource["type"] == "Microsoft.Insights/scheduledQueryRules");
    let of = |rule: &Value| {
        let query =
            rule.pointer("/properties/criteria/allOf/0/query").and_then(Value::as_str).expect("a query");
        let phrases = query.split("message has \"").skip(1).filter_map(|rest| rest.split('"').next());
        (rule["name"].as_str().expect("a name").to_owned(), phrases.map(str::to_owned).collect::<Vec<_>>())
    };
    rules.map(of).filter(|(_, phrases)| !phrases.is_empty()).collect()
}

fn only(name: &str) -> BTreeSet<String> {
    BTreeSet::from([name.to_owned()])
}

/// A request whose package cannot be written.
async fn hopeless(portal: &Portal, received_at: Option<&str>) -> String {
    let tenant = portal.tenant("acme").await;
    portal.faults().fail_always(Matching::any().kind(CallKind::Put).name("package"), Moment::Before);
    let mut request = json!({"kind": "access"});
    if let Some(at) = received_at {
        request["receivedAt"] = json!(at);
    }
    let answer = portal.as_(&tenant.administrator).post(&tenant.path("/requests"), request).await.expect(201);
    answer.text_at("/dueAt")
}

#[tokio::test]
async fn work_that_fails_again_and_again_sets_off_its_alert() {
    let (log, _guard) = Log::begin();
    let portal = Portal::start().await;
    hopeless(&portal, None).await;
    assert_eq!(log.alerts(), BTreeSet::new());
    portal.pump().await;
    assert_eq!(log.alerts(), only("work-is-stuck"));
}

#[tokio::test]
async fn a_request_sets_off_its_alert_from_a_week_before_its_period_ends_until_it_is_answered() {
    let (log, _guard) = Log::begin();
    let portal = Portal::start().await;
    assert_eq!(hopeless(&portal, None).await, "2026-04-02");
    portal.lose_messages();
    let looked = async |days: u64| {
        portal.advance_hours(24 * days);
        portal.trigger("waiting_work", &timer_envelope("waiting_work"), None).await;
        portal.lose_messages();
        log.alerts()
    };
    // From 2 March: until the 25th there is more than a week.
    assert_eq!(looked(23).await, BTreeSet::new());
    assert_eq!(looked(1).await, only("requests-are-late"), "a week before");
    assert_eq!(looked(9).await, only("requests-are-late"), "the day after");
    portal.faults().clear();
    portal.timer("waiting_work").await;
    log.alerts();
    assert_eq!(looked(1).await, BTreeSet::new(), "it is answered");
}

#[tokio::test]
async fn a_late_request_sets_off_its_alert_however_much_other_work_waits() {
    let (log, _guard) = Log::begin();
    let portal = Portal::start_with(Storage::Memory, |settings| settings.concurrency.markers = 2).await;
    let tenant = portal.tenant("acme").await;
    for n in 0..6 {
        let body = json!({"email": format!("n{n}@example.com"), "name": "Nils", "role": "administrator"});
        portal.as_(&tenant.administrator).post(&tenant.path("/invites"), body).await.expect(201);
    }
    portal.advance_hours(24);
    let request = json!({"kind": "access", "receivedAt": "2026-01-31T12:00:00Z"});
    portal.as_(&tenant.administrator).post(&tenant.path("/requests"), request).await.expect(201);
    portal.lose_messages();
    portal.advance_hours(1);
    log.alerts();
    portal.trigger("waiting_work", &timer_envelope("waiting_work"), None).await;
    assert_eq!(log.alerts(), only("requests-are-late"));
}

#[tokio::test]
async fn a_broken_region_lock_sets_off_its_alert_and_hides_no_late_request() {
    let (log, _guard) = Log::begin();
    let portal = Portal::start().await;
    hopeless(&portal, Some("2026-01-31T12:00:00Z")).await;
    assert_eq!(log.alerts(), BTreeSet::new());
    let abroad = portal
        .redeployed(|settings| {
            settings.place = Place::Deployed {
                runs_in: Some("northeurope".to_owned()),
                primary: None,
                storage: vec![StoragePlace {
                    region: "swedencentral".to_owned(),
                    sku: "Standard_ZRS".to_owned(),
                }],
            };
        })
        .await;
    assert_eq!(log.alerts(), only("the-region-lock-is-broken"));
    abroad.trigger("waiting_work", &timer_envelope("waiting_work"), None).await;
    assert_eq!(log.alerts(), only("requests-are-late"));
}

#[tokio::test]
async fn a_notice_that_reaches_nobody_sets_off_its_alert_until_there_is_an_administrator() {
    let (log, _guard) = Log::begin();
    let before = Portal::start().await;
    let founder = before.founder("t1").await;
    let portal = before.redeployed(announced_today).await;
    portal.timer("announcements").await;
    assert_eq!(log.alerts(), only("a-notice-reaches-nobody"));
    let looked = async || {
        portal.advance_hours(24);
        portal.timer("waiting_work").await;
        log.alerts()
    };
    assert_eq!(looked().await, only("a-notice-reaches-nobody"));
    portal.accept(&founder).await;
    assert_eq!(looked().await, BTreeSet::new());
}

#[test]
fn every_alert_on_the_log_is_tried_here() {
    let tried = include_str!("alerts.rs");
    let names: Vec<_> = alerts().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 4);
    for name in names {
        assert!(tried.contains(&format!("only(\"{name}\")")), "{name}");
    }
}
