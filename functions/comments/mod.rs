//! `T/comments`: what people write to each other about a customer. A comment is the tenant's record: it outlives its author's
//! account. Who reads without belonging to the customer is recorded as for files.

mod edit;
mod removal;
mod settle;
mod write;

use http::Method;
use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    CommentId, CommentText, CustomerId, Personal, RetentionRules, ThreadName,
    records::{Comment, Tenant},
    retention::{self, Item},
};
use kundportal_store::ETag;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use settle::complete;

use crate::{
    audit::{AuditRecord, By},
    auth::User,
    authorship::{self, Author, Authors, WRITERS},
    context::Context,
    listing::{self, List},
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    threads,
};

pub(crate) const ROUTE: &str = "tenants/{tenant}/comments/{*path}";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "writeComment",
        method: Method::POST,
        path: "/api/tenants/{tenant}/comments",
        summary: "Writes a comment in a thread, which begins with its first comment",
        access: Access::User(WRITERS, |context, user| Box::pin(write::post(context, user))),
        step_up: false,
        parameters: &[Parameter::IDEMPOTENCY_KEY],
        request: RequestBody::Json(schema::<write::NewComment>),
        success: Success::Json(201, schema::<CommentItem>),
        problems: &[ProblemType::RetentionNotChosen, ProblemType::Conflict],
    },
    Operation {
        id: "listComments",
        method: Method::GET,
        path: "/api/tenants/{tenant}/comments",
        summary: "The comments of a thread, the newest first",
        access: Access::User(Roles::ACTIVE, |context, user| Box::pin(list(context, user))),
        step_up: false,
        parameters: &[Parameter::CUSTOMER, THREAD, Parameter::LIMIT, Parameter::CURSOR],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<CommentItem>>),
        problems: &[],
    },
    Operation {
        id: "editComment",
        method: Method::PATCH,
        path: "/api/tenants/{tenant}/comments/{comment}",
        summary: "Changes the text of one's own comment",
        access: Access::User(WRITERS, |context, user| Box::pin(edit::patch(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::MergePatch(schema::<edit::CommentPatch>),
        success: Success::Json(200, schema::<CommentItem>),
        problems: &[],
    },
    Operation {
        id: "deleteComment",
        method: Method::DELETE,
        path: "/api/tenants/{tenant}/comments/{comment}",
        summary: "Removes a comment; its author or an administrator",
        access: Access::User(WRITERS, |context, user| Box::pin(removal::delete(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::Empty,
        success: Success::Empty(204),
        problems: &[],
    },
];

const THREAD: Parameter = Parameter {
    place: "query",
    name: "thread",
    required: true,
    description: "Name of the thread",
    schema: r#"{"type":"string","minLength":1}"#,
};

/// A comment as it is answered.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Comment")]
struct CommentItem {
    id: CommentId,
    customer: CustomerId,
    thread: Personal<ThreadName>,
    text: Personal<CommentText>,
    author: Author,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    /// Null while it stands as it was written.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    edited_at: Option<Timestamp>,
}

impl CommentItem {
    fn new(comment: Comment, authors: &Authors) -> Self {
        Self {
            id: comment.id,
            customer: comment.customer,
            thread: comment.thread,
            text: comment.text,
            author: authors.show(comment.author),
            created_at: comment.created_at,
            edited_at: comment.edited_at,
        }
    }
}

/// The day on which retention must look at a comment; none where the tenant keeps its comments until its closure.
fn due_day(tenant: &Tenant, created_at: Timestamp) -> Option<Date> {
    retention::due_day(&Item::Comment { created_at }, &RetentionRules::with(&tenant.retention))
}

/// The comment in the path, if the caller sees its customer. Any other does not exist.
async fn find(context: &Context, user: &User) -> Result<(Comment, ETag), Problem> {
    let id: CommentId = context.parameter("comment")?;
    let found = context.app.read::<Comment>(&user.layout.comment(id)).await?;
    found.filter(|(comment, _)| user.sees(comment.customer)).ok_or_else(|| ProblemType::NotFound.into())
}

async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let customer = authorship::customer_in_query(&context)?;
    let thread: ThreadName = context.required_query("thread")?;
    let request = context.page_request()?;
    let app = &context.app;
    authorship::require_sight(app, &user, customer).await?;
    let (names, next) = threads::comments(app, &user.layout, (customer, &thread), &request).await?;
    let comments = listing::load(names, |name| {
        let (layout, thread) = (&user.layout, &thread);
        async move {
            let Ok(id) = CommentId::from_inverted(&name) else { return Ok(None) };
            let found = app.read::<Comment>(&layout.comment(id)).await?.map(|(comment, _)| comment);
            Ok(found.filter(|comment| {
                comment.id == id && comment.customer == customer && comment.thread.reveal() == thread
            }))
        }
    })
    .await?;
    authorship::record_reading(&context, &user, customer, comments.iter().map(|item| item.author)).await?;
    let authors = Authors::of(&context, &user, comments.iter().map(|item| item.author)).await?;
    let items = comments.into_iter().map(|comment| CommentItem::new(comment, &authors)).collect();
    respond::ok(&List { items, next })
}

/// A comment with its version.
async fn answer(
    context: &Context,
    user: &User,
    comment: Comment,
    etag: &ETag,
    respond: impl FnOnce(&CommentItem) -> Result<Answer, Problem>,
) -> Result<Answer, Problem> {
    let authors = Authors::of(context, user, [comment.author]).await?;
    Ok(respond::with_etag(respond(&CommentItem::new(comment, &authors))?, etag))
}

/// Records that somebody is about to write, change or remove a comment.
async fn record(context: &Context, user: &User, comment: &Comment) -> Result<(), Problem> {
    let record = AuditRecord::intended(&context.app, By::user(user), context.operation.id, comment.id)
        .about(comment.author)
        .within(comment.customer);
    Ok(context.app.audit(&user.tenant.id, &record).await?)
}
