//! A case: what a data subject has asked for.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Personal, Reason, RequestId, UserId};

/// A data subject's request (Art. 12–22) and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// Its identifier.
    pub id: RequestId,
    /// What is asked for.
    pub kind: CaseKind,
    /// Whose it is.
    pub subject: UserId,
    /// Where it stands.
    pub state: CaseState,
    /// When it reached the controller.
    pub received_at: Timestamp,
    /// The day by which it must be answered (Art. 12(3)), in Europe/Stockholm.
    pub due_at: Date,
    /// Who registered it: the person, or an administrator for them.
    pub registered_by: UserId,
    /// How it reached the controller.
    #[serde(default)]
    pub channel: Channel,
    /// What the person wrote, or the administrator noted, beside it. Goes when the case is stripped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Personal<Reason>>,
    /// What happened, oldest first.
    pub events: Vec<CaseEvent>,
    /// The package, once it is written.
    pub package: Option<CasePackage>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

/// A closed case does not change any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the case is closed")]
pub struct ClosedCase;

impl Case {
    /// A new case at `now`, already taken up.
    #[must_use]
    pub fn open(
        id: RequestId,
        kind: CaseKind,
        subject: UserId,
        registered_by: UserId,
        received_at: Timestamp,
        now: Timestamp,
        due_at: Date,
    ) -> Self {
        let event = |kind| CaseEvent { at: now, kind };
        Self {
            id,
            kind,
            subject,
            state: CaseState::InProgress,
            received_at,
            due_at,
            registered_by,
            channel: Channel::default(),
            details: None,
            events: vec![event(CaseEventKind::Received), event(CaseEventKind::Started)],
            package: None,
            closed_at: None,
        }
    }

    /// The package is there.
    pub fn ready(&mut self, package: CasePackage, now: Timestamp) -> Result<(), ClosedCase> {
        self.step(CaseState::Ready, CaseEventKind::PackageReady, now)?;
        self.package = Some(package);
        Ok(())
    }

    /// The person has been told that the package is there; in part only where something was too much for it.
    pub fn fulfil(&mut self, now: Timestamp) -> Result<(), ClosedCase> {
        if self.package.as_ref().is_some_and(|package| package.left_out > 0) {
            self.step(CaseState::PartlyFulfilled, CaseEventKind::PartlyFulfilled, now)
        } else {
            self.step(CaseState::Fulfilled, CaseEventKind::Fulfilled, now)
        }
    }

    /// The person wants it no more, nor a package that is there already.
    pub fn withdraw(&mut self, now: Timestamp) -> Result<(), ClosedCase> {
        self.step(CaseState::Withdrawn, CaseEventKind::Withdrawn, now)?;
        self.package = None;
        Ok(())
    }

    /// The person has no account any more: there is nobody to answer. What is kept of a closed case has no free text.
    pub fn lose_subject(&mut self, now: Timestamp) -> Result<(), ClosedCase> {
        self.step(CaseState::Withdrawn, CaseEventKind::SubjectGone, now)?;
        self.forget_content();
        Ok(())
    }

    /// Takes out the free text and what is said of the package. True when there was something.
    pub fn forget_content(&mut self) -> bool {
        let had_text = self.details.take().is_some();
        let had_package = self.package.take().is_some();
        had_text || had_package
    }

    fn step(&mut self, state: CaseState, kind: CaseEventKind, now: Timestamp) -> Result<(), ClosedCase> {
        if self.state.is_closed() {
            return Err(ClosedCase);
        }
        self.state = state;
        self.events.push(CaseEvent { at: now, kind });
        if state.is_closed() {
            self.closed_at = Some(now);
        }
        Ok(())
    }
}

/// How a request reached the controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Through the portal.
    #[default]
    Portal,
    /// By e-mail.
    Email,
    /// By letter.
    Letter,
    /// By telephone.
    Phone,
    /// Face to face.
    InPerson,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CaseKind {
    /// Art. 15.
    Access,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CaseState {
    /// The package is being written.
    InProgress,
    /// The package is there; the person has not been told yet.
    Ready,
    /// Done, and the person has been told.
    Fulfilled,
    /// Done but for files that were too much for the package; the person and the administrators have been told.
    PartlyFulfilled,
    /// Taken back by the person, or given up because their account is gone.
    Withdrawn,
}

impl CaseState {
    /// Whether nothing more happens.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Fulfilled | Self::PartlyFulfilled | Self::Withdrawn)
    }
}

/// Something that happened to a case.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaseEvent {
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// What.
    pub kind: CaseEventKind,
}

/// What happened to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CaseEventKind {
    /// It came.
    Received,
    /// Work on it began.
    Started,
    /// The package is there.
    PackageReady,
    /// The person has been told.
    Fulfilled,
    /// The person has been told, and that files were too much for the package.
    PartlyFulfilled,
    /// The person took it back.
    Withdrawn,
    /// The person's account went before the request was answered.
    SubjectGone,
    /// The package was removed when its period ended.
    PackageRemoved,
    /// Writing the package failed repeatedly; the administrators have been told.
    Stuck,
}

/// The package of an access request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CasePackage {
    /// In bytes.
    pub size: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
    /// When it was there.
    pub ready_at: Timestamp,
    /// The day on which it goes, in Europe/Stockholm, at the time of day at which the person was told of it.
    pub until: Date,
    /// Files that were too much for it.
    #[serde(default)]
    pub left_out: u64,
}
