//! What the periods of stored records count from.

use jiff::civil::Date;

use super::{IdleAccount, Item, Warning};
use crate::{
    records::{Case, Comment, FileMeta, Invite, InviteStatus, Profile, Upload},
    stockholm,
};

impl From<&Invite> for Item {
    fn from(invite: &Invite) -> Self {
        match invite.status {
            InviteStatus::Pending => Self::PendingInvitation { sent_at: invite.sent_at },
            InviteStatus::Accepted | InviteStatus::Revoked | InviteStatus::Expired => {
                Self::ClosedInvitation { closed_at: invite.closed_at.unwrap_or(invite.sent_at) }
            }
        }
    }
}

impl From<&FileMeta> for Item {
    fn from(file: &FileMeta) -> Self {
        Self::File { uploaded_at: file.uploaded_at }
    }
}

impl From<&Comment> for Item {
    fn from(comment: &Comment) -> Self {
        Self::Comment { created_at: comment.created_at }
    }
}

impl From<&Upload> for Item {
    fn from(upload: &Upload) -> Self {
        Self::Upload { used_at: upload.last_used_at() }
    }
}

impl From<&Case> for Item {
    fn from(case: &Case) -> Self {
        Self::Case { closed_at: case.closed_at }
    }
}

impl Item {
    /// An account, with the day of its last use and the last warning where there are any.
    #[must_use]
    pub fn account(profile: &Profile, last_used_on: Option<Date>, warned: Option<Warning>) -> Self {
        if profile.is_active() {
            let last_used_on = last_used_on.unwrap_or_else(|| stockholm::date_of(profile.created_at));
            Self::Account(IdleAccount { last_used_on, warned })
        } else {
            Self::DeactivatedAccount { deactivated_at: profile.deactivated_at.unwrap_or(profile.updated_at) }
        }
    }

    /// The unconfirmed e-mail address of a profile.
    #[must_use]
    pub fn email_change(profile: &Profile) -> Option<Self> {
        profile.pending_email.as_ref().map(|change| Self::EmailChange { requested_at: change.requested_at })
    }

    /// The package of a case. Its period begins when the person has been told, by which the case is closed; until then nothing ends
    /// it.
    #[must_use]
    pub fn package(case: &Case) -> Option<Self> {
        let package = case.package.as_ref()?;
        Some(Self::Package { ready_at: case.closed_at.unwrap_or(package.ready_at).max(package.ready_at) })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn profile(status: &str) -> Profile {
        serde_json::from_value(json!({
            "id": "usr_01KAVQ6Z2W0000000000000000", "issuer": "https://issuer.example.com", "subject": "s",
            "invite": "inv_01KAVQ6Z2W0000000000000000", "name": "Kim Exempel", "email": "kim@example.se",
            "pendingEmail": {"email": "ny@example.se", "requestedAt": "2026-11-24T10:00:00Z", "number": 1},
            "phone": null, "locale": "sv", "picture": null, "supplementaryStatement": null, "role": "member",
            "status": status, "deactivatedAt": "2026-11-20T10:00:00Z", "memberships": [],
            "createdAt": "2026-11-01T23:30:00Z", "updatedAt": "2026-11-21T10:00:00Z",
        }))
        .expect("a profile")
    }

    #[test]
    fn an_account_never_used_counts_from_the_day_it_was_made() {
        let made = Item::account(&profile("active"), None, None);
        assert_eq!(made, Item::Account(IdleAccount { last_used_on: date(2026, 11, 2), warned: None }));
        let used = Item::account(&profile("active"), Some(date(2026, 11, 9)), None);
        assert_eq!(used, Item::Account(IdleAccount { last_used_on: date(2026, 11, 9), warned: None }));
    }

    #[test]
    fn a_deactivated_account_counts_from_then_and_not_from_its_use() {
        let deactivated_at = "2026-11-20T10:00:00Z".parse().expect("a time");
        let item = Item::account(&profile("deactivated"), Some(date(2026, 11, 9)), None);
        assert_eq!(item, Item::DeactivatedAccount { deactivated_at });
    }

    #[test]
    fn an_email_change_counts_from_its_request() {
        let requested_at = "2026-11-24T10:00:00Z".parse().expect("a time");
        assert_eq!(Item::email_change(&profile("active")), Some(Item::EmailChange { requested_at }));
    }
}
