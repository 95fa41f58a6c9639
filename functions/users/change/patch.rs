//! What a change of a person asks for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kundportal_domain::{
    Locale, Patch, PersonName, Personal, PhoneNumber, Reason, merge_patch,
    records::{Profile, Status, TenantRole},
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::problem::Problem;

/// A JSON merge patch of a person, by an administrator.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UserPatch {
    #[serde(default, deserialize_with = "merge_patch::present")]
    #[schemars(with = "TenantRole")]
    role: Option<TenantRole>,
    #[serde(default, deserialize_with = "merge_patch::present")]
    #[schemars(with = "Status")]
    status: Option<Status>,
    #[serde(default, deserialize_with = "merge_patch::present")]
    #[schemars(with = "Correction")]
    profile: Option<Correction>,
    /// Why; a correction needs it, and the person is told.
    #[serde(default, deserialize_with = "merge_patch::present")]
    #[schemars(with = "Reason")]
    pub(super) reason: Option<Personal<Reason>>,
}

/// Data that are corrected. The address is changed by its owner alone.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Correction {
    #[serde(default, deserialize_with = "merge_patch::present")]
    #[schemars(with = "PersonName")]
    name: Option<Personal<PersonName>>,
    /// In E.164; a national number is read as Swedish. Null removes it.
    #[serde(default)]
    phone: Patch<Personal<PhoneNumber>>,
    #[serde(default, deserialize_with = "merge_patch::present")]
    #[schemars(with = "Locale")]
    locale: Option<Locale>,
    /// Fields that the tenant configured.
    #[serde(default)]
    fields: BTreeMap<String, serde_json::Value>,
}

impl UserPatch {
    /// The rules beyond the form of each member.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let Some(correction) = &self.profile else { return Ok(()) };
        if self.reason.is_none() {
            return Err(Problem::invalid("/reason", "is required for a correction"));
        }
        if !correction.fields.is_empty() {
            return Err(Problem::invalid("/profile/fields", "has a field that is not configured"));
        }
        Ok(())
    }

    /// The profile after the change at `now`; none when everything is so already.
    pub(super) fn applied_to(&self, profile: &Profile, now: Timestamp) -> Option<Profile> {
        let mut next = profile.clone();
        if let Some(role) = self.role {
            next.role = role;
        }
        if let Some(status) = self.status
            && status != profile.status
        {
            next.status = status;
            next.deactivated_at = (status == Status::Deactivated).then_some(now);
        }
        let corrects = self.corrects(profile);
        if let Some(correction) = self.profile.as_ref().filter(|_| corrects) {
            correction.apply_to(&mut next);
        }
        if next.role == profile.role && next.status == profile.status && !corrects {
            return None;
        }
        next.updated_at = now.max(profile.updated_at);
        Some(next)
    }

    /// Whether data of the person become other than they are.
    pub(super) fn corrects(&self, profile: &Profile) -> bool {
        self.profile.as_ref().is_some_and(|correction| correction.changes(profile))
    }
}

impl Correction {
    fn apply_to(&self, profile: &mut Profile) {
        if let Some(name) = &self.name {
            profile.name = name.clone();
        }
        self.phone.clone().apply_to(&mut profile.phone);
        if let Some(locale) = self.locale {
            profile.locale = locale;
        }
    }

    fn changes(&self, profile: &Profile) -> bool {
        let name = self.name.as_ref().is_some_and(|name| name.reveal() != profile.name.reveal());
        let phone = match &self.phone {
            Patch::Absent => false,
            Patch::Null => profile.phone.is_some(),
            Patch::Value(phone) => profile
                .phone
                .as_ref()
                .is_none_or(|present| present.reveal().as_str() != phone.reveal().as_str()),
        };
        name || phone || self.locale.is_some_and(|locale| locale != profile.locale)
    }
}

/// The text of what a role is called.
pub(super) const fn role_text(role: TenantRole) -> &'static str {
    match role {
        TenantRole::Administrator => "role-administrator",
        TenantRole::DataProtectionOfficer => "role-dataProtectionOfficer",
        TenantRole::Member => "role-member",
    }
}
