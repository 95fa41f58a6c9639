//! A file's content: through the service, whole or in part, or by a URL of storage itself. Always as an attachment, and
//! never as a page of the portal's own: what a file is, its uploader alone says.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use kundportal_domain::{Personal, records::FileMeta};
use schemars::JsonSchema;
use serde::Serialize;

use super::{find, record};
use crate::{
    auth::User,
    content_disposition::attachment,
    context::Context,
    problem::Problem,
    range::{self, Selected},
    respond::{self, Answer},
};

/// How long the URL of a download works.
const DOWNLOAD: SignedDuration = SignedDuration::from_mins(5);

/// Where storage itself gives the file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Download {
    /// Whoever has it may read the file.
    url: Personal<String>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    expires_at: Timestamp,
}

/// The content never changes, so its digest is its version.
pub(super) async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    let (meta, _) = find(&context, &user).await?;
    let (range, if_range) =
        (context.header(header::RANGE.as_str()), context.header(header::IF_RANGE.as_str()));
    let (status, part) = match range::select(range, if_range, &meta.sha256, meta.size) {
        Selected::Full => (StatusCode::OK, None),
        Selected::Partial(part) => (StatusCode::PARTIAL_CONTENT, Some(part)),
        Selected::Unsatisfiable => return Ok(range::unsatisfiable(&context, meta.size)),
    };
    record_opening(&context, &user, &meta).await?;
    let mut headers = headers(&meta);
    if let Some(part) = &part {
        respond::set(&mut headers, header::CONTENT_RANGE, &range::content_range(part, meta.size));
    }
    let blob = context.app.blobs().get(&user.layout.file_content(meta.id), part).await?;
    let length = blob.range.end.saturating_sub(blob.range.start);
    Ok(respond::stream(status, blob.body, length, headers))
}

pub(super) async fn download(context: Context, user: User) -> Result<Answer, Problem> {
    let (meta, _) = find(&context, &user).await?;
    record_opening(&context, &user, &meta).await?;
    let path = user.layout.file_content(meta.id);
    let disposition = attachment(meta.name.reveal());
    let signed = context
        .app
        .blobs()
        .signed_download_url(&path, context.now() + DOWNLOAD, &disposition, meta.content_type.as_str())
        .await?;
    respond::ok(&Download { url: signed.url, expires_at: signed.expires_at })
}

/// Whoever opens their own file is recorded nowhere.
async fn record_opening(context: &Context, user: &User, meta: &FileMeta) -> Result<(), Problem> {
    if meta.author == Some(user.id()) { Ok(()) } else { record(context, user, meta).await }
}

fn headers(meta: &FileMeta) -> HeaderMap {
    let mut headers = HeaderMap::new();
    respond::set(&mut headers, header::CONTENT_TYPE, meta.content_type.as_str());
    respond::set(&mut headers, header::CONTENT_DISPOSITION, &attachment(meta.name.reveal()));
    respond::set(&mut headers, header::ETAG, &format!("\"{}\"", meta.sha256));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers
}
