//! From an upload to a file, by a worker: the very version that was there when the person said that it was complete is read once,
//! and is hashed on its way to its final name. From there on it is a file like any other.
//!
//! One worker at a time: the record says since when one has been at it, and another begins only once that one is gone for
//! certain. A file that was put there by its upload is removed together with the upload's record, so where there is a record
//! and no file, none was ever described.

use std::sync::Arc;

use kundportal_domain::{
    CustomerId, FileId, TenantId, UserId,
    records::{FileMeta, Scan, Tenant, Upload, UploadRefusal, UploadState},
};
use kundportal_store::{Condition, ETag, StoreError};
use tokio::time::timeout;

use super::{
    super::{
        digest::{Digest, sha256_of},
        settle,
    },
    is_being_checked,
};
use crate::{
    app::App,
    authorship,
    context::if_unchanged,
    layout::{self, TenantLayout},
    people::RACES,
    problem::{Problem, ProblemType},
    worker::Progress,
};

/// For the worker: brings an upload to its end, as a file or refused.
pub(crate) async fn check_upload(
    app: &App,
    tenant: &TenantId,
    (file, author, customer): (FileId, UserId, CustomerId),
    abandoned: bool,
) -> Result<Progress, Problem> {
    let layout = TenantLayout::new(tenant);
    let check = Check { app, tenant: app.tenant(tenant).await?, layout, file, author, customer };
    // A large future: the worker's others need not be as large.
    Box::pin(check.complete(abandoned)).await
}

/// One upload.
struct Check<'a> {
    app: &'a App,
    tenant: Arc<Tenant>,
    layout: TenantLayout,
    file: FileId,
    author: UserId,
    customer: CustomerId,
}

impl Check<'_> {
    async fn complete(&self, abandoned: bool) -> Result<Progress, Problem> {
        // In this order: whoever completes an upload describes the file before the record goes, and whoever removes a file
        // removes the record first.
        let record = self.read().await?;
        if let Some((meta, _)) = self.app.read::<FileMeta>(&self.layout.file_meta(self.file)).await? {
            // An earlier run came as far as the description.
            return match settle::settle(self.app, &self.tenant.id, &meta).await {
                Ok(()) => self.end().await,
                Err(problem) if problem.is(ProblemType::Conflict) => {
                    self.refuse(UploadRefusal::AccessEnded).await
                }
                Err(problem) => Err(problem),
            };
        }
        let Some((mut upload, etag)) = record else {
            // Retention or the end of the account was faster, or the file has been removed again.
            let names = (self.file, Some(self.author), self.customer);
            settle::remove_rest(self.app, &self.tenant.id, names).await?;
            return self.end().await;
        };
        let UploadState::Sent { version, at, .. } = upload.state.clone() else {
            if upload.state == UploadState::Open {
                // The person may still be about to say that it is complete.
                return Ok(Progress::from(abandoned));
            }
            return self.drop_staged().await;
        };
        let now = self.app.now();
        if is_being_checked(&upload, now) {
            return Ok(Progress::UnderWay);
        }
        let state = |checking_since| UploadState::Sent { version: version.clone(), at, checking_since };
        upload.state = state(Some(now));
        let Some(etag) = self.write(&upload, &etag).await? else { return Ok(Progress::UnderWay) };
        let checked = self.check(&upload, &version).await;
        if checked.is_err() {
            // So that the next try need not wait; where this comes to nothing it waits.
            upload.state = state(None);
            let _waits = self.write(&upload, &etag).await;
        }
        checked
    }

    async fn read(&self) -> Result<Option<(Upload, ETag)>, Problem> {
        self.app.read(&self.layout.upload(self.author, self.file)).await
    }

    /// Writes the record unless somebody else has changed or removed it.
    async fn write(&self, upload: &Upload, etag: &ETag) -> Result<Option<ETag>, Problem> {
        let path = self.layout.upload(self.author, self.file);
        match self.app.write(&path, upload, if_unchanged(etag)).await {
            Ok(etag) => Ok(Some(etag)),
            Err(StoreError::PreconditionFailed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn check(&self, upload: &Upload, version: &str) -> Result<Progress, Problem> {
        if !authorship::still_belongs(self.app, &self.layout, self.author, self.customer).await? {
            return self.refuse(UploadRefusal::AccessEnded).await;
        }
        let sha256 = match self.copy_in_time(upload, version).await? {
            Ok(sha256) => sha256,
            Err(reason) => return self.refuse(reason).await,
        };
        let meta = FileMeta {
            id: self.file,
            name: upload.name.clone(),
            content_type: upload.content_type.clone(),
            size: upload.size,
            sha256,
            customer: self.customer,
            author: Some(self.author),
            uploaded_at: self.file.created_at(),
            scan: Scan::Off,
            direct: true,
        };
        settle::describe(self.app, &self.tenant, &meta).await?;
        match settle::look(self.app, &self.tenant.id, &meta).await {
            Ok(()) => {}
            Err(problem) if problem.is(ProblemType::Conflict) => {
                return self.refuse(UploadRefusal::AccessEnded).await;
            }
            Err(problem) => return Err(problem),
        }
        settle::enter(self.app, &self.tenant.id, &meta).await?;
        self.end().await
    }

    /// The same as [`Self::copy`], given up before the host ends the run: the next one would take as long.
    async fn copy_in_time(
        &self,
        upload: &Upload,
        version: &str,
    ) -> Result<Result<String, UploadRefusal>, Problem> {
        let most = self.app.settings().direct_uploads.checking;
        if let Ok(copied) = timeout(most, self.copy(upload, version)).await {
            return copied;
        }
        tracing::warn!(file = %self.file, "an upload took too long to check; it is refused");
        self.app.blobs().discard(&self.layout.file_content(self.file)).await?;
        Ok(Err(UploadRefusal::TookTooLong))
    }

    /// SHA-256 of the content, which lies at its final name then; or why there is none.
    async fn copy(&self, upload: &Upload, version: &str) -> Result<Result<String, UploadRefusal>, Problem> {
        let (app, path) = (self.app, self.layout.file_content(self.file));
        if app.exists(&path).await? {
            // An earlier run came so far: it is the version that was meant, whatever was sent since.
            let blob = app.blobs().get(&path, None).await?;
            return Ok(Ok(sha256_of(blob.body).await.map_err(StoreError::broken)?));
        }
        let staged = layout::staged(&self.tenant.id, self.file);
        let blob = match app.blobs().get(&staged, None).await {
            Ok(blob) => blob,
            Err(StoreError::NotFound) => return Ok(Err(UploadRefusal::Gone)),
            Err(error) => return Err(error.into()),
        };
        if blob.properties.etag.0 != version {
            return Ok(Err(UploadRefusal::Changed));
        }
        if blob.properties.size != upload.size {
            return Ok(Err(UploadRefusal::WrongSize));
        }
        let (body, digest) = Digest::of(blob.body);
        match app.blobs().put(&path, body, Condition::IfAbsent).await {
            Ok(_) => Ok(Ok(digest.finish().await?.0)),
            // It may have broken off because somebody sent something else meanwhile.
            Err(StoreError::Body(error)) => match app.blobs().properties(&staged).await {
                Ok(found) if found.etag.0 == version => Err(StoreError::broken(error).into()),
                Ok(_) => Ok(Err(UploadRefusal::Changed)),
                Err(StoreError::NotFound) => Ok(Err(UploadRefusal::Gone)),
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Tells the person why there will be no file. What was sent goes.
    async fn refuse(&self, reason: UploadRefusal) -> Result<Progress, Problem> {
        for _ in 0..RACES {
            let Some((mut upload, etag)) = self.read().await? else { return self.drop_staged().await };
            upload.state = UploadState::Refused { reason, at: self.app.now() };
            if self.write(&upload, &etag).await?.is_some() {
                return self.drop_staged().await;
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    /// The file is there, or nothing is: what was sent goes, and the record.
    async fn end(&self) -> Result<Progress, Problem> {
        self.drop_staged().await?;
        self.app.unmark(&self.layout.upload(self.author, self.file)).await?;
        Ok(Progress::Finished)
    }

    async fn drop_staged(&self) -> Result<Progress, Problem> {
        self.app.blobs().discard(&layout::staged(&self.tenant.id, self.file)).await?;
        Ok(Progress::Finished)
    }
}
