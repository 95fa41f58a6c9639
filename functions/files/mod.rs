//! `T/files`: what a customer's users and the tenant put there for each other. A file is the tenant's record: it outlives its
//! author's account.
//!
//! Opening a file shows what its author wrote to somebody else, so each opening by anybody but the author is a record in the
//! audit log. It is no look-up of the person: colleagues share files to have them read, and nothing is noted in the author's
//! activity. Lists and single descriptions show no content; they are recorded for whoever sees the customer by office
//! (administrators and the data protection officer), once for each answer.

mod content;
mod digest;
mod removal;
mod settle;
mod upload;
mod uploads;

use http::Method;
use jiff::Timestamp;
use kundportal_domain::{
    ContentType, CustomerId, FileId, FileName, Personal, RetentionRules,
    records::{FileMeta, Scan, Tenant},
    retention::{self, Item},
};
use kundportal_store::ETag;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use settle::complete;
pub(crate) use uploads::{abandon, check_upload, is_being_checked};

use crate::{
    audit::{AuditRecord, By},
    auth::User,
    authorship::{self, Author, Authors, WRITERS},
    context::Context,
    layout,
    listing::{self, List},
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(crate) const ROUTE: &str = "tenants/{tenant}/files/{*path}";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "uploadFile",
        method: Method::POST,
        path: "/api/tenants/{tenant}/files",
        summary: "Puts a file there for a customer; the body is the file",
        access: Access::User(WRITERS, |context, user| Box::pin(upload::post(context, user))),
        step_up: false,
        parameters: &[Parameter::CUSTOMER, CONTENT_DISPOSITION, Parameter::IDEMPOTENCY_KEY],
        request: RequestBody::Stream(&["*/*"]),
        success: Success::Json(201, schema::<File>),
        problems: &[ProblemType::RetentionNotChosen, ProblemType::Conflict],
    },
    Operation {
        id: "createUpload",
        method: Method::POST,
        path: "/api/tenants/{tenant}/files/uploads",
        summary: "Announces a file that is sent straight to storage, and says where to",
        access: Access::User(WRITERS, |context, user| Box::pin(uploads::create(context, user))),
        step_up: false,
        parameters: &[Parameter::IDEMPOTENCY_KEY],
        request: RequestBody::Json(schema::<uploads::NewUpload>),
        success: Success::Json(201, schema::<uploads::BegunUpload>),
        problems: &[ProblemType::RetentionNotChosen, ProblemType::TooManyUploads, ProblemType::Conflict],
    },
    Operation {
        id: "getUpload",
        method: Method::GET,
        path: "/api/tenants/{tenant}/files/uploads/{upload}",
        summary: "How far one's own upload has come, until a day after its last use",
        access: Access::User(WRITERS, |context, user| Box::pin(uploads::get(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<uploads::DirectUpload>),
        problems: &[],
    },
    Operation {
        id: "completeUpload",
        method: Method::POST,
        path: "/api/tenants/{tenant}/files/uploads/{upload}/complete",
        summary: "Says that all of the file has been sent: it is checked and becomes the file of the same id",
        access: Access::User(WRITERS, |context, user| Box::pin(uploads::complete(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Json(202, schema::<uploads::DirectUpload>),
        problems: &[ProblemType::NothingUploaded, ProblemType::PreconditionFailed],
    },
    Operation {
        id: "listFiles",
        method: Method::GET,
        path: "/api/tenants/{tenant}/files",
        summary: "A customer's files, the newest first",
        access: Access::User(Roles::ACTIVE, |context, user| Box::pin(list(context, user))),
        step_up: false,
        parameters: &[Parameter::CUSTOMER, Parameter::LIMIT, Parameter::CURSOR],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<File>>),
        problems: &[],
    },
    Operation {
        id: "getFile",
        method: Method::GET,
        path: "/api/tenants/{tenant}/files/{file}",
        summary: "A file's description",
        access: Access::User(Roles::ACTIVE, |context, user| Box::pin(get(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<File>),
        problems: &[],
    },
    Operation {
        id: "deleteFile",
        method: Method::DELETE,
        path: "/api/tenants/{tenant}/files/{file}",
        summary: "Removes a file; its uploader or an administrator",
        access: Access::User(WRITERS, |context, user| Box::pin(removal::delete(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::Empty,
        success: Success::Empty(204),
        problems: &[],
    },
    Operation {
        id: "getFileContent",
        method: Method::GET,
        path: "/api/tenants/{tenant}/files/{file}/content",
        summary: "A file as it was put there",
        access: Access::User(Roles::ACTIVE, |context, user| Box::pin(content::get(context, user))),
        step_up: false,
        parameters: &[Parameter::RANGE, Parameter::IF_RANGE],
        request: RequestBody::Empty,
        success: Success::Bytes { media_types: &["*/*"], ranges: true },
        problems: &[],
    },
    Operation {
        id: "downloadFile",
        method: Method::POST,
        path: "/api/tenants/{tenant}/files/{file}/download",
        summary: "A URL at which storage itself gives the file, for five minutes",
        access: Access::User(Roles::ACTIVE, |context, user| Box::pin(content::download(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<content::Download>),
        problems: &[],
    },
];

const CONTENT_DISPOSITION: Parameter = Parameter {
    place: "header",
    name: "Content-Disposition",
    required: true,
    description: "attachment; filename*=UTF-8''<the file's name, percent-encoded> (RFC 6266, RFC 8187)",
    schema: r#"{"type":"string"}"#,
};

/// A file as it is answered.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct File {
    id: FileId,
    name: Personal<FileName>,
    content_type: ContentType,
    /// In bytes.
    size: u64,
    /// Of the content, in lower-case hexadecimal.
    sha256: String,
    customer: CustomerId,
    uploaded_by: Author,
    #[schemars(with = "String", extend("format" = "date-time"))]
    uploaded_at: Timestamp,
    scan: Scan,
}

impl File {
    fn new(meta: FileMeta, authors: &Authors) -> Self {
        Self {
            id: meta.id,
            name: meta.name,
            content_type: meta.content_type,
            size: meta.size,
            sha256: meta.sha256,
            customer: meta.customer,
            uploaded_by: authors.show(meta.author),
            uploaded_at: meta.uploaded_at,
            scan: meta.scan,
        }
    }
}

/// The day on which retention must look at a file; none where the tenant keeps its files until its closure.
fn due_day(tenant: &Tenant, uploaded_at: Timestamp) -> Option<jiff::civil::Date> {
    retention::due_day(&Item::File { uploaded_at }, &RetentionRules::with(&tenant.retention))
}

/// The file in the path, if the caller sees its customer. Any other does not exist.
async fn find(context: &Context, user: &User) -> Result<(FileMeta, ETag), Problem> {
    let id: FileId = context.parameter("file")?;
    let found = context.app.read::<FileMeta>(&user.layout.file_meta(id)).await?;
    found.filter(|(meta, _)| user.sees(meta.customer)).ok_or_else(|| ProblemType::NotFound.into())
}

async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let customer = authorship::customer_in_query(&context)?;
    let request = context.page_request()?;
    let app = &context.app;
    authorship::require_sight(app, &user, customer).await?;
    let prefix = layout::customer_files(customer);
    let (names, next) = app.page(user.layout.container(), &prefix, &request).await?;
    let metas = listing::load(names, |name| {
        let layout = &user.layout;
        async move {
            let Ok(id) = FileId::from_inverted(&name) else { return Ok(None) };
            let found = app.read::<FileMeta>(&layout.file_meta(id)).await?;
            Ok(found.map(|(meta, _)| meta).filter(|meta| meta.id == id && meta.customer == customer))
        }
    })
    .await?;
    authorship::record_reading(&context, &user, customer, metas.iter().map(|meta| meta.author)).await?;
    let authors = Authors::of(&context, &user, metas.iter().map(|meta| meta.author)).await?;
    respond::ok(&List { items: metas.into_iter().map(|meta| File::new(meta, &authors)).collect(), next })
}

async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    let (meta, etag) = find(&context, &user).await?;
    authorship::record_reading(&context, &user, meta.customer, [meta.author]).await?;
    answer(&context, &user, meta, &etag, respond::ok).await
}

/// A file's description with its version.
async fn answer(
    context: &Context,
    user: &User,
    meta: FileMeta,
    etag: &ETag,
    respond: impl FnOnce(&File) -> Result<Answer, Problem>,
) -> Result<Answer, Problem> {
    let authors = Authors::of(context, user, [meta.author]).await?;
    Ok(respond::with_etag(respond(&File::new(meta, &authors))?, etag))
}

/// Records that somebody is about to change or open a file.
async fn record(context: &Context, user: &User, meta: &FileMeta) -> Result<(), Problem> {
    let record = AuditRecord::intended(&context.app, By::user(user), context.operation.id, meta.id)
        .about(meta.author)
        .within(meta.customer);
    Ok(context.app.audit(&user.tenant.id, &record).await?)
}
