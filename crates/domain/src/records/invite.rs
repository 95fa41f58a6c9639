//! An invitation.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    CustomerId, EmailAddress, InviteId, InviteMessage, Locale, MembershipRole, PersonName, Personal, Reason,
    TenantRole, UserId,
};

/// An invitation by e-mail. It is accepted once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    /// Its identifier.
    pub id: InviteId,
    /// Where it was sent.
    pub email: Personal<EmailAddress>,
    /// Who is meant.
    pub name: Personal<PersonName>,
    /// What they will be.
    pub role: InviteRole,
    /// The customer they will belong to: with the roles `member` and `customerAdministrator`.
    pub customer: Option<CustomerId>,
    /// A word from whoever invites.
    pub message: Option<Personal<InviteMessage>>,
    /// Language of the mail.
    pub locale: Locale,
    /// Who invites; none for the operator.
    pub invited_by: Option<UserId>,
    /// The operator's recorded authority, where the operator invites an administrator again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Personal<Reason>>,
    /// The user who has lost access and gets a new sign-in by this invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebinds: Option<UserId>,
    /// Where it stands. See [`Invite::status_at`].
    pub status: InviteStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last sent.
    pub sent_at: Timestamp,
    /// How often it was sent again: the link holds the number, so an older link is void.
    pub resends: u32,
    /// The invocations that sent it again: a delivery that the host repeats does not count twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resent_by: Vec<String>,
    /// When the link stops working.
    pub expires_at: Timestamp,
    /// When it was accepted, revoked or found expired.
    pub closed_at: Option<Timestamp>,
    /// By whom it was accepted.
    pub acceptance: Option<Acceptance>,
    /// The one-time code of somebody whose issuer proves no address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
}

/// Why an invitation cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteProblem {
    /// Its time is up.
    Expired,
    /// It was taken back.
    Revoked,
    /// Somebody has accepted it.
    Accepted,
}

impl Invite {
    /// Where it stands at `now`: one whose time is up counts as expired before the retention run marks it.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> InviteStatus {
        if self.status == InviteStatus::Pending && now >= self.expires_at {
            InviteStatus::Expired
        } else {
            self.status
        }
    }

    /// Whether it can be looked up and accepted at `now`.
    pub fn usable_at(&self, now: Timestamp) -> Result<(), InviteProblem> {
        match self.status_at(now) {
            InviteStatus::Pending => Ok(()),
            InviteStatus::Expired => Err(InviteProblem::Expired),
            InviteStatus::Revoked => Err(InviteProblem::Revoked),
            InviteStatus::Accepted => Err(InviteProblem::Accepted),
        }
    }

    /// Closes it.
    pub fn close(&mut self, status: InviteStatus, now: Timestamp) {
        self.status = status;
        self.closed_at = Some(now);
        self.code = None;
    }
}

/// Who accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// Keyed hash of the identity.
    pub accepted_by: String,
    /// The user they are.
    pub user: UserId,
    /// Whether they were a user before: an account that goes meanwhile does not come back by this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_user: bool,
    /// `iss` and `sub` of the identity: the profile can be made from here, should the acceptance stop in the middle.
    pub issuer: String,
    /// See above.
    pub subject: Personal<String>,
}

/// A one-time code that was mailed to the invited address. The code itself is derived, not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// Keyed hash of the identity that it is for.
    pub identity: String,
    /// Which code of this invitation it is.
    pub number: u32,
    /// Wrong ones so far.
    pub tries: u32,
}

impl Code {
    /// Wrong codes before the code is void.
    pub const MAX_TRIES: u32 = 5;
}

/// What somebody is invited as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InviteRole {
    /// A user of a customer.
    Member,
    /// A user of a customer who keeps its users up to date.
    CustomerAdministrator,
    /// Decides for the controller.
    Administrator,
    /// Reads, decides nothing.
    DataProtectionOfficer,
}

impl InviteRole {
    /// What the person may do in the whole tenant.
    #[must_use]
    pub const fn tenant_role(self) -> TenantRole {
        match self {
            Self::Administrator => TenantRole::Administrator,
            Self::DataProtectionOfficer => TenantRole::DataProtectionOfficer,
            Self::Member | Self::CustomerAdministrator => TenantRole::Member,
        }
    }

    /// What the person may do in the customer; none for roles that have no customer.
    #[must_use]
    pub const fn membership_role(self) -> Option<MembershipRole> {
        match self {
            Self::Member => Some(MembershipRole::Member),
            Self::CustomerAdministrator => Some(MembershipRole::CustomerAdministrator),
            Self::Administrator | Self::DataProtectionOfficer => None,
        }
    }
}

/// Where an invitation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InviteStatus {
    /// It can be accepted.
    Pending,
    /// It was.
    Accepted,
    /// It was taken back.
    Revoked,
    /// Its time is up.
    Expired,
}

impl InviteStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Accepted, Self::Revoked, Self::Expired];

    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}
