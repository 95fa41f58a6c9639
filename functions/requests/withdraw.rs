//! `POST T/requests/{id}/withdrawal`.

use kundportal_domain::records::{Case, CaseState};
use kundportal_store::StoreError;

use super::{claim, find, view::RequestView};
use crate::{
    audit::{AuditRecord, By},
    auth::User,
    context::{Context, if_unchanged},
    export_worker,
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

/// Closes the caller's own request. Whoever is writing its package finds it closed and drops the package.
pub(super) async fn withdraw(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let tenant = &user.tenant.id;
    for _ in 0..RACES {
        let (mut case, etag): (Case, _) = find(&context, &user).await?;
        if case.subject != user.id() {
            return Err(ProblemType::Forbidden.into());
        }
        if case.state == CaseState::Withdrawn {
            // A delivery that the host repeats, or a run that was killed before its end.
            export_worker::drop_package(app, &user.layout, case.id).await?;
            claim::release(app, &user.layout, user.id(), case.id).await?;
            return Ok(respond::with_etag(respond::ok(&RequestView::from(case))?, &etag));
        }
        context.check_if_match(&etag)?;
        let now = context.now();
        case.withdraw(now).map_err(|_| Problem::from(ProblemType::RequestClosed))?;
        let record =
            AuditRecord::intended(app, By::user(&user), context.operation.id, case.id).about([user.id()]);
        app.audit(tenant, &record).await?;
        export_worker::mark_case_due(app, &user.tenant, case.id, now).await?;
        match app.write(&user.layout.case(case.id), &case, if_unchanged(&etag)).await {
            Ok(etag) => {
                export_worker::drop_package(app, &user.layout, case.id).await?;
                claim::release(app, &user.layout, user.id(), case.id).await?;
                return Ok(respond::with_etag(respond::ok(&RequestView::from(case))?, &etag));
            }
            Err(StoreError::PreconditionFailed) if context.if_match()?.is_none() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}
