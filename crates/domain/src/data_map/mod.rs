//! The data map: for each category of personal data where it lies, what for, on which legal basis (a proposal that the
//! tenant confirms), from where, for how long, and what a package and an erasure do with it. What is stored and not
//! named here must not be stored.

mod place;
mod table;

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use place::{Container, Place};

use crate::{Period, RetentionChoice, retention::RetentionRules};

/// A category of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Who somebody is, how they are reached, what they may do.
    Profile,
    /// An e-mail address that is not confirmed yet.
    EmailChanges,
    /// The picture somebody uploaded of themselves.
    Pictures,
    /// The day somebody last used the portal.
    LastUse,
    /// When and from which IP address somebody signed in.
    SignIns,
    /// What somebody did and who looked them up when.
    Activity,
    /// Which objects elsewhere concern somebody.
    References,
    /// Files and what is known of them.
    Files,
    /// Comments and their threads.
    Comments,
    /// The companies that the tenant serves.
    Customers,
    /// Mails to somebody that are not sent yet.
    Mails,
    /// Invitations, pending and closed.
    Invitations,
    /// The requests of data subjects.
    Cases,
    /// Access and portability packages.
    Packages,
    /// The tenant's settings: contact, data protection officer, administrators, agreement.
    Settings,
    /// Keyed hashes of identities and addresses by which a person is found.
    IdentityIndex,
    /// Names of objects by which lists are made.
    Index,
    /// Keys by which a repeated request is known.
    IdempotencyKeys,
    /// Uploads that are not complete.
    Uploads,
    /// Work that waits, mails among it, and what retention looks at by day.
    Work,
    /// What the retention runs did.
    RunReports,
    /// The audit log.
    Audit,
    /// The platform's own logs.
    PlatformLogs,
}

/// A text names no category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a category of the data map")]
pub struct CategoryError;

/// A legal basis of Art. 6(1), as proposed to the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LegalBasis {
    /// Art. 6(1)(a).
    Consent,
    /// Art. 6(1)(b).
    Contract,
    /// Art. 6(1)(c).
    LegalObligation,
    /// Art. 6(1)(f).
    LegitimateInterests,
}

/// What an access package does with a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InPackage {
    /// It is a section, under the text of this name.
    Section(&'static str),
    /// It is part of another category's section.
    Within(Category),
    /// It is left out, for the reason in the text of this name.
    LeftOut(&'static str),
}

/// What an erasure does with a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnErasure {
    /// It is deleted.
    Delete,
    /// The author is taken off; the item is the tenant's record and goes by its own period.
    Detach,
    /// It stays for its period, without name, address and free text.
    Strip,
    /// It stays for its period, with pseudonymous ids only.
    Keep,
    /// It goes by itself within days.
    Expire,
}

/// How long a category is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Calendar time, from when [`Category::counted_from_text`] says.
    Period(Period),
    /// Real time, likewise.
    Hours(u16),
    /// As long as what it belongs to.
    AsLongAs(Category),
    /// Until the tenant's closure.
    UntilClosure,
    /// Until it is done, minutes in the ordinary case.
    UntilDone,
    /// The tenant has yet to choose; nothing is taken in before.
    NotChosen,
}

/// A row of the data map.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The category.
    pub category: Category,
    /// Where it lies; empty where it is part of another category's object, or outside this program's storage.
    pub places: &'static [Place],
    /// The proposed legal basis.
    pub basis: LegalBasis,
    /// What an access package does with it.
    pub in_package: InPackage,
    /// What an erasure does with it.
    pub on_erasure: OnErasure,
}

impl Category {
    /// Every category, in the order in which people are told of them.
    pub const ALL: [Self; 23] = [
        Self::Profile,
        Self::EmailChanges,
        Self::Pictures,
        Self::LastUse,
        Self::SignIns,
        Self::Activity,
        Self::References,
        Self::Files,
        Self::Comments,
        Self::Customers,
        Self::Mails,
        Self::Invitations,
        Self::Cases,
        Self::Packages,
        Self::Settings,
        Self::IdentityIndex,
        Self::Index,
        Self::IdempotencyKeys,
        Self::Uploads,
        Self::Work,
        Self::RunReports,
        Self::Audit,
        Self::PlatformLogs,
    ];

    /// Its name in paths, JSON and names of texts.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::EmailChanges => "email-changes",
            Self::Pictures => "pictures",
            Self::LastUse => "last-use",
            Self::SignIns => "sign-ins",
            Self::Activity => "activity",
            Self::References => "references",
            Self::Files => "files",
            Self::Comments => "comments",
            Self::Customers => "customers",
            Self::Mails => "mails",
            Self::Invitations => "invitations",
            Self::Cases => "cases",
            Self::Packages => "packages",
            Self::Settings => "settings",
            Self::IdentityIndex => "identity-index",
            Self::Index => "index",
            Self::IdempotencyKeys => "idempotency-keys",
            Self::Uploads => "uploads",
            Self::Work => "work",
            Self::RunReports => "run-reports",
            Self::Audit => "audit",
            Self::PlatformLogs => "platform-logs",
        }
    }

    /// Its row in the data map.
    #[must_use]
    pub const fn entry(self) -> Entry {
        table::entry(self)
    }

    /// The category of what is stored under a name; `None` is a mistake of whoever stored it.
    #[must_use]
    pub fn of(container: Container, path: &str) -> Option<Self> {
        let places = || {
            Self::ALL
                .into_iter()
                .flat_map(|category| category.entry().places.iter().map(move |p| (category, p)))
        };
        places()
            .filter(|(_, place)| place.holds(container, path))
            .max_by_key(|(_, place)| place.exactness())
            .map(|(category, _)| category)
    }

    /// Name of the text that says what it is called.
    #[must_use]
    pub fn name_text(self) -> String {
        format!("data-{}-name", self.key())
    }

    /// Name of the text that says what it is for; for Art. 6(1)(f) that is the interest too.
    #[must_use]
    pub fn purpose_text(self) -> String {
        format!("data-{}-purpose", self.key())
    }

    /// Name of the text that says where it comes from (Art. 15(1)(g)).
    #[must_use]
    pub fn source_text(self) -> String {
        format!("data-{}-source", self.key())
    }

    /// Name of the text that says from when its period counts, and what may prolong it.
    #[must_use]
    pub fn counted_from_text(self) -> String {
        format!("data-{}-kept", self.key())
    }

    /// How long it is kept by these rules.
    #[must_use]
    pub const fn limit(self, rules: &RetentionRules) -> Limit {
        const fn chosen(choice: Option<RetentionChoice>) -> Limit {
            match choice {
                Some(RetentionChoice::Period(period)) => Limit::Period(period),
                Some(RetentionChoice::UntilClosure) => Limit::UntilClosure,
                None => Limit::NotChosen,
            }
        }
        match self {
            Self::Profile => Limit::Period(rules.idle_account),
            Self::EmailChanges => Limit::Hours(rules.email_change_hours),
            Self::Pictures | Self::LastUse | Self::References | Self::IdentityIndex => {
                Limit::AsLongAs(Self::Profile)
            }
            Self::SignIns => Limit::Period(rules.sign_ins),
            Self::Activity => Limit::Period(rules.activity),
            Self::Files => chosen(rules.files),
            Self::Comments => chosen(rules.comments),
            Self::Customers | Self::Settings => Limit::UntilClosure,
            Self::Invitations => Limit::Period(rules.closed_invitation),
            Self::Cases => Limit::Period(rules.case),
            Self::Packages => Limit::Period(rules.package),
            Self::Index => Limit::AsLongAs(Self::Files),
            Self::IdempotencyKeys => Limit::Hours(rules.idempotency_key_hours),
            Self::Uploads => Limit::Hours(rules.upload_hours),
            Self::Mails | Self::Work => Limit::UntilDone,
            Self::RunReports => Limit::Period(rules.run_reports),
            Self::Audit => Limit::Period(rules.audit),
            Self::PlatformLogs => Limit::Period(rules.platform_logs),
        }
    }
}

impl LegalBasis {
    /// Every basis that is proposed or may be chosen.
    pub const ALL: [Self; 4] =
        [Self::Consent, Self::Contract, Self::LegalObligation, Self::LegitimateInterests];

    /// Name of the text that says which it is.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Consent => "basis-consent",
            Self::Contract => "basis-contract",
            Self::LegalObligation => "basis-legal-obligation",
            Self::LegitimateInterests => "basis-legitimate-interests",
        }
    }
}

impl OnErasure {
    /// Everything that an erasure may do.
    pub const ALL: [Self; 5] = [Self::Delete, Self::Detach, Self::Strip, Self::Keep, Self::Expire];

    /// Name of the text that says what is done.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Delete => "erasure-delete",
            Self::Detach => "erasure-detach",
            Self::Strip => "erasure-strip",
            Self::Keep => "erasure-keep",
            Self::Expire => "erasure-expire",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for Category {
    type Err = CategoryError;

    fn from_str(text: &str) -> Result<Self, CategoryError> {
        Self::ALL.into_iter().find(|category| category.key() == text).ok_or(CategoryError)
    }
}

#[cfg(test)]
mod tests;
