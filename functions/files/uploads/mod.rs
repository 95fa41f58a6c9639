//! `T/files/uploads`: files that go straight into storage, because they are too large to go through the service.
//!
//! The answer to the first request says where to send the file: a signed URL of the container `staging`. It binds neither length
//! nor type, and whoever has it can send something else until it expires. So what lies there counts for nothing: the second
//! request notes which version of it is meant, and a worker checks and copies that version and no other (`check.rs`).
//!
//! An upload has the id of the file that it becomes. Its record is its person's own and is there until the file is; retention
//! removes it, and whatever was sent, a day after something last came of it.

mod check;

use std::collections::BTreeMap;

use jiff::Timestamp;
use kundportal_domain::{
    ContentType, CustomerId, FileId, FileName, Personal, RetentionRules, TenantId, Texts, UserId,
    records::{FileMeta, Upload, UploadRefusal, UploadState},
    retention::{Item, due_day},
    stockholm,
};
use kundportal_store::{Condition, SignedUrl, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use check::check_upload;

use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::User,
    authorship,
    context::{Context, if_unchanged},
    due::DueItem,
    layout::{self, RefKind, TenantLayout},
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::{GRACE, Marker, Work},
};

/// A file that is about to be sent.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewUpload {
    name: Personal<FileName>,
    content_type: ContentType,
    /// In bytes, exactly.
    size: u64,
    customer: CustomerId,
}

/// Where to send it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BegunUpload {
    /// The id of the upload, and of the file that it becomes.
    id: FileId,
    upload: UploadRequest,
}

/// The request by which storage takes the file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UploadRequest {
    method: String,
    /// Whoever has it may write there.
    url: Personal<String>,
    /// What must go with it.
    headers: BTreeMap<String, String>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    expires_at: Timestamp,
}

/// How far an upload has come.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DirectUpload {
    id: FileId,
    name: Personal<FileName>,
    content_type: ContentType,
    /// In bytes, as announced.
    size: u64,
    customer: CustomerId,
    state: Progress,
    /// Why it becomes no file; null unless it was refused.
    refusal: Option<Refusal>,
}

/// How far an upload has come.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Progress {
    /// The file may be sent.
    Open,
    /// What was sent is being checked.
    Checking,
    /// It becomes no file.
    Refused,
    /// The file is there.
    Complete,
}

/// Why an upload becomes no file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Refusal {
    reason: UploadRefusal,
    /// The same in the reader's language.
    detail: String,
}

impl DirectUpload {
    fn new(upload: Upload, texts: Texts) -> Self {
        let (state, reason) = match upload.state {
            UploadState::Open => (Progress::Open, None),
            UploadState::Sent { .. } => (Progress::Checking, None),
            UploadState::Refused { reason, .. } => (Progress::Refused, Some(reason)),
        };
        let refusal = reason.map(|reason| Refusal { reason, detail: texts.get(reason.text()).into_owned() });
        Self {
            id: upload.id,
            name: upload.name,
            content_type: upload.content_type,
            size: upload.size,
            customer: upload.customer,
            state,
            refusal,
        }
    }
}

impl From<FileMeta> for DirectUpload {
    fn from(file: FileMeta) -> Self {
        Self {
            id: file.id,
            name: file.name,
            content_type: file.content_type,
            size: file.size,
            customer: file.customer,
            state: Progress::Complete,
            refusal: None,
        }
    }
}

pub(super) async fn create(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (body, raw) = context.json::<NewUpload>().await?;
    authorship::require_sight(&context.app, &user, body.customer).await?;
    if user.tenant.retention.files.is_none() {
        return Err(ProblemType::RetentionNotChosen.into());
    }
    let limit = context.app.settings().limits.direct_upload_bytes;
    if body.size > limit {
        return Err(Problem::too_large(limit));
    }
    let new = FileId::new(context.now(), context.app.random());
    let id = context.claim(&user, &raw, || new).await?;
    let NewUpload { name, content_type, size, customer } = body;
    let upload = Upload { id, name, content_type, size, customer, state: UploadState::Open };
    if id == new || !is_begun(&context, &user, id).await? {
        begin(&context, &user, &upload).await?;
    }
    let SignedUrl { url, method, headers, expires_at } = sign(&context, &user, id).await?;
    let upload =
        UploadRequest { method: method.to_owned(), url, headers: headers.into_iter().collect(), expires_at };
    respond::created(&BegunUpload { id, upload })
}

/// Whether an earlier request under the same key has begun it.
async fn is_begun(context: &Context, user: &User, id: FileId) -> Result<bool, Problem> {
    let layout = &user.layout;
    Ok(context.app.exists(&layout.upload(user.id(), id)).await?
        || context.app.exists(&layout.file_meta(id)).await?)
}

/// Notes what is announced, and the day on which it goes with all that was sent.
async fn begin(context: &Context, user: &User, upload: &Upload) -> Result<(), Problem> {
    let (app, layout) = (&context.app, &user.layout);
    let most = app.settings().limits.open_uploads;
    let too_many = || Problem { limit: Some(most as u64), ..ProblemType::TooManyUploads.into() };
    let begun = async || app.names(layout.container(), &layout::uploads(user.id())).await;
    if begun().await?.len() >= most {
        return Err(too_many());
    }
    record(context, user, upload).await?;
    if let Some(day) = due_day(&Item::from(upload), &RetentionRules::default()) {
        app.mark_due(&user.tenant.id, day, DueItem::Upload { user: user.id(), file: upload.id }).await?;
    }
    let path = layout.upload(user.id(), upload.id);
    match app.write(&path, upload, Condition::IfAbsent).await {
        // Another request under the same key was faster.
        Ok(_) | Err(StoreError::AlreadyExists) => {}
        Err(error) => return Err(error.into()),
    }
    // Mark, then look.
    let refusal = if begun().await?.len() > most {
        too_many()
    } else if authorship::still_belongs(app, layout, user.id(), upload.customer).await? {
        return Ok(());
    } else {
        ProblemType::Conflict.into()
    };
    app.unmark(&path).await?;
    Err(refusal)
}

/// Where the file is to be sent. It works for some time from when the upload was begun, however often it is asked for: what is
/// sent after retention has looked would stay.
async fn sign(context: &Context, user: &User, id: FileId) -> Result<SignedUrl, Problem> {
    let expires_at = id.created_at() + context.app.settings().direct_uploads.url;
    let path = layout::staged(&user.tenant.id, id);
    Ok(context.app.blobs().signed_upload_url(&path, expires_at).await?)
}

/// How far one's own upload has come. Anybody else's does not exist.
pub(super) async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    let id: FileId = context.parameter("upload")?;
    if let Some((upload, _)) = context.app.read::<Upload>(&user.layout.upload(user.id(), id)).await? {
        return respond::ok(&DirectUpload::new(upload, Texts::of(context.locale())));
    }
    respond::ok(&find_file(&context, &user, id).await?)
}

/// The file that one's own upload has become.
async fn find_file(context: &Context, user: &User, id: FileId) -> Result<DirectUpload, Problem> {
    let found = context.app.read::<FileMeta>(&user.layout.file_meta(id)).await?;
    let file = found.map(|(file, _)| file).filter(|file| file.direct && file.author == Some(user.id()));
    file.filter(|file| user.sees(file.customer))
        .map(DirectUpload::from)
        .ok_or_else(|| ProblemType::NotFound.into())
}

/// The person says that all of it is there. Again changes nothing.
pub(super) async fn complete(context: Context, user: User) -> Result<Answer, Problem> {
    let id: FileId = context.parameter("upload")?;
    let (app, tenant) = (&context.app, &user.tenant.id);
    let path = user.layout.upload(user.id(), id);
    for attempt in 0..RACES {
        let Some((mut upload, etag)) = app.read::<Upload>(&path).await? else {
            return respond::accepted(&find_file(&context, &user, id).await?);
        };
        authorship::require_sight(app, &user, upload.customer).await?;
        let work = Work::Upload { file: id, author: user.id(), customer: upload.customer };
        let day = stockholm::date_of(id.created_at());
        if upload.state == UploadState::Open {
            let version = match app.blobs().properties(&layout::staged(tenant, id)).await {
                Ok(staged) => staged.etag.0,
                Err(StoreError::NotFound) => return Err(ProblemType::NothingUploaded.into()),
                Err(error) => return Err(error.into()),
            };
            if attempt == 0 {
                record(&context, &user, &upload).await?;
            }
            let marker = app.begin_on(tenant, day, work).await?;
            upload.state = UploadState::Sent { version, at: context.now(), checking_since: None };
            match app.write(&path, &upload, if_unchanged(&etag)).await {
                Ok(_) => app.announce(&marker).await?,
                // Another click, or retention, was faster.
                Err(StoreError::PreconditionFailed) => continue,
                Err(error) => return Err(error.into()),
            }
        } else if matches!(upload.state, UploadState::Sent { .. }) {
            // The first click may not have come so far.
            app.announce(&Marker::of(tenant, day, &work)).await?;
        }
        return respond::accepted(&DirectUpload::new(upload, Texts::of(context.locale())));
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// Whether a worker may be at it: it is left to that worker, until that one is gone for certain.
pub(crate) fn is_being_checked(upload: &Upload, now: Timestamp) -> bool {
    let UploadState::Sent { checking_since: Some(since), .. } = upload.state else { return false };
    now.duration_since(since) <= GRACE
}

/// For retention: removes what was sent for an upload whose record is gone, and what a worker may have left on the way to a file
/// that did not come about.
pub(crate) async fn abandon(app: &App, tenant: &TenantId, user: UserId, id: FileId) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    app.blobs().discard(&layout::staged(tenant, id)).await?;
    if !app.exists(&layout.file_meta(id)).await? {
        app.blobs().discard(&layout.file_content(id)).await?;
        app.unmark(&layout.reference(user, RefKind::File, &id.to_string())).await?;
    }
    Ok(())
}

/// Records what the person is about to do with an upload.
async fn record(context: &Context, user: &User, upload: &Upload) -> Result<(), Problem> {
    let record = AuditRecord::intended(&context.app, By::user(user), context.operation.id, upload.id)
        .about([user.id()])
        .within(upload.customer);
    Ok(context.app.audit(&user.tenant.id, &record).await?)
}
