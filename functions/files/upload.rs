//! `POST T/files?customer=`: the body goes into storage as it comes.
//!
//! Nothing of it is visible before its description (`meta.json`) is written, which is the one commit point. Whatever breaks off
//! before leaves a work marker, by which the worker removes the rest; with the same key the caller can go on at once.

use http::header;
use kundportal_domain::{
    ContentType, CustomerId, FileId, FileName, Personal,
    records::{FileMeta, Scan},
    stockholm,
};
use kundportal_store::{ByteStream, Condition, ETag, StoreError};

use super::{
    digest::{Digest, sha256_of},
    record, settle,
};
use crate::{
    auth::User,
    authorship,
    content_disposition::file_name,
    context::{Context, broken_body},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::{MarkedWork, Marker, Work},
};

/// What is known of an upload before its body is read.
struct Upload {
    id: FileId,
    customer: CustomerId,
    name: FileName,
    content_type: ContentType,
    /// Most bytes of the body.
    limit: u64,
}

pub(super) async fn post(mut context: Context, user: User) -> Result<Answer, Problem> {
    let customer = authorship::customer_in_query(&context)?;
    authorship::require_sight(&context.app, &user, customer).await?;
    let name = context.headers.get(header::CONTENT_DISPOSITION).map(http::HeaderValue::as_bytes);
    let name = file_name(name).map_err(|error| Problem::invalid("#Content-Disposition", error))?;
    let content_type = ContentType::from_header(context.header(header::CONTENT_TYPE.as_str()));
    if user.tenant.retention.files.is_none() {
        return Err(ProblemType::RetentionNotChosen.into());
    }
    let limit = context.app.settings().limits.file_bytes;
    let body = context.limited_stream(limit)?;

    let new = FileId::new(context.now(), context.app.random());
    let declared = format!("{}\n{}", name.as_str(), content_type.as_str());
    let id = context.claim_streamed(&user, declared.as_bytes(), || new).await?;
    let upload = Upload { id, customer, name, content_type, limit };
    let (meta, etag) = if id == new {
        upload.store(&context, &user, body, false).await?
    } else {
        upload.again(&context, &user, body).await?
    };
    super::answer(&context, &user, meta, &etag, respond::created).await
}

impl Upload {
    /// A request that came before under the same key: answered from the file where it is there, else gone on with.
    async fn again(
        &self,
        context: &Context,
        user: &User,
        body: ByteStream,
    ) -> Result<(FileMeta, ETag), Problem> {
        let app = &context.app;
        if let Some(found) = app.read::<FileMeta>(&user.layout.file_meta(self.id)).await? {
            let sha256 = sha256_of(body).await.map_err(|error| broken_body(error, self.limit))?;
            return self.adopt(context, user, found, &sha256).await;
        }
        let marker = self.marker(user);
        if let Some((marked, _)) = app.read::<MarkedWork>(&marker.path()).await?
            && marked.is_abandoned(context.now())
        {
            // The worker is free to remove what the earlier try left; it has to have done so first.
            return Err(ProblemType::Unavailable.into());
        }
        let stored = app.exists(&user.layout.file_content(self.id)).await?;
        self.store(context, user, body, stored).await
    }

    /// Puts the file there; `stored`: an earlier try with the same key got as far as the content.
    async fn store(
        &self,
        context: &Context,
        user: &User,
        body: ByteStream,
        stored: bool,
    ) -> Result<(FileMeta, ETag), Problem> {
        let (app, layout, tenant) = (&context.app, &user.layout, &user.tenant.id);
        let mut meta = FileMeta {
            id: self.id,
            name: Personal::new(self.name.clone()),
            content_type: self.content_type.clone(),
            size: 0,
            sha256: String::new(),
            customer: self.customer,
            author: Some(user.id()),
            uploaded_at: self.id.created_at(),
            scan: Scan::Off,
            direct: false,
        };
        record(context, user, &meta).await?;
        let marker = app.begin_on(tenant, self.marker(user).day, self.work(user)).await?;
        (meta.sha256, meta.size) = match self.store_content(context, user, body, stored).await {
            Ok(known) => known,
            Err(problem) => {
                // Nothing is there when a body breaks off. Under a key somebody else may be at it: then the worker looks.
                if !problem.kind.parts().1.is_server_error() && context.is_unkeyed() {
                    app.finish(&marker).await?;
                }
                return Err(problem);
            }
        };
        match settle::describe(app, &user.tenant, &meta).await {
            Ok(etag) => {
                if let Err(problem) = settle::look(app, tenant, &meta).await {
                    if problem.is(ProblemType::Conflict) {
                        // Undone to the last entry.
                        app.finish(&marker).await?;
                    }
                    return Err(problem);
                }
                app.mark(&layout.customer_file(self.customer, self.id)).await?;
                app.finish(&marker).await?;
                Ok((meta, etag))
            }
            Err(StoreError::AlreadyExists) => {
                let found = app.read(&layout.file_meta(self.id)).await?.ok_or(ProblemType::Conflict)?;
                self.adopt(context, user, found, &meta.sha256).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// SHA-256 and length of the content, which is stored then.
    async fn store_content(
        &self,
        context: &Context,
        user: &User,
        body: ByteStream,
        stored: bool,
    ) -> Result<(String, u64), Problem> {
        let path = user.layout.file_content(self.id);
        let (body, digest) = Digest::of(body);
        if !stored {
            return match context.app.blobs().put(&path, body, Condition::IfAbsent).await {
                Ok(_) => Ok(digest.finish().await?),
                Err(StoreError::Body(error)) => Err(broken_body(error, self.limit)),
                // Another request under the same key was faster.
                Err(error) => Err(error.into()),
            };
        }
        let sha256 = sha256_of(body).await.map_err(|error| broken_body(error, self.limit))?;
        let blob = context.app.blobs().get(&path, None).await?;
        let earlier = sha256_of(blob.body).await.map_err(StoreError::broken)?;
        if earlier == sha256 {
            Ok(digest.finish().await?)
        } else {
            Err(ProblemType::IdempotencyMismatch.into())
        }
    }

    /// The file that the same key made before, if it has the same content. Whatever that request did not come to is done.
    async fn adopt(
        &self,
        context: &Context,
        user: &User,
        (meta, etag): (FileMeta, ETag),
        sha256: &str,
    ) -> Result<(FileMeta, ETag), Problem> {
        if meta.sha256 != sha256 {
            return Err(ProblemType::IdempotencyMismatch.into());
        }
        let marker = self.marker(user);
        if context.app.exists(&marker.path()).await? {
            settle::settle(&context.app, &user.tenant.id, &meta).await?;
            context.app.finish(&marker).await?;
        }
        Ok((meta, etag))
    }

    fn work(&self, user: &User) -> Work {
        Work::File { file: self.id, author: user.id(), customer: self.customer }
    }

    /// The one marker of an upload: on the day on which its id was made.
    fn marker(&self, user: &User) -> Marker {
        Marker::of(&user.tenant.id, stockholm::date_of(self.id.created_at()), &self.work(user))
    }
}
