"""Own assertions on the predicted resources. Each takes them and yields a sentence for whatever is wrong."""

import re
from collections.abc import Callable, Iterator

from checks import facts
from checks.resources import Resources, differences, strings

Assertion = Callable[[Resources], Iterator[str]]

STORAGE = "Microsoft.Storage/storageAccounts"
# What lies somewhere; everything else lies where what it belongs to does, or nowhere.
LOCATED = {
    "Microsoft.Insights/actionGroups",
    "Microsoft.Insights/components",
    "Microsoft.Insights/scheduledQueryRules",
    "Microsoft.KeyVault/vaults",
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.Resources/resourceGroups",
    "Microsoft.Storage/storageAccounts",
    "Microsoft.Web/serverfarms",
    "Microsoft.Web/sites",
}
ACCOUNTS = ("kpdata", "kphost", "kpledger")


def storage_is_opened_by_identity_only(resources: Resources) -> Iterator[str]:
    names = sorted(account["name"] for account in resources.of(STORAGE))
    if [name for name in names if name.startswith(ACCOUNTS)] != names or len(names) != len(ACCOUNTS):
        yield f"the storage accounts are {names}"
    for account in resources.of(STORAGE):
        yield from differences(
            account["name"],
            account["properties"],
            {
                "allowBlobPublicAccess": False,
                "allowCrossTenantReplication": False,
                "allowSharedKeyAccess": False,
                "defaultToOAuthAuthentication": True,
                "encryption.requireInfrastructureEncryption": True,
                "minimumTlsVersion": "TLS1_2",
                "supportsHttpsTrafficOnly": True,
                "encryption.keySource": "Microsoft.Storage",
                "encryption.services.blob.enabled": True,
                "encryption.services.queue.enabled": True,
            },
        )
        yield from differences(account["name"], account, {"kind": "StorageV2"})
    for container in resources.of(f"{STORAGE}/blobServices/containers"):
        yield from differences(container["name"], container["properties"], {"publicAccess": "None"})


def no_key_or_secret_is_in_the_template(resources: Resources) -> Iterator[str]:
    for resource in resources:
        for text in strings(resource):
            if re.search(r"listKeys|listAccountSas|listServiceSas|AccountKey=|SharedAccessSignature|[?&]sig=", text, re.I):
                yield f"{resource['type']} {resource['name']} uses a shared key"
    for secret in resources.of("Microsoft.KeyVault/vaults/secrets"):
        yield f"the secret {secret['name']} is made by the template"


def replication_stays_within_the_lock(resources: Resources) -> Iterator[str]:
    for account in resources.of(STORAGE):
        sku = account["sku"]["name"]
        allowed = {"Standard_LRS", "Standard_ZRS"}
        if account["location"] in resources.lock.geo_replicated:
            allowed |= {"Standard_GRS", "Standard_GZRS"}
        if sku not in allowed:
            yield f"{account['name']} has the SKU {sku}"


def everything_lies_in_the_lock(resources: Resources) -> Iterator[str]:
    lock = resources.lock
    for resource in resources:
        location, kind = resource.get("location"), resource["type"]
        if location is None and kind in LOCATED:
            yield f"{kind} {resource['name']} lies nowhere"
        elif location == "global" and kind not in lock.global_types:
            yield f"{kind} {resource['name']} is global, which the register's revision {lock.revision} does not list"
        elif location not in (None, "global", *lock.regions):
            yield f"{kind} {resource['name']} lies in {location}, which the register's revision {lock.revision} does not list"
    for vault in resources.of("Microsoft.KeyVault/vaults"):
        if vault["type"] not in lock.replicated_types:
            yield f"the register's revision {lock.revision} does not say that {vault['name']} is copied to the paired region"


def deleted_blobs_are_kept_as_long_as_the_rules_say(resources: Resources) -> Iterator[str]:
    days = facts.retention()["soft_delete"]
    services = resources.of(f"{STORAGE}/blobServices")
    if len(services) != len(ACCOUNTS):
        yield f"{len(services)} accounts say what becomes of deleted blobs"
    for service in services:
        yield from differences(
            service["name"],
            service["properties"],
            {
                "containerDeleteRetentionPolicy": {"enabled": True, "days": days},
                "deleteRetentionPolicy": {"enabled": True, "days": days, "allowPermanentDelete": False},
                "isVersioningEnabled": False,
                "changeFeed": None,
                "restorePolicy": None,
            },
        )


def only_staging_expires_by_itself(resources: Resources) -> Iterator[str]:
    hours = facts.retention()["upload_hours"]
    expected = [("staging/", hours / 24)]
    found = [
        (prefix, rule["enabled"] and rule["definition"]["actions"].get("baseBlob", {}).get("delete", {}).get("daysAfterCreationGreaterThan"))
        for policy in resources.of(f"{STORAGE}/managementPolicies")
        for rule in policy["properties"]["policy"]["rules"]
        for prefix in rule["definition"].get("filters", {}).get("prefixMatch", ["(everything)"])
    ]
    if found != expected:
        yield f"the lifecycle rules are {found}, and the retention table says {expected}"
    for policy in resources.of(f"{STORAGE}/managementPolicies"):
        if not policy["name"].startswith("kpdata"):
            yield f"the lifecycle rule is on {policy['name']}"
    for kind in ("containers/immutabilityPolicies", "containers"):
        for resource in resources.of(f"{STORAGE}/blobServices/{kind}"):
            if kind != "containers" or "immutableStorageWithVersioning" in resource["properties"]:
                yield f"{resource['name']} is immutable by the template"


def the_fixed_containers_are_there(resources: Resources) -> Iterator[str]:
    found = sorted(container["name"].split("/")[-1] for container in resources.of(f"{STORAGE}/blobServices/containers"))
    if found != ["anchors", "erasure-ledger", "platform", "releases", "staging"]:
        yield f"the containers are {found}"


def queues_are_those_of_the_functions(resources: Resources) -> Iterator[str]:
    expected = {name for queue in facts.queues() for name in (queue, f"{queue.removesuffix('-poison')}-poison")}
    found = {queue["name"].split("/")[-1] for queue in resources.of(f"{STORAGE}/queueServices/queues")}
    for name in sorted(found ^ expected):
        yield f"the queue {name} is {'made and used by no function' if name in found else 'used by a function and not made'}"


def cross_origin_access_is_the_front_ends(resources: Resources) -> Iterator[str]:
    site = resources.one("Microsoft.Web/sites")["properties"]["siteConfig"]
    origins = site["cors"]["allowedOrigins"]
    if not origins or any(not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?", origin) for origin in origins):
        yield f"the origins are {origins}"
    if site["cors"]["supportCredentials"] is not False:
        yield "the app lets browsers send credentials across origins"
    for service in resources.of(f"{STORAGE}/blobServices"):
        rules = service["properties"]["cors"]["corsRules"]
        expected = [origins] if service["name"].startswith("kpdata") else []
        if [rule["allowedOrigins"] for rule in rules] != expected or any(rule["allowedMethods"] != ["GET", "HEAD", "PUT"] for rule in rules):
            yield f"{service['name']} has the cross-origin rules {rules}"


def the_vault_keeps_its_keys(resources: Resources) -> Iterator[str]:
    vault = resources.one("Microsoft.KeyVault/vaults")
    yield from differences(
        vault["name"],
        vault["properties"],
        {
            "accessPolicies": None,
            "enablePurgeProtection": True,
            "enableRbacAuthorization": True,
            "enableSoftDelete": True,
            "enabledForDeployment": False,
            "enabledForTemplateDeployment": False,
            "softDeleteRetentionInDays": 90,
        },
    )
    key = resources.one("Microsoft.KeyVault/vaults/keys", vault["name"])
    yield from differences(
        key["name"],
        key["properties"],
        {"attributes.enabled": True, "attributes.exportable": False, "curveName": "P-256", "keyOps": ["sign", "verify"], "kty": "EC"},
    )


def the_app_runs_as_intended(resources: Resources) -> Iterator[str]:
    site, plan = resources.one("Microsoft.Web/sites"), resources.one("Microsoft.Web/serverfarms")
    identity = resources.one("Microsoft.ManagedIdentity/userAssignedIdentities")["id"]
    yield from differences(plan["name"], plan, {"sku.name": "FC1", "properties.reserved": True})
    yield from differences(
        site["name"],
        site,
        {
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
            "properties.functionAppConfig.deployment.storage.authentication": {
                "type": "UserAssignedIdentity",
                "userAssignedIdentityResourceId": identity,
            },
            "properties.functionAppConfig.runtime": {"name": "custom", "version": "1.0"},
            "properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB": 2048,
            "properties.httpsOnly": True,
            "properties.keyVaultReferenceIdentity": identity,
            "properties.siteConfig.ftpsState": "Disabled",
            "properties.siteConfig.minTlsVersion": "1.2",
            "properties.siteConfig.scmMinTlsVersion": "1.2",
        },
    )
    if not isinstance(site["properties"]["functionAppConfig"]["scaleAndConcurrency"].get("maximumInstanceCount"), int):
        yield f"{site['name']}: nothing limits how many instances run"
    closed = {policy["name"].split("/")[-1] for policy in resources.of("Microsoft.Web/sites/basicPublishingCredentialsPolicies") if policy["properties"] == {"allow": False}}
    if closed != {"ftp", "scm"}:
        yield f"publishing by password is closed for {sorted(closed)} only"


def a_budget_is_watched(resources: Resources) -> Iterator[str]:
    budget = resources.one("Microsoft.Consumption/budgets")["properties"]
    if not budget["amount"] > 0 or (budget["category"], budget["timeGrain"]) != ("Cost", "Monthly"):
        yield f"the budget is {budget['amount']} of {budget['category']}, {budget['timeGrain']}"
    notices = budget["notifications"].items()
    for name, notice in notices:
        if not notice["enabled"] or not all("@" in address for address in notice["contactEmails"] or [""]):
            yield f"the budget's notice {name} reaches nobody"
    found = sorted((notice["thresholdType"], notice["operator"], notice["threshold"]) for _, notice in notices)
    if found != [("Actual", "GreaterThanOrEqualTo", 80), ("Forecasted", "GreaterThanOrEqualTo", 100)]:
        yield f"the budget's notices are {found}"


def no_name_holds_an_address(resources: Resources) -> Iterator[str]:
    for resource in resources:
        if "@" in resource["name"] or any("@" in text for text in strings(resource.get("tags", {}))):
            yield f"{resource['type']}: a name or a tag holds an address"


SIMPLE: tuple[Assertion, ...] = (
    storage_is_opened_by_identity_only,
    no_key_or_secret_is_in_the_template,
    replication_stays_within_the_lock,
    everything_lies_in_the_lock,
    deleted_blobs_are_kept_as_long_as_the_rules_say,
    only_staging_expires_by_itself,
    the_fixed_containers_are_there,
    queues_are_those_of_the_functions,
    cross_origin_access_is_the_front_ends,
    the_vault_keeps_its_keys,
    the_app_runs_as_intended,
    a_budget_is_watched,
    no_name_holds_an_address,
)
