//! `GET T/requests/{id}/package`.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use kundportal_domain::{
    RetentionRules,
    records::CaseState,
    retention::{self, Item},
};

use super::{find, note_look_up};
use crate::{
    auth::User,
    context::Context,
    problem::{Problem, ProblemType},
    range::{self, Selected},
    respond::{self, Answer},
};

/// The package, or a range of it.
pub(super) async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    let (case, _) = find(&context, &user).await?;
    if case.subject != user.id() && !user.is_administrator() {
        return Err(ProblemType::Forbidden.into());
    }
    if case.state == CaseState::InProgress {
        return Err(ProblemType::RequestNotReady.into());
    }
    let item = Item::package(&case).filter(|_| case.state != CaseState::Withdrawn);
    let (Some(item), Some(package)) = (item, &case.package) else { return Err(ProblemType::NotFound.into()) };
    let rules = RetentionRules::with(&user.tenant.retention);
    // Until the person has been told, it is kept.
    let is_over = retention::due_at(&item, &rules).is_some_and(|due| due <= context.now());
    if is_over && case.state.is_closed() {
        return Err(ProblemType::NotFound.into());
    }
    note_look_up(&context, &user, &case).await?;

    let path = user.layout.package(case.id);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    respond::set(
        &mut headers,
        header::CONTENT_DISPOSITION,
        &format!("attachment; filename=\"{}.zip\"", case.id),
    );
    respond::set(&mut headers, header::ETAG, &format!("\"{}\"", package.sha256));
    let size = package.size;
    let selected = range::select(
        context.header(header::RANGE.as_str()),
        context.header(header::IF_RANGE.as_str()),
        &package.sha256,
        size,
    );
    match selected {
        Selected::Full => {
            let blob = context.app.blobs().get(&path, None).await?;
            Ok(respond::stream(StatusCode::OK, blob.body, blob.properties.size, headers))
        }
        Selected::Partial(part) => {
            let blob = context.app.blobs().get(&path, Some(part)).await?;
            respond::set(&mut headers, header::CONTENT_RANGE, &range::content_range(&blob.range, size));
            let length = blob.range.end - blob.range.start;
            Ok(respond::stream(StatusCode::PARTIAL_CONTENT, blob.body, length, headers))
        }
        Selected::Unsatisfiable => Ok(range::unsatisfiable(&context, size)),
    }
}
