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
    keys::{Names, Purpose},
    layout::{self, TenantLayout},
    listing::{self, List, PageRequest},
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
    let layout = &user.layout;
    let threads = listing::load(names, |name| {
        let path = layout.at(format!("{prefix}{name}"));
        async move {
            let Some((thread, _)) = app.read::<Thread>(&path).await? else { return Ok(None) };
            // Where it lies under two keys it is shown once.
            let hash = hash(app, layout, customer, thread.name.reveal()).await?;
            Ok(name.strip_suffix(".json").is_some_and(|name| name == hash).then_some(thread))
        }
    })
    .await?;
    let item = |thread: Thread| ThreadItem {
        customer: thread.customer,
        thread: thread.name,
        created_at: thread.created_at,
    };
    respond::ok(&List { items: threads.into_iter().map(item).collect(), next })
}

/// The keyed hashes of a thread.
pub(crate) fn hashes(app: &App, customer: CustomerId, name: &ThreadName) -> Names {
    let customer = customer.to_string();
    app.settings().index_keys.names(Purpose::Thread, &[customer.as_str(), name.as_str()])
}

/// The keyed hash under which a thread is read: that of the oldest key under which it lies. Whoever writes sees to it that all
/// comments are there.
pub(crate) async fn hash(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    name: &ThreadName,
) -> Result<String, Problem> {
    let names = hashes(app, customer, name);
    // Under one key there is nothing to choose.
    if names.by_age().nth(1).is_some() {
        for hash in names.by_age() {
            if app.exists(&layout.thread(customer, hash)).await? {
                return Ok(hash.clone());
            }
        }
    }
    Ok(names.current)
}

/// A page of the entries of a thread's comments.
pub(crate) async fn comments(
    app: &App,
    layout: &TenantLayout,
    (customer, name): (CustomerId, &ThreadName),
    request: &PageRequest,
) -> Result<(Vec<String>, Option<String>), Problem> {
    let mut hash = hash(app, layout, customer, name).await?;
    for _ in 0..RACES {
        let page = app.page(layout.container(), &layout::thread_comments(customer, &hash), request).await?;
        // The thread may have been brought to another key since the look.
        let now = self::hash(app, layout, customer, name).await?;
        if now == hash {
            return Ok(page);
        }
        hash = now;
    }
    Err(ProblemType::Unavailable.into())
}

/// Enters a comment in its thread, which begins with it, wherever it is read.
///
/// While the key is changed a thread may lie under two. It is read under the older one as long as it lies there, so that one
/// has every comment: whoever writes under the other enters it there too. Two who begin a thread at the same moment, each under
/// another key, are made one by the second: either it sees the other's thread, or the other sees its.
pub(crate) async fn enter(app: &App, layout: &TenantLayout, comment: &Comment) -> Result<(), Problem> {
    let (customer, id) = (comment.customer, comment.id);
    let names = hashes(app, customer, comment.thread.reveal());
    let lies_at = async |hash: &str| app.exists(&layout.thread(customer, hash)).await;
    let mut own = &names.current;
    if let Some(coming) = &names.coming
        && lies_at(coming).await?
        && !lies_at(own).await?
    {
        own = coming;
    }
    app.mark(&layout.thread_comment(customer, own, id)).await?;
    let is_new = ensure(app, layout, own, comment).await?;
    for other in names.by_age().filter(|other| *other != own) {
        if !lies_at(other).await? {
            continue;
        }
        let entry = layout.thread_comment(customer, other, id);
        app.mark(&entry).await?;
        // A rebuild removes the thread from there, and then the entries that it sees.
        if !lies_at(other).await? {
            app.unmark(&entry).await?;
        } else if is_new && names.coming.as_ref() == Some(other) {
            absorb(app, layout, customer, (other, own)).await?;
        }
    }
    Ok(())
}

/// Enters every comment that stands in a thread under one hash under another too.
async fn absorb(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    (from, into): (&str, &str),
) -> Result<(), Problem> {
    let prefix = layout::thread_comments(customer, from);
    let mut at = None;
    loop {
        let page = app.list(layout.container(), &prefix, at.as_ref(), 1_000).await?;
        for entry in page.entries {
            let id = entry.name.strip_prefix(&prefix).and_then(|name| CommentId::from_inverted(name).ok());
            if let Some(id) = id {
                app.mark(&layout.thread_comment(customer, into, id)).await?;
            }
        }
        match page.next {
            Some(next) => at = Some(next),
            None => return Ok(()),
        }
    }
}

/// Makes the thread of a comment whose index entry has been written; true where it was not there.
pub(crate) async fn ensure(
    app: &App,
    layout: &TenantLayout,
    hash: &str,
    comment: &Comment,
) -> Result<bool, StoreError> {
    let thread =
        Thread { customer: comment.customer, name: comment.thread.clone(), created_at: comment.created_at };
    match app.write(&layout.thread(comment.customer, hash), &thread, Condition::IfAbsent).await {
        Ok(_) => Ok(true),
        Err(StoreError::AlreadyExists) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes a comment's entries, and a thread in which no comment stands any more. Whatever was done, somebody may have written or
/// removed another comment meanwhile: the entries are looked at again.
pub(crate) async fn leave(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    comment: CommentId,
    hashes: impl IntoIterator<Item = &String>,
) -> Result<(), Problem> {
    for hash in hashes {
        app.unmark(&layout.thread_comment(customer, hash, comment)).await?;
        settle(app, layout, customer, hash).await?;
    }
    Ok(())
}

/// Removes a thread without entries.
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
            // Whoever removed it may have been killed before it was there again. From under the previous key it may be on its way
            // to the current one.
            Some(comment) => {
                let names = hashes(app, customer, comment.thread.reveal());
                let is_moving = names.previous.as_deref() == Some(hash)
                    && app.exists(&layout.thread(customer, &names.current)).await?;
                if !is_moving {
                    ensure(app, layout, hash, &comment).await?;
                }
            }
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
