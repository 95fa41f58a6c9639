//! A person as others in the tenant see them.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    CompanyName, CustomerId, EmailAddress, Locale, PersonName, Personal, PhoneNumber, TenantId, UserId,
    records::{Membership, MembershipRole, Profile, Status, TenantRole},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{app::App, auth::User, customers, layout::TenantLayout, people, problem::Problem};

/// Whom somebody sees, and what of them.
pub(crate) enum Scope {
    /// Everybody.
    All {
        /// Whether the last day of use is shown too.
        last_use: bool,
    },
    /// The people of these customers, and of each person only the memberships in these.
    Customers(BTreeSet<CustomerId>),
}

impl Scope {
    /// What a reader's roles let them see.
    pub(crate) fn of(reader: &User) -> Self {
        if reader.sees_all() {
            Self::All { last_use: reader.is_administrator() }
        } else {
            Self::Customers(reader.profile.administered().collect())
        }
    }

    /// Whether the customer's people are within it.
    pub(crate) fn includes(&self, customer: CustomerId) -> bool {
        match self {
            Self::All { .. } => true,
            Self::Customers(own) => own.contains(&customer),
        }
    }

    /// Whether the person is within it.
    pub(crate) fn shows(&self, profile: &Profile) -> bool {
        match self {
            Self::All { .. } => true,
            Self::Customers(_) => self.memberships(profile).next().is_some(),
        }
    }

    /// The person's memberships within it, by customer.
    pub(crate) fn memberships<'a>(&self, profile: &'a Profile) -> impl Iterator<Item = &'a Membership> {
        profile.memberships.iter().filter(|membership| self.includes(membership.customer))
    }
}

/// A person.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "User")]
pub(crate) struct UserView {
    id: UserId,
    name: Personal<PersonName>,
    email: Personal<EmailAddress>,
    phone: Option<Personal<PhoneNumber>>,
    locale: Locale,
    picture: Option<PictureView>,
    role: TenantRole,
    status: Status,
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    deactivated_at: Option<Timestamp>,
    /// Those that the reader may see.
    customers: Vec<MembershipView>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
    /// For administrators: the last day of use, once there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    last_used_on: Option<Date>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserPicture")]
struct PictureView {
    href: String,
    content_type: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserMembership")]
struct MembershipView {
    id: CustomerId,
    name: CompanyName,
    role: MembershipRole,
}

impl UserView {
    /// What the scope shows of a person.
    pub(crate) async fn of(
        app: &App,
        tenant: &TenantId,
        scope: &Scope,
        profile: Profile,
    ) -> Result<Self, Problem> {
        let mut shown = Vec::new();
        for membership in scope.memberships(&profile) {
            // The name of a customer that is gone is nobody's any more.
            if let Some(customer) = customers::cached(app, tenant, membership.customer).await? {
                let name = customer.name.clone();
                shown.push(MembershipView { id: membership.customer, name, role: membership.role });
            }
        }
        let last_used_on = match scope {
            Scope::All { last_use: true } => {
                people::last_used_on(app, &TenantLayout::new(tenant), profile.id).await?
            }
            Scope::All { last_use: false } | Scope::Customers(_) => None,
        };
        let picture = profile.picture.map(|picture| PictureView {
            href: format!("/api/tenants/{tenant}/users/{}/picture", profile.id),
            content_type: picture.content_type,
        });
        Ok(Self {
            id: profile.id,
            name: profile.name,
            email: profile.email,
            phone: profile.phone,
            locale: profile.locale,
            picture,
            role: profile.role,
            status: profile.status,
            deactivated_at: profile.deactivated_at,
            customers: shown,
            created_at: profile.created_at,
            updated_at: profile.updated_at,
            last_used_on,
        })
    }
}
