//! What a deployment is predicted to make, held against the region lock. Whatever is not understood is refused: a type of
//! resource that is not in the table, a place that is still an expression, a part that was not flattened.

use serde_json::{Map, Value};

use super::{NonRegional, Refusal, RegionLock, RegionName, Regions, policies, strict::Strict};

/// Where a type of resource says where it lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Placed {
    /// In a region, which it names.
    Region,
    /// In no region that could be chosen, by the location `global`; such a type must be listed in the register.
    Global,
    /// In a region, or `global`; as the latter it must be listed in the register.
    Either,
    /// With its parent or its scope; it names none.
    Nowhere,
    /// With its scope; it names a region only where it has an identity of its own.
    Perhaps,
    /// In a region, and Azure copies it to the paired one by itself; the register must say so.
    Copied,
}

/// Every type of resource that is known. Another one is refused until somebody has looked where it lies.
const TYPES: &[(&str, Placed)] = &[
    ("Microsoft.Authorization/locks", Placed::Nowhere),
    ("Microsoft.Authorization/policyAssignments", Placed::Perhaps),
    ("Microsoft.Authorization/policyDefinitions", Placed::Nowhere),
    ("Microsoft.Authorization/roleAssignments", Placed::Nowhere),
    ("Microsoft.Authorization/roleDefinitions", Placed::Nowhere),
    ("Microsoft.Communication/communicationServices", Placed::Global),
    ("Microsoft.Communication/emailServices", Placed::Global),
    ("Microsoft.Communication/emailServices/domains", Placed::Global),
    ("Microsoft.Consumption/budgets", Placed::Nowhere),
    ("Microsoft.Insights/actionGroups", Placed::Either),
    ("Microsoft.Insights/components", Placed::Region),
    ("Microsoft.Insights/diagnosticSettings", Placed::Nowhere),
    ("Microsoft.Insights/metricAlerts", Placed::Global),
    ("Microsoft.Insights/scheduledQueryRules", Placed::Region),
    ("Microsoft.KeyVault/vaults", Placed::Copied),
    ("Microsoft.KeyVault/vaults/keys", Placed::Nowhere),
    ("Microsoft.KeyVault/vaults/secrets", Placed::Nowhere),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", Placed::Region),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials", Placed::Nowhere),
    ("Microsoft.OperationalInsights/workspaces", Placed::Region),
    ("Microsoft.Resources/resourceGroups", Placed::Region),
    ("Microsoft.Storage/storageAccounts", Placed::Region),
    ("Microsoft.Storage/storageAccounts/blobServices", Placed::Nowhere),
    ("Microsoft.Storage/storageAccounts/blobServices/containers", Placed::Nowhere),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies", Placed::Nowhere),
    ("Microsoft.Storage/storageAccounts/managementPolicies", Placed::Nowhere),
    ("Microsoft.Storage/storageAccounts/queueServices", Placed::Nowhere),
    ("Microsoft.Storage/storageAccounts/queueServices/queues", Placed::Nowhere),
    ("Microsoft.Storage/storageAccounts/tableServices", Placed::Nowhere),
    ("Microsoft.Storage/storageAccounts/tableServices/tables", Placed::Nowhere),
    ("Microsoft.Web/serverfarms", Placed::Region),
    ("Microsoft.Web/sites", Placed::Region),
    ("Microsoft.Web/sites/basicPublishingCredentialsPolicies", Placed::Nowhere),
    ("Microsoft.Web/sites/config", Placed::Nowhere),
];

/// 'Germany West Central', 'South Central US'.
const WORDS_OF_A_NAME: usize = 4;

const STORAGE: &str = "Microsoft.Storage/storageAccounts";

/// What this looks for in a resource. Azure takes other capitals for the same.
const MEMBERS: [&str; 7] = ["id", "location", "name", "properties", "resources", "sku", "type"];

/// Types whose location is `global`, and whose data lie where they say.
const SAY_WHERE_DATA_LIE: [&str; 2] =
    ["Microsoft.Communication/communicationServices", "Microsoft.Communication/emailServices"];

/// How many resources the snapshot predicts, all of them within the lock.
///
/// # Errors
/// Every reason why not, a sentence each.
pub fn check_snapshot(json: &[u8], lock: &RegionLock, regions: &Regions) -> Result<usize, Vec<String>> {
    let Strict(snapshot) = serde_json::from_slice(json)
        .map_err(|error| vec![lock.sentence(&format!("the snapshot cannot be read: {error}"))])?;
    let Some(resources) = snapshot["predictedResources"].as_array().filter(|resources| !resources.is_empty())
    else {
        return Err(vec![lock.sentence("the snapshot predicts no resource")]);
    };
    let mut refusals = Vec::new();
    let is_complete = match &snapshot["diagnostics"] {
        Value::Null => true,
        diagnostics => diagnostics.as_array().is_some_and(Vec::is_empty),
    };
    if !is_complete {
        refusals.push(lock.sentence("the prediction is not complete: it has diagnostics"));
    }
    for part in snapshot.as_object().into_iter().flat_map(Map::keys) {
        if !["predictedResources", "diagnostics", "outputs"].contains(&part.as_str()) {
            refusals.push(lock.sentence(&format!("the snapshot has a part {part}, which is not understood")));
        }
    }
    refusals.extend(policies::faults(resources, lock, regions).iter().map(|fault| lock.sentence(fault)));
    for resource in resources {
        let check = Check { name: name_of(resource), lock, regions, refusals: &mut refusals };
        check.resource(resource);
    }
    if refusals.is_empty() { Ok(resources.len()) } else { Err(refusals) }
}

/// Type and name, as far as they are there.
fn name_of(resource: &Value) -> String {
    let part = |key: &str| resource[key].as_str().unwrap_or("?").to_owned();
    format!("{} {}", part("type"), part("name"))
}

fn is_expression(text: &str) -> bool {
    text.starts_with('[') && !text.starts_with("[[")
}

struct Check<'a> {
    name: String,
    lock: &'a RegionLock,
    regions: &'a Regions,
    refusals: &'a mut Vec<String>,
}

impl Check<'_> {
    fn refuse(&mut self, reason: &str) {
        let sentence = self.lock.sentence(&format!("{}: {reason}", self.name));
        if !self.refusals.contains(&sentence) {
            self.refusals.push(sentence);
        }
    }

    fn resource(mut self, resource: &Value) {
        let Value::Object(members) = resource else { return self.refuse("it is no resource") };
        let Some(kind) = members.get("type").and_then(Value::as_str) else {
            return self.refuse("its type is not said");
        };
        if kind.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
            return self.refuse("it is a deployment that was not flattened, so what it makes is not known");
        }
        let Some((known, placed)) = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(kind)) else {
            return self.refuse("the type is not in the table of types, so where it lies is not known");
        };
        for member in members.keys() {
            let meant = MEMBERS.iter().find(|known| known.eq_ignore_ascii_case(member));
            if meant.is_some_and(|known| known != member) {
                self.refuse(&format!("it has a member {member}, which is written otherwise"));
            }
        }
        self.location(known, *placed, members.get("location"));
        if *known == STORAGE && members.get("sku").and_then(|sku| sku["name"].as_str()).is_none() {
            self.refuse("its SKU is not said");
        }
        if SAY_WHERE_DATA_LIE.contains(known)
            && members.get("properties").is_none_or(|of| of["dataLocation"].is_null())
        {
            self.refuse("its dataLocation is not said");
        }
        if members.get("resources").is_some_and(|parts| !parts.is_null()) {
            self.refuse("resources within it were not flattened, so where they lie is not known");
        }
        let region = members.get("location").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.members(members, &region, true);
    }

    /// The resource's own location.
    fn location(&mut self, kind: &str, placed: Placed, location: Option<&Value>) {
        let exception = self.lock.exception(kind);
        match (placed, location) {
            (Placed::Nowhere | Placed::Perhaps, None) => {}
            (Placed::Nowhere, Some(_)) => self.refuse("it names a location, which its type does not have"),
            (_, None) => self.refuse("its location is not said"),
            (_, Some(Value::String(global))) if global.eq_ignore_ascii_case("global") => {
                if !matches!(placed, Placed::Global | Placed::Either) {
                    self.refuse("the location global is none that its type can have");
                } else if exception != Some(NonRegional::Global) {
                    self.refuse("the location global is not allowed: no service in use lists the type");
                }
            }
            (Placed::Global, Some(_)) => self.refuse("its location is not global, which its type always has"),
            (_, Some(location)) => {
                self.place("its location", location);
                if placed == Placed::Copied && exception != Some(NonRegional::ReplicatesToPair) {
                    self.refuse("Azure copies it to the paired region, and no service in use lists the type");
                }
            }
        }
    }

    /// Everything that is named like a place or a SKU, however deep.
    fn members(&mut self, members: &Map<String, Value>, region: &str, is_resource: bool) {
        for (key, value) in members {
            self.mentions(key);
            let name = key.to_ascii_lowercase();
            if name == "datalocation" {
                if value.as_str() != Some("Europe") {
                    self.refuse(&format!("{key} is not Europe"));
                }
            } else if is_place(&name) {
                // The resource's own was looked at by its type.
                if !(is_resource && name == "location") {
                    self.places(key, value);
                }
            } else if name == "sku" {
                self.sku(value, region);
            }
            if !(value.is_string() && is_place(&name)) {
                self.values(value, region);
            }
        }
    }

    fn values(&mut self, value: &Value, region: &str) {
        match value {
            Value::Object(members) => self.members(members, region, false),
            Value::Array(items) => items.iter().for_each(|item| self.values(item, region)),
            Value::String(text) => self.mentions(text),
            _ => {}
        }
    }

    /// One place, several, or a parameter with them.
    fn places(&mut self, key: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Array(items) => items.iter().for_each(|item| self.places(key, item)),
            Value::Object(members) => {
                for (part, value) in members {
                    match part.as_str() {
                        "value" | "defaultValue" | "allowedValues" | "name" => self.places(key, value),
                        // Of a parameter's definition, or of one place among several.
                        "type" | "metadata" | "failoverPriority" | "isZoneRedundant" => {}
                        // Looked at by its own name.
                        part if is_place(&part.to_ascii_lowercase()) => {}
                        _ => self.refuse(&format!("{key} has a part {part}, which is not understood")),
                    }
                }
            }
            other => self.place(key, other),
        }
    }

    fn place(&mut self, key: &str, value: &Value) {
        let Some(text) = value.as_str() else { return self.refuse(&format!("{key} is no text")) };
        if is_expression(text) {
            return self.refuse(&format!("{key} is still an expression"));
        }
        if let Err(refusal) = self.lock.region(text, self.regions) {
            self.refuse(&format!("{key}: {refusal}"));
        }
    }

    /// A region by its name in whatever else is said: a setting, an address, the id of something that lies elsewhere. Names for
    /// people have spaces: 'North Europe'.
    fn mentions(&mut self, text: &str) {
        let is_joint = |letter: char| matches!(letter, ' ' | '-' | '_');
        for part in text.split(|letter: char| !letter.is_ascii_alphanumeric() && !is_joint(letter)) {
            let words: Vec<_> = part.split(is_joint).collect();
            let runs = (0..words.len()).flat_map(|from| {
                let longest = words.len().min(from + WORDS_OF_A_NAME);
                (from + 1..=longest).map(move |to| (from, to))
            });
            for name in runs.filter_map(|(from, to)| RegionName::normalised(&words[from..to].concat())) {
                if self.regions.get(&name).is_some() && !self.lock.allows(&name) {
                    self.refuse(&format!("it names a place: {}", Refusal::Region(name)));
                }
            }
        }
    }

    fn sku(&mut self, value: &Value, region: &str) {
        let name = match value {
            Value::Object(members) => members.get("name"),
            other => Some(other),
        };
        let Some(name) = name.and_then(Value::as_str) else { return self.refuse("its SKU is not said") };
        if is_expression(name) {
            return self.refuse("its SKU is still an expression");
        }
        let is_storage =
            self.name.to_ascii_lowercase().starts_with(&format!("{} ", STORAGE.to_ascii_lowercase()));
        let replicates = ["LRS", "ZRS", "GRS"].iter().any(|kind| name.to_ascii_uppercase().ends_with(kind));
        if !is_storage && !replicates {
            return;
        }
        // Of a region that is refused, nothing more is said.
        let Ok(region) = self.lock.region(region, self.regions) else { return };
        if let Err(refusal) = self.lock.replication(name, &region, self.regions) {
            self.refuse(&refusal.to_string());
        }
    }
}

/// Whether a member of this name says where something lies: whatever speaks of a location or a region is taken to.
fn is_place(name: &str) -> bool {
    name.contains("location") || name.contains("region")
}
