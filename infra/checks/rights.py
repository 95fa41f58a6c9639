"""Who may do what: the whole list, compared with the predicted role assignments. And what is logged, and who is told."""

import re
from collections.abc import Iterator

from checks import facts
from checks.resources import Resources, differences, scope

# The role on what, by the end of the scope's path; names of accounts end in something of the subscription's own.
ROLES = {
    ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "storageAccounts/kpdata*"): "blob data contributor: tenants' containers are made while the app runs",
    ("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "storageAccounts/kphost*"): "blob data owner: the host asks for it",
    ("974c5e8b-45b9-4653-ba55-5f855dd0fb88", "storageAccounts/kphost*"): "queue data contributor",
    ("0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "storageAccounts/kphost*"): "table data contributor: the host's diagnostic events",
    ("12338af0-0e69-4776-bea7-57ae8d297424", "vaults/kp-*/keys/signing"): "key vault crypto user",
    ("4633458b-17de-408a-b874-0445c86b69e6", "vaults/kp-*"): "key vault secrets user: secrets are made after the template",
    ("3913510d-42f4-4e42-8a64-420c390055eb", "components/kundportal-*"): "monitoring metrics publisher",
}

# Resource logs that are kept: whoever is in them is an operator or the app, never a user of the portal.
LOGS = {"vaults": {"AuditEvent"}}


def roles_are_no_wider_than_needed(resources: Resources) -> Iterator[str]:
    identity = resources.one("Microsoft.ManagedIdentity/userAssignedIdentities")["id"]
    missing = set(ROLES)
    for assignment in resources.of("Microsoft.Authorization/roleAssignments"):
        properties = assignment["properties"]
        role = properties["roleDefinitionId"].rpartition("/")[2]
        known = {key for key in ROLES if key[0] == role and re.search(f"/{key[1].replace('*', '[a-z0-9]+')}$", scope(assignment))}
        if not known:
            yield f"the role {role} on {scope(assignment)} is not in the list"
        if f"'{identity}'" not in properties["principalId"] or not properties["principalId"].endswith(".principalId]"):
            yield f"the role {role} is given to somebody other than the app: {properties['principalId']}"
        missing -= known
    for role, where in sorted(missing):
        yield f"the role {role} on {where} is missing"


def what_happens_is_kept(resources: Resources) -> Iterator[str]:
    """Metrics of each account's services, and who used which key or secret, in the one workspace."""
    workspace = resources.one("Microsoft.OperationalInsights/workspaces")
    expected = {service["id"]: {"metrics": [{"category": "Transaction", "enabled": True}]} for kind in ("blob", "queue") for service in resources.of(f"Microsoft.Storage/storageAccounts/{kind}Services")}
    expected[resources.one("Microsoft.KeyVault/vaults")["id"]] = {"logs": [{"category": "AuditEvent", "enabled": True}]}
    found = {scope(setting): setting["properties"] for setting in resources.of("Microsoft.Insights/diagnosticSettings")}
    for where in sorted(set(found) ^ set(expected)):
        yield f"{where.rpartition('/providers/')[2]} says {'what nobody asked for' if where in found else 'nothing'}"
    for where in set(found) & set(expected):
        yield from differences(where.rpartition("/providers/")[2], found[where], {"workspaceId": workspace["id"], **expected[where]})
    yield from differences(workspace["name"], workspace["properties"], {"features.disableLocalAuth": True})
    component = resources.one("Microsoft.Insights/components")
    yield from differences(component["name"], component["properties"], {"IngestionMode": "LogAnalytics", "WorkspaceResourceId": workspace["id"]})


def diagnostics_hold_no_personal_data(resources: Resources) -> Iterator[str]:
    for setting in resources.of("Microsoft.Insights/diagnosticSettings"):
        kind = scope(setting).split("/")[-2]
        for log in setting["properties"].get("logs", []):
            if log.get("categoryGroup") or log.get("category") not in LOGS.get(kind, ()):
                yield f"{kind} {scope(setting).rpartition('/')[2]} logs {log.get('categoryGroup') or log.get('category')}, in which callers' addresses are"
    days = facts.retention()["platform_logs"]
    workspace = resources.one("Microsoft.OperationalInsights/workspaces")["properties"]
    component = resources.one("Microsoft.Insights/components")["properties"]
    for what, kept in (("workspace", workspace["retentionInDays"]), ("component", component["RetentionInDays"])):
        if kept != days:
            yield f"the {what} keeps logs for {kept} days, and the retention table says {days}"
    if component["DisableIpMasking"] is not False:
        yield "addresses are not masked"
    if component["DisableLocalAuth"] is not True:
        yield "whoever knows the connection string may write logs"


# How many results make an alert, and how long it looks back: longer than from one look to the next, since lines take minutes to arrive.
EVENT, ABSENCE = ("GreaterThan", 0, "PT30M"), ("LessThan", len(facts.timers()), "PT2H")
ALERTS = {
    "work-is-stuck": EVENT,
    "the-region-lock-is-broken": EVENT,
    "requests-are-late": EVENT,
    "a-notice-reaches-nobody": EVENT,
    "a-timer-failed": EVENT,
    "a-timer-does-not-run": ABSENCE,
}

# Everything that a query may say. What the log says is tried by tests/alerts.rs.
PHRASE = r'message has "([^"]+)"'
TIMERS = r'name in \(([^)]*)\)'
QUERIES = (
    rf"traces \| where {PHRASE}(?: or {PHRASE})*",
    rf"requests \| where success == false and {TIMERS}",
    rf"requests \| where success == true and {TIMERS} \| distinct name",
)


def addressed(group: dict) -> bool:
    """Whether somebody is told."""
    receivers = group["properties"]["emailReceivers"]
    return bool(receivers) and all(re.fullmatch(r"[^@\s]+@[^@\s]+", receiver["emailAddress"]) for receiver in receivers)


def alerts_are_about_what_happens(resources: Resources) -> Iterator[str]:
    said, timers = facts.logged(), facts.timers()
    groups = {group["id"] for group in resources.of("Microsoft.Insights/actionGroups") if group["properties"]["enabled"] and addressed(group)}
    component = resources.one("Microsoft.Insights/components")["id"]
    alerts = resources.of("Microsoft.Insights/scheduledQueryRules")
    for name in sorted(set(ALERTS) ^ {alert["name"] for alert in alerts}):
        yield f"the alert {name} is {'missing' if name in ALERTS else 'not in the list'}"
    for alert in alerts:
        properties = alert["properties"]
        if not properties["enabled"] or not set(properties["actions"]["actionGroups"]) & groups:
            yield f"the alert {alert['name']} reaches nobody"
        [criterion] = properties["criteria"]["allOf"]
        query = criterion["query"]
        if (criterion["operator"], criterion["threshold"], properties["windowSize"]) != ALERTS.get(alert["name"], EVENT):
            yield f"the alert {alert['name']} fires at {criterion['operator']} {criterion['threshold']} within {properties['windowSize']}"
        if properties["scopes"] != [component] or properties["autoMitigate"] is not True:
            yield f"the alert {alert['name']} looks elsewhere, or stays for good"
        if properties["evaluationFrequency"] != "PT15M" or criterion["timeAggregation"] != "Count":
            yield f"the alert {alert['name']} counts {criterion['timeAggregation']} each {properties['evaluationFrequency']}"
        if not any(re.fullmatch(known, query) for known in QUERIES):
            yield f"the alert {alert['name']} asks in words that are not known here: {query}"
        for phrase in re.findall(PHRASE, query):
            if not re.search(rf'tracing::\w+!\([^;]*"{re.escape(phrase)}\b', said):
                yield f"the alert {alert['name']} waits for '{phrase}', which nothing logs"
        for names in re.findall(TIMERS, query):
            for timer in sorted(set(re.findall(r'"([^"]+)"', names)) ^ timers):
                yield f"to the alert {alert['name']}, the function {timer} is {'no timer' if timer not in timers else 'a timer that it does not watch'}"


RIGHTS = (roles_are_no_wider_than_needed, what_happens_is_kept, diagnostics_hold_no_personal_data, alerts_are_about_what_happens)
