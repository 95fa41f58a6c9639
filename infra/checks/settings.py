"""The app's settings: what the template sets, what the pages say of them, and what the program reads are one list."""

import re
from collections.abc import Iterator
from pathlib import Path

from checks import facts
from checks.resources import Resources

# Read by the Functions host alone.
HOSTS_OWN = re.compile(r"APPLICATIONINSIGHTS_\w+|AzureWebJobsStorage__(blob|table)ServiceUri")

# Set by the platform.
PLATFORMS_OWN = {"REGION_NAME"}

# The second column of the table in docs/operations.md: what a deployment must set, may leave out, and must not set.
MUST_BE_SET = {"yes", "deployed", "with SMTP", "with a sub-processor's SMTP", "after a change of keys"}
MAY_BE_SET = {"no", "with `x-forwarded-for`"}
NEVER_SET = {"by the host", "local run"}

SECRETS = {"KUNDPORTAL_INDEX_KEYS", "KUNDPORTAL_LINK_KEYS", "KUNDPORTAL_SMTP_URL"}

# What Flex Consumption refuses, or has its own place for.
NOT_ON_FLEX = re.compile(r"FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT\w*|AzureWebJobsStorage|SCM_\w+|ENABLE_ORYX_BUILD")


def rows(page: Path, heading: str) -> dict[str, list[str]]:
    """The rows of the table below a heading, by each name in the first column."""
    section = page.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and "`" in cells[0]:
            found |= {name: cells[1:] for name in re.findall(r"`([^`]+)`", cells[0])}
    return found


def values_of(resources: Resources) -> dict[str, str]:
    """What the template sets."""
    return {setting["name"]: setting["value"] for setting in resources.one("Microsoft.Web/sites")["properties"]["siteConfig"]["appSettings"]}


def settings_are_written_down(resources: Resources) -> Iterator[str]:
    docs = facts.PROJECT / "docs"
    values = values_of(resources)
    told, known, read = rows(docs / "deployment.md", "App settings"), rows(docs / "operations.md", "Settings"), facts.variables()
    for name in sorted(set(values) ^ set(told)):
        yield f"{name} is {'set and not in docs/deployment.md' if name in values else 'in docs/deployment.md and not set'}"
    for name in sorted(values):
        if NOT_ON_FLEX.fullmatch(name):
            yield f"{name} must not be set on Flex Consumption"
        elif not HOSTS_OWN.fullmatch(name) and name not in read:
            yield f"{name} is set, and the program does not read it"
    for name in sorted(read ^ set(known)):
        if known.get(name, [""])[0] != "local run":
            yield f"{name} is {'read and not in docs/operations.md' if name in read else 'in docs/operations.md and not read'}"
    for name, (must, *_) in known.items():
        if must not in MUST_BE_SET | MAY_BE_SET | NEVER_SET:
            yield f"docs/operations.md says of {name} that it must be set '{must}', which means nothing here"
        if must in MUST_BE_SET and name not in {*values, *PLATFORMS_OWN}:
            yield f"{name} must be set, docs/operations.md says, and is not"
        if must in NEVER_SET and name in values:
            yield f"{name} is set, and docs/operations.md says '{must}'"
    places = [f"{account['location']}/{account['sku']['name']}" for account in resources.of("Microsoft.Storage/storageAccounts")]
    if sorted(values.get("KUNDPORTAL_STORAGE_PLACES", "").split(",")) != sorted(set(places)):
        yield f"KUNDPORTAL_STORAGE_PLACES is {values.get('KUNDPORTAL_STORAGE_PLACES')}, and the accounts lie in {places}"
    for name, value in values.items():
        secret = name.removeprefix("KUNDPORTAL_").lower().replace("_", "-")
        if name in SECRETS and not value.startswith(f"[format('@Microsoft.KeyVault(SecretUri={{0}}/{secret})', format('https://{{0}}{{1}}/secrets', 'kp-"):
            yield f"{name} is not a reference to the vault"
        if name.endswith("__credential") and value != "managedidentity":
            yield f"{name} is not the app's identity"


def settings_lead_to_what_is_deployed(resources: Resources) -> Iterator[str]:
    """Addresses and identities are those of the same deployment."""
    values = values_of(resources)
    site, component = resources.one("Microsoft.Web/sites"), resources.one("Microsoft.Insights/components")["id"]
    identity = resources.one("Microsoft.ManagedIdentity/userAssignedIdentities")["id"]
    data, host = (resources.one("Microsoft.Storage/storageAccounts", name)["name"] for name in ("kpdata", "kphost"))

    def service(kind: str, account: str) -> str:
        return f"[format('https://{{0}}.{kind}.{{1}}', '{account}', environment().suffixes.storage)]"

    values["the package"] = site["properties"]["functionAppConfig"]["deployment"]["storage"]["value"]
    expected = {
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": rf"\[format\('ClientId=\{{0\}};Authorization=AAD', reference\('{identity}', '[0-9-]+'\)\.clientId\)\]",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": rf"\[reference\('{component}', '[0-9-]+'\)\.ConnectionString\]",
        **{f"AzureWebJobsStorage__{kind}ServiceUri": re.escape(service(kind, host)) for kind in ("blob", "queue", "table")},
        "DataStorage__blobServiceUri": re.escape(service("blob", data)),
        **{f"{connection}__clientId": rf"\[reference\('{identity}', '[0-9-]+'\)\.clientId\]" for connection in ("AzureWebJobsStorage", "DataStorage")},
        "KUNDPORTAL_REGION": site["location"],
        "KUNDPORTAL_SIGNING_KEY": rf"\[reference\('{resources.one('Microsoft.KeyVault/vaults/keys')['id']}', '[0-9-]+'\)\.keyUriWithVersion\]",
        "the package": re.escape(f"[format('https://{{0}}.blob.{{1}}/{{2}}', '{host}', environment().suffixes.storage, 'releases')]"),
    }
    for name, pattern in expected.items():
        if not re.fullmatch(pattern, values.get(name, "")):
            yield f"{name} leads elsewhere: {values.get(name)}"


SETTINGS = (settings_are_written_down, settings_lead_to_what_is_deployed)
