//! Timer `retention`: finds the tenants that have something to look at, and announces the work. It never reads the data
//! itself: the days up to today are all it lists.

use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    RetentionRules, TenantId,
    retention::{self, Decision, Item},
};
use kundportal_store::BlobPath;

use crate::{
    app::App,
    layout::{self, on_platform},
    problem::Problem,
    work::Work,
};

/// Ten past each hour: periods end at a time of day.
pub(crate) const SCHEDULE: &str = "0 10 * * * *";

/// Names on one page of a list.
const PAGE: usize = 1_000;

/// Announces each day up to today of each tenant.
pub(crate) async fn run(app: App) -> Result<(), Problem> {
    if app.is_locked() {
        return Ok(());
    }
    let today = app.today();
    let mut from = None;
    'pages: loop {
        let page = app.list(&layout::platform(), on_platform::DUE, from.as_ref(), PAGE).await?;
        for entry in page.entries {
            let Some((day, tenant, _)) = on_platform::dated(&entry.name, on_platform::DUE) else { continue };
            if day > today {
                break 'pages;
            }
            announce(&app, &tenant, day).await?;
        }
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    forget_operator_keys(&app).await
}

/// The marker lies under the day itself, so that a day that cannot be brought to its end has one marker, not one for each
/// run; what is there keeps its place in the list.
async fn announce(app: &App, tenant: &TenantId, day: Date) -> Result<(), Problem> {
    let work = Work::Retention { day, from: None, failed: false };
    let marker = app.begin_under(tenant, day, work).await?;
    app.announce(&marker).await
}

/// The operator's idempotency keys belong to no tenant and are few: their own list says how old they are.
async fn forget_operator_keys(app: &App) -> Result<(), Problem> {
    let rules = RetentionRules::default();
    let mut from = None;
    loop {
        let page = app.list(&layout::platform(), on_platform::KEYS, from.as_ref(), PAGE).await?;
        for entry in page.entries {
            if is_over(entry.properties.last_modified, app.now(), &rules) {
                app.unmark(&BlobPath::new(layout::platform(), entry.name)).await?;
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(()),
        }
    }
}

fn is_over(used_at: Timestamp, now: Timestamp, rules: &RetentionRules) -> bool {
    retention::decide(&Item::IdempotencyKey { used_at }, None, now, rules) == Decision::Purge
}
