//! A person in one tenant.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    CustomerId, EmailAddress, InviteId, Locale, PersonName, Personal, PhoneNumber, Reason, RecordId, UserId,
};

/// A person's record: what they are called, how they sign in, what they may do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The person.
    pub id: UserId,
    /// `iss` of the identity that signs in.
    pub issuer: String,
    /// `sub` of the identity that signs in.
    pub subject: Personal<String>,
    /// The invitation that brought them.
    pub invite: InviteId,
    /// Their name.
    pub name: Personal<PersonName>,
    /// Where mail reaches them.
    pub email: Personal<EmailAddress>,
    /// An address that still has to be confirmed.
    pub pending_email: Option<EmailChange>,
    /// Their number.
    #[serde(default, deserialize_with = "crate::phone::kept")]
    pub phone: Option<Personal<PhoneNumber>>,
    /// Their language.
    pub locale: Locale,
    /// Their picture.
    pub picture: Option<Picture>,
    /// The fields that the tenant configured.
    #[serde(default)]
    pub fields: Personal<BTreeMap<String, serde_json::Value>>,
    /// Art. 16, second sentence: what the person adds to make the record complete.
    pub supplementary_statement: Option<Personal<Reason>>,
    /// What they may do in the whole tenant.
    pub role: TenantRole,
    /// Whether they may use it.
    pub status: Status,
    /// Since when they may not.
    pub deactivated_at: Option<Timestamp>,
    /// Since when the account is being removed: from then on it counts as absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving_since: Option<Timestamp>,
    /// The customers they belong to, by id.
    pub memberships: Vec<Membership>,
    /// Counts the e-mail changes, so that the link of an older one is void.
    #[serde(default)]
    pub email_changes: u32,
    /// The day on which a change was last asked for, and how many were on it: each mails an address of the person's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_changes_on: Option<EmailChangesOn>,
    /// The number of the last change that was confirmed, so that confirming it again is known; 0 where there was none.
    #[serde(default)]
    pub confirmed_email_change: u32,
    /// The accepted invitations whose grant is in this record. Each grants once: what was taken away since stays so.
    #[serde(default)]
    pub granted: Vec<InviteId>,
    /// The last changes by administrators, so that what follows from one knows whether it came about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<RecordId>,
    /// When they came.
    pub created_at: Timestamp,
    /// When the record last changed.
    pub updated_at: Timestamp,
}

impl Profile {
    /// How many changes by administrators are known: nothing that follows from one waits longer than a few of them take.
    const CHANGES: usize = 8;

    /// Notes that a change by an administrator is in this record.
    pub fn note_change(&mut self, change: RecordId) {
        self.changes.retain(|other| *other != change);
        self.changes.push(change);
        let old = self.changes.len().saturating_sub(Self::CHANGES);
        self.changes.drain(..old);
    }

    /// Their membership of a customer.
    #[must_use]
    pub fn membership(&self, customer: CustomerId) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.customer == customer)
    }

    /// Adds a membership, or changes the role of the one that is there.
    pub fn join(&mut self, customer: CustomerId, role: MembershipRole, now: Timestamp) {
        match self.memberships.iter_mut().find(|membership| membership.customer == customer) {
            Some(membership) => membership.role = role,
            None => self.memberships.push(Membership { customer, role, since: now }),
        }
        self.memberships.sort_by_key(|membership| membership.customer);
    }

    /// Ends a membership; true when there was one.
    pub fn leave(&mut self, customer: CustomerId) -> bool {
        let before = self.memberships.len();
        self.memberships.retain(|membership| membership.customer != customer);
        self.memberships.len() != before
    }

    /// Whether they may use the tenant.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == Status::Active && !self.is_leaving()
    }

    /// Whether the account is being removed.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.leaving_since.is_some()
    }

    /// The customers in which they keep the users up to date.
    pub fn administered(&self) -> impl Iterator<Item = CustomerId> + '_ {
        self.memberships
            .iter()
            .filter(|membership| membership.role == MembershipRole::CustomerAdministrator)
            .map(|membership| membership.customer)
    }
}

/// An address that has to be confirmed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailChange {
    /// The new address.
    pub email: Personal<EmailAddress>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Which change of this person it is, counted from 1.
    pub number: u32,
}

/// How many changes of address a person asked for on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailChangesOn {
    /// The day, in Europe/Stockholm.
    pub day: Date,
    /// How many.
    pub number: u32,
}

/// Which picture is the person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Picture {
    /// Name of the blob under the person's `picture/`.
    pub name: String,
    /// Its type.
    pub content_type: String,
}

/// What a person may do in the whole tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TenantRole {
    /// Decides for the controller.
    Administrator,
    /// Reads, decides nothing.
    DataProtectionOfficer,
    /// What their memberships give.
    Member,
}

/// Whether a person may use the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Yes.
    Active,
    /// Only their own profile and requests.
    Deactivated,
}

/// That a person belongs to a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The customer.
    pub customer: CustomerId,
    /// What they may do there.
    pub role: MembershipRole,
    /// Since when.
    pub since: Timestamp,
}

/// What a person may do within a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MembershipRole {
    /// Uses it.
    Member,
    /// Keeps its users up to date.
    CustomerAdministrator,
}
