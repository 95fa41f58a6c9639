//! Comments and the threads they stand in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CommentId, CommentText, CustomerId, Personal, ThreadName, UserId};

/// A comment. It is the tenant's record: it outlives its author.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// Its identifier.
    pub id: CommentId,
    /// Whose users see it.
    pub customer: CustomerId,
    /// The thread it stands in.
    pub thread: Personal<ThreadName>,
    /// What it says.
    pub text: Personal<CommentText>,
    /// Who wrote it; none once they are detached.
    pub author: Option<UserId>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When its author last changed it.
    pub edited_at: Option<Timestamp>,
}

/// A thread: it exists while a comment stands in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// Whose users see it.
    pub customer: CustomerId,
    /// As its first author named it.
    pub name: Personal<ThreadName>,
    /// When it began.
    pub created_at: Timestamp,
}
