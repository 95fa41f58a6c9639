//! Bringing a file to rest: all of it is there, or nothing is.

use kundportal_domain::{
    CustomerId, FileId, TenantId, UserId,
    records::{FileMeta, Tenant},
};
use kundportal_store::{Condition, ETag, StoreError};

use super::due_day;
use crate::{
    app::App,
    authorship,
    due::DueItem,
    layout::{RefKind, TenantLayout},
    problem::{Problem, ProblemType},
    worker::Progress,
};

/// A file's id, its author's and its customer's: what is needed to remove what belongs to it.
pub(super) type Names = (FileId, Option<UserId>, CustomerId);

/// For the worker. A file that is described is completed; of one that is not, or no more, the rest is removed, once nobody can
/// be writing it any longer.
pub(crate) async fn complete(
    app: &App,
    tenant: &TenantId,
    (file, author, customer): (FileId, UserId, CustomerId),
    abandoned: bool,
) -> Result<Progress, Problem> {
    match app.read::<FileMeta>(&TenantLayout::new(tenant).file_meta(file)).await? {
        Some((meta, _)) => match settle(app, tenant, &meta).await {
            Err(problem) if !problem.is(ProblemType::Conflict) => return Err(problem),
            // Undone.
            _ => {}
        },
        None if abandoned => remove_rest(app, tenant, (file, Some(author), customer)).await?,
        None => return Ok(Progress::UnderWay),
    }
    Ok(Progress::Finished)
}

/// 'Mark, then look': undoes an upload, with 409, whose author was deactivated or left the customer meanwhile.
pub(super) async fn look(app: &App, tenant: &TenantId, meta: &FileMeta) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    let Some(author) = meta.author else { return Ok(()) };
    if authorship::still_belongs(app, &layout, author, meta.customer).await? {
        return Ok(());
    }
    app.unmark(&layout.file_meta(meta.id)).await?;
    remove_rest(app, tenant, (meta.id, meta.author, meta.customer)).await?;
    Err(ProblemType::Conflict.into())
}

/// Describes a file whose content is there, which is the one commit point: what is to be found by retention, and with its author,
/// has to be so before.
pub(super) async fn describe(app: &App, tenant: &Tenant, meta: &FileMeta) -> Result<ETag, StoreError> {
    let layout = TenantLayout::new(&tenant.id);
    if let Some(author) = meta.author {
        app.mark(&layout.reference(author, RefKind::File, &meta.id.to_string())).await?;
    }
    if let Some(day) = due_day(tenant, meta.uploaded_at) {
        app.mark_due(&tenant.id, day, DueItem::File(meta.id)).await?;
    }
    app.write(&layout.file_meta(meta.id), meta, Condition::IfAbsent).await
}

/// Everything that follows from a file being described.
pub(super) async fn settle(app: &App, tenant: &TenantId, meta: &FileMeta) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    look(app, tenant, meta).await?;
    if let Some(author) = meta.author {
        app.mark(&layout.reference(author, RefKind::File, &meta.id.to_string())).await?;
    }
    if let Some(day) = due_day(&*app.tenant(tenant).await?, meta.uploaded_at) {
        app.mark_due(tenant, day, DueItem::File(meta.id)).await?;
    }
    enter(app, tenant, meta).await
}

/// Puts a file that is described, and whose author was looked at, on its customer's list.
pub(super) async fn enter(app: &App, tenant: &TenantId, meta: &FileMeta) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    app.mark(&layout.customer_file(meta.customer, meta.id)).await?;
    // Somebody may have removed the file meanwhile: its entries must not come back.
    if !app.exists(&layout.file_meta(meta.id)).await? {
        remove_rest(app, tenant, (meta.id, meta.author, meta.customer)).await?;
    }
    Ok(())
}

/// Removes all that belongs to a file but its description, which is gone.
pub(super) async fn remove_rest(
    app: &App,
    tenant: &TenantId,
    (file, author, customer): Names,
) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    app.unmark(&layout.file_content(file)).await?;
    app.unmark(&layout.customer_file(customer, file)).await?;
    if let Some(author) = author {
        app.unmark(&layout.reference(author, RefKind::File, &file.to_string())).await?;
    }
    if let Some(day) = due_day(&*app.tenant(tenant).await?, file.created_at()) {
        app.unmark(&layout.due(day, &DueItem::File(file).to_string())).await?;
    }
    Ok(())
}
