//! Reading and writing stored objects as JSON.

use std::borrow::Borrow;

use bytes::Bytes;
use jiff::civil::Date;
use kundportal_domain::TenantId;
use kundportal_store::{BlobPath, BlobStoreExt as _, Condition, ETag, StoreError};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    app::App,
    due::DueItem,
    layout::{TenantLayout, on_platform},
    problem::Problem,
};

/// No stored object is larger.
const MAX_OBJECT_BYTES: u64 = 4 * 1024 * 1024;

impl App {
    /// An object and its version; none where there is no such blob.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        path: &BlobPath,
    ) -> Result<Option<(T, ETag)>, Problem> {
        match self.blobs().get_bytes(path, MAX_OBJECT_BYTES).await {
            Ok((bytes, etag)) => {
                // Looked at once as a whole, which is quicker than string by string.
                let text = std::str::from_utf8(&bytes).map_err(Problem::internal)?;
                Ok(Some((serde_json::from_str(text).map_err(|error| unreadable(&error))?, etag)))
            }
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes an object.
    pub(crate) async fn write<T: Serialize>(
        &self,
        path: &BlobPath,
        object: &T,
        condition: Condition,
    ) -> Result<ETag, StoreError> {
        let bytes = serde_json::to_vec(object).map_err(StoreError::broken)?;
        self.blobs().put_bytes(path, bytes.into(), condition).await
    }

    /// Whether there is such a blob.
    pub(crate) async fn exists(&self, path: &BlobPath) -> Result<bool, StoreError> {
        match self.blobs().properties(path).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes an empty blob, whose name is what it says.
    pub(crate) async fn mark(&self, path: &BlobPath) -> Result<(), StoreError> {
        self.blobs().put_bytes(path, Bytes::new(), Condition::Always).await.map(drop)
    }

    /// Removes a blob that may be gone already.
    pub(crate) async fn unmark(&self, path: &BlobPath) -> Result<(), StoreError> {
        self.blobs().delete_if_exists(path).await.map(drop)
    }

    /// Notes that retention must look at an item on a day: see [`DueItem`]. The day is noted for the tenant
    /// too; for days to come once a process, since a run removes a day's note only after the day.
    ///
    /// The day's note is written last and anew: a run that has looked at the day meanwhile finds that the note is not the one
    /// it knew, and leaves it.
    pub(crate) async fn mark_due(
        &self,
        tenant: &TenantId,
        day: Date,
        item: impl Borrow<DueItem>,
    ) -> Result<(), StoreError> {
        self.mark(&TenantLayout::new(tenant).due(day, &item.borrow().to_string())).await?;
        let key = (tenant.clone(), day, "due");
        let now = self.now();
        if day <= self.today() || self.caches().days.get(&key, now).is_none() {
            self.mark(&on_platform::due(day, tenant)).await?;
            self.caches().days.put(key, (), now);
        }
        Ok(())
    }
}

/// What cannot be read is our failure; the cause says where in the text it broke, never what stood there.
fn unreadable(error: &serde_json::Error) -> Problem {
    Problem::internal(format!(
        "a stored object cannot be read (line {}, column {})",
        error.line(),
        error.column()
    ))
}
