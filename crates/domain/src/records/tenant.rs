//! A tenant and its settings.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    CompanyName, ContractReference, EmailAddress, InviteId, Locale, OrganisationNumber, PersonName, Personal,
    PhoneNumber, RetentionChoice, TenantId, phone::Kept, stockholm, sub_processors::Register,
};

/// A tenant: the controller's installation. Holds settings, no content.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Chosen at its creation, never reused.
    pub id: TenantId,
    /// The controller.
    pub name: CompanyName,
    /// The controller's.
    pub organisation_number: OrganisationNumber,
    /// Whom people turn to.
    pub contact: Contact,
    /// Art. 37.
    #[serde(default, deserialize_with = "DataProtectionOfficer::kept")]
    pub data_protection_officer: Option<DataProtectionOfficer>,
    /// Language of what is written to people whose own is not known.
    pub locale: Locale,
    /// The contract of Art. 28(3), once signed.
    pub agreement: Option<Agreement>,
    /// Periods that only the controller can choose.
    pub retention: RetentionChoices,
    /// What the processor is instructed to do by itself.
    pub instructions: Instructions,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its settings last changed.
    pub updated_at: Timestamp,
    /// The revision of the register of sub-processors that was in force then; unknown of tenants that were created before
    /// this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_processors: Option<u32>,
    /// The first invitation.
    pub founding_invite: InviteId,
    /// Whom it is for, until it is made: the creation can be completed from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub founder: Option<Founder>,
}

impl Tenant {
    /// Whether the contract is in place. Until then only administrators sign in.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.agreement.is_some()
    }

    /// The revision of the register of sub-processors that it agreed to at its creation. Where that is not known, it is the last
    /// one of a day before.
    #[must_use]
    pub fn agreed(&self, register: &Register) -> u32 {
        let day_before = || stockholm::date_of(self.created_at).yesterday().unwrap_or(Date::MIN);
        self.sub_processors.unwrap_or_else(|| register.in_force(day_before()))
    }
}

/// A person to turn to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contact {
    /// Their name.
    pub name: Personal<PersonName>,
    /// Their address.
    pub email: Personal<EmailAddress>,
}

/// Art. 37–39.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataProtectionOfficer {
    /// Their name.
    pub name: Personal<PersonName>,
    /// Their address.
    pub email: Personal<EmailAddress>,
    /// Their number.
    pub phone: Personal<PhoneNumber>,
}

impl DataProtectionOfficer {
    /// Out of a tenant's record.
    fn kept<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        #[derive(Deserialize)]
        struct Record {
            name: Personal<PersonName>,
            email: Personal<EmailAddress>,
            phone: Kept,
        }
        let record = Option::<Record>::deserialize(deserializer)?;
        Ok(record.map(|Record { name, email, phone }| Self { name, email, phone: phone.into() }))
    }
}

/// The contract of Art. 28(3).
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agreement {
    /// Whose text it is.
    pub kind: AgreementKind,
    /// The day it was signed.
    #[schemars(with = "String", extend("format" = "date"))]
    pub signed_on: Date,
    /// The tenant's own reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ContractReference>,
}

/// Whose text the contract is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AgreementKind {
    /// The operator's standard text.
    Standard,
    /// The tenant's own template.
    Own,
}

/// The periods that nobody may guess for the tenant; none proposed, none applied until chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetentionChoices {
    /// How long a file is kept from its upload.
    #[serde(default)]
    pub files: Option<RetentionChoice>,
    /// How long a comment is kept from when it was written.
    #[serde(default)]
    pub comments: Option<RetentionChoice>,
}

/// Who carries out a right of the data subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Instruction {
    /// The processor, at once.
    #[default]
    Automatic,
    /// An administrator decides first.
    Approval,
}

/// The documented instructions of Art. 28(3)(a), as far as the program acts on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Instructions {
    /// Art. 15.
    pub access: Instruction,
    /// Art. 20.
    pub portability: Instruction,
    /// Art. 16.
    pub rectification: Instruction,
}

/// Who is invited first.
#[derive(Clone, Serialize, Deserialize)]
pub struct Founder {
    /// Their name.
    pub name: Personal<PersonName>,
    /// Their address.
    pub email: Personal<EmailAddress>,
}
