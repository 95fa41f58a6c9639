"""What the rest of the project says, and the infrastructure must agree with."""

import json
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
INFRA = PROJECT / "infra"
ENVIRONMENTS = ("production", "test")


def snapshot(environment: str, folder: Path = INFRA) -> dict:
    """The resources that a deployment would make, as the compiler predicts them; committed."""
    return json.loads((folder / f"{environment}.snapshot.json").read_text())


def register(folder: Path = INFRA) -> dict:
    return json.loads((folder / "sub-processors.json").read_text())


def regions(folder: Path = INFRA) -> dict[str, dict]:
    return {region["name"]: region for region in json.loads((folder / "azure-regions.json").read_text())["regions"]}


ZONES = {"EU": {"EU"}, "EEA": {"EU", "EEA"}, "adequacy": {"EU", "EEA", "adequacy"}}


class Lock:
    """The region lock, worked out here a second time: Bicep's own answer is compared with it."""

    def __init__(self, folder: Path = INFRA):
        contents, table = register(folder), regions(folder)
        in_use = [entry for entry in contents["subProcessors"] if entry["status"] in ("active", "ending")]
        services = [service for entry in in_use for service in entry["nonRegionalServices"]]
        self.revision = contents["revisions"][-1]["number"]
        self.regions = sorted(
            {name for entry in in_use for name in entry["location"]["regions"] if name in table and table[name]["zone"] in ZONES[contents["zone"]]}
        )
        self.geo_replicated = [name for name in self.regions if table[name]["pair"] in self.regions]
        self.global_types = [kind for service in services if service["kind"] == "global" for kind in service["resourceTypes"]]
        self.replicated_types = [kind for service in services if service["kind"] == "replicatesToPair" for kind in service["resourceTypes"]]


def retention() -> dict[str, int]:
    """Days and hours from the program's retention rules, by field."""
    rules = (PROJECT / "crates/domain/src/retention/rules.rs").read_text()
    found = re.findall(r"^ +(\w+): (?:Period::days\()?(\d+)\)?,$", rules, re.M)
    return {name: int(number) for name, number in found}


def months(rule: str) -> int:
    rules = (PROJECT / "crates/domain/src/retention/rules.rs").read_text()
    return int(re.findall(rf"^ +{rule}: Period::months\((\d+)\),$", rules, re.M)[0])


def bindings() -> dict[str, dict]:
    """The first binding of each function."""
    manifests = sorted((PROJECT / "functions").glob("*/function.json"))
    return {manifest.parent.name: json.loads(manifest.read_text())["bindings"][0] for manifest in manifests}


def queues() -> set[str]:
    return {binding["queueName"] for binding in bindings().values() if binding["type"] == "queueTrigger"}


def timers() -> set[str]:
    return {name for name, binding in bindings().items() if binding["type"] == "timerTrigger"}


def variables() -> set[str]:
    """Environment variables that the program reads, wherever it runs: what its sources name, without the local run, its tests' own and
    their test code."""
    names = set()
    for path in (PROJECT / "src").rglob("*.rs"):
        if "dev" not in path.relative_to(PROJECT / "src").parts:
            code = path.read_text().partition("\n#[cfg(test)]\nmod tests {")[0]
            names |= set(re.findall(r'"(KUNDPORTAL_(?!TEST_)[A-Z_]+|REGION_NAME|FUNCTIONS_CUSTOMHANDLER_PORT|[A-Z][A-Za-z]+__[a-zA-Z]+)"', code))
    return names


def logged() -> str:
    """Everything that the program's sources say, its log lines among them."""
    return "\n".join(path.read_text() for folder in ("functions", "src") for path in sorted((PROJECT / folder).rglob("*.rs")))
