//! The only place where an error becomes a response: `application/problem+json` (RFC 9457).

use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use kundportal_domain::{IdError, Locale, Texts, records::InviteProblem};
use kundportal_store::{SignerUnavailable, StoreError};
use serde::Serialize;

use crate::respond::Answer;

/// What went wrong, as a type of problem. The slug after `/problems/` and the status are fixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProblemType {
    /// The request cannot be read.
    Malformed,
    /// No token, or one that does not count.
    Unauthenticated,
    /// The sign-in is too long ago for this (RFC 9470).
    StepUpRequired,
    /// Known, but not allowed.
    Forbidden,
    /// The account is deactivated.
    UserDeactivated,
    /// Absent, or not the caller's.
    NotFound,
    /// The path exists, for other methods.
    MethodNotAllowed,
    /// The state forbids it.
    Conflict,
    /// The tenant has not chosen how long this is kept.
    RetentionNotChosen,
    /// The contract of Art. 28(3) is missing.
    AwaitingAgreement,
    /// Too many unanswered invitations.
    TooManyPending,
    /// Too many direct uploads that have become no file.
    TooManyUploads,
    /// Nothing was sent to the URL of an upload that is said to be complete.
    NothingUploaded,
    /// The invitation's time is up.
    InviteExpired,
    /// The invitation was taken back.
    InviteRevoked,
    /// The invitation has been used.
    InviteAccepted,
    /// The issuer proves no address: the code from the mail is needed.
    CodeRequired,
    /// The last active administrator stays.
    LastAdministrator,
    /// Another user has this address.
    EmailTaken,
    /// There is a tenant of this name, or there was.
    TenantExists,
    /// The person is a member already.
    AlreadyMember,
    /// The package is not there yet.
    RequestNotReady,
    /// The case is closed.
    RequestClosed,
    /// Somebody else was faster.
    PreconditionFailed,
    /// Over a limit.
    TooLarge,
    /// Not this media type.
    UnsupportedMediaType,
    /// The content has no such part.
    RangeNotSatisfiable,
    /// The input breaks a rule.
    InvalidInput,
    /// The code is wrong.
    CodeInvalid,
    /// The key was used with another body.
    IdempotencyMismatch,
    /// Too many attempts.
    TooManyRequests,
    /// Our side failed.
    Internal,
    /// Try later.
    Unavailable,
    /// The program does not run, or its data do not lie, where the register allows.
    RegionLock,
}

impl ProblemType {
    /// All of them, for the description of the interface.
    pub const ALL: [Self; 34] = [
        Self::Malformed,
        Self::Unauthenticated,
        Self::StepUpRequired,
        Self::Forbidden,
        Self::UserDeactivated,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::RetentionNotChosen,
        Self::AwaitingAgreement,
        Self::TooManyPending,
        Self::TooManyUploads,
        Self::NothingUploaded,
        Self::InviteExpired,
        Self::InviteRevoked,
        Self::InviteAccepted,
        Self::CodeRequired,
        Self::LastAdministrator,
        Self::EmailTaken,
        Self::TenantExists,
        Self::AlreadyMember,
        Self::RequestNotReady,
        Self::RequestClosed,
        Self::PreconditionFailed,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::RangeNotSatisfiable,
        Self::InvalidInput,
        Self::CodeInvalid,
        Self::IdempotencyMismatch,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
        Self::RegionLock,
    ];

    /// Name and status.
    #[must_use]
    pub const fn parts(self) -> (&'static str, StatusCode) {
        match self {
            Self::Malformed => ("malformed", StatusCode::BAD_REQUEST),
            Self::Unauthenticated => ("unauthenticated", StatusCode::UNAUTHORIZED),
            Self::StepUpRequired => ("step-up-required", StatusCode::UNAUTHORIZED),
            Self::Forbidden => ("forbidden", StatusCode::FORBIDDEN),
            Self::UserDeactivated => ("user-deactivated", StatusCode::FORBIDDEN),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::Conflict => ("conflict", StatusCode::CONFLICT),
            Self::RetentionNotChosen => ("retention-not-chosen", StatusCode::CONFLICT),
            Self::AwaitingAgreement => ("awaiting-agreement", StatusCode::CONFLICT),
            Self::TooManyPending => ("too-many-pending", StatusCode::CONFLICT),
            Self::TooManyUploads => ("too-many-uploads", StatusCode::CONFLICT),
            Self::NothingUploaded => ("nothing-uploaded", StatusCode::CONFLICT),
            Self::InviteExpired => ("invite-expired", StatusCode::CONFLICT),
            Self::InviteRevoked => ("invite-revoked", StatusCode::CONFLICT),
            Self::InviteAccepted => ("invite-accepted", StatusCode::CONFLICT),
            Self::CodeRequired => ("code-required", StatusCode::CONFLICT),
            Self::LastAdministrator => ("last-administrator", StatusCode::CONFLICT),
            Self::EmailTaken => ("email-taken", StatusCode::CONFLICT),
            Self::TenantExists => ("tenant-exists", StatusCode::CONFLICT),
            Self::AlreadyMember => ("already-member", StatusCode::CONFLICT),
            Self::RequestNotReady => ("request-not-ready", StatusCode::CONFLICT),
            Self::RequestClosed => ("request-closed", StatusCode::CONFLICT),
            Self::PreconditionFailed => ("precondition-failed", StatusCode::PRECONDITION_FAILED),
            Self::TooLarge => ("too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedMediaType => ("unsupported-media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::RangeNotSatisfiable => ("range-not-satisfiable", StatusCode::RANGE_NOT_SATISFIABLE),
            Self::InvalidInput => ("invalid-input", StatusCode::UNPROCESSABLE_ENTITY),
            Self::CodeInvalid => ("code-invalid", StatusCode::UNPROCESSABLE_ENTITY),
            Self::IdempotencyMismatch => ("idempotency-mismatch", StatusCode::UNPROCESSABLE_ENTITY),
            Self::TooManyRequests => ("too-many-requests", StatusCode::TOO_MANY_REQUESTS),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
            Self::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::RegionLock => ("region-lock", StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

/// A rule that a member of the input breaks. Never holds the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body, or `?name` for a query parameter and `#Name` for a header.
    pub pointer: String,
    /// The rule, in English.
    pub rule: String,
}

impl FieldError {
    /// From its two parts.
    #[expect(clippy::needless_pass_by_value, reason = "rules are small, and named in place")]
    pub fn new(pointer: impl Into<String>, rule: impl ToString) -> Self {
        Self { pointer: pointer.into(), rule: rule.to_string() }
    }
}

/// A text for people with what goes into it. Never holds what the caller sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Name of the text.
    pub text: &'static str,
    /// Its variables.
    pub values: Vec<(&'static str, String)>,
}

/// Why a request is not done. What the caller sees of it is made by [`Problem::to_response`] alone.
#[derive(Debug)]
pub struct Problem {
    /// The type.
    pub kind: ProblemType,
    /// Rules that the input breaks.
    pub errors: Vec<FieldError>,
    /// The limit that was passed, in bytes or as the type of problem says.
    pub limit: Option<u64>,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// What is said instead of the type's own detail.
    pub detail: Option<Box<Sentence>>,
    /// For `Allow`.
    pub allow: Vec<&'static str>,
    /// For the log only: never has personal data, for no error type here holds any.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl From<ProblemType> for Problem {
    fn from(kind: ProblemType) -> Self {
        Self {
            kind,
            errors: Vec::new(),
            limit: None,
            retry_after: None,
            detail: None,
            allow: Vec::new(),
            source: None,
        }
    }
}

impl Problem {
    /// One rule that one member breaks.
    pub fn invalid(pointer: impl Into<String>, rule: impl ToString) -> Self {
        Self { errors: vec![FieldError::new(pointer, rule)], ..ProblemType::InvalidInput.into() }
    }

    /// Several rules broken.
    #[must_use]
    pub fn invalid_all(errors: Vec<FieldError>) -> Self {
        Self { errors, ..ProblemType::InvalidInput.into() }
    }

    /// Over a limit.
    #[must_use]
    pub fn too_large(limit: u64) -> Self {
        Self { limit: Some(limit), ..ProblemType::TooLarge.into() }
    }

    /// Our side failed, for this reason.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..ProblemType::Internal.into() }
    }

    /// Whether this is a problem of the given type.
    #[must_use]
    pub fn is(&self, kind: ProblemType) -> bool {
        self.kind == kind
    }

    /// The answer in the caller's language.
    #[must_use]
    pub fn to_response(&self, locale: Locale, invocation: &str) -> Answer {
        let (slug, status) = self.kind.parts();
        let texts = Texts::of(locale);
        let server_side = status.is_server_error();
        let detail = match &self.detail {
            None => texts.get(&format!("problem-{slug}-detail")),
            Some(sentence) => {
                let Sentence { text, values } = sentence.as_ref();
                let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
                texts.with(text, &values)
            }
        };
        let body = Body {
            r#type: format!("/problems/{slug}"),
            title: texts.get(&format!("problem-{slug}-title")).into_owned(),
            status: status.as_u16(),
            detail: detail.into_owned(),
            instance: invocation,
            errors: if server_side { &[] } else { &self.errors },
            limit: self.limit,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Answer::new(body.into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.as_str()));
        match self.kind {
            ProblemType::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            ProblemType::StepUpRequired => {
                let challenge = r#"Bearer error="insufficient_user_authentication", max_age=300"#;
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            ProblemType::Unavailable | ProblemType::TooManyRequests | ProblemType::RegionLock => {
                // A lock is mended by a deployment.
                let usual = if self.kind == ProblemType::RegionLock { 600 } else { 5 };
                let seconds = self.retry_after.map_or(usual, |after| after.as_secs().max(1));
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            ProblemType::MethodNotAllowed => {
                if let Ok(allow) = HeaderValue::from_str(&self.allow.join(", ")) {
                    headers.insert(header::ALLOW, allow);
                }
            }
            _ => {}
        }
        response
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    instance: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

/// Schema of the body, for the description of the interface.
#[must_use]
pub(crate) fn schema() -> serde_json::Value {
    serde_json::json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance"],
        "additionalProperties": false,
        "properties": {
            "type": {"enum": ProblemType::ALL.map(|kind| format!("/problems/{}", kind.parts().0)).as_slice()},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "errors": {"type": "array", "items": {
                "type": "object",
                "required": ["pointer", "rule"],
                "additionalProperties": false,
                "properties": {"pointer": {"type": "string"}, "rule": {"type": "string"}},
            }},
            "limit": {"type": "integer", "minimum": 0},
        },
    })
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => ProblemType::NotFound.into(),
            StoreError::AlreadyExists => ProblemType::Conflict.into(),
            StoreError::PreconditionFailed => ProblemType::PreconditionFailed.into(),
            StoreError::TooLarge { limit } => Self::too_large(limit),
            StoreError::Body(source) => Self { source: Some(source.into()), ..ProblemType::Malformed.into() },
            StoreError::Unavailable { retry_after, .. } => {
                Self { retry_after, source: Some(Box::new(error)), ..ProblemType::Unavailable.into() }
            }
            other => Self::internal(other),
        }
    }
}

impl From<SignerUnavailable> for Problem {
    fn from(error: SignerUnavailable) -> Self {
        Self { source: Some(Box::new(error)), ..ProblemType::Unavailable.into() }
    }
}

impl From<IdError> for Problem {
    fn from(_: IdError) -> Self {
        ProblemType::NotFound.into()
    }
}

impl From<InviteProblem> for Problem {
    fn from(problem: InviteProblem) -> Self {
        match problem {
            InviteProblem::Expired => ProblemType::InviteExpired,
            InviteProblem::Revoked => ProblemType::InviteRevoked,
            InviteProblem::Accepted => ProblemType::InviteAccepted,
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_texts_in_both_languages() {
        for kind in ProblemType::ALL {
            for locale in [Locale::Sv, Locale::En] {
                for part in ["title", "detail"] {
                    let id = format!("problem-{}-{part}", kind.parts().0);
                    assert!(Texts::of(locale).has(&id), "{id} is missing in {locale:?}");
                }
            }
        }
    }
}
