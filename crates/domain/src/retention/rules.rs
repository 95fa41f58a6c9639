//! The periods, as data.

use crate::{Period, RetentionChoice, records::RetentionChoices};

/// How long everything is kept: the proposals, and what the tenant chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRules {
    /// Sign-ins with IP address, from the sign-in.
    pub sign_ins: Period,
    /// What somebody did and who looked them up, from then: as long as the audit log that it is the person's part of.
    pub activity: Period,
    /// A pending invitation, from when it was last sent, until it expires.
    pub pending_invitation: Period,
    /// The record of an invitation, from when it was closed.
    pub closed_invitation: Period,
    /// A package, from when it was ready.
    pub package: Period,
    /// A case, from its closing.
    pub case: Period,
    /// An account that is not used, from the last day of use.
    pub idle_account: Period,
    /// How many days before an idle account goes its person is warned, the greatest number first.
    pub idle_warnings: Vec<u16>,
    /// A deactivated account, from its deactivation.
    pub deactivated_account: Period,
    /// A pending e-mail change, in hours from the request.
    pub email_change_hours: u16,
    /// Files, from the upload; none while the tenant has not chosen.
    pub files: Option<RetentionChoice>,
    /// Comments, from their writing; none while the tenant has not chosen.
    pub comments: Option<RetentionChoice>,
    /// Keys by which a repeated request is known, in hours from use.
    pub idempotency_key_hours: u16,
    /// Direct uploads that have become no file, in hours from their last use.
    pub upload_hours: u16,
    /// Reports of runs.
    pub run_reports: Period,
    /// The audit log, by day.
    pub audit: Period,
    /// The platform's logs with IP addresses; kept and deleted by the platform.
    pub platform_logs: Period,
    /// After how long a protected item that is due is looked at again.
    pub review_protected: Period,
    /// How long the storage keeps deleted objects.
    pub soft_delete: Period,
}

impl RetentionRules {
    /// The proposals with a tenant's choices.
    #[must_use]
    pub fn with(choices: &RetentionChoices) -> Self {
        Self { files: choices.files, comments: choices.comments, ..Self::default() }
    }
}

impl Default for RetentionRules {
    fn default() -> Self {
        Self {
            sign_ins: Period::days(90),
            activity: Period::months(24),
            pending_invitation: Period::days(7),
            closed_invitation: Period::days(30),
            package: Period::days(7),
            case: Period::years(3),
            idle_account: Period::months(24),
            idle_warnings: vec![60, 30, 7],
            deactivated_account: Period::days(90),
            email_change_hours: 24,
            files: None,
            comments: None,
            idempotency_key_hours: 24,
            upload_hours: 24,
            run_reports: Period::months(12),
            audit: Period::months(24),
            platform_logs: Period::days(30),
            review_protected: Period::days(7),
            soft_delete: Period::days(14),
        }
    }
}
