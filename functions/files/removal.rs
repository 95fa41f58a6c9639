//! `DELETE T/files/{file}`: by its uploader or an administrator. The description goes first and with it the file for
//! everybody; the work marker sees to the rest.

use kundportal_store::StoreError;

use super::{find, record, settle::remove_rest};
use crate::{
    auth::User,
    authorship,
    context::Context,
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::Work,
};

pub(super) async fn delete(context: Context, user: User) -> Result<Answer, Problem> {
    let (app, tenant) = (&context.app, &user.tenant.id);
    for attempt in 0..RACES {
        let (meta, etag) = match find(&context, &user).await {
            Err(problem) if problem.is(ProblemType::NotFound) && context.has_removed(&user).await? => {
                return Ok(respond::no_content());
            }
            found => found?,
        };
        if !authorship::may_remove(&user, meta.author) {
            return Err(ProblemType::Forbidden.into());
        }
        context.check_if_match(&etag)?;
        if attempt == 0 {
            record(&context, &user, &meta).await?;
        }
        let author = meta.author.unwrap_or(user.id());
        let work = Work::File { file: meta.id, author, customer: meta.customer };
        let marker = app.begin(tenant, work).await?;
        context.remember_removal(&user).await?;
        if let Some(author) = meta.author.filter(|_| meta.direct) {
            // The upload that the file came by may not have come to its end: it must not bring the file back.
            app.unmark(&user.layout.upload(author, meta.id)).await?;
        }
        match app.blobs().delete(&user.layout.file_meta(meta.id), Some(&etag)).await {
            // Where it is gone, somebody removed it since it was found: another delivery of this very invocation, as a rule.
            Ok(()) | Err(StoreError::NotFound) => {}
            // Its author was detached meanwhile: look again.
            Err(StoreError::PreconditionFailed) => continue,
            Err(error) => return Err(error.into()),
        }
        remove_rest(app, tenant, (meta.id, meta.author, meta.customer)).await?;
        app.finish(&marker).await?;
        return Ok(respond::no_content());
    }
    Err(ProblemType::PreconditionFailed.into())
}
