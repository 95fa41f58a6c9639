//! What storage's refusals mean.

use std::{fmt, time::Duration};

use azure_core::{error::ErrorKind, http::headers::HeaderName};

use crate::StoreError;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");

/// Storage needs at least this long to remove a container before another of its name can be made.
const CONTAINER_REMOVAL: Duration = Duration::from_secs(30);

/// A call that came to nothing, with all its tries.
#[derive(Debug)]
pub(super) struct Failure {
    end: End,
    /// An earlier try may have had its effect, so that what is refused now may be refused because of it.
    pub(super) unsure: bool,
    retry_after: Option<Duration>,
}

#[derive(Debug)]
enum End {
    /// What storage said, its long body left out.
    Answered { status: u16, code: String, request: String },
    /// No connection, no token, or an answer that broke off.
    Failed(azure_core::Error),
    /// Storage, or the pause it asked for, took longer than anybody waits.
    Late,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            End::Answered { status, code, request } => {
                write!(f, "storage answered {status} {code} (request {request})")
            }
            End::Failed(_) => f.write_str("storage could not be asked"),
            End::Late => f.write_str("storage did not answer in time"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.end {
            End::Failed(error) => Some(error),
            End::Answered { .. } | End::Late => None,
        }
    }
}

impl Failure {
    pub(super) fn new(error: azure_core::Error, unsure: bool, retry_after: Option<Duration>) -> Self {
        let ErrorKind::HttpResponse { status, error_code, raw_response } = error.kind() else {
            return Self { end: End::Failed(error), unsure, retry_after };
        };
        let request = raw_response
            .as_ref()
            .and_then(|response| response.headers().get_optional_string(&REQUEST_ID))
            .unwrap_or_default();
        let code = error_code.clone().unwrap_or_default();
        Self { end: End::Answered { status: u16::from(*status), code, request }, unsure, retry_after }
    }

    pub(super) fn late(retry_after: Option<Duration>) -> Self {
        Self { end: End::Late, unsure: true, retry_after }
    }

    fn is(&self, wanted: u16, codes: &[&str]) -> bool {
        matches!(&self.end, End::Answered { status, code, .. } if *status == wanted && codes.contains(&code.as_str()))
    }

    /// There is no such container.
    pub(super) fn no_container(&self) -> bool {
        self.is(404, &["ContainerNotFound"]) || self.container_goes()
    }

    /// There is no such blob. Nothing else that answers 404 is taken for it, such as a proxy in between.
    pub(super) fn no_blob(&self) -> bool {
        self.is(404, &["BlobNotFound", "ResourceNotFound"])
    }

    /// A condition did not hold.
    pub(super) fn condition(&self) -> bool {
        self.is(412, &["ConditionNotMet", "TargetConditionNotMet"])
    }

    /// A blob of that name exists.
    pub(super) fn blob_exists(&self) -> bool {
        self.is(409, &["BlobAlreadyExists"])
    }

    /// A container of that name exists.
    pub(super) fn container_exists(&self) -> bool {
        self.is(409, &["ContainerAlreadyExists"])
    }

    /// A container of that name is being removed.
    fn container_goes(&self) -> bool {
        self.is(404, &["ContainerBeingDeleted"]) || self.is(409, &["ContainerBeingDeleted"])
    }

    /// Somebody has a lease on the blob.
    pub(super) fn leased(&self) -> bool {
        self.is(412, &["LeaseIdMissing"])
    }

    /// The blob lies in the archive, where whoever may write it can put it, and cannot be read.
    fn archived(&self) -> bool {
        self.is(409, &["BlobArchived"])
    }

    /// Somebody else's write ended this one's uncommitted blocks.
    pub(super) fn blocks_gone(&self) -> bool {
        self.is(400, &["InvalidBlockList"])
    }

    /// The range lies outside the content.
    pub(super) fn range(&self) -> bool {
        matches!(self.end, End::Answered { status: 416, .. })
    }

    /// What a caller hears where nothing more is known.
    pub(super) fn into_error(self) -> StoreError {
        let retry_after = if self.container_goes() { Some(CONTAINER_REMOVAL) } else { self.retry_after };
        StoreError::Unavailable { retry_after, source: self.into() }
    }

    /// The same where a blob or container that is missing, or out of reach, is an answer of its own.
    pub(super) fn or_not_found(self) -> StoreError {
        if self.no_container() || self.no_blob() || self.archived() {
            StoreError::NotFound
        } else {
            self.into_error()
        }
    }
}

/// An answer without something that every answer of its kind has.
#[derive(Debug, thiserror::Error)]
#[error("storage's answer has no {0}")]
pub(super) struct Lacking(pub(super) &'static str);

impl From<Lacking> for StoreError {
    fn from(lacking: Lacking) -> Self {
        Self::broken(lacking)
    }
}
