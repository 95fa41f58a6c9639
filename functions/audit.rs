//! The audit log: one small create-only blob for each record, with pseudonymous ids only. Written before the effect: a
//! record whose effect never came is legal, an effect without its record is not.

use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    CustomerId, RecordId, RetentionRules, TenantId, UserId,
    retention::{Item, due_day},
    stockholm,
};
use kundportal_store::{BlobPath, Condition, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    auth::User,
    due::DueItem,
    layout::{self, TenantLayout},
    operation::Roles,
};

/// Who acted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct By {
    /// Their id within the tenant; none for the operator and for the program itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) user: Option<UserId>,
    /// What they acted as.
    pub(crate) role: ByRole,
}

/// What somebody acted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ByRole {
    Operator,
    Administrator,
    DataProtectionOfficer,
    CustomerAdministrator,
    Member,
    Deactivated,
    /// Somebody who accepts an invitation.
    Invited,
    /// The program: a timer or a worker.
    System,
}

impl By {
    pub(crate) const SYSTEM: Self = Self { user: None, role: ByRole::System };
    pub(crate) const OPERATOR: Self = Self { user: None, role: ByRole::Operator };

    pub(crate) fn user(user: &User) -> Self {
        Self::person(user.id(), user.roles)
    }

    /// A user of the tenant who was not let in as one.
    pub(crate) fn person(user: UserId, roles: Roles) -> Self {
        let role = [
            (Roles::ADMINISTRATOR, ByRole::Administrator),
            (Roles::DATA_PROTECTION_OFFICER, ByRole::DataProtectionOfficer),
            (Roles::CUSTOMER_ADMINISTRATOR, ByRole::CustomerAdministrator),
            (Roles::DEACTIVATED, ByRole::Deactivated),
        ]
        .into_iter()
        .find_map(|(of, role)| roles.meet(of).then_some(role));
        Self { user: Some(user), role: role.unwrap_or(ByRole::Member) }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AuditOutcome {
    /// It is about to happen.
    Intended,
    /// It was refused.
    Denied,
}

/// Why personal data was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Purpose {
    /// Keeping users up to date.
    UserAdministration,
    /// Answering a data subject's request.
    CaseHandling,
}

/// One record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditRecord {
    pub(crate) id: RecordId,
    pub(crate) at: Timestamp,
    pub(crate) by: By,
    /// The operation's id, or the name of the timer or worker.
    pub(crate) action: String,
    /// The object's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) object: Option<String>,
    /// The persons whom it concerns.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) subjects: Vec<UserId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) customer: Option<CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) purpose: Option<Purpose>,
    pub(crate) outcome: AuditOutcome,
}

impl AuditRecord {
    /// A record of something that is about to happen.
    #[expect(clippy::needless_pass_by_value, reason = "identifiers are small, and named in place")]
    pub(crate) fn intended(app: &App, by: By, action: impl Into<String>, object: impl ToString) -> Self {
        Self::new(app, by, action, Some(object.to_string()), AuditOutcome::Intended)
    }

    /// A record of something that was refused.
    pub(crate) fn denied(app: &App, by: By, action: impl Into<String>) -> Self {
        Self::new(app, by, action, None, AuditOutcome::Denied)
    }

    fn new(
        app: &App,
        by: By,
        action: impl Into<String>,
        object: Option<String>,
        outcome: AuditOutcome,
    ) -> Self {
        let at = app.now();
        let id = RecordId::new(at, app.random());
        Self {
            id,
            at,
            by,
            action: action.into(),
            object,
            subjects: Vec::new(),
            customer: None,
            purpose: None,
            outcome,
        }
    }

    /// Names the persons whom it concerns.
    pub(crate) fn about(mut self, subjects: impl IntoIterator<Item = UserId>) -> Self {
        self.subjects.extend(subjects);
        self
    }

    /// Names the customer within which it happens.
    pub(crate) fn within(mut self, customer: CustomerId) -> Self {
        self.customer = Some(customer);
        self
    }

    /// Says why personal data is read.
    pub(crate) fn for_purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = Some(purpose);
        self
    }

    /// When its copy in the activity of a person goes, and how that is noted.
    fn activity_due(&self, subject: UserId) -> (Option<Date>, DueItem) {
        let day = due_day(&Item::Activity { at: self.at }, &RetentionRules::default());
        (day, DueItem::Activity { user: subject, record: self.id })
    }

    fn path(&self, tenant: &TenantId) -> BlobPath {
        let day = stockholm::date_of(self.at);
        BlobPath::new(layout::audit(tenant), format!("{day}/{}.json", self.id.inverted()))
    }
}

impl App {
    /// Writes a record.
    pub(crate) async fn audit(&self, tenant: &TenantId, record: &AuditRecord) -> Result<(), StoreError> {
        self.write(&record.path(tenant), record, Condition::IfAbsent).await.map(drop)
    }

    /// Records that one person is looked up by somebody else, in the log and in the person's own activity, before the
    /// answer (C-579/21).
    pub(crate) async fn audit_look_up(
        &self,
        tenant: &TenantId,
        record: &AuditRecord,
        subject: UserId,
    ) -> Result<(), StoreError> {
        self.audit(tenant, record).await?;
        if record.by.user == Some(subject) {
            return Ok(());
        }
        self.note_activity(tenant, record, subject).await?;
        // Mark, then look: an account that went meanwhile has no activity any more.
        if !self.exists(&TenantLayout::new(tenant).profile(subject)).await? {
            self.forget_activity(tenant, record, subject).await?;
        }
        Ok(())
    }

    /// Copies a record to the activity of one person it concerns. Again changes nothing.
    pub(crate) async fn note_activity(
        &self,
        tenant: &TenantId,
        record: &AuditRecord,
        subject: UserId,
    ) -> Result<(), StoreError> {
        let path = TenantLayout::new(tenant).activity(subject, record.id);
        let (day, due) = record.activity_due(subject);
        if let Some(day) = day {
            self.mark_due(tenant, day, due).await?;
        }
        let activity = Activity {
            at: record.at,
            action: record.action.clone(),
            purpose: record.purpose,
            own: record.by.user == Some(subject),
        };
        match self.write(&path, &activity, Condition::IfAbsent).await {
            Ok(_) | Err(StoreError::AlreadyExists) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Undoes [`App::note_activity`].
    pub(crate) async fn forget_activity(
        &self,
        tenant: &TenantId,
        record: &AuditRecord,
        subject: UserId,
    ) -> Result<(), StoreError> {
        let layout = TenantLayout::new(tenant);
        self.unmark(&layout.activity(subject, record.id)).await?;
        match record.activity_due(subject) {
            (Some(day), due) => self.unmark(&layout.due(day, &due.to_string())).await,
            (None, _) => Ok(()),
        }
    }

    /// Records that a list showed these persons: one record in the log, and a note from which a timer copies it to the
    /// activity of each. The day's work marker comes first, so that the timer looks.
    pub(crate) async fn audit_list(&self, tenant: &TenantId, record: &AuditRecord) -> Result<(), StoreError> {
        self.audit(tenant, record).await?;
        if record.subjects.iter().all(|subject| record.by.user == Some(*subject)) {
            return Ok(());
        }
        self.mark_reads(tenant).await?;
        self.write(&TenantLayout::new(tenant).read(record.id), record, Condition::IfAbsent).await.map(drop)
    }
}

/// What a person's activity says: that they did something, or that somebody looked them up, never who.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Activity {
    pub(crate) at: Timestamp,
    pub(crate) action: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) purpose: Option<Purpose>,
    /// Whether it was the person's own doing.
    pub(crate) own: bool,
}
