//! Timer `announcements`: sees to it that every tenant is told of a new revision of the register of sub-processors. It lists
//! the tenants twice for each revision, with time between: while a new version of the program takes over, one of the old version
//! may still create a tenant that has agreed to the old list only. A note under the platform says that all of them are marked.

use kundportal_domain::TenantId;
use kundportal_store::{BlobPath, StoreError};

use crate::{
    app::App,
    layout::{self, on_platform},
    problem::Problem,
    work::{GRACE, Work},
};

/// Twenty past each hour.
pub(crate) const SCHEDULE: &str = "0 20 * * * *";

/// Names on one page of the list.
const PAGE: usize = 1_000;

/// Marks and announces the work for each tenant. Killed, it begins again: who has been told is told once.
pub(crate) async fn run(app: App) -> Result<(), Problem> {
    let today = app.today();
    let register = &app.settings().register;
    let Some(revision) = register.revisions().iter().rev().find(|revision| revision.date <= today) else {
        return Ok(());
    };
    if app.is_locked() {
        return Ok(());
    }
    let [first, again] = [1, 2].map(|time| on_platform::announced(revision.number, time));
    match app.blobs().properties(&first).await {
        Err(StoreError::NotFound) => announce(&app, revision.number, &first).await,
        Err(error) => Err(error.into()),
        Ok(properties) if app.now().duration_since(properties.last_modified) < GRACE => Ok(()),
        Ok(_) if app.exists(&again).await? => Ok(()),
        Ok(_) => announce(&app, revision.number, &again).await,
    }
}

async fn announce(app: &App, revision: u32, done: &BlobPath) -> Result<(), Problem> {
    let mut from = None;
    loop {
        let page = app.list(&layout::platform(), on_platform::TENANTS, from.as_ref(), PAGE).await?;
        for entry in page.entries {
            let name = entry.name.strip_prefix(on_platform::TENANTS).unwrap_or_default();
            let Some(tenant) = name.strip_suffix(".json").and_then(|id| id.parse::<TenantId>().ok()) else {
                continue;
            };
            let marker = app.begin(&tenant, Work::Notice { revision }).await?;
            app.announce(&marker).await?;
        }
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    match app.mark(done).await {
        // Without a tenant there is no platform to note anything on, and nobody to tell.
        Ok(()) | Err(StoreError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
