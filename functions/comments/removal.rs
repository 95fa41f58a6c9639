//! `DELETE T/comments/{comment}`: by its author or an administrator. The comment goes first; the work marker sees to the
//! rest.

use kundportal_store::StoreError;

use super::{find, record, settle::remove_rest};
use crate::{
    auth::User,
    authorship,
    context::Context,
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    threads,
    work::Work,
};

pub(super) async fn delete(context: Context, user: User) -> Result<Answer, Problem> {
    let (app, tenant) = (&context.app, &user.tenant.id);
    for attempt in 0..RACES {
        let (comment, etag) = match find(&context, &user).await {
            Err(problem) if problem.is(ProblemType::NotFound) && context.has_removed(&user).await? => {
                return Ok(respond::no_content());
            }
            found => found?,
        };
        if !authorship::may_remove(&user, comment.author) {
            return Err(ProblemType::Forbidden.into());
        }
        context.check_if_match(&etag)?;
        if attempt == 0 {
            record(&context, &user, &comment).await?;
        }
        let (id, customer) = (comment.id, comment.customer);
        let names = threads::hashes(app, customer, comment.thread.reveal());
        let threads: Vec<String> = names.all().cloned().collect();
        let author = comment.author.unwrap_or(user.id());
        let work = Work::Comment { comment: id, author, customer, threads: threads.clone() };
        let marker = app.begin(tenant, work).await?;
        context.remember_removal(&user).await?;
        match app.blobs().delete(&user.layout.comment(id), Some(&etag)).await {
            // Where it is gone, somebody removed it since it was found: another delivery of this very invocation, as a rule.
            Ok(()) | Err(StoreError::NotFound) => {}
            // It was edited or its author was detached meanwhile: look again.
            Err(StoreError::PreconditionFailed) => continue,
            Err(error) => return Err(error.into()),
        }
        remove_rest(app, tenant, (id, comment.author, customer, &threads)).await?;
        app.finish(&marker).await?;
        return Ok(respond::no_content());
    }
    Err(ProblemType::PreconditionFailed.into())
}
