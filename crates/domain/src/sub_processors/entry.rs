//! One sub-processor, as the register describes it.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::Category;

use super::change::Change;
use super::words::{
    CountryCode, EntryId, Line, Mailbox, RegionName, ResourceType, Telephone, Text, WebAddress, day,
    day_or_null, or_null,
};

/// A sub-processor: present, announced or former.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubProcessor {
    /// Stable for as long as the register is kept.
    pub id: EntryId,
    /// The company that the agreement is with.
    pub name: Line,
    /// Its number in the register of companies.
    pub organisation_number: Line,
    /// The register that the number is in.
    pub organisation_register: Line,
    /// Lines, without the country.
    pub address: Vec<Line>,
    /// Where the company has its seat.
    pub country: CountryCode,
    /// Its ultimate parent: whose law may reach it.
    #[serde(deserialize_with = "or_null")]
    pub parent: Option<Parent>,
    /// Of a role, never of a person.
    pub contact: Contact,
    /// On the web.
    pub website: WebAddress,
    /// What the program uses it for.
    #[serde(rename = "use")]
    pub used_for: UsedFor,
    /// What it delivers.
    pub service: Text,
    /// What for.
    pub purpose: Text,
    /// What is done with the data.
    pub processing: Text,
    /// Which data of the data map.
    pub data_categories: DataCategories,
    /// Personal data that are not in the data map.
    #[serde(deserialize_with = "or_null")]
    pub other_data: Option<Text>,
    /// Where the data are stored.
    pub location: Location,
    /// Services that cannot be kept to a region and are used all the same.
    pub non_regional_services: Vec<NonRegionalService>,
    /// To third countries, remote access included.
    pub transfers: Vec<Transfer>,
    /// By which the obligations are passed on (Art. 28(4)).
    pub agreement: FormOfAgreement,
    /// What an objection leads to.
    pub objection: Text,
    /// Where it is in its life.
    pub status: Status,
    /// The day of the revision that announced it.
    #[serde(deserialize_with = "day")]
    #[schemars(with = "Day")]
    pub announced: Date,
    /// The first day on which it is, or may be, in use.
    #[serde(deserialize_with = "day")]
    #[schemars(with = "Day")]
    pub effective: Date,
    /// The last day on which it was, or will be, in use.
    #[serde(deserialize_with = "day_or_null")]
    #[schemars(with = "Option<Day>")]
    pub ended: Option<Date>,
    /// When it confirmed that it has deleted everything.
    #[serde(deserialize_with = "day_or_null")]
    #[schemars(with = "Option<Day>")]
    pub deletion_confirmed: Option<Date>,
    /// How it confirmed that.
    #[serde(deserialize_with = "or_null")]
    pub deletion_confirmation: Option<Text>,
    /// What became, or becomes, new of it after its announcement, and needs notice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// The schema of a day, which is written `yyyy-mm-dd`.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "stands for a day in the description of the interface")]
pub(super) struct Day(#[schemars(extend("format" = "date"))] String);

/// A company's ultimate parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// Its name.
    pub name: Line,
    /// Where it has its seat.
    pub country: CountryCode,
}

/// How a role is reached; at least one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Whom one reaches.
    pub role: Text,
    /// By mail.
    #[serde(deserialize_with = "or_null")]
    pub email: Option<Mailbox>,
    /// On the web.
    #[serde(deserialize_with = "or_null")]
    pub url: Option<WebAddress>,
    /// By telephone.
    #[serde(deserialize_with = "or_null")]
    pub phone: Option<Telephone>,
}

/// What the program uses a sub-processor for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UsedFor {
    /// It runs the program and stores its data.
    Hosting,
    /// It signs people in.
    Identity,
    /// It sends mail.
    Mail,
    /// It helps those who run the service.
    Support,
    /// Something else.
    Other,
}

/// Which data of the data map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum DataCategories {
    /// All of them, those of the future included: `"all"`.
    All(AllCategories),
    /// These.
    Only(Vec<Category>),
}

/// The word `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AllCategories {
    /// All of them.
    All,
}

impl<'de> Deserialize<'de> for DataCategories {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Word(String),
            List(Vec<String>),
        }
        match Either::deserialize(deserializer)? {
            Either::Word(word) if word == "all" => Ok(Self::All(AllCategories::All)),
            Either::Word(_) => Err(D::Error::custom("must be \"all\" or a list of categories")),
            Either::List(keys) => {
                let keys = keys.iter().map(|key| key.parse::<Category>().map_err(D::Error::custom));
                keys.collect::<Result<_, _>>().map(Self::Only)
            }
        }
    }
}

/// Where data are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Countries.
    pub countries: Vec<CountryCode>,
    /// Azure regions.
    pub regions: Vec<RegionName>,
    /// For people. Says 'stored in', never 'never leaves'.
    pub description: Text,
}

/// A service of Azure that cannot be kept to a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NonRegionalService {
    /// Its name.
    pub service: Line,
    /// In what way.
    pub kind: NonRegional,
    /// The types of its resources; none where it has none to deploy.
    pub resource_types: Vec<ResourceType>,
    /// Why it is used all the same.
    pub reason: Text,
}

/// In what way a service cannot be kept to a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NonRegional {
    /// Its resources have the location `global`, or it has none to deploy.
    Global,
    /// Its resources have a region, and Azure copies them to the paired one by itself.
    ReplicatesToPair,
}

/// A transfer to a third country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Where to.
    pub country: CountryCode,
    /// When it happens.
    pub occasion: Text,
    /// By which article.
    pub mechanism: Mechanism,
    /// What protects the data.
    pub safeguard: Text,
}

/// The ground of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mechanism {
    /// Art. 45.
    AdequacyDecision,
    /// Art. 46(2)(c).
    StandardContractualClauses,
    /// Art. 46(2)(b) and 47.
    BindingCorporateRules,
}

/// By which obligations are passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormOfAgreement {
    /// What it is called.
    pub form: Text,
    /// Where it can be read.
    #[serde(deserialize_with = "or_null")]
    pub url: Option<WebAddress>,
}

/// Where a sub-processor is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Not in use yet.
    Announced,
    /// In use.
    Active,
    /// In use for the last time.
    Ending,
    /// No longer in use.
    Former,
}

impl SubProcessor {
    /// Whether it is in use at all; for a tenant it may still not be.
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        matches!(self.status, Status::Active | Status::Ending)
    }

    /// Whether its last day is over, whatever its status says.
    #[must_use]
    pub fn has_ended(&self, today: Date) -> bool {
        self.ended.is_some_and(|ended| ended < today)
    }
}
