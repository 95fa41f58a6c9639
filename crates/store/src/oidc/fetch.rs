//! An issuer's keys over the network: https, no redirects, bounded in size and time.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use reqwest::{Client, StatusCode, Url, redirect};
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::{
    config::{OidcIssuer, fetchable},
    jwks::{KeySet, NoUsableKey},
};

/// Longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Why keys could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no HTTP client could be made")]
    Client(#[source] reqwest::Error),
    #[error("the issuer cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the issuer did not answer in time")]
    TooSlow,
    #[error("the issuer answered with status {0}; redirects are not followed")]
    Status(StatusCode),
    #[error("the issuer's answer is longer than {LONGEST_ANSWER} bytes")]
    TooLong,
    #[error("the issuer's discovery document cannot be read")]
    Discovery(#[source] serde_json::Error),
    #[error("the discovery document is another issuer's")]
    OtherIssuer,
    #[error("the issuer's keys are not at an address that may be fetched from")]
    Address,
    #[error(transparent)]
    Keys(#[from] NoUsableKey),
    #[error("the issuer could not be reached a moment ago and is not asked again yet")]
    NotYetAgain,
    #[error("fetching was broken off")]
    BrokenOff,
}

/// `OpenID` Connect Discovery 1.0, 3.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// Fetches keys; makes its HTTP client the first time, since that costs milliseconds.
pub(super) struct Fetcher {
    client: OnceCell<Client>,
    time: Duration,
}

impl Fetcher {
    pub(super) fn new(time: Duration) -> Self {
        Self { client: OnceCell::new(), time }
    }

    /// The keys that the issuer publishes now.
    pub(super) async fn keys(&self, issuer: &OidcIssuer) -> Result<KeySet, FetchError> {
        tokio::time::timeout(self.time, self.discover(issuer)).await.map_err(|_| FetchError::TooSlow)?
    }

    async fn discover(&self, issuer: &OidcIssuer) -> Result<KeySet, FetchError> {
        let allowed = |url: &str| fetchable(url, issuer.allow_http_loopback).ok_or(FetchError::Address);
        let description =
            allowed(&format!("{}/.well-known/openid-configuration", issuer.issuer.trim_end_matches('/')))?;
        let discovery: Discovery =
            serde_json::from_slice(&self.get(description).await?).map_err(FetchError::Discovery)?;
        if discovery.issuer != issuer.issuer {
            return Err(FetchError::OtherIssuer);
        }
        let keys = self.get(allowed(&discovery.jwks_uri)?).await?;
        Ok(KeySet::from_json(&keys)?)
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, FetchError> {
        let client = self.client.get_or_try_init(|| async { new_client() }).await?;
        let unreachable = |error: reqwest::Error| FetchError::Unreachable(error.without_url());
        let response = client.get(url).send().await.map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let mut body = Vec::new();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.try_next().await.map_err(unreachable)? {
            if body.len() + piece.len() > LONGEST_ANSWER {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}

fn new_client() -> Result<Client, FetchError> {
    // Idle connections are not kept: the next fetch is minutes away.
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .pool_max_idle_per_host(0)
        .build()
        .map_err(FetchError::Client)
}
