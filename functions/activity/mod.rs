//! What list reads leave to be noted in people's activity.

use kundportal_domain::TenantId;
use kundportal_store::BlobStoreExt as _;

use crate::{
    app::App,
    audit::AuditRecord,
    layout::{self, TenantLayout},
    problem::Problem,
};

/// Copies every list read that waits to the activity of each person it showed. May run twice at once: the same record has
/// the same name in an activity.
pub(crate) async fn copy_reads(app: &App, tenant: &TenantId) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    let mut from = None;
    loop {
        let page = app.blobs().list(layout.container(), layout::READS, from.as_ref(), 1_000).await?;
        for entry in page.entries {
            let path = layout.at(entry.name);
            let Some((record, _)) = app.read::<AuditRecord>(&path).await? else { continue };
            for subject in record.subjects.iter().filter(|subject| record.by.user != Some(**subject)) {
                app.note_activity(tenant, &record, *subject).await?;
            }
            app.blobs().delete_if_exists(&path).await?;
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(()),
        }
    }
}
