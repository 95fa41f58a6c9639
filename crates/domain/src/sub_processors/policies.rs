//! The policies by which Azure itself refuses what the register does not allow: a deployment brings each of them, for the whole
//! subscription, enforced, without exceptions, and by this very register.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{NonRegional, RegionLock, RegionName, Regions};

const ASSIGNMENT: &str = "Microsoft.Authorization/policyAssignments";
const DEFINITION: &str = "Microsoft.Authorization/policyDefinitions";

/// What is assigned: a definition of Azure's own, or one that the deployment brings under the assignment's name.
struct Policy {
    name: &'static str,
    built_in: Option<&'static str>,
    parameter: Option<(&'static str, BTreeSet<String>)>,
}

fn expected(lock: &RegionLock, regions: &Regions) -> [Policy; 5] {
    let texts = |names: &mut dyn Iterator<Item = &RegionName>| names.map(ToString::to_string).collect();
    let allowed: BTreeSet<String> = texts(&mut lock.regions());
    let is_copied = |region: &&RegionName| {
        let pair = regions.get(region).and_then(|known| known.pair.as_ref());
        pair.is_some_and(|pair| lock.allows(pair))
    };
    let listed = |parameter, built_in, name| Policy {
        name,
        built_in: Some(built_in),
        parameter: Some((parameter, allowed.clone())),
    };
    let own = |name, parameter| Policy { name, built_in: None, parameter };
    let types = lock.types(NonRegional::Global).map(ToString::to_string).collect();
    [
        listed("listOfAllowedLocations", "e56962a6-4747-49cd-b67b-bf8b01975c4c", "kundportal-locations"),
        listed("listOfAllowedLocations", "e765b5de-1225-4ba3-bd56-1ac6695af988", "kundportal-groups"),
        own("kundportal-geo-replication", Some(("regions", texts(&mut lock.regions().filter(is_copied))))),
        own("kundportal-object-replication", None),
        own("kundportal-global-types", Some(("types", types))),
    ]
}

/// What is wrong with the policies among these resources.
pub(super) fn faults(resources: &[Value], lock: &RegionLock, regions: &Regions) -> Vec<String> {
    let mut faults = Vec::new();
    let of = |kind: &'static str| {
        resources.iter().filter(move |resource| {
            resource["type"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(kind))
        })
    };
    for policy in expected(lock, regions) {
        let name = policy.name;
        let assigned: Vec<_> = of(ASSIGNMENT).filter(|resource| resource["name"] == name).collect();
        if assigned.is_empty() {
            faults.push(format!("{ASSIGNMENT} {name} is not predicted, so Azure would refuse nothing by it"));
        }
        for assignment in assigned {
            let mut say = |what: &str| faults.push(format!("{ASSIGNMENT} {name}: {what}"));
            assignment_of(&policy, assignment, lock, &mut say);
        }
        if policy.built_in.is_none() {
            let mut defined = of(DEFINITION).filter(|resource| resource["name"] == name);
            if !defined.any(|resource| resource["properties"]["policyRule"]["then"]["effect"] == "deny") {
                faults.push(format!("{DEFINITION} {name} is not predicted, or does not deny"));
            }
        }
    }
    faults
}

fn assignment_of(policy: &Policy, assignment: &Value, lock: &RegionLock, say: &mut impl FnMut(&str)) {
    let id = assignment["id"].as_str().unwrap_or_default();
    let parts: Vec<_> = id.split('/').collect();
    let ["", "subscriptions", subscription, "providers", ..] = parts.as_slice() else {
        return say("it is not assigned to a whole subscription");
    };
    if parts.len() != 7 {
        say("it is not assigned to a whole subscription");
    }
    let properties = &assignment["properties"];
    let definition = match policy.built_in {
        Some(id) => format!("/providers/{DEFINITION}/{id}"),
        None => format!("/subscriptions/{subscription}/providers/{DEFINITION}/{}", policy.name),
    };
    if !properties["policyDefinitionId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(&definition)) {
        say("it is of another definition");
    }
    if properties["enforcementMode"] != "Default" {
        say("it is not enforced");
    }
    let revision = format!("revision {} ", lock.revision());
    let says_it = |message: &Value| message["message"].as_str().is_some_and(|said| said.contains(&revision));
    if !properties["nonComplianceMessages"].as_array().is_some_and(|said| said.iter().any(says_it)) {
        say("its message does not say by which revision it refuses");
    }
    let none = Map::new();
    let parameters = properties["parameters"].as_object().unwrap_or(&none);
    let is_as_expected = match &policy.parameter {
        None => parameters.is_empty(),
        Some((name, expected)) => {
            let values = parameters.get(*name).and_then(|parameter| parameter["value"].as_array());
            let values: Option<BTreeSet<_>> = values.and_then(|values| {
                values.iter().map(|value| value.as_str().map(ToOwned::to_owned)).collect()
            });
            parameters.len() == 1 && values.as_ref() == Some(expected)
        }
    };
    if !is_as_expected {
        say("its parameters are not what follows from the register");
    }
    // Scopes that are left out, selectors and overrides, and whatever else may weaken it.
    for member in properties.as_object().unwrap_or(&none).keys() {
        let is_known = [
            "displayName",
            "description",
            "policyDefinitionId",
            "enforcementMode",
            "nonComplianceMessages",
            "parameters",
        ];
        if !is_known.contains(&member.as_str()) {
            say(&format!("it has {member}, which may make exceptions"));
        }
    }
}
