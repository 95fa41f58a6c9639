//! Bringing a comment to rest: all of it is there, or nothing is.

use kundportal_domain::{CommentId, CustomerId, TenantId, UserId, records::Comment};

use super::due_day;
use crate::{
    app::App,
    authorship,
    due::DueItem,
    layout::{RefKind, TenantLayout},
    problem::{Problem, ProblemType},
    threads,
    worker::Progress,
};

/// For the worker. A comment that is there is completed; of one that is not, or no more, the rest is removed, once nobody can be
/// writing it any longer.
pub(crate) async fn complete(
    app: &App,
    tenant: &TenantId,
    (comment, author, customer, threads): (CommentId, UserId, CustomerId, &[String]),
    abandoned: bool,
) -> Result<Progress, Problem> {
    match app.read::<Comment>(&TenantLayout::new(tenant).comment(comment)).await? {
        Some((comment, _)) => match settle(app, tenant, &comment).await {
            Err(problem) if !problem.is(ProblemType::Conflict) => return Err(problem),
            // Undone, or complete.
            _ => {}
        },
        None if abandoned => remove_rest(app, tenant, (comment, Some(author), customer, threads)).await?,
        None => return Ok(Progress::UnderWay),
    }
    Ok(Progress::Finished)
}

/// 'Mark, then look': undoes a comment, with 409, whose author was deactivated or left the customer meanwhile.
pub(super) async fn look(app: &App, tenant: &TenantId, comment: &Comment) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    let Some(author) = comment.author else { return Ok(()) };
    if authorship::still_belongs(app, &layout, author, comment.customer).await? {
        return Ok(());
    }
    app.unmark(&layout.comment(comment.id)).await?;
    remove_all(app, tenant, comment).await?;
    Err(ProblemType::Conflict.into())
}

/// Everything that follows from a comment being there.
pub(super) async fn settle(app: &App, tenant: &TenantId, comment: &Comment) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    look(app, tenant, comment).await?;
    if let Some(author) = comment.author {
        app.mark(&layout.reference(author, RefKind::Comment, &comment.id.to_string())).await?;
    }
    if let Some(day) = due_day(&*app.tenant(tenant).await?, comment.created_at) {
        app.mark_due(tenant, day, DueItem::Comment(comment.id)).await?;
    }
    threads::enter(app, &layout, comment).await?;
    // Somebody may have removed the comment meanwhile: its entries must not come back.
    if !app.exists(&layout.comment(comment.id)).await? {
        remove_all(app, tenant, comment).await?;
    }
    Ok(())
}

/// [`remove_rest`] of a comment that has been read.
async fn remove_all(app: &App, tenant: &TenantId, comment: &Comment) -> Result<(), Problem> {
    let names = threads::hashes(app, comment.customer, comment.thread.reveal());
    let threads: Vec<String> = names.all().cloned().collect();
    remove_rest(app, tenant, (comment.id, comment.author, comment.customer, &threads)).await
}

/// Removes all that belongs to a comment that is gone: with the last one of a thread, the thread.
pub(super) async fn remove_rest(
    app: &App,
    tenant: &TenantId,
    (comment, author, customer, threads): (CommentId, Option<UserId>, CustomerId, &[String]),
) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    threads::leave(app, &layout, customer, comment, threads).await?;
    if let Some(author) = author {
        app.unmark(&layout.reference(author, RefKind::Comment, &comment.to_string())).await?;
    }
    if let Some(day) = due_day(&*app.tenant(tenant).await?, comment.created_at()) {
        app.unmark(&layout.due(day, &DueItem::Comment(comment).to_string())).await?;
    }
    Ok(())
}
