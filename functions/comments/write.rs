//! `POST T/comments`.

use kundportal_domain::{
    CommentId, CommentText, CustomerId, Personal, ThreadName, records::Comment, stockholm,
};
use kundportal_store::{Condition, ETag, StoreError};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{due_day, record, settle};
use crate::{
    auth::User,
    authorship,
    context::Context,
    due::DueItem,
    layout::RefKind,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    threads,
    work::{MarkedWork, Marker, Work},
};

/// What is written, and where.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewComment {
    customer: CustomerId,
    thread: Personal<ThreadName>,
    text: Personal<CommentText>,
}

pub(super) async fn post(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (body, raw) = context.json::<NewComment>().await?;
    authorship::require_sight(&context.app, &user, body.customer).await?;
    if user.tenant.retention.comments.is_none() {
        return Err(ProblemType::RetentionNotChosen.into());
    }
    let new = CommentId::new(context.now(), context.app.random());
    let id = context.claim(&user, &raw, || new).await?;
    let comment = Comment {
        id,
        customer: body.customer,
        thread: body.thread,
        text: body.text,
        author: Some(user.id()),
        created_at: id.created_at(),
        edited_at: None,
    };
    let (comment, etag) = write(&context, &user, comment, id != new).await?;
    super::answer(&context, &user, comment, &etag, respond::created).await
}

/// Writes the comment; `again`: a request under the same key came before.
async fn write(
    context: &Context,
    user: &User,
    comment: Comment,
    again: bool,
) -> Result<(Comment, ETag), Problem> {
    let (app, layout, tenant) = (&context.app, &user.layout, &user.tenant.id);
    let threads = threads::hashes(app, comment.customer, comment.thread.reveal());
    let work = Work::Comment {
        comment: comment.id,
        author: user.id(),
        customer: comment.customer,
        threads: threads.all().cloned().collect(),
    };
    // The one marker of a comment that is written: on the day on which its id was made.
    let day = stockholm::date_of(comment.id.created_at());
    let marker = Marker::of(tenant, day, &work);
    let path = layout.comment(comment.id);
    if again {
        if let Some(found) = app.read::<Comment>(&path).await? {
            return adopt(context, &marker, found).await;
        }
        if let Some((earlier, _)) = app.read::<MarkedWork>(&marker.path()).await?
            && earlier.is_abandoned(context.now())
        {
            // The worker is free to remove what the earlier try left; it has to have done so first.
            return Err(ProblemType::Unavailable.into());
        }
    }
    record(context, user, &comment).await?;
    let marker = app.begin_on(tenant, day, work).await?;
    app.mark(&layout.reference(user.id(), RefKind::Comment, &comment.id.to_string())).await?;
    if let Some(day) = due_day(&user.tenant, comment.created_at) {
        app.mark_due(tenant, day, DueItem::Comment(comment.id)).await?;
    }
    match app.write(&path, &comment, Condition::IfAbsent).await {
        Ok(etag) => {
            if let Err(problem) = settle::look(app, tenant, &comment).await {
                if problem.is(ProblemType::Conflict) {
                    // Undone to the last entry.
                    app.finish(&marker).await?;
                }
                return Err(problem);
            }
            threads::enter(app, layout, &comment).await?;
            app.finish(&marker).await?;
            Ok((comment, etag))
        }
        Err(StoreError::AlreadyExists) => {
            let found = app.read(&path).await?.ok_or(ProblemType::Conflict)?;
            adopt(context, &marker, found).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The comment that the same key made before. Whatever that request did not come to is done.
async fn adopt(
    context: &Context,
    marker: &Marker,
    (comment, etag): (Comment, ETag),
) -> Result<(Comment, ETag), Problem> {
    if context.app.exists(&marker.path()).await? {
        settle::settle(&context.app, &marker.tenant, &comment).await?;
        context.app.finish(marker).await?;
    }
    Ok((comment, etag))
}
