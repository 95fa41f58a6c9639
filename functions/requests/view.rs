//! A request as it is answered.

use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    Personal, Reason, RequestId, UserId,
    records::{Case, CaseEvent, CaseKind, CasePackage, CaseState, Channel},
};
use schemars::JsonSchema;
use serde::Serialize;

/// A request as it is answered.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestView {
    id: RequestId,
    kind: CaseKind,
    subject: UserId,
    state: CaseState,
    channel: Channel,
    details: Option<Personal<Reason>>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    received_at: Timestamp,
    /// The day by which it must be answered, in Europe/Stockholm.
    #[schemars(with = "String", extend("format" = "date"))]
    due_at: Date,
    /// None: an access request of a user is answered without one.
    decision: Option<Decision>,
    /// What the person can do besides (Art. 15(1)(f), 77 and 79).
    remedies: Vec<Remedy>,
    /// Oldest first.
    events: Vec<CaseEvent>,
    package: Option<PackageView>,
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    closed_at: Option<Timestamp>,
}

/// What an administrator decided.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Decision {}

/// What a person can do who is not content.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Remedy {
    /// To the supervisory authority.
    Complaint,
    /// In court.
    JudicialRemedy,
}

/// The package of a request.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PackageView {
    /// In bytes.
    size: u64,
    /// In lower-case hexadecimal.
    sha256: String,
    #[schemars(with = "String", extend("format" = "date-time"))]
    ready_at: Timestamp,
    /// The day on which it goes, in Europe/Stockholm.
    #[schemars(with = "String", extend("format" = "date"))]
    until: Date,
    /// Files that are not in it, for they were too much: the package lists them.
    left_out: u64,
}

impl From<CasePackage> for PackageView {
    fn from(package: CasePackage) -> Self {
        let CasePackage { size, sha256, ready_at, until, left_out } = package;
        Self { size, sha256, ready_at, until, left_out }
    }
}

impl From<Case> for RequestView {
    fn from(case: Case) -> Self {
        Self {
            id: case.id,
            kind: case.kind,
            subject: case.subject,
            state: case.state,
            channel: case.channel,
            details: case.details,
            received_at: case.received_at,
            due_at: case.due_at,
            decision: None,
            remedies: vec![Remedy::Complaint, Remedy::JudicialRemedy],
            events: case.events,
            package: case.package.map(Into::into),
            closed_at: case.closed_at,
        }
    }
}
