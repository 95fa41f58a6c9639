"""The first layer of the region lock, tried: what happens when somebody changes the region, the redundancy or the register."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from checks import facts, settings
from checks.assertions import everything_lies_in_the_lock, replication_stays_within_the_lock
from checks.compiler import Compiler
from checks.policy import policies_are_the_lock
from checks.resources import Resources


@dataclass
class Change:
    """A change that somebody makes in one commit, and what must come of it."""

    what: str
    refused: str | None
    region: str | None = None
    redundancy: str | None = None
    added: list[str] = field(default_factory=list)
    zone: str | None = None
    added_to: str = "microsoft-azure"
    activated: list[str] = field(default_factory=list)
    carrier: str | None = None
    carries: str = ""


REGISTER = "revision {revision} of the register of sub-processors"


def changes() -> list[Change]:
    refused = "The region {region} is not allowed by " + REGISTER
    mail, other = "azure-communication-services", "exempelpost"
    carried = "Mail goes through '{carrier}', and " + REGISTER + " has for mail in use"
    paired = "The redundancy {redundancy} copies from {region} to its paired region, which is not allowed by " + REGISTER
    return [
        *(Change(f"the region {name}", refused, region=name) for name in ("northeurope", "uksouth", "brazilsouth", "nowhere")),
        Change("geo-redundancy without the pair", paired, redundancy="GRS"),
        Change("a region that is added to the register", None, region="northeurope", added=["northeurope"]),
        Change("geo-redundancy with one of the pair", paired, region="northeurope", redundancy="GRS", added=["northeurope"]),
        Change("geo-redundancy with both of the pair", None, region="northeurope", redundancy="GRS", added=["northeurope", "westeurope"]),
        Change("a region that the register adds outside the zone it claims", refused, region="norwayeast", added=["norwayeast"]),
        Change("a region that the register adds inside the zone it claims", None, region="norwayeast", added=["norwayeast"], zone="EEA"),
        Change("a region of an entry that is only announced", refused, region="northeurope", added=["northeurope"], added_to="azure-communication-services"),
        Change("zones where there are none", "The redundancy ZRS needs availability zones, which {region} does not have", region="swedensouth", redundancy="ZRS", added=["swedensouth"]),
        Change("mail through an entry that is only announced", carried, carrier=mail),
        Change("mail through an entry for something else", carried, carrier="microsoft-azure"),
        Change("an entry for mail that comes into use", None, activated=[mail], carries=mail),
        Change("two entries for mail in use, of which none is named", carried, activated=[mail, other]),
        Change("two entries for mail in use, of which one is named", None, activated=[mail, other], carrier=other, carries=other),
    ]  # fmt: skip


# What the changes begin with stays as it is, whatever the register in force and the parameters become.
EXAMPLE = facts.PROJECT / "crates/domain/tests/example/sub-processors.json"
HERE, SINGLE = "swedencentral", "LRS"


def apply(change: Change, folder: Path) -> None:
    shutil.copy(EXAMPLE, folder / "sub-processors.json")
    parameters = folder / "test.bicepparam"
    text = parameters.read_text()
    for name, value in (("location", change.region or HERE), ("redundancy", change.redundancy or SINGLE)):
        text, count = re.subn(rf"^param {name} = '.*'$", f"param {name} = '{value}'", text, flags=re.M)
        assert count == 1
    if change.carrier:
        text, count = re.subn(r"^param mail = {$", f"param mail = {{\n  subProcessor: '{change.carrier}'", text, flags=re.M)
        assert count == 1
    parameters.write_text(text)
    if change.added or change.activated:
        register, table = facts.register(folder), facts.regions(folder)
        for entry in register["subProcessors"]:
            entry["status"] = "active" if entry["id"] in change.activated else entry["status"]
        [entry] = [entry for entry in register["subProcessors"] if entry["id"] == change.added_to]
        entry["location"]["regions"] += change.added
        entry["location"]["countries"] = sorted({*entry["location"]["countries"], *(table[name]["country"] for name in change.added)})
        register["zone"] = change.zone or register["zone"]
        last = register["revisions"][-1]
        register["revisions"].append({**last, "number": last["number"] + 1, "subProcessors": [entry["id"]]})
        (folder / "sub-processors.json").write_text(json.dumps(register, ensure_ascii=False))


def outcome(compiler: Compiler, change: Change, infra: Path = facts.INFRA) -> Iterator[str]:
    """What is wrong with what comes of one change."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "infra"
        shutil.copytree(infra, folder, ignore=shutil.ignore_patterns("checks", "__pycache__", "*.snapshot.json"))
        apply(change, folder)
        lock = facts.Lock(folder)
        done = compiler.snapshot(folder, "test", "overwrite")
        if change.refused:
            sentence = change.refused.format(
                region=change.region or HERE, redundancy=change.redundancy, carrier=change.carrier or "", revision=lock.revision
            )
            if not done.returncode:
                yield f"{change.what} passes"
            elif sentence not in done.stderr + done.stdout:
                yield f"{change.what} fails without '{sentence}': {done.stderr.strip()[-300:]}"
        elif done.returncode:
            yield f"{change.what} fails: {done.stderr.strip()[-300:]}"
        else:
            resources = Resources.predicted("test", folder)
            where = {resource.get("location") for resource in resources}
            if where != {None, "global", change.region or HERE}:
                yield f"{change.what} deploys to {sorted(map(str, where))}"
            carries = settings.values_of(resources)["KUNDPORTAL_MAIL_SUB_PROCESSOR"]
            if carries != change.carries:
                yield f"{change.what}: mail goes through '{carries}'"
            # What follows from the register elsewhere goes with it: nothing but the register and the region was touched.
            for assertion in (everything_lies_in_the_lock, replication_stays_within_the_lock, policies_are_the_lock):
                for problem in assertion(resources):
                    yield f"{change.what}: {problem}"


def locked(compiler: Compiler) -> Iterator[str]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for problems in pool.map(lambda change: list(outcome(compiler, change)), changes()):
            yield from problems
