//! `GET T/profile`, and the profile as it is answered.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use kundportal_domain::{
    CompanyName, CustomerId, EmailAddress, Locale, MembershipRole, PersonName, Personal, PhoneNumber, Reason,
    TenantId, TenantRole, UserId,
    records::{Customer, Profile},
};
use kundportal_store::ETag;
use schemars::JsonSchema;
use serde::Serialize;

use super::email_change;
use crate::{
    app::App,
    auth::User,
    context::Context,
    customers,
    problem::Problem,
    respond::{self, Answer},
};

/// Customers read at once.
const CONCURRENT_READS: usize = 16;

/// A profile as its person sees it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Profile")]
pub(super) struct ProfileView<'a> {
    id: UserId,
    name: &'a Personal<PersonName>,
    email: &'a Personal<EmailAddress>,
    /// An address that still has to be confirmed.
    pending_email: Option<&'a Personal<EmailAddress>>,
    /// In E.164.
    phone: Option<&'a Personal<PhoneNumber>>,
    locale: Locale,
    picture: Option<PictureView>,
    /// The fields that the tenant configured.
    fields: &'a Personal<BTreeMap<String, serde_json::Value>>,
    /// Art. 16, second sentence: what the person adds to make the record complete.
    supplementary_statement: Option<&'a Personal<Reason>>,
    role: TenantRole,
    customers: Vec<CustomerRole>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
}

/// Where the picture is and what it is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PictureLink")]
pub(super) struct PictureView {
    /// Path of the picture on this service.
    href: String,
    content_type: String,
}

impl PictureView {
    /// One's own picture.
    pub(super) fn of(tenant: &TenantId, profile: &Profile) -> Option<Self> {
        let picture = profile.picture.as_ref()?;
        let href = format!("/api/tenants/{tenant}/profile/picture");
        Some(Self { href, content_type: picture.content_type.clone() })
    }
}

/// A customer that a person belongs to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerRole {
    id: CustomerId,
    name: CompanyName,
    role: MembershipRole,
}

pub(super) async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    answer(&context, &user.tenant.id, &user.profile, &user.etag).await
}

/// The profile with its version.
pub(super) async fn answer(
    context: &Context,
    tenant: &TenantId,
    profile: &Profile,
    etag: &ETag,
) -> Result<Answer, Problem> {
    let pending = email_change::pending_at(profile, context.now());
    let view = ProfileView {
        id: profile.id,
        name: &profile.name,
        email: &profile.email,
        pending_email: pending.map(|change| &change.email),
        phone: profile.phone.as_ref(),
        locale: profile.locale,
        picture: PictureView::of(tenant, profile),
        fields: &profile.fields,
        supplementary_statement: profile.supplementary_statement.as_ref(),
        role: profile.role,
        customers: customers_of(&context.app, tenant, profile).await?,
        created_at: profile.created_at,
        updated_at: profile.updated_at,
    };
    Ok(respond::with_etag(respond::ok(&view)?, etag))
}

/// The customers that a person belongs to, by id, with their names; one that is gone is left out.
pub(crate) async fn customers_of(
    app: &App,
    tenant: &TenantId,
    profile: &Profile,
) -> Result<Vec<CustomerRole>, Problem> {
    let memberships = profile.memberships.iter().map(|membership| (membership.customer, membership.role));
    let view = |id, role, customer: &Customer| CustomerRole { id, name: customer.name.clone(), role };
    let known: Option<Vec<_>> = memberships
        .clone()
        .map(|(id, role)| Some(view(id, role, &*customers::known(app, tenant, id)?)))
        .collect();
    if let Some(known) = known {
        return Ok(known);
    }
    stream::iter(memberships.collect::<Vec<_>>())
        .map(|(id, role)| async move {
            let customer = customers::cached(app, tenant, id).await?;
            Ok::<_, Problem>(customer.map(|customer| view(id, role, &customer)))
        })
        .buffered(CONCURRENT_READS)
        .try_filter_map(|customer| async move { Ok(customer) })
        .try_collect()
        .await
}
