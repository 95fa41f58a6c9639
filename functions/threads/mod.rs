//! `T/threads`: the threads of a customer. A thread exists while a comment stands in it. Its name is free text of somebody's
//! own, so storage's names hold a keyed hash of it.
//!
//! The last comment may go while another is being written. Whoever writes makes the thread after the comment's index entry;
//! whoever removes looks at the entries again after removing the thread. Either the writer comes after that removal, or the
//! remover sees the writer's entry: the thread is there in both cases. Where a remover makes the thread again and the last
//! comment goes meanwhile, the entries tell that too.

use http::Method;
use jiff::Timestamp;
use kundportal_domain::{
    CommentId, CustomerId, Personal, ThreadName,
    records::{Comment, Thread},
};
use kundportal_store::{Condition, StoreError};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    app::App,
    auth::User,
    authorship,
    context::Context,
    keys::Purpose,
    layout::{self, TenantLayout},
    listing::{self, List},
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(crate) const ROUTE: &str = "tenants/{tenant}/threads";

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "listThreads",
    method: Method::GET,
    path: "/api/tenants/{tenant}/threads",
    summary: "The threads of a customer",
    access: Access::User(Roles::ACTIVE, |context, user| Box::pin(list(context, user))),
    step_up: false,
    parameters: &[Parameter::CUSTOMER, Parameter::LIMIT, Parameter::CURSOR],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<List<ThreadItem>>),
    problems: &[],
}];

/// A thread as it is answered.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Thread")]
struct ThreadItem {
    customer: CustomerId,
    /// Its name, by which comments are asked for.
    thread: Personal<ThreadName>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
}

async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let customer = authorship::customer_in_query(&context)?;
    let request = context.page_request()?;
    let app = &context.app;
    authorship::require_sight(app, &user, customer).await?;
    let prefix = layout::threads(customer);
    let (names, next) = app.page(user.layout.container(), &prefix, &request).await?;
    let threads = listing::load(names, |name| {
        let path = user.layout.at(format!("{prefix}{name}"));
        async move { Ok(app.read::<Thread>(&path).await?.map(|(thread, _)| thread)) }
    })
    .await?;
    let item = |thread: Thread| ThreadItem {
        customer: thread.customer,
        thread: thread.name,
        created_at: thread.created_at,
    };
    respond::ok(&List { items: threads.into_iter().map(item).collect(), next })
}

/// The keyed hash under which a thread lies: one under the previous key as long as such a thread is there, else the one under
/// the current key.
pub(crate) async fn hash(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    name: &ThreadName,
) -> Result<String, Problem> {
    let (current, previous) = hashes(app, customer, name);
    for hash in previous {
        if app.exists(&layout.thread(customer, &hash)).await? {
            return Ok(hash);
        }
    }
    Ok(current)
}

/// The keyed hash of a thread under the current key.
pub(crate) fn current(app: &App, customer: CustomerId, name: &ThreadName) -> String {
    hashes(app, customer, name).0
}

/// The keyed hashes under the current key and under the previous ones.
fn hashes(app: &App, customer: CustomerId, name: &ThreadName) -> (String, Vec<String>) {
    let customer = customer.to_string();
    let parts = [customer.as_str(), name.as_str()];
    let mut names = app.settings().index_keys.names(Purpose::Thread, &parts);
    (names.next().unwrap_or_default(), names.collect())
}

/// Makes the thread of a comment whose index entry has been written.
pub(crate) async fn ensure(
    app: &App,
    layout: &TenantLayout,
    hash: &str,
    comment: &Comment,
) -> Result<(), StoreError> {
    let thread =
        Thread { customer: comment.customer, name: comment.thread.clone(), created_at: comment.created_at };
    match app.write(&layout.thread(comment.customer, hash), &thread, Condition::IfAbsent).await {
        Ok(_) | Err(StoreError::AlreadyExists) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes a thread in which no comment stands any more, after the entry of one has been removed. Whatever was done, somebody
/// may have written or removed another comment meanwhile: the entries are looked at again.
pub(crate) async fn settle(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    hash: &str,
) -> Result<(), Problem> {
    let found = standing(app, layout, customer, hash).await?;
    follow(app, layout, customer, hash, found).await
}

/// The same where no entry was found any more. Whoever writes one meanwhile keeps the thread.
pub(crate) async fn end(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    hash: &str,
) -> Result<(), Problem> {
    follow(app, layout, customer, hash, None).await
}

async fn follow(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    hash: &str,
    mut found: Option<Comment>,
) -> Result<(), Problem> {
    for _ in 0..RACES {
        let stands = found.is_some();
        match found {
            // Whoever removed it may have been killed before it was there again.
            Some(comment) => ensure(app, layout, hash, &comment).await?,
            None => app.unmark(&layout.thread(customer, hash)).await?,
        }
        found = standing(app, layout, customer, hash).await?;
        if found.is_some() == stands {
            return Ok(());
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// A comment that stands in a thread; entries whose comment is gone do not count.
async fn standing(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    hash: &str,
) -> Result<Option<Comment>, Problem> {
    let prefix = layout::thread_comments(customer, hash);
    let mut from = None;
    loop {
        let page = app.list(layout.container(), &prefix, from.as_ref(), 16).await?;
        for entry in page.entries {
            let id = entry.name.strip_prefix(&prefix).and_then(|name| CommentId::from_inverted(name).ok());
            let Some(id) = id else { continue };
            if let Some((comment, _)) = app.read::<Comment>(&layout.comment(id)).await?
                && comment.customer == customer
            {
                return Ok(Some(comment));
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(None),
        }
    }
}
