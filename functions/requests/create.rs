//! `POST T/requests`.

use jiff::Timestamp;
use kundportal_domain::{
    Personal, Reason, RequestId, UserId, deadline,
    records::{Case, CaseKind, Channel, Profile},
};
use kundportal_store::{BlobStoreExt as _, Condition, ETag, StoreError};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{claim, view::RequestView};
use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    layout::TenantLayout,
    mail::{Link, Outgoing},
    problem::{FieldError, Problem, ProblemType},
    respond::{self, Answer},
    work::{Marker, Work},
};

/// What somebody asks for.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewRequest {
    kind: Kind,
    /// The user whose request it is; without it the caller's own.
    #[serde(default)]
    subject: Option<Subject>,
    /// When it reached the controller; now, unless an administrator registers what came another way.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    received_at: Option<Timestamp>,
    /// How it came.
    #[serde(default)]
    channel: Option<Channel>,
    /// Whatever else was said.
    #[serde(default)]
    details: Option<Personal<Reason>>,
}

/// What can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Kind {
    /// Art. 15.
    Access,
    /// Art. 20.
    Portability,
    /// Art. 16.
    Rectification,
    /// Art. 17.
    Erasure,
    /// Art. 18.
    Restriction,
    /// Art. 21.
    Objection,
}

/// Whose request it is.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Subject {
    /// A user's.
    User(UserId),
    /// Somebody's who has no sign-in.
    Contact(#[expect(dead_code, reason = "it is taken in to say by which rule it is refused")] Contact),
}

/// Somebody without sign-in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is taken in to say by which rule it is refused")]
struct Contact {
    name: Personal<String>,
    contact: Personal<String>,
}

/// What can be taken in, and whose it is. Only administrators say that a request came earlier or by another way: with the day
/// on which it came begins the period of Art. 12(3).
fn validate(new: &NewRequest, user: &User, now: Timestamp) -> Result<UserId, Problem> {
    let mut errors = Vec::new();
    if new.kind != Kind::Access {
        errors.push(FieldError::new("/kind", "must be `access`: other kinds cannot be asked for here yet"));
    }
    if !user.is_administrator() {
        if new.received_at.is_some() {
            errors.push(FieldError::new("/receivedAt", "can only be given by an administrator"));
        }
        if new.channel.is_some_and(|channel| channel != Channel::Portal) {
            errors.push(FieldError::new("/channel", "can only be given by an administrator"));
        }
    }
    if new.received_at.is_some_and(|at| at > now) {
        errors.push(FieldError::new("/receivedAt", "must not be in the future"));
    }
    let subject = match &new.subject {
        None => user.id(),
        Some(Subject::User(subject)) => *subject,
        Some(Subject::Contact(_)) => {
            let rule = "must be the id of a user: people without sign-in cannot be registered yet";
            errors.push(FieldError::new("/subject", rule));
            user.id()
        }
    };
    if errors.is_empty() { Ok(subject) } else { Err(Problem::invalid_all(errors)) }
}

/// A second request of a person while one is open is refused: it would be answered by the same package.
pub(super) async fn create(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (new, raw) = context.json::<NewRequest>().await?;
    let now = context.now();
    let subject = validate(&new, &user, now)?;
    if subject != user.id() && !user.is_administrator() {
        return Err(ProblemType::Forbidden.into());
    }
    let app = &context.app;
    if subject != user.id() && !is_there(app, &user.layout, subject).await? {
        return Err(Problem::invalid("/subject", "must be a user of the tenant"));
    }
    let id = context.claim(&user, &raw, || RequestId::new(now, app.random())).await?;
    if let Some((case, etag)) = app.read::<Case>(&user.layout.case(id)).await? {
        return answer(case, &etag);
    }
    if claim::is_taken(app, &user.layout, subject, id).await? {
        return Err(ProblemType::Conflict.into());
    }

    let tenant = &user.tenant.id;
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, id).about([subject]);
    app.audit(tenant, &record).await?;
    let marker = app.begin(tenant, Work::Export { request: id, subject }).await?;
    if !claim::take(app, &user.layout, subject, id).await? {
        app.finish(&marker).await?;
        return Err(ProblemType::Conflict.into());
    }
    let taken_in = take_in(&context, &user, new, (id, subject), &marker).await;
    // With a key somebody else may be at the same request.
    if taken_in.is_err() && context.is_unkeyed() && !app.exists(&user.layout.case(id)).await? {
        // So that the person can ask again at once. Where this fails too, the claim is void after a while.
        claim::release(app, &user.layout, subject, id).await?;
    }
    taken_in
}

/// Writes the case and what belongs to it.
async fn take_in(
    context: &Context,
    user: &User,
    new: NewRequest,
    (id, subject): (RequestId, UserId),
    marker: &Marker,
) -> Result<Answer, Problem> {
    let (app, tenant, now) = (&context.app, &user.tenant.id, context.now());
    let path = user.layout.case(id);
    app.mark(&user.layout.request_reference(subject, id)).await?;
    let received_at = new.received_at.unwrap_or(now);
    let due_at = deadline::due_date(received_at);
    let mut case = Case::open(id, CaseKind::Access, subject, user.id(), received_at, now, due_at);
    case.channel = new.channel.unwrap_or_default();
    case.details = new.details;
    let mail = if subject == user.id() {
        None
    } else {
        let mail = Outgoing::new(app, "request-received").with("due", due_at.to_string());
        let mail = mail.link(Link::Request(id)).following_case(id);
        Some(app.prepare_mail(tenant, subject, &mail_id(id), &mail).await?)
    };
    let etag = match app.write(&path, &case, Condition::IfAbsent).await {
        Ok(etag) => etag,
        // The same key at the same moment.
        Err(StoreError::AlreadyExists) => {
            let (case, etag) = app.read::<Case>(&path).await?.ok_or(ProblemType::Conflict)?;
            return answer(case, &etag);
        }
        Err(error) => return Err(error.into()),
    };
    // Mark, then look: whoever erased the person meanwhile has not seen this case.
    if !is_there(app, &user.layout, subject).await? {
        app.blobs().delete_if_exists(&path).await?;
        app.unmark(&user.layout.request_reference(subject, id)).await?;
        claim::release(app, &user.layout, subject, id).await?;
        if let Some(mail) = &mail {
            app.unmark(&user.layout.outgoing(subject, &mail_id(id))).await?;
            app.finish(mail).await?;
        }
        app.finish(marker).await?;
        return Err(ProblemType::NotFound.into());
    }
    app.mark(&user.layout.request_entry(id)).await?;
    if let Some(mail) = &mail {
        app.announce(mail).await?;
    }
    app.announce(marker).await?;
    answer(case, &etag)
}

/// Of the mail that tells somebody of a request that was registered for them.
fn mail_id(request: RequestId) -> String {
    format!("request-received-{request}")
}

/// Whether the person has an account that is not being removed.
async fn is_there(app: &App, layout: &TenantLayout, subject: UserId) -> Result<bool, Problem> {
    let profile = app.read::<Profile>(&layout.profile(subject)).await?;
    Ok(profile.is_some_and(|(profile, _)| !profile.is_leaving()))
}

fn answer(case: Case, etag: &ETag) -> Result<Answer, Problem> {
    Ok(respond::with_etag(respond::created(&RequestView::from(case))?, etag))
}
