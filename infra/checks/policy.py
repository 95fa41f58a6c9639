"""Azure Policy, as far as the deployment's own rules need it: evaluated against predicted and against planted resources."""

from collections.abc import Iterator

from checks import facts
from checks.resources import Resources

# The two built-in definitions, by their published rules.
BUILT_IN = {
    "e56962a6-4747-49cd-b67b-bf8b01975c4c": {
        "mode": "Indexed",
        "policyRule": {
            "if": {
                "allOf": [
                    {"field": "location", "notIn": "[parameters('listOfAllowedLocations')]"},
                    {"field": "location", "notEquals": "global"},
                    {"field": "type", "notEquals": "Microsoft.AzureActiveDirectory/b2cDirectories"},
                ]
            },
            "then": {"effect": "deny"},
        },
    },
    "e765b5de-1225-4ba3-bd56-1ac6695af988": {
        "mode": "All",
        "policyRule": {
            "if": {
                "allOf": [
                    {"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"},
                    {"field": "location", "notIn": "[parameters('listOfAllowedLocations')]"},
                ]
            },
            "then": {"effect": "deny"},
        },
    },
}


class PolicyError(Exception):
    """A rule says something that this evaluator, or Azure, does not know."""


def field(name: str, resource: dict) -> str | None:
    if name == "type":
        group = "Microsoft.Resources/resourceGroups"
        return "Microsoft.Resources/subscriptions/resourceGroups" if resource["type"] == group else resource["type"]
    if name == "location":
        return resource.get("location")
    if name == "Microsoft.Storage/storageAccounts/sku.name":
        return resource.get("sku", {}).get("name") if resource["type"] == "Microsoft.Storage/storageAccounts" else None
    raise PolicyError(f"the field {name}")


def holds(condition: dict, resource: dict, parameters: dict) -> bool:
    if set(condition) == {"allOf"}:
        return all(holds(inner, resource, parameters) for inner in condition["allOf"])
    if "field" not in condition or len(condition) != 2:
        raise PolicyError(f"a condition with {sorted(condition)}")
    value = (field(condition["field"], resource) or "").lower()
    [(operator, operand)] = [item for item in condition.items() if item[0] != "field"]
    if isinstance(operand, str) and operand.startswith("["):
        name = operand.removeprefix("[parameters('").removesuffix("')]")
        if operand != f"[parameters('{name}')]" or name not in parameters:
            raise PolicyError(f"the expression {operand}")
        operand = parameters[name]
    if operator in ("in", "notIn") and isinstance(operand, list):
        return (value in [text.lower() for text in operand]) == (operator == "in")
    if operator in ("equals", "notEquals") and isinstance(operand, str):
        return (value == operand.lower()) == (operator == "equals")
    raise PolicyError(f"the operator {operator} with a {type(operand).__name__}")


class Assignment:
    """A definition as it is assigned."""

    def __init__(self, assignment: dict, definitions: dict[str, dict]):
        properties = assignment["properties"]
        self.name = assignment["name"]
        self.definition_id = properties["policyDefinitionId"]
        self.enforced = properties.get("enforcementMode") == "Default"
        self.parameters = {name: given["value"] for name, given in properties.get("parameters", {}).items()}
        self.message = properties.get("nonComplianceMessages", [{}])[0].get("message", "")
        built_in = self.definition_id.removeprefix("/providers/Microsoft.Authorization/policyDefinitions/")
        found = definitions.get(self.definition_id.lower()) or BUILT_IN.get(built_in)
        if found is None:
            raise PolicyError(f"{self.name} is of an unknown definition")
        if found["mode"] not in ("All", "Indexed"):
            raise PolicyError(f"the mode of {self.name}")
        self.definition = found

    def denies(self, resource: dict) -> bool:
        # 'Indexed' sees resource groups never, and resources only where they have a location or tags.
        group = resource["type"] == "Microsoft.Resources/resourceGroups"
        if self.definition["mode"] == "Indexed" and (group or not resource.get("location")):
            return False
        rule = self.definition["policyRule"]
        if rule["then"] != {"effect": "deny"}:
            raise PolicyError(f"the effect of {self.name}")
        return holds(rule["if"], resource, self.parameters)


def assignments(resources: Resources) -> list[Assignment]:
    definitions = {definition["id"].lower(): definition["properties"] for definition in resources.of("Microsoft.Authorization/policyDefinitions")}
    return [Assignment(assignment, definitions) for assignment in resources.of("Microsoft.Authorization/policyAssignments")]


def denied(resource: dict, assigned: list[Assignment]) -> list[str]:
    """The names of the assignments that refuse a resource."""
    return [assignment.name for assignment in assigned if assignment.denies(resource)]


def planted(lock: facts.Lock) -> list[tuple[dict, str | None]]:
    """Resources that no template has, and which assignment must refuse each; none where it must pass."""
    storage = "Microsoft.Storage/storageAccounts"
    home = lock.regions[0]
    outside = [name for name in facts.regions() if name not in lock.regions]

    def resource(kind: str, location: str | None, sku: str | None = None) -> dict:
        made: dict = {"type": kind, "name": "planted"}
        if location:
            made["location"] = location
        return made | ({"sku": {"name": sku}} if sku else {})

    cases: list[tuple[dict, str | None]] = [(resource(storage, home, f"Standard_{sku}"), None) for sku in ("LRS", "ZRS")]
    cases += [(resource("Microsoft.Web/sites", region), "kundportal-locations") for region in (*outside, "nowhere")]
    cases += [(resource("Microsoft.Resources/resourceGroups", region), "kundportal-groups") for region in (*outside, "nowhere")]
    cases += [(resource("Microsoft.Resources/resourceGroups", home.upper()), None)]
    for region in lock.regions:
        refused = None if region in lock.geo_replicated else "kundportal-geo-replication"
        cases += [(resource(storage, region, f"Standard_{sku}"), refused) for sku in ("GRS", "RAGRS", "GZRS", "RAGZRS")]
    cases += [(resource(f"{storage}/objectReplicationPolicies", None), "kundportal-object-replication")]
    cases += [
        (resource(kind, "global"), "kundportal-global-types")
        for kind in ("Microsoft.Network/trafficManagerProfiles", "Microsoft.Cdn/profiles", "Microsoft.Network/frontDoors", "Microsoft.Communication/communicationServices")
        if kind not in lock.global_types
    ]
    cases += [(resource(kind, "Global"), None) for kind in lock.global_types]
    return cases


def policies_are_the_lock(resources: Resources) -> Iterator[str]:
    lock = resources.lock
    try:
        assigned = assignments(resources)
        expected = {
            "kundportal-locations": {"listOfAllowedLocations": lock.regions},
            "kundportal-groups": {"listOfAllowedLocations": lock.regions},
            "kundportal-geo-replication": {"regions": lock.geo_replicated},
            "kundportal-object-replication": {},
            "kundportal-global-types": {"types": lock.global_types},
        }
        if sorted(assignment.name for assignment in assigned) != sorted(expected):
            yield f"the assignments are {sorted(assignment.name for assignment in assigned)}"
            return
        for assignment in assigned:
            if assignment.parameters != expected[assignment.name]:
                yield f"{assignment.name} has {assignment.parameters}, and the register says {expected[assignment.name]}"
            if not assignment.enforced:
                yield f"{assignment.name} is not enforced"
            if f"revision {lock.revision} " not in assignment.message:
                yield f"{assignment.name} does not say which revision it is by"
        for resource in resources:
            for name in denied(resource, assigned):
                yield f"{resource['type']} {resource['name']} would be refused by {name}"
        for resource, name in planted(lock):
            if denied(resource, assigned) != ([name] if name else []):
                yield f"{resource} is refused by {denied(resource, assigned)}, not by {name}"
    except PolicyError as error:
        yield f"a policy cannot be evaluated: {error}"
