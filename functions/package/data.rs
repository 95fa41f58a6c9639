//! What the JSON files of a package hold: one type for each, from which its JSON Schema (2020-12) follows.

use std::{collections::BTreeMap, net::IpAddr};

use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    CommentId, CommentText, CompanyName, ContentType, CustomerId, EmailAddress, FileId, FileName, InviteId,
    InviteMessage, Locale, MembershipRole, PersonName, Personal, PhoneNumber, Reason, RequestId, TenantRole,
    ThreadName, UserId,
    records::{CaseEvent, CaseKind, CaseState, Channel, InviteRole, InviteStatus, Status},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;

use crate::audit;

/// The person's record.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) id: UserId,
    /// The service that the person signs in with.
    pub(super) issuer: String,
    /// The person's identifier at that service.
    pub(super) subject: Personal<String>,
    pub(super) name: Personal<PersonName>,
    pub(super) email: Personal<EmailAddress>,
    /// A new address that is not confirmed yet.
    pub(super) pending_email: Option<PendingEmail>,
    /// In E.164.
    pub(super) phone: Option<Personal<PhoneNumber>>,
    /// The person's language.
    pub(super) locale: Locale,
    /// Path of the picture beside this file; null where there is none.
    pub(super) picture: Option<String>,
    /// The values of the fields that the controller configured, by the fields' keys.
    pub(super) fields: Personal<BTreeMap<String, serde_json::Value>>,
    /// What the person added to make the record complete (Art. 16).
    pub(super) supplementary_statement: Option<Personal<Reason>>,
    pub(super) role: TenantRole,
    pub(super) status: Status,
    /// When the account was deactivated.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub(super) deactivated_at: Option<Timestamp>,
    /// The last day of use, in Europe/Stockholm.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub(super) last_used_on: Option<Date>,
    /// The invitation that was accepted.
    pub(super) invite: InviteId,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) created_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) updated_at: Timestamp,
}

/// An address that is not confirmed yet.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PendingEmail {
    pub(super) email: Personal<EmailAddress>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) requested_at: Timestamp,
}

/// That the person belongs to a customer.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Membership {
    pub(super) customer: CustomerId,
    /// Null where the customer is gone.
    pub(super) customer_name: Option<CompanyName>,
    pub(super) role: MembershipRole,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) since: Timestamp,
}

/// A sign-in.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SignIn {
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
    /// Where it came from, where that is known.
    #[schemars(with = "Option<String>")]
    pub(super) ip_address: Option<Personal<IpAddr>>,
    /// The first day on which the record is gone.
    #[schemars(with = "String", extend("format" = "date"))]
    pub(super) until: Date,
}

/// Something that the person did, or that was done for them.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Activity {
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
    /// The name of the operation in the description of the interface.
    pub(super) action: String,
    /// What that is, in the person's language.
    pub(super) description: String,
    /// Whether it was the person's own doing.
    pub(super) own: bool,
}

/// That somebody else looked the person up. Who it was is not disclosed (C-579/21).
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LookUp {
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
    pub(super) purpose: audit::Purpose,
    /// What the purpose is, in the person's language.
    pub(super) purpose_description: String,
    /// The name of the operation in the description of the interface.
    pub(super) action: String,
    /// What that is, in the person's language.
    pub(super) description: String,
}

/// A comment that the person wrote.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Comment {
    pub(super) id: CommentId,
    pub(super) customer: CustomerId,
    /// Null where the customer is gone.
    pub(super) customer_name: Option<CompanyName>,
    /// Name of the thread it stands in.
    pub(super) thread: Personal<ThreadName>,
    pub(super) text: Personal<CommentText>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) created_at: Timestamp,
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub(super) edited_at: Option<Timestamp>,
}

/// A file that the person uploaded.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct File {
    pub(super) id: FileId,
    /// As the person named it.
    pub(super) name: Personal<FileName>,
    /// Path of the content beside this file; null where it is not included.
    pub(super) path: Option<Personal<String>>,
    /// As the person declared it.
    pub(super) content_type: ContentType,
    /// In bytes.
    pub(super) size: u64,
    /// Of the content, in lower-case hexadecimal.
    pub(super) sha256: String,
    pub(super) customer: CustomerId,
    /// Null where the customer is gone.
    pub(super) customer_name: Option<CompanyName>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) uploaded_at: Timestamp,
}

/// A direct upload of the person's that has not become a file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Upload {
    /// The identifier of the file that it becomes.
    pub(super) id: FileId,
    /// As the person named it.
    pub(super) name: Personal<FileName>,
    /// As the person declared it.
    pub(super) content_type: ContentType,
    /// In bytes, as the person announced it.
    pub(super) size: u64,
    pub(super) customer: CustomerId,
    /// Null where the customer is gone.
    pub(super) customer_name: Option<CompanyName>,
    /// How far it has come, in the person's language.
    pub(super) state: String,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) begun_at: Timestamp,
}

/// An invitation to the person.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Invitation {
    pub(super) id: InviteId,
    /// Where it was sent.
    pub(super) email: Personal<EmailAddress>,
    /// As the inviter gave it.
    pub(super) name: Personal<PersonName>,
    pub(super) role: InviteRole,
    pub(super) customer: Option<CustomerId>,
    /// Null where there is none, or where the customer is gone.
    pub(super) customer_name: Option<CompanyName>,
    /// A word from whoever invited.
    pub(super) message: Option<Personal<InviteMessage>>,
    pub(super) locale: Locale,
    pub(super) status: InviteStatus,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) created_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) sent_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) expires_at: Timestamp,
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub(super) closed_at: Option<Timestamp>,
}

/// A mail to the person that was not sent yet.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mail {
    /// Where it goes: the address in the profile, or the one that a change of address is about.
    pub(super) to: Personal<EmailAddress>,
    /// What it is about: the name of its texts.
    pub(super) kind: String,
    /// Its subject, in the person's language.
    pub(super) subject: String,
    /// When it was written.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) since: Timestamp,
}

/// A request of the person; the one that this package answers is among them.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Request {
    pub(super) id: RequestId,
    pub(super) kind: CaseKind,
    pub(super) state: CaseState,
    /// How it reached the controller.
    pub(super) channel: Channel,
    /// What was said beside it.
    pub(super) details: Option<Personal<Reason>>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) received_at: Timestamp,
    /// The day by which it must be answered (Art. 12(3)).
    #[schemars(with = "String", extend("format" = "date"))]
    pub(super) due_at: Date,
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub(super) closed_at: Option<Timestamp>,
    /// What happened, oldest first.
    pub(super) events: Vec<CaseEvent>,
}

/// Something that was there when the work began and is not in the package as it was then.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NotIncluded {
    /// The category in the data map; null where it knows none for the item.
    pub(super) category: Option<kundportal_domain::Category>,
    /// The item's identifier within the category; without one, its name in storage below the person's own.
    pub(super) item: String,
    pub(super) reason: NotIncludedBecause,
    /// When the list was made of what goes in: the item was there then.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
}

/// Why something is not in the package as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum NotIncludedBecause {
    /// It was deleted before it could be copied.
    Gone,
    /// It was changed before it could be copied; the later version is included, where it is the person's still.
    Changed,
    /// It is of a kind that the package does not know.
    Unknown,
    /// With it there would be too much for one package.
    TooMuch,
}

type MakeSchema = fn() -> Schema;

/// Every JSON file of a package and what makes its schema.
pub(super) const SCHEMAS: [(&str, MakeSchema); 12] = [
    ("profile", of::<Profile>),
    ("memberships", of::<Vec<Membership>>),
    ("sign-ins", of::<Vec<SignIn>>),
    ("activity", of::<Vec<Activity>>),
    ("look-ups", of::<Vec<LookUp>>),
    ("comments", of::<Vec<Comment>>),
    ("files", of::<Vec<File>>),
    ("uploads", of::<Vec<Upload>>),
    ("invitations", of::<Vec<Invitation>>),
    ("mails", of::<Vec<Mail>>),
    ("requests", of::<Vec<Request>>),
    ("not-included", of::<Vec<NotIncluded>>),
];

fn of<T: JsonSchema>() -> Schema {
    SchemaGenerator::new(SchemaSettings::draft2020_12().for_serialize()).into_root_schema_for::<T>()
}
