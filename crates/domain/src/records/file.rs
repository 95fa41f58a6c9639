//! A file that somebody put into the portal.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ContentType, CustomerId, FileId, FileName, Personal, UserId};

/// What is known of a file beside its content. It is the tenant's record: it outlives its author.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileMeta {
    /// Its identifier.
    pub id: FileId,
    /// As the author named it.
    pub name: Personal<FileName>,
    /// As the author declared it; never trusted.
    pub content_type: ContentType,
    /// In bytes.
    pub size: u64,
    /// Of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// Whose users see it.
    pub customer: CustomerId,
    /// Who put it here; none once they are detached.
    pub author: Option<UserId>,
    /// When.
    pub uploaded_at: Timestamp,
    /// What looking for personal data in it came to.
    pub scan: Scan,
    /// Whether it came by a direct upload, whose record may still be there.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub direct: bool,
}

/// What looking for personal data in a file came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Scan {
    /// The tenant has not instructed it.
    Off,
}
