//! A file that its person sends to storage themselves, until it is checked.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ContentType, CustomerId, FileId, FileName, Personal};

/// What was announced of a file that goes straight into storage, and how far it has come. It is the person's own; the file that
/// it becomes is the tenant's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// The identifier of the file that it becomes.
    pub id: FileId,
    /// As the person names it.
    pub name: Personal<FileName>,
    /// As the person declares it; never trusted.
    pub content_type: ContentType,
    /// In bytes, as announced.
    pub size: u64,
    /// Whose users will see it.
    pub customer: CustomerId,
    /// How far it has come.
    pub state: UploadState,
}

/// How far an upload has come. One whose file is there has no record any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum UploadState {
    /// It may be sent.
    Open,
    /// The person says that all of it is there.
    #[serde(rename_all = "camelCase")]
    Sent {
        /// The version that lay there: no other one becomes the file.
        version: String,
        /// When they said so.
        at: Timestamp,
        /// Since when a worker has been checking it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        checking_since: Option<Timestamp>,
    },
    /// It becomes no file.
    Refused {
        /// Why.
        reason: UploadRefusal,
        /// Since when.
        at: Timestamp,
    },
}

/// Why an upload becomes no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UploadRefusal {
    /// It is not as long as it was announced.
    WrongSize,
    /// It was written over after it was said to be complete.
    Changed,
    /// It was not there any more.
    Gone,
    /// Checking it took too long.
    TookTooLong,
    /// The person may not put files there any more.
    AccessEnded,
}

impl UploadState {
    /// Name of the text that says which it is.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self {
            Self::Open => "upload-state-open",
            Self::Sent { .. } => "upload-state-checking",
            Self::Refused { .. } => "upload-state-refused",
        }
    }
}

impl UploadRefusal {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::WrongSize, Self::Changed, Self::Gone, Self::TookTooLong, Self::AccessEnded];

    /// Name of the text that tells the person.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::WrongSize => "upload-refused-wrong-size",
            Self::Changed => "upload-refused-changed",
            Self::Gone => "upload-refused-gone",
            Self::TookTooLong => "upload-refused-took-too-long",
            Self::AccessEnded => "upload-refused-access-ended",
        }
    }
}

impl Upload {
    /// When something last came of it.
    #[must_use]
    pub fn last_used_at(&self) -> Timestamp {
        match self.state {
            UploadState::Open => self.id.created_at(),
            UploadState::Sent { at, .. } | UploadState::Refused { at, .. } => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Locale, Texts};

    #[test]
    fn each_refusal_can_be_said_in_both_languages() {
        for texts in Locale::ALL.map(Texts::of) {
            for refusal in UploadRefusal::ALL {
                let id = refusal.text();
                assert!(texts.has(id) && texts.variables(id).is_empty(), "{id}");
            }
        }
    }
}
