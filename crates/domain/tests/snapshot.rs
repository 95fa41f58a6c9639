//! What is about to be deployed, held against the region lock: every change that leaves it is refused by the resource's name,
//! the region and the register's revision.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

use kundportal_domain::sub_processors::{NonRegional, RegionName, Regions, Register, check_snapshot};
use serde_json::{Value, json};

const SNAPSHOTS: [&[u8]; 2] = [
    include_bytes!("../../../infra/production.snapshot.json"),
    include_bytes!("../../../infra/test.snapshot.json"),
];

/// A register that stays as it is, whatever the one in force becomes.
fn example() -> Value {
    serde_json::from_str(include_str!("example/sub-processors.json")).expect("JSON")
}

fn parsed(register: &Value) -> Register {
    Register::parse(&register.to_string(), Regions::embedded().expect("the regions")).expect("a register")
}

fn check(snapshot: &[u8]) -> Result<usize, Vec<String>> {
    check_by(&parsed(&example()), snapshot)
}

fn check_by(register: &Register, snapshot: &[u8]) -> Result<usize, Vec<String>> {
    check_snapshot(snapshot, register.region_lock(), Regions::embedded().expect("the regions"))
}

/// A prediction of these resources, with the policies that follow from a register.
fn predicted(resources: &[Value], register: &Register) -> Value {
    let resources = [resources, &policies(register)].concat();
    json!({"predictedResources": resources, "diagnostics": [], "outputs": {}})
}

/// The policies of the committed prediction, by this register.
fn policies(register: &Register) -> Vec<Value> {
    let (lock, regions) = (register.region_lock(), Regions::embedded().expect("the regions"));
    let allowed: Vec<_> = lock.regions().collect();
    let pair_of = |name| regions.get(name).and_then(|region| region.pair.as_ref());
    let copied = lock.regions().filter(|name| pair_of(name).is_some_and(|pair| lock.allows(pair)));
    let copied: Vec<_> = copied.collect();
    let services = register.entries().iter().filter(|entry| entry.is_in_use());
    let services = services.flat_map(|entry| &entry.non_regional_services);
    let global = services.filter(|service| service.kind == NonRegional::Global);
    let types: Vec<_> = global.flat_map(|service| &service.resource_types).collect();
    let committed: Value = serde_json::from_slice(SNAPSHOTS[0]).expect("JSON");
    let resources = committed["predictedResources"].as_array().expect("resources").iter();
    let is_policy = |resource: &&Value| {
        resource["type"].as_str().is_some_and(|kind| kind.starts_with("Microsoft.Authorization/policy"))
    };
    let mut policies: Vec<_> = resources.filter(is_policy).cloned().collect();
    assert_eq!(policies.len(), 8);
    for policy in &mut policies {
        if policy["type"] == "Microsoft.Authorization/policyDefinitions" {
            continue;
        }
        let parameters = match policy["name"].as_str().expect("a name") {
            "kundportal-geo-replication" => json!({"regions": {"value": copied}}),
            "kundportal-global-types" => json!({"types": {"value": types}}),
            "kundportal-object-replication" => json!({}),
            _ => json!({"listOfAllowedLocations": {"value": allowed}}),
        };
        policy["properties"]["parameters"] = parameters;
        let message = format!("Not allowed by revision {} of the register.", lock.revision());
        policy["properties"]["nonComplianceMessages"] = json!([{"message": message}]);
    }
    policies
}

/// What is said of a snapshot of this one resource.
fn refusals(resource: &Value) -> Vec<String> {
    let snapshot = predicted(std::slice::from_ref(resource), &parsed(&example()));
    check(snapshot.to_string().as_bytes()).err().unwrap_or_default()
}

fn storage(location: &str, sku: &str) -> Value {
    json!({"type": "Microsoft.Storage/storageAccounts", "name": "kpdata", "location": location, "sku": {"name": sku}})
}

fn with(mut resource: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    resource.pointer_mut(parent).expect("a place")[key] = value;
    resource
}

#[test]
fn the_committed_predictions_pass() {
    for snapshot in SNAPSHOTS {
        let predicted: Value = serde_json::from_slice(snapshot).expect("JSON");
        let number = predicted["predictedResources"].as_array().expect("resources").len();
        assert_eq!(check_by(Register::embedded().expect("the register"), snapshot), Ok(number));
        assert!(number > 20);
    }
}

#[test]
fn each_resource_of_the_predictions_is_refused_anywhere_else() {
    let register = Register::embedded().expect("the register");
    let elsewhere = Regions::embedded().expect("the regions").iter().map(|region| &region.name);
    let elsewhere = elsewhere.filter(|region| !register.region_lock().allows(region)).map(RegionName::as_str);
    let elsewhere: Vec<_> =
        elsewhere.chain(["nowhere", "[parameters('location')]", "Ireland!", "Sweden-Central"]).collect();
    assert!(elsewhere.contains(&"uksouth") && elsewhere.contains(&"brazilsouth"), "{elsewhere:?}");
    for snapshot in SNAPSHOTS {
        let mut predicted: Value = serde_json::from_slice(snapshot).expect("JSON");
        for region in &elsewhere {
            for resource in predicted["predictedResources"].as_array_mut().expect("resources") {
                resource["location"] = json!(region);
            }
            let said = check_by(register, predicted.to_string().as_bytes()).expect_err(region);
            for resource in predicted["predictedResources"].as_array().expect("resources") {
                let part = |key: &str| resource[key].as_str().expect("a text");
                let named = format!("{} {}: ", part("type"), part("name"));
                let is_refused = |said: &String| said.starts_with(&named) && said.contains("location");
                assert!(said.iter().any(is_refused), "{named}in {region}: {said:?}");
            }
        }
    }
}

#[test]
fn a_refusal_names_the_resource_the_region_and_the_revision() {
    for region in ["northeurope", "uksouth", "brazilsouth", "nowhere", "North Europe"] {
        let said = refusals(&storage(region, "Standard_ZRS"));
        let [sentence] = said.as_slice() else { panic!("{said:?}") };
        let region = region.replace(' ', "").to_lowercase();
        for part in ["Microsoft.Storage/storageAccounts kpdata", &region, "revision 4", "swedencentral"] {
            assert!(sentence.contains(part), "{part} is missing: {sentence}");
        }
    }
}

#[test]
fn what_is_not_understood_is_refused() {
    let good = storage("swedencentral", "Standard_ZRS");
    assert_eq!(refusals(&good), Vec::<String>::new());
    assert_eq!(refusals(&storage("Sweden Central", "Standard_LRS")), Vec::<String>::new());
    let group = |location: Value| json!({"type": "Microsoft.Resources/resourceGroups", "name": "g", "location": location});
    let workspace = |properties: Value| {
        json!({"type": "Microsoft.OperationalInsights/workspaces", "name": "w", "location": "swedencentral",
            "properties": properties})
    };
    let global = |kind: &str| json!({"type": kind, "name": "x", "location": "global"});
    let planted = [
        (storage("swedencentral", "Standard_GRS"), "copies to swedensouth"),
        (storage("swedencentral", "Standard_RAGZRS"), "copies to swedensouth"),
        (storage("swedencentral", "[parameters('sku')]"), "still an expression"),
        (storage("swedencentral", "Standard_XRS"), "none that is known"),
        (storage("[resourceGroup().location]", "Standard_LRS"), "still an expression"),
        (storage("global", "Standard_LRS"), "global"),
        (with(good.clone(), "/sku", Value::Null), "its SKU is not said"),
        (with(good.clone(), "/location", Value::Null), "no text"),
        (
            with(good.clone(), "/type", json!("Microsoft.DocumentDB/databaseAccounts")),
            "not in the table of types",
        ),
        (with(good.clone(), "/type", json!("Microsoft.Cdn/profiles")), "not in the table of types"),
        (with(good.clone(), "/type", json!("Microsoft.Resources/deployments")), "not flattened"),
        (with(good, "/type", Value::Null), "its type is not said"),
        (json!("a text"), "it is no resource"),
        (json!({"type": "Microsoft.Web/sites", "name": "s"}), "its location is not said"),
        (group(json!(["swedencentral"])), "no text"),
        (global("Microsoft.Communication/communicationServices"), "no service in use lists the type"),
        (
            json!({"type": "Microsoft.Insights/metricAlerts", "name": "a", "location": "swedencentral"}),
            "not global",
        ),
        (
            json!({"type": "Microsoft.Consumption/budgets", "name": "b", "location": "swedencentral"}),
            "does not have",
        ),
        (workspace(json!({"replication": {"enabled": true, "location": "westeurope"}})), "westeurope"),
        (
            workspace(json!({"locations": [{"locationName": "swedencentral"}, {"locationName": "uksouth"}]})),
            "uksouth",
        ),
        (workspace(json!({"locations": ["swedencentral", "norwayeast"]})), "norwayeast"),
        (workspace(json!({"secondaryLocation": "[variables('pair')]"})), "still an expression"),
        (
            workspace(json!({"parameters": {"listOfAllowedLocations": {"value": ["northeurope"]}}})),
            "northeurope",
        ),
        (workspace(json!({"dataLocation": "United States"})), "not Europe"),
        (workspace(json!({"store": {"sku": {"name": "Premium_GRS"}}})), "copies to swedensouth"),
        (workspace(json!({"locations": {"secondary": "swedencentral"}})), "which is not understood"),
        (
            workspace(json!({"settings": [{"name": "REGION", "value": "NorthEurope"}]})),
            "northeurope is not allowed",
        ),
        (
            workspace(json!({"linked": "/subscriptions/0/providers/Microsoft.Web/locations/uksouth/x"})),
            "uksouth is not allowed",
        ),
        (
            with(workspace(json!({})), "/resources", json!([storage("swedencentral", "Standard_LRS")])),
            "not flattened",
        ),
        (storage("SwedenSouth", "Standard_LRS"), "swedensouth is not allowed"),
        // Names for people, wherever they stand.
        (workspace(json!({"note": "a copy lies in North Europe"})), "northeurope is not allowed"),
        (workspace(json!({"note": "Germany-West-Central"})), "germanywestcentral is not allowed"),
        (workspace(json!({"tags": {"UK South": "yes"}})), "uksouth is not allowed"),
        // Names that Azure takes for others.
        (
            json!({"type": "Microsoft.Consumption/budgets", "name": "b", "Location": "uksouth"}),
            "a member Location, which is written otherwise",
        ),
        (
            with(group(json!("swedencentral")), "/SKU", json!({"name": "x"})),
            "a member SKU, which is written otherwise",
        ),
        (
            with(group(json!("swedencentral")), "/Resources", json!([])),
            "a member Resources, which is written otherwise",
        ),
    ];
    for (resource, sentence) in planted {
        let said = refusals(&resource);
        assert!(said.iter().any(|said| said.contains(sentence)), "{resource}: {said:?}");
    }
    for listed in ["Microsoft.Insights/actionGroups", "microsoft.insights/ACTIONGROUPS"] {
        assert_eq!(refusals(&global(listed)), Vec::<String>::new(), "{listed}");
    }
}

#[test]
fn a_file_that_predicts_nothing_is_refused() {
    for nothing in
        ["", "{}", "[]", "null", "not JSON", r#"{"predictedResources":[]}"#, r#"{"predictedResources":{}}"#]
    {
        assert!(check(nothing.as_bytes()).is_err(), "{nothing}");
    }
    for diagnostics in [json!([{}]), json!({"code": "x"}), json!("x")] {
        let whole = predicted(&[storage("swedencentral", "Standard_LRS")], &parsed(&example()));
        assert_eq!(check(whole.to_string().as_bytes()), Ok(9));
        let incomplete = with(whole, "/diagnostics", diagnostics.clone());
        assert!(check(incomplete.to_string().as_bytes()).is_err(), "{diagnostics}");
    }
}

/// Once the register lists the mail service, its resources are `global`, and say that their data lie in Europe.
#[test]
fn a_service_without_a_region_says_where_its_data_lie() {
    let mut register = example();
    register["subProcessors"][2]["status"] = json!("active");
    let summary = json!({"sv": "Används nu.", "en": "In use now."});
    let revision = json!({"number": 5, "date": "2026-12-21", "subProcessors": ["azure-communication-services"],
        "summary": summary});
    register["revisions"].as_array_mut().expect("revisions").push(revision);
    let register = parsed(&register);
    let passes = |kind: &str, properties: Value| {
        let resource = json!({"type": kind, "name": "x", "location": "global", "properties": properties});
        check_by(&register, predicted(&[resource], &register).to_string().as_bytes()).is_ok()
    };
    for kind in ["Microsoft.Communication/communicationServices", "microsoft.communication/emailservices"] {
        assert!(passes(kind, json!({"dataLocation": "Europe"})), "{kind}");
        for elsewhere in [json!({}), json!({"dataLocation": "United States"}), json!({"dataLocation": null})]
        {
            assert!(!passes(kind, elsewhere.clone()), "{kind}: {elsewhere}");
        }
    }
}

/// The register with another active region, by a new revision, and its claim of countries with it.
#[test]
fn a_region_that_the_register_lists_passes_and_geo_redundancy_with_the_pair() {
    let mut register = example();
    let mut lock_with = |name: &str, country: &str| {
        let location = &mut register["subProcessors"][0]["location"];
        location["regions"].as_array_mut().expect("regions").push(json!(name));
        location["countries"].as_array_mut().expect("countries").push(json!(country));
        let number = register["revisions"].as_array().expect("revisions").len() + 1;
        let summary = json!({"sv": "En region till.", "en": "One more region."});
        let revision = json!({"number": number, "date": "2026-11-20", "subProcessors": ["microsoft-azure"], "summary": summary});
        register["revisions"].as_array_mut().expect("revisions").push(revision);
        parsed(&register)
    };
    let passes = |register: &Register, location: &str, sku: &str| {
        check_by(register, predicted(&[storage(location, sku)], register).to_string().as_bytes()).is_ok()
    };
    let lock = lock_with("northeurope", "IE");
    assert!(passes(&lock, "northeurope", "Standard_ZRS") && !passes(&lock, "northeurope", "Standard_GRS"));
    let lock = lock_with("westeurope", "NL");
    assert!(passes(&lock, "northeurope", "Standard_GRS") && passes(&lock, "westeurope", "Standard_GZRS"));
    assert!(!passes(&lock, "swedencentral", "Standard_GRS"));
}

/// Which of two members counts is anybody's guess, and Azure sees no difference between capitals.
#[test]
fn a_member_that_is_there_twice_is_refused() {
    let whole = predicted(&[storage("swedencentral", "Standard_LRS")], &parsed(&example())).to_string();
    assert_eq!(check(whole.as_bytes()), Ok(9));
    for (member, twice) in [
        (r#""location":"swedencentral""#, r#""location":"uksouth","location":"swedencentral""#),
        (r#""location":"swedencentral""#, r#""Location":"uksouth","location":"swedencentral""#),
        (r#""name":"Standard_LRS""#, r#""NAME":"Standard_GRS","name":"Standard_LRS""#),
        (r#""diagnostics":[]"#, r#""diagnostics":[{}],"diagnostics":[]"#),
        (r#""predictedResources":["#, r#""PredictedResources":[],"predictedResources":["#),
    ] {
        assert!(whole.contains(member), "{member}");
        let said = check(whole.replacen(member, twice, 1).as_bytes()).expect_err(twice);
        assert!(said[0].contains("is there twice") && said[0].contains("revision 4"), "{twice}: {said:?}");
    }
}

#[test]
fn a_snapshot_with_a_part_that_nobody_knows_is_refused() {
    let whole = predicted(&[storage("swedencentral", "Standard_LRS")], &parsed(&example()));
    for part in ["resources", "Diagnostics2", "predictedResources2"] {
        let said = check(with(whole.clone(), &format!("/{part}"), json!([])).to_string().as_bytes());
        let said = said.expect_err(part);
        assert!(said.iter().any(|said| said.contains(&format!("a part {part}"))), "{said:?}");
    }
}

#[test]
fn a_deployment_brings_every_policy_enforced_whole_and_by_this_register() {
    let register = parsed(&example());
    let policies = policies(&register);
    let said_of = |policies: &[Value]| {
        let all = json!({"predictedResources": policies, "diagnostics": []});
        check(all.to_string().as_bytes()).err().unwrap_or_default()
    };
    assert_eq!(said_of(&policies), Vec::<String>::new());
    for (number, policy) in policies.iter().enumerate() {
        let named = format!(
            "{} {}",
            policy["type"].as_str().expect("a type"),
            policy["name"].as_str().expect("a name")
        );
        let mut fewer = policies.clone();
        fewer.remove(number);
        let said = said_of(&fewer);
        assert!(
            said.iter().any(|said| said.contains(&named) && said.contains("revision 4")),
            "{named}: {said:?}"
        );
        let elsewhere =
            policy["id"].as_str().expect("an id").replace("/providers/", "/resourceGroups/g/providers/");
        let weaker = if policy["type"] == "Microsoft.Authorization/policyDefinitions" {
            vec![("/properties/policyRule/then/effect", json!("audit"), "does not deny")]
        } else {
            vec![
                ("/properties/enforcementMode", json!("DoNotEnforce"), "it is not enforced"),
                ("/properties/enforcementMode", Value::Null, "it is not enforced"),
                (
                    "/properties/notScopes",
                    json!(["/subscriptions/0/resourceGroups/g"]),
                    "notScopes, which may make",
                ),
                ("/properties/resourceSelectors", json!([]), "resourceSelectors, which may make"),
                (
                    "/properties/parameters",
                    json!({"effect": {"value": "audit"}}),
                    "not what follows from the register",
                ),
                ("/properties/policyDefinitionId", json!("/providers/x"), "of another definition"),
                (
                    "/properties/nonComplianceMessages",
                    json!([{"message": "revision 40 "}]),
                    "by which revision",
                ),
                ("/id", json!(elsewhere), "not assigned to a whole subscription"),
            ]
        };
        for (pointer, value, sentence) in weaker {
            let mut changed = policies.clone();
            changed[number] = with(policy.clone(), pointer, value);
            let said = said_of(&changed);
            let is_said = |said: &String| said.contains(&named) && said.contains(sentence);
            assert!(said.iter().any(is_said), "{named}, {pointer}: {said:?}");
        }
    }
    // One that is by another register: it allows more, or less.
    for regions in [json!(["swedencentral", "uksouth"]), json!([])] {
        let mut changed = policies.clone();
        let locations =
            changed.iter_mut().find(|policy| policy["name"] == "kundportal-locations").expect("it");
        locations["properties"]["parameters"]["listOfAllowedLocations"]["value"] = regions;
        let said = said_of(&changed);
        assert!(said.iter().any(|said| said.contains("not what follows from the register")), "{said:?}");
    }
}
