//! Timer `announcements`: sees to it that every tenant is told of a new revision of the register of sub-processors. It lists
//! the tenants once for each revision; a note under the platform says that all of them are marked.

use kundportal_domain::TenantId;

use crate::{
    app::App,
    layout::{self, on_platform},
    problem::Problem,
    work::Work,
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
    let done = on_platform::announced(revision.number);
    if app.is_locked() || app.exists(&done).await? {
        return Ok(());
    }
    let mut from = None;
    loop {
        let page = app.list(&layout::platform(), on_platform::TENANTS, from.as_ref(), PAGE).await?;
        for entry in page.entries {
            let name = entry.name.strip_prefix(on_platform::TENANTS).unwrap_or_default();
            let Some(tenant) = name.strip_suffix(".json").and_then(|id| id.parse::<TenantId>().ok()) else {
                continue;
            };
            let marker = app.begin(&tenant, Work::Notice { revision: revision.number }).await?;
            app.announce(&marker).await?;
        }
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    match app.mark(&done).await {
        // Without a tenant there is no platform to note anything on, and nobody to tell.
        Ok(()) | Err(kundportal_store::StoreError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
