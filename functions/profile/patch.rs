//! `PATCH T/profile`: a merge patch (RFC 7396), so that it can be decided again when somebody else was faster.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kundportal_domain::{
    EmailAddress, Locale, Patch, PersonName, Personal, PhoneNumber, Reason, merge_patch::present,
    records::Profile,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{email_change, own::OwnProfile, read};
use crate::{
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    problem::Problem,
    respond::Answer,
    settings::Limits,
};

/// What is to change.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProfilePatch {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "PersonName")]
    name: Option<Personal<PersonName>>,
    /// Kept as E.164; a national number is read as Swedish.
    #[serde(default)]
    phone: Patch<Personal<PhoneNumber>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Locale")]
    locale: Option<Locale>,
    /// Fields that the tenant configured.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    fields: Option<Personal<BTreeMap<String, serde_json::Value>>>,
    #[serde(default)]
    supplementary_statement: Patch<Personal<Reason>>,
    /// Pending until it is confirmed from the new address; asks for a fresh sign-in.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "EmailAddress")]
    email: Option<Personal<EmailAddress>>,
}

pub(super) async fn patch(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (patch, _) = context.json::<ProfilePatch>().await?;
    patch.check_fields()?;
    if patch.email.is_some() {
        user.identity.require_step_up(context.now())?;
    }
    let app = &context.app;
    let mut own = OwnProfile::new(&context, &user)?;
    let limits = app.settings().limits;
    let mut recorded = false;
    while let Some(next) = patch.applied_to(own.profile(), context.now(), limits)? {
        if !recorded {
            let record = AuditRecord::intended(app, By::user(&user), context.operation.id, user.id());
            app.audit(&user.tenant.id, &record.about([user.id()])).await?;
            recorded = true;
        }
        let change = email_change::prepare(app, &user.tenant, own.profile(), &next).await?;
        if own.commit(next).await? {
            if let Some(marker) = change {
                app.announce(&marker).await?;
            }
            break;
        }
    }
    read::answer(&context, &user.tenant.id, own.profile(), own.etag()).await
}

impl ProfilePatch {
    /// No field is known that the tenant has not configured.
    fn check_fields(&self) -> Result<(), Problem> {
        match &self.fields {
            Some(fields) if !fields.reveal().is_empty() => {
                Err(Problem::invalid("/fields", "has a member that is not known"))
            }
            _ => Ok(()),
        }
    }

    /// The profile with the change; none where that is what it is already.
    fn applied_to(
        &self,
        profile: &Profile,
        now: Timestamp,
        limits: Limits,
    ) -> Result<Option<Profile>, Problem> {
        let mut next = profile.clone();
        if let Some(name) = &self.name {
            next.name = name.clone();
        }
        self.phone.clone().apply_to(&mut next.phone);
        if let Some(locale) = self.locale {
            next.locale = locale;
        }
        self.supplementary_statement.clone().apply_to(&mut next.supplementary_statement);
        if let Some(email) = &self.email {
            email_change::ask(&mut next, email, now, limits.email_changes_a_day)?;
        }
        let stored = |profile: &Profile| serde_json::to_value(profile).map_err(Problem::internal);
        if stored(&next)? == stored(profile)? {
            return Ok(None);
        }
        next.updated_at = now;
        Ok(Some(next))
    }
}
