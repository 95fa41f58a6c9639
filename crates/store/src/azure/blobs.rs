//! Blob Storage.

use std::{collections::HashMap, ops::Range};

use async_trait::async_trait;
use azure_core::{Uuid, http::headers::HeaderName};
use azure_storage_blob::{
    BlobClient, BlobContainerClient, BlobServiceClient,
    models::{
        BlobClientBreakLeaseOptions, BlobClientDeleteOptions, BlobClientGetPropertiesOptions,
        BlobClientGetPropertiesResultHeaders as _, BlobContainerClientCreateOptions,
        BlobContainerClientDeleteOptions, BlobContainerClientGetPropertiesOptions, DeleteSnapshotsOptionType,
    },
};
use jiff::Timestamp;

use super::{
    client::Call,
    download,
    failure::Failure,
    listing::{self, exactly, known},
    signed::{DelegationKey, Signer},
    upload::{self, MARK},
};
use crate::{
    Blob, BlobPath, BlobStore, ByteStream, Condition, Container, Continuation, ETag, Page, Properties,
    SignedUrl, StoreError, names,
};

const MARK_HEADER: HeaderName = HeaderName::from_static("x-ms-meta-write");

/// The blobs of a storage account.
pub struct AzureBlobs {
    pub(super) client: BlobServiceClient,
    account: String,
    key: DelegationKey,
}

impl AzureBlobs {
    pub(super) fn new(client: BlobServiceClient, account: String) -> Self {
        Self { client, account, key: DelegationKey::default() }
    }

    fn container(&self, container: &Container) -> Result<BlobContainerClient, StoreError> {
        names::check_container(container)?;
        Ok(self.client.blob_container_client(container.as_str()))
    }

    fn blob(&self, path: &BlobPath) -> Result<BlobClient, StoreError> {
        names::check(path)?;
        Ok(self.client.blob_client(path.container.as_str(), &path.name))
    }

    fn signer(&self) -> Signer<'_> {
        Signer { client: &self.client, account: &self.account, key: &self.key }
    }
}

#[async_trait]
impl BlobStore for AzureBlobs {
    async fn create_container(&self, container: &Container) -> Result<bool, StoreError> {
        let client = self.container(container)?;
        let mark = Uuid::new_v4().to_string();
        let call = Call::new();
        let options = BlobContainerClientCreateOptions {
            metadata: Some(HashMap::from([(MARK.to_owned(), mark.clone())])),
            method_options: call.options(),
            ..BlobContainerClientCreateOptions::default()
        };
        let failure = match call.ask(client.create(Some(options))).await {
            Ok(_) => return Ok(true),
            Err(failure) if failure.container_exists() => failure,
            Err(failure) => return Err(failure.into_error()),
        };
        if !failure.unsure {
            return Ok(false);
        }
        // An earlier try may have made it.
        let call = Call::new();
        let options = BlobContainerClientGetPropertiesOptions {
            method_options: call.options(),
            ..BlobContainerClientGetPropertiesOptions::default()
        };
        match call.ask(client.get_properties(Some(options))).await {
            Ok(found) => Ok(found.headers().get_optional_str(&MARK_HEADER) == Some(&mark)),
            Err(failure) => Err(failure.into_error()),
        }
    }

    async fn delete_container(&self, container: &Container) -> Result<bool, StoreError> {
        let call = Call::new();
        let options = BlobContainerClientDeleteOptions {
            method_options: call.options(),
            ..BlobContainerClientDeleteOptions::default()
        };
        match call.ask(self.container(container)?.delete(Some(options))).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.no_container() && !failure.unsure => Ok(false),
            Err(failure) => Err(failure.into_error()),
        }
    }

    async fn get(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob, StoreError> {
        download::get(self.blob(path)?, range).await
    }

    async fn put(&self, path: &BlobPath, body: ByteStream, condition: Condition) -> Result<ETag, StoreError> {
        upload::put(&self.blob(path)?, body, &condition).await
    }

    async fn delete(&self, path: &BlobPath, if_match: Option<&ETag>) -> Result<(), StoreError> {
        let call = Call::new();
        let options = BlobClientDeleteOptions {
            if_match: if_match.map(exactly),
            method_options: call.options(),
            ..BlobClientDeleteOptions::default()
        };
        match call.ask(self.blob(path)?.delete(Some(options))).await {
            Ok(_) => Ok(()),
            // An earlier try may have been what removed it, or changed its version by removing it.
            Err(failure) if failure.unsure => Err(failure.into_error()),
            // A blob that is not there has no version either: which of the two it is, a look tells.
            Err(failure) if failure.condition() => match self.properties(path).await {
                Ok(_) => Err(StoreError::PreconditionFailed),
                Err(error) => Err(error),
            },
            Err(failure) => Err(failure.or_not_found()),
        }
    }

    /// A signed URL lets its holder write a blob of any kind, take snapshots of it and a lease on it: all of that goes first.
    /// Blocks that were never committed can be neither seen nor deleted: committing none of them takes them away.
    async fn discard(&self, path: &BlobPath) -> Result<(), StoreError> {
        let client = self.blob(path)?;
        remove(&client).await?;
        match upload::commit_nothing(&client).await {
            Ok(_) => remove(&client).await,
            Err(StoreError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn properties(&self, path: &BlobPath) -> Result<Properties, StoreError> {
        properties(&self.blob(path)?).await
    }

    async fn list(
        &self,
        container: &Container,
        prefix: &str,
        from: Option<&Continuation>,
        max: usize,
    ) -> Result<Page, StoreError> {
        listing::page(&self.container(container)?, prefix, from, max).await
    }

    async fn signed_upload_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
    ) -> Result<SignedUrl, StoreError> {
        names::check(path)?;
        self.signer().upload(path, expires_at).await
    }

    async fn signed_download_url(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        content_disposition: &str,
        content_type: &str,
    ) -> Result<SignedUrl, StoreError> {
        names::check(path)?;
        self.signer().download(path, expires_at, content_disposition, content_type).await
    }
}

/// Deletes a blob of any kind, with its snapshots, whoever has a lease on it.
async fn remove(client: &BlobClient) -> Result<(), StoreError> {
    let delete = async || {
        let call = Call::new();
        let options = BlobClientDeleteOptions {
            delete_snapshots: Some(DeleteSnapshotsOptionType::Include),
            method_options: call.options(),
            ..BlobClientDeleteOptions::default()
        };
        match call.ask(client.delete(Some(options))).await {
            Err(failure) if failure.no_blob() || failure.no_container() => Ok(()),
            other => other.map(drop),
        }
    };
    match delete().await {
        Err(failure) if failure.leased() => {
            let call = Call::new();
            let options = BlobClientBreakLeaseOptions {
                break_period: Some(0),
                method_options: call.options(),
                ..BlobClientBreakLeaseOptions::default()
            };
            call.ask(client.break_lease(Some(options))).await.map_err(Failure::into_error)?;
            delete().await
        }
        other => other,
    }
    .map_err(Failure::into_error)
}

/// What is known of a blob.
pub(super) async fn properties(client: &BlobClient) -> Result<Properties, StoreError> {
    Ok(look(client).await?.0)
}

/// The version that is there, and the mark of the write that made it.
pub(super) async fn marked(client: &BlobClient) -> Result<(ETag, Option<String>), StoreError> {
    let (properties, mark) = look(client).await?;
    Ok((properties.etag, mark))
}

async fn look(client: &BlobClient) -> Result<(Properties, Option<String>), StoreError> {
    let call = Call::new();
    let options = BlobClientGetPropertiesOptions {
        method_options: call.options(),
        ..BlobClientGetPropertiesOptions::default()
    };
    let found = call.ask(client.get_properties(Some(options))).await.map_err(Failure::or_not_found)?;
    let (etag, size, last_modified) = (found.etag(), found.content_length(), found.last_modified());
    let properties = known(
        etag.map_err(StoreError::broken)?,
        size.map_err(StoreError::broken)?,
        last_modified.map_err(StoreError::broken)?,
    )?;
    Ok((properties, found.headers().get_optional_string(&MARK_HEADER)))
}
