"""Each assertion finds the defect that it is for: a resource is changed, and exactly that assertion says so."""

import copy
import unittest
from collections.abc import Callable

from checks import facts, policy, rights, settings
from checks.assertions import SIMPLE
from checks.resources import Resources

ASSERTIONS = {assertion.__name__: assertion for assertion in (*SIMPLE, *rights.RIGHTS, policy.policies_are_the_lock, *settings.SETTINGS)}
COMMITTED = facts.snapshot("production")["predictedResources"]

STORAGE = "Microsoft.Storage/storageAccounts"
VAULT = "Microsoft.KeyVault/vaults"


def problems(change: Callable[[Resources], object]) -> dict[str, list[str]]:
    """What each assertion says after a change, without those that say nothing."""
    resources = Resources(copy.deepcopy(COMMITTED))
    change(resources)
    found = {name: list(assertion(resources)) for name, assertion in ASSERTIONS.items()}
    return {name: said for name, said in found.items() if said}


def put(resources: Resources, kind: str, name: str, path: str, value: object) -> None:
    target = resources.one(kind, name)
    *way, last = path.split(".")
    for part in way:
        target = target[int(part)] if isinstance(target, list) else target[part]
    if isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value


def add(kind: str, name: str, **more: object) -> Callable[[Resources], None]:
    return lambda resources: resources.append({"id": f"/planted/providers/{kind}/{name}", "type": kind, "name": name, "properties": {}, **more})


def without(kind: str, name: str) -> Callable[[Resources], None]:
    return lambda resources: resources.remove(resources.one(kind, name))


def setting(kind: str, name: str, path: str, value: object) -> Callable[[Resources], None]:
    return lambda resources: put(resources, kind, name, path, value)


def diagnosed(end: str, logs: list[dict]) -> Callable[[Resources], None]:
    def change(resources: Resources) -> None:
        [found] = [s for s in resources.of("Microsoft.Insights/diagnosticSettings") if end in s["id"] and "blobServices" in s["id"]]
        found["properties"]["logs"] = logs

    return change


def granted(number: int, **more: object) -> Callable[[Resources], None]:
    return lambda resources: resources.of("Microsoft.Authorization/roleAssignments")[number]["properties"].update(more)


def granted_on(old: str, new: str) -> Callable[[Resources], None]:
    """Gives a role that is given on something on something else."""

    def change(resources: Resources) -> None:
        found = next(r for r in resources.of("Microsoft.Authorization/roleAssignments") if old in r["id"])
        found["id"] = found["id"].replace(old, new)

    return change


def app_setting(name: str, value: str | None) -> Callable[[Resources], None]:
    """Sets one of the app's settings, or takes it away."""

    def change(resources: Resources) -> None:
        kept = resources.one(SITE)["properties"]["siteConfig"]["appSettings"]
        kept[:] = [setting for setting in kept if setting["name"] != name] + ([{"name": name, "value": value}] if value else [])

    return change


OWNER = "/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
ASSIGNMENT = "Microsoft.Authorization/policyAssignments"
DEFINITION = "Microsoft.Authorization/policyDefinitions"
ALERT = "Microsoft.Insights/scheduledQueryRules"
SITE = "Microsoft.Web/sites"
DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings"

# Assertion, words that it must say, the defect.
DEFECTS: list[tuple[str, str, Callable[[Resources], object]]] = [
    ("storage_is_opened_by_identity_only", "allowSharedKeyAccess", setting(STORAGE, "kpdata", "properties.allowSharedKeyAccess", True)),
    ("storage_is_opened_by_identity_only", "allowBlobPublicAccess", setting(STORAGE, "kphost", "properties.allowBlobPublicAccess", True)),
    ("storage_is_opened_by_identity_only", "minimumTlsVersion", setting(STORAGE, "kpledger", "properties.minimumTlsVersion", "TLS1_0")),
    ("storage_is_opened_by_identity_only", "supportsHttpsTrafficOnly", setting(STORAGE, "kpdata", "properties.supportsHttpsTrafficOnly", False)),
    ("storage_is_opened_by_identity_only", "allowCrossTenantReplication", setting(STORAGE, "kpdata", "properties.allowCrossTenantReplication", True)),
    ("storage_is_opened_by_identity_only", "InfrastructureEncryption", setting(STORAGE, "kpdata", "properties.encryption.requireInfrastructureEncryption", None)),
    ("storage_is_opened_by_identity_only", "kind", setting(STORAGE, "kpdata", "kind", "BlobStorage")),
    ("storage_is_opened_by_identity_only", "publicAccess", lambda r: r.of(f"{STORAGE}/blobServices/containers")[0]["properties"].update(publicAccess="Blob")),
    ("storage_is_opened_by_identity_only", "storage accounts are", add(STORAGE, "another", location="swedencentral", sku={"name": "Standard_LRS"})),
    ("no_key_or_secret_is_in_the_template", "shared key", setting(SITE, "", "properties.siteConfig.appSettings.0.value", "[listKeys('x', '2025-01-01').keys[0].value]")),
    ("no_key_or_secret_is_in_the_template", "by the template", add(f"{VAULT}/secrets", "kp-x/index-keys")),
    ("replication_stays_within_the_lock", "Standard_GRS", setting(STORAGE, "kpdata", "sku.name", "Standard_GRS")),
    ("everything_lies_in_the_lock", "brazilsouth", setting(STORAGE, "kpdata", "location", "brazilsouth")),
    ("everything_lies_in_the_lock", "lies nowhere", setting(STORAGE, "kphost", "location", None)),
    ("everything_lies_in_the_lock", "is global", add("Microsoft.Cdn/profiles", "front-door", location="global")),
    ("everything_lies_in_the_lock", "lies in [", setting(SITE, "", "location", "[reference('x').location]")),
    ("deleted_blobs_are_kept_as_long_as_the_rules_say", "deleteRetentionPolicy", setting(f"{STORAGE}/blobServices", "kpdata", "properties.deleteRetentionPolicy.days", 7)),
    ("deleted_blobs_are_kept_as_long_as_the_rules_say", "containerDelete", setting(f"{STORAGE}/blobServices", "kpledger", "properties.containerDeleteRetentionPolicy.enabled", False)),
    ("deleted_blobs_are_kept_as_long_as_the_rules_say", "isVersioningEnabled", setting(f"{STORAGE}/blobServices", "kpdata", "properties.isVersioningEnabled", True)),
    ("deleted_blobs_are_kept_as_long_as_the_rules_say", "restorePolicy", setting(f"{STORAGE}/blobServices", "kpdata", "properties.restorePolicy", {"enabled": True, "days": 7})),
    ("deleted_blobs_are_kept_as_long_as_the_rules_say", "2 accounts", without(f"{STORAGE}/blobServices", "kphost")),
    ("only_staging_expires_by_itself", "staging", setting(f"{STORAGE}/managementPolicies", "kpdata", "properties.policy.rules.0.definition.actions.baseBlob.delete.daysAfterCreationGreaterThan", 2)),
    ("only_staging_expires_by_itself", "False", setting(f"{STORAGE}/managementPolicies", "kpdata", "properties.policy.rules.0.enabled", False)),
    ("only_staging_expires_by_itself", "platform", setting(f"{STORAGE}/managementPolicies", "kpdata", "properties.policy.rules.0.definition.filters.prefixMatch", ["platform/"])),
    ("only_staging_expires_by_itself", "(everything)", setting(f"{STORAGE}/managementPolicies", "kpdata", "properties.policy.rules.0.definition.filters", {})),
    ("only_staging_expires_by_itself", "are []", without(f"{STORAGE}/managementPolicies", "kpdata")),
    ("only_staging_expires_by_itself", "immutable", add(f"{STORAGE}/blobServices/containers/immutabilityPolicies", "kpdatax/default/anchors/default")),
    ("the_fixed_containers_are_there", "containers are", lambda r: r.remove(r.of(f"{STORAGE}/blobServices/containers")[0])),
    ("queues_are_those_of_the_functions", "not made", lambda r: r.remove(r.of(f"{STORAGE}/queueServices/queues")[0])),
    ("queues_are_those_of_the_functions", "no function", add(f"{STORAGE}/queueServices/queues", "kphostx/default/another")),
    ("cross_origin_access_is_the_front_ends", "origins are", setting(SITE, "", "properties.siteConfig.cors.allowedOrigins", ["*"])),
    ("cross_origin_access_is_the_front_ends", "credentials", setting(SITE, "", "properties.siteConfig.cors.supportCredentials", True)),
    ("cross_origin_access_is_the_front_ends", "cross-origin rules", setting(f"{STORAGE}/blobServices", "kpdata", "properties.cors.corsRules.0.allowedOrigins", ["https://other.example"])),
    ("cross_origin_access_is_the_front_ends", "DELETE", setting(f"{STORAGE}/blobServices", "kpdata", "properties.cors.corsRules.0.allowedMethods", ["DELETE"])),
    ("cross_origin_access_is_the_front_ends", "kpledger", setting(f"{STORAGE}/blobServices", "kpledger", "properties.cors.corsRules", [{"allowedOrigins": ["*"]}])),
    ("the_vault_keeps_its_keys", "enablePurgeProtection", setting(VAULT, "kp-", "properties.enablePurgeProtection", None)),
    ("the_vault_keeps_its_keys", "enableRbacAuthorization", setting(VAULT, "kp-", "properties.enableRbacAuthorization", False)),
    ("the_vault_keeps_its_keys", "accessPolicies", setting(VAULT, "kp-", "properties.accessPolicies", [{"objectId": "x"}])),
    ("the_vault_keeps_its_keys", "exportable", setting(f"{VAULT}/keys", "kp-", "properties.attributes.exportable", True)),
    ("the_vault_keeps_its_keys", "enabled", setting(f"{VAULT}/keys", "kp-", "properties.attributes.enabled", False)),
    ("the_vault_keeps_its_keys", "keyOps", setting(f"{VAULT}/keys", "kp-", "properties.keyOps", ["sign", "verify", "decrypt"])),
    ("the_app_runs_as_intended", "identity", setting(SITE, "", "identity", {"type": "SystemAssigned"})),
    ("the_app_runs_as_intended", "authentication", setting(SITE, "", "properties.functionAppConfig.deployment.storage.authentication", {"type": "StorageAccountConnectionString"})),
    ("the_app_runs_as_intended", "httpsOnly", setting(SITE, "", "properties.httpsOnly", False)),
    ("the_app_runs_as_intended", "minTlsVersion", setting(SITE, "", "properties.siteConfig.minTlsVersion", "1.0")),
    ("the_app_runs_as_intended", "nothing limits", setting(SITE, "", "properties.functionAppConfig.scaleAndConcurrency", {"instanceMemoryMB": 2048})),
    ("the_app_runs_as_intended", "by password", setting("Microsoft.Web/sites/basicPublishingCredentialsPolicies", COMMITTED[-1]["name"], "properties.allow", True)),
    ("a_budget_is_watched", "nobody", setting("Microsoft.Consumption/budgets", "", "properties.notifications.eighty.contactEmails", [])),
    ("a_budget_is_watched", "nobody", setting("Microsoft.Consumption/budgets", "", "properties.notifications.eighty.contactEmails", [""])),
    ("a_budget_is_watched", "notices are", setting("Microsoft.Consumption/budgets", "", "properties.notifications.eighty.threshold", 800)),
    ("a_budget_is_watched", "the budget is 0", setting("Microsoft.Consumption/budgets", "", "properties.amount", 0)),
    ("no_name_holds_an_address", "address", setting("Microsoft.Insights/actionGroups", "", "name", "karin@example.com")),
    ("roles_are_no_wider_than_needed", "not in the list", granted(0, roleDefinitionId=OWNER)),
    ("roles_are_no_wider_than_needed", "is missing", lambda r: r.remove(r.of("Microsoft.Authorization/roleAssignments")[-1])),
    ("roles_are_no_wider_than_needed", "other than the app", granted(1, principalId="22222222-2222-2222-2222-222222222222")),
    ("roles_are_no_wider_than_needed", "not in the list", granted_on("/storageAccounts/kpdata", "/storageAccounts/kpledger")),
    ("roles_are_no_wider_than_needed", "not in the list", granted_on("/keys/signing/", "/")),
    ("diagnostics_hold_no_personal_data", "logs StorageRead", diagnosed("kpdata", [{"category": "StorageRead", "enabled": True}])),
    ("diagnostics_hold_no_personal_data", "logs allLogs", diagnosed("kpledger", [{"categoryGroup": "allLogs", "enabled": True}])),
    ("diagnostics_hold_no_personal_data", "90 days", setting("Microsoft.OperationalInsights/workspaces", "", "properties.retentionInDays", 90)),
    ("diagnostics_hold_no_personal_data", "not masked", setting("Microsoft.Insights/components", "", "properties.DisableIpMasking", True)),
    ("diagnostics_hold_no_personal_data", "connection string", setting("Microsoft.Insights/components", "", "properties.DisableLocalAuth", False)),
    ("alerts_are_about_what_happens", "nobody", setting(ALERT, "work", "properties.enabled", False)),
    ("alerts_are_about_what_happens", "nobody", setting("Microsoft.Insights/actionGroups", "", "properties.enabled", False)),
    ("alerts_are_about_what_happens", "nobody", setting("Microsoft.Insights/actionGroups", "", "properties.emailReceivers", [])),
    ("alerts_are_about_what_happens", "nobody", setting("Microsoft.Insights/actionGroups", "", "properties.emailReceivers", [{"emailAddress": ""}])),
    ("alerts_are_about_what_happens", "looks elsewhere", setting(ALERT, "work", "properties.scopes", ["/elsewhere"])),
    ("alerts_are_about_what_happens", "stays for good", setting(ALERT, "work", "properties.autoMitigate", False)),
    ("alerts_are_about_what_happens", "requests-are-late is missing", without(ALERT, "requests-are-late")),
    ("alerts_are_about_what_happens", "another is not in the list", setting(ALERT, "work", "name", "another")),
    ("alerts_are_about_what_happens", "fires at GreaterThan 5", setting(ALERT, "work", "properties.criteria.allOf.0.threshold", 5)),
    ("alerts_are_about_what_happens", "fires at LessThan 3", setting(ALERT, "a-timer-does", "properties.criteria.allOf.0.threshold", 3)),
    ("alerts_are_about_what_happens", "within PT5M", setting(ALERT, "requests", "properties.windowSize", "PT5M")),
    ("alerts_are_about_what_happens", "each P1D", setting(ALERT, "requests", "properties.evaluationFrequency", "P1D")),
    ("alerts_are_about_what_happens", "nothing logs", setting(ALERT, "work", "properties.criteria.allOf.0.query", 'traces | where message has "work is lost"')),
    ("alerts_are_about_what_happens", "nothing logs", setting(ALERT, "requests", "properties.criteria.allOf.0.query", 'traces | where message has "a request is overdue" or message has "deployed"')),
    ("alerts_are_about_what_happens", "not known here", setting(ALERT, "work", "properties.criteria.allOf.0.query", 'exceptions | where message has "work is stuck"')),
    ("alerts_are_about_what_happens", "does not watch", setting(ALERT, "a-timer-failed", "properties.criteria.allOf.0.query", 'requests | where success == false and name in ("retention")')),
    ("alerts_are_about_what_happens", "files is no timer", setting(ALERT, "a-timer-does", "properties.criteria.allOf.0.query", 'requests | where success == true and name in ("activity", "files") | distinct name')),
    ("policies_are_the_lock", "not enforced", setting(ASSIGNMENT, "kundportal-locations", "properties.enforcementMode", "DoNotEnforce")),
    ("policies_are_the_lock", "assignments are", without(ASSIGNMENT, "kundportal-groups")),
    ("policies_are_the_lock", "register says", setting(ASSIGNMENT, "kundportal-locations", "properties.parameters.listOfAllowedLocations.value", [*facts.Lock().regions, "brazilsouth"])),
    ("policies_are_the_lock", "which revision", setting(ASSIGNMENT, "kundportal-locations", "properties.nonComplianceMessages", [{"message": "no"}])),
    ("policies_are_the_lock", "not by kundportal-geo-replication", setting(DEFINITION, "kundportal-geo", "properties.policyRule.if.allOf.1.in", ["Standard_GRS"])),
    ("policies_are_the_lock", "not by kundportal-object-replication", setting(DEFINITION, "kundportal-object", "properties.mode", "Indexed")),
    ("policies_are_the_lock", "would be refused", setting(ASSIGNMENT, "kundportal-global", "properties.parameters.types.value", [])),
    ("policies_are_the_lock", "would be refused by kundportal-locations", setting(STORAGE, "kpdata", "location", "brazilsouth")),
    ("policies_are_the_lock", "the mode of", setting(DEFINITION, "kundportal-geo", "properties.mode", "Microsoft.KeyVault.Data")),
    ("policies_are_the_lock", "unknown definition", setting(ASSIGNMENT, "kundportal-locations", "properties.policyDefinitionId", "/x/e56962a6-4747-49cd-b67b-bf8b01975c4c")),
    ("policies_are_the_lock", "the effect of", setting(DEFINITION, "kundportal-geo", "properties.policyRule.then.effect", "audit")),
    ("policies_are_the_lock", "the expression [[", setting(DEFINITION, "kundportal-global", "properties.policyRule.if.allOf.1.notIn", "[[parameters('types')]")),
    ("policies_are_the_lock", "the operator like", setting(DEFINITION, "kundportal-object", "properties.policyRule.if", {"field": "type", "like": "*"})),
    ("policies_are_the_lock", "the field kind", setting(DEFINITION, "kundportal-object", "properties.policyRule.if", {"field": "kind", "equals": "x"})),
    ("policies_are_the_lock", "unknown definition", without(DEFINITION, "kundportal-geo")),
    ("settings_are_written_down", "not set", app_setting("KUNDPORTAL_MAIL_DOMAIN", None)),
    ("settings_are_written_down", "must be set, docs/operations.md says", app_setting("KUNDPORTAL_MAIL_DOMAIN", None)),
    ("settings_are_written_down", "not in docs/deployment.md", app_setting("KUNDPORTAL_MAX_UPLOADS", "4")),
    ("settings_are_written_down", "does not read it", app_setting("KUNDPORTAL_NOTHING", "4")),
    ("settings_are_written_down", "must not be set", app_setting("FUNCTIONS_WORKER_RUNTIME", "custom")),
    ("settings_are_written_down", "not a reference to the vault", app_setting("KUNDPORTAL_INDEX_KEYS", "k1:AAAA")),
    *(
        ("settings_lead_to_what_is_deployed", f"{name} leads elsewhere", app_setting(name, value))
        for name, value in (
            ("KUNDPORTAL_SIGNING_KEY", "MIGH"),
            ("KUNDPORTAL_REGION", "brazilsouth"),
            ("DataStorage__blobServiceUri", "https://elsewhere.blob.core.windows.net"),
            ("AzureWebJobsStorage__queueServiceUri", None),
            ("DataStorage__clientId", "22222222-2222-2222-2222-222222222222"),
            ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=elsewhere"),
        )
    ),
    ("settings_lead_to_what_is_deployed", "the package leads elsewhere", setting(SITE, "", "properties.functionAppConfig.deployment.storage.value", "https://elsewhere.blob.core.windows.net/x")),
    ("what_happens_is_kept", "blobServices/default says nothing", lambda r: r.remove(r.of(DIAGNOSTICS)[0])),
    ("what_happens_is_kept", "workspaceId", lambda r: r.of(DIAGNOSTICS)[1]["properties"].update(workspaceId="/elsewhere")),
    ("what_happens_is_kept", "metrics", lambda r: r.of(DIAGNOSTICS)[1]["properties"].update(metrics=[])),
    ("what_happens_is_kept", "nobody asked for", lambda r: r.of(DIAGNOSTICS)[1].update(id="/x/providers/Microsoft.Web/sites/y/providers/z/w/v")),
    ("what_happens_is_kept", "disableLocalAuth", setting("Microsoft.OperationalInsights/workspaces", "", "properties.features", {})),
    ("what_happens_is_kept", "WorkspaceResourceId", setting("Microsoft.Insights/components", "", "properties.WorkspaceResourceId", "/elsewhere")),
    ("settings_are_written_down", "must be set, docs/operations.md says", app_setting("KUNDPORTAL_MAIL_SUB_PROCESSOR", None)),
    ("settings_are_written_down", "'local run'", app_setting("KUNDPORTAL_DATA_DIR", "/data")),
    ("settings_are_written_down", "the accounts lie in", setting(STORAGE, "kpledger", "sku.name", "Standard_LRS")),
    ("settings_are_written_down", "not the app's identity", app_setting("DataStorage__credential", "developer")),
]  # fmt: skip


class Defects(unittest.TestCase):
    def test_nothing_is_wrong_with_what_is_committed(self):
        self.assertEqual(problems(lambda _: None), {})

    def test_each_defect_is_found_by_the_assertion_that_is_for_it(self):
        for name, words, change in DEFECTS:
            with self.subTest(assertion=name, words=words):
                self.assertIn(words, "\n".join(problems(change).get(name, [])))

    def test_every_assertion_has_a_defect_that_it_finds(self):
        self.assertEqual(set(ASSERTIONS), {name for name, _, _ in DEFECTS})
