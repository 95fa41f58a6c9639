//! Timer `activity`: what list reads leave to be noted in people's activity.

use std::collections::BTreeSet;

use kundportal_domain::TenantId;
use kundportal_store::BlobStoreExt as _;

use crate::{
    app::App,
    audit::AuditRecord,
    layout::{self, TenantLayout, on_platform},
    problem::Problem,
    work::{Marker, Work},
};

/// Twenty past each hour.
pub(crate) const SCHEDULE: &str = "0 20 * * * *";

/// Names on one page of a list.
const PAGE: usize = 1_000;

/// Copies the list reads of every tenant that has any. The marker of a day goes after the day: during it, more may come.
pub(crate) async fn run(app: App) -> Result<(), Problem> {
    let today = app.today();
    let (mut from, mut marked) = (None, Vec::new());
    'pages: loop {
        let page = app.list(&layout::platform(), on_platform::WORK, from.as_ref(), PAGE).await?;
        for entry in page.entries {
            let Some((day, tenant, id)) = on_platform::dated(&entry.name, on_platform::WORK) else {
                continue;
            };
            if day > today {
                break 'pages;
            }
            if id == Work::Reads.id() {
                let version = Some(entry.properties.etag.clone());
                marked.push(Marker { version, ..Marker::of(&tenant, day, &Work::Reads) });
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    let mut failed = None;
    for tenant in marked.iter().map(|marker| &marker.tenant).collect::<BTreeSet<_>>() {
        if let Err(problem) = copy_reads(&app, tenant).await {
            // What cannot be read of one tenant stops no other; its markers stay.
            tracing::error!(%tenant, "list reads could not be noted");
            failed = Some(problem);
            continue;
        }
        for marker in marked.iter().filter(|marker| marker.tenant == *tenant && marker.day < today) {
            app.finish(marker).await?;
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Copies every list read that waits to the activity of each person it showed. May run twice at once: the same record has
/// the same name in an activity.
pub(crate) async fn copy_reads(app: &App, tenant: &TenantId) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    let mut from = None;
    loop {
        let page = app.list(layout.container(), layout::READS, from.as_ref(), PAGE).await?;
        for entry in page.entries {
            let path = layout.at(entry.name);
            let Some((record, _)) = app.read::<AuditRecord>(&path).await? else { continue };
            for subject in record.subjects.iter().filter(|subject| record.by.user != Some(**subject)) {
                if !app.exists(&layout.profile(*subject)).await? {
                    continue;
                }
                app.note_activity(tenant, &record, *subject).await?;
                // Mark, then look: an account that went meanwhile has no activity any more. One that is only marked to go may
                // stay, or takes this with it.
                if !app.exists(&layout.profile(*subject)).await? {
                    app.forget_activity(tenant, &record, *subject).await?;
                }
            }
            app.blobs().delete_if_exists(&path).await?;
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(()),
        }
    }
}
