//! A customer of a tenant.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CompanyName, CustomerId, OrganisationNumber};

/// A company that the tenant serves.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Its identifier.
    pub id: CustomerId,
    /// Its name.
    pub name: CompanyName,
    /// Its organisation number; a sole trader's is a personal identity number, so the tenant may leave it out.
    pub organisation_number: Option<OrganisationNumber>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
