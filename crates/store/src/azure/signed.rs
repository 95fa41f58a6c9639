//! URLs that carry their own permission: signed by a key that storage gives to the identity, for a day.

use azure_core::{
    http::RequestContent,
    time::{Duration, OffsetDateTime},
};
use azure_storage_blob::{
    BlobServiceClient,
    models::{BlobServiceClientGetUserDelegationKeyOptions, KeyInfo},
};
use azure_storage_common::models::UserDelegationKey;
use azure_storage_sas::{SasBuilder, SasProtocol, blob::BlobState};
use jiff::Timestamp;
use kundportal_domain::Personal;
use tokio::{sync::Mutex, time::timeout};

use super::{
    client::{CALL, Call},
    failure::Failure,
};
use crate::{BlobPath, SignedUrl, StoreError};

/// How long a key lives. Storage gives at most seven days.
const LIFE: Duration = Duration::days(1);

/// A key is no longer used when it ends sooner.
const REST: Duration = Duration::hours(1);

/// Clocks differ.
const SKEW: Duration = Duration::minutes(15);

/// The key, fetched when it is first needed and kept until shortly before its end.
#[derive(Default)]
pub(super) struct DelegationKey(Mutex<Option<(UserDelegationKey, OffsetDateTime)>>);

impl DelegationKey {
    /// Whoever waits for a key that another caller fetches waits no longer than for a call of its own.
    async fn valid_until(
        &self,
        client: &BlobServiceClient,
        wanted: OffsetDateTime,
    ) -> Result<UserDelegationKey, StoreError> {
        let late = |_| Failure::late(None).into_error();
        timeout(CALL, self.kept_or_new(client, wanted)).await.map_err(late)?
    }

    async fn kept_or_new(
        &self,
        client: &BlobServiceClient,
        wanted: OffsetDateTime,
    ) -> Result<UserDelegationKey, StoreError> {
        let now = OffsetDateTime::now_utc();
        let mut kept = self.0.lock().await;
        let usable = kept.as_ref().filter(|(_, expiry)| wanted <= *expiry);
        if let Some((key, expiry)) = usable
            && now + REST < *expiry
        {
            return Ok(key.clone());
        }
        let expiry = (now + LIFE).max(wanted + REST);
        match fetch(client, now, expiry).await {
            Ok(key) => {
                *kept = Some((key.clone(), expiry));
                Ok(key)
            }
            // In its last hour it still signs what ends before it does.
            Err(error) => usable.map(|(key, _)| key.clone()).ok_or(error),
        }
    }
}

async fn fetch(
    client: &BlobServiceClient,
    now: OffsetDateTime,
    expiry: OffsetDateTime,
) -> Result<UserDelegationKey, StoreError> {
    let info = KeyInfo { start: Some(now - SKEW), expiry: Some(expiry), ..KeyInfo::default() };
    let content = RequestContent::try_from(info).map_err(StoreError::broken)?;
    let call = Call::new();
    let options = BlobServiceClientGetUserDelegationKeyOptions {
        method_options: call.options(),
        ..BlobServiceClientGetUserDelegationKeyOptions::default()
    };
    let answer = call.ask(client.get_user_delegation_key(content, Some(options))).await;
    answer.map_err(Failure::into_error)?.into_model().map_err(StoreError::broken)
}

/// Signs for one blob, over HTTPS only.
pub(super) struct Signer<'a> {
    pub(super) client: &'a BlobServiceClient,
    pub(super) account: &'a str,
    pub(super) key: &'a DelegationKey,
}

impl Signer<'_> {
    /// The URL at which one blob can be written.
    pub(super) async fn upload(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
    ) -> Result<SignedUrl, StoreError> {
        let url = self.sign(path, expires_at, |sas| sas.create().write()).await?;
        // For one piece; blocks and the list of them go without.
        let headers = vec![("x-ms-blob-type".to_owned(), "BlockBlob".to_owned())];
        Ok(SignedUrl { url, method: "PUT", headers, expires_at })
    }

    /// The URL at which one blob can be read.
    pub(super) async fn download(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        content_disposition: &str,
        content_type: &str,
    ) -> Result<SignedUrl, StoreError> {
        let url = self
            .sign(path, expires_at, |sas| {
                sas.read().content_disposition(content_disposition).content_type(content_type)
            })
            .await?;
        Ok(SignedUrl { url, method: "GET", headers: Vec::new(), expires_at })
    }

    async fn sign(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        allow: impl for<'k> FnOnce(SasBuilder<'k, BlobState>) -> SasBuilder<'k, BlobState>,
    ) -> Result<Personal<String>, StoreError> {
        let expiry =
            OffsetDateTime::from_unix_timestamp(expires_at.as_second()).map_err(StoreError::broken)?;
        let key = self.key.valid_until(self.client, expiry).await?;
        let builder = SasBuilder::new(self.account, &key, expiry).map_err(StoreError::broken)?;
        let token =
            allow(builder.protocol(SasProtocol::Https).blob(path.container.as_str(), path.name.as_str()))
                .build();
        let blob = self.client.blob_client(path.container.as_str(), &path.name);
        Ok(Personal::new(format!("{}?{token}", blob.url())))
    }
}
