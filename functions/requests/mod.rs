//! `T/requests`: what data subjects ask for (Art. 12–22), and what becomes of it.

pub(crate) mod claim;
mod create;
mod download;
mod plan;
mod view;
mod withdraw;

use http::Method;
use kundportal_domain::{RequestId, records::Case};
use kundportal_store::ETag;

use crate::{
    audit::{AuditRecord, By, Purpose},
    auth::User,
    context::Context,
    layout::{self, RefKind},
    listing::{self, List},
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};
use view::RequestView;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "createRequest",
        method: Method::POST,
        path: "/api/tenants/{tenant}/requests",
        summary: "Asks for access to one's own data, or registers that somebody has asked",
        access: Access::User(Roles::ALL, |context, user| Box::pin(create::create(context, user))),
        step_up: false,
        parameters: &[Parameter::IDEMPOTENCY_KEY],
        request: RequestBody::Json(schema::<create::NewRequest>),
        success: Success::Json(201, schema::<RequestView>),
        problems: &[ProblemType::Forbidden, ProblemType::Conflict],
    },
    Operation {
        id: "listRequests",
        method: Method::GET,
        path: "/api/tenants/{tenant}/requests",
        summary: "Requests, the newest first: one's own, or the tenant's for administrators and the data protection officer",
        access: Access::User(Roles::ALL, |context, user| Box::pin(list(context, user))),
        step_up: false,
        parameters: &[Parameter::LIMIT, Parameter::CURSOR],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<RequestView>>),
        problems: &[],
    },
    Operation {
        id: "getRequest",
        method: Method::GET,
        path: "/api/tenants/{tenant}/requests/{id}",
        summary: "One request",
        access: Access::User(Roles::ALL, |context, user| Box::pin(get(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<RequestView>),
        problems: &[],
    },
    Operation {
        id: "getRequestPlan",
        method: Method::GET,
        path: "/api/tenants/{tenant}/requests/{id}/plan",
        summary: "Every item that a request concerns, with what happens to it",
        access: Access::User(Roles::ALL, |context, user| Box::pin(plan::get(context, user))),
        step_up: false,
        parameters: &[Parameter::LIMIT, Parameter::CURSOR],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<plan::PlanItem>>),
        problems: &[],
    },
    Operation {
        id: "withdrawRequest",
        method: Method::POST,
        path: "/api/tenants/{tenant}/requests/{id}/withdrawal",
        summary: "Takes one's own request back; what was put together for it is removed",
        access: Access::User(Roles::ALL, |context, user| Box::pin(withdraw::withdraw(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<RequestView>),
        problems: &[ProblemType::Forbidden, ProblemType::RequestClosed],
    },
    Operation {
        id: "getRequestPackage",
        method: Method::GET,
        path: "/api/tenants/{tenant}/requests/{id}/package",
        summary: "The package of a request: a ZIP",
        access: Access::User(Roles::ALL, |context, user| Box::pin(download::get(context, user))),
        step_up: true,
        parameters: &[Parameter::RANGE, Parameter::IF_RANGE],
        request: RequestBody::Empty,
        success: Success::Bytes { media_types: &["application/zip"], ranges: true },
        problems: &[ProblemType::Forbidden, ProblemType::RequestNotReady, ProblemType::RangeNotSatisfiable],
    },
];

/// The request in the path, if it is there and the caller's to see.
async fn find(context: &Context, user: &User) -> Result<(Case, ETag), Problem> {
    let id: RequestId = context.parameter("id")?;
    let (case, etag) = context.app.read::<Case>(&user.layout.case(id)).await?.ok_or(ProblemType::NotFound)?;
    if case.subject != user.id() && !user.sees_all() {
        return Err(ProblemType::NotFound.into());
    }
    Ok((case, etag))
}

/// Records that somebody else's request is looked at.
async fn note_look_up(context: &Context, user: &User, case: &Case) -> Result<(), Problem> {
    if case.subject == user.id() {
        return Ok(());
    }
    let record = AuditRecord::intended(&context.app, By::user(user), context.operation.id, case.id)
        .about([case.subject])
        .for_purpose(Purpose::CaseHandling);
    Ok(context.app.audit_look_up(&user.tenant.id, &record, case.subject).await?)
}

async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let page = context.page_request()?;
    let prefix = if user.sees_all() {
        layout::REQUESTS.to_owned()
    } else {
        layout::references(user.id(), RefKind::Request)
    };
    let (names, next) = app.page(user.layout.container(), &prefix, &page).await?;
    let cases = listing::load(names, async |name| {
        let Ok(id) = RequestId::from_inverted(&name) else { return Ok(None) };
        let case = app.read::<Case>(&user.layout.case(id)).await?.map(|(case, _)| case);
        Ok(case.filter(|case| user.sees_all() || case.subject == user.id()))
    })
    .await?;
    if user.sees_all() && !cases.is_empty() {
        let mut subjects: Vec<_> = cases.iter().map(|case| case.subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let record = AuditRecord::intended(app, By::user(&user), context.operation.id, &user.tenant.id)
            .about(subjects)
            .for_purpose(Purpose::CaseHandling);
        app.audit_list(&user.tenant.id, &record).await?;
    }
    respond::ok(&List { items: cases.into_iter().map(RequestView::from).collect(), next })
}

async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    let (case, etag) = find(&context, &user).await?;
    note_look_up(&context, &user, &case).await?;
    Ok(respond::with_etag(respond::ok(&RequestView::from(case))?, &etag))
}
