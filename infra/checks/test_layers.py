"""The region lock, whole: somebody changes where a deployment goes, and each of its four layers refuses, by the register's
revision. Then the register lists the region, by one more revision, and each lets it pass. The program is the one that `tests/run`
has built by then; without a compiler the first layer is left out, which `infra/check.py` says.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from checks import compiler, facts, policy
from checks.lock import EXAMPLE, HERE, SINGLE, Change, apply
from checks.resources import Resources

FOUND = compiler.Compiler.find()
PROGRAM = facts.PROJECT / "target/debug/kundportal"
IN_FORCE = facts.Lock()
LIES_IN = Resources.predicted("test").one("Microsoft.Resources/resourceGroups")["location"]
EXAMPLES = json.loads(EXAMPLE.read_text())["revisions"][-1]["number"]
STORAGE = "Microsoft.Storage/storageAccounts"

REFUSED = [
    *(Change(f"the region {name}", name, region=name) for name in ("northeurope", "uksouth", "brazilsouth", "atlantis")),
    Change("geo-redundancy", "sweden", redundancy="GRS"),
]
# Those that the register in force refuses too.
ALSO_NOW = [change for change in REFUSED if (change.region or HERE) not in (IN_FORCE.geo_replicated if change.redundancy else IN_FORCE.regions)]
ADDED = [
    Change("northeurope, listed", None, region="northeurope", added=["northeurope"]),
    Change("uksouth, listed where only adequacy is claimed", None, region="uksouth", added=["uksouth"], zone="adequacy"),
    Change("geo-redundancy, both regions listed", None, redundancy="GRS", added=["swedensouth"]),
]


@contextmanager
def changed(change: Change) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "infra"
        shutil.copytree(facts.INFRA, folder, ignore=shutil.ignore_patterns("checks", "__pycache__"))
        apply(change, folder)
        yield folder


def go_around(change: Change, folder: Path) -> None:
    """The prediction as if the templates had no lock."""
    snapshot = folder / "test.snapshot.json"
    resources = Resources.predicted("test", folder)
    for account in resources.of(STORAGE):
        account["location"] = change.region or HERE
        account["sku"]["name"] = f"Standard_{change.redundancy or SINGLE}"
    snapshot.write_text(json.dumps({"predictedResources": resources, "diagnostics": []}))


def by_templates(change: Change, folder: Path) -> str:
    done = FOUND.snapshot(folder, "test", "overwrite")
    return "" if not done.returncode else done.stderr + done.stdout


def by_policies(change: Change, folder: Path) -> str:
    """What Azure says to the accounts, by the policies that are predicted with them."""
    resources = Resources.predicted("test", folder)
    assigned = {assignment.name: assignment for assignment in policy.assignments(resources)}
    denied = {name: account["location"] for account in resources.of(STORAGE) for name in policy.denied(account, [*assigned.values()])}
    return "\n".join(f"{place}: {assigned[name].message}" for name, place in denied.items())


def by_check(change: Change, folder: Path) -> str:
    command = [PROGRAM, "region-lock", "check", folder / "test.snapshot.json", "--register", folder / "sub-processors.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if not done.returncode else done.stderr


def by_program(change: Change, folder: Path) -> str:
    """The sentence that a change of data is refused with where the program is told that it runs there."""
    region = change.region or HERE
    told = {"KUNDPORTAL_REGION": region, "KUNDPORTAL_STORAGE_PLACES": f"{region}/Standard_{change.redundancy or SINGLE}"}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PROGRAM, "--data-dir", folder / "data", "--empty", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, **told}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        try:
            if not any("is running at" in line for line in program.stdout):
                raise AssertionError("the program does not start")
            operator = {"email": "operator@example.com", "roles": ["Operator"]}
            token = json.loads(asked(f"http://localhost:{port}/dev/token", operator)[1])["accessToken"]
            code, body = asked(f"http://localhost:{port}/api/tenants", {}, Authorization=f"Bearer {token}")
        finally:
            program.terminate()
    # What is asked for is nothing: where the lock holds, that is why it is refused.
    return "" if code == 422 else f"{code} {json.loads(body)['detail']}"


def asked(url: str, body: dict, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", "Accept-Language": "en", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Layers(unittest.TestCase):
    def each(self, changes: list[Change], *layers: Callable[[Change, Path], object]) -> list[tuple[Change, str]]:
        """What the last of these says to each change."""

        def said(change: Change) -> str:
            with changed(change) as folder:
                return [layer(change, folder) for layer in layers][-1]

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(zip(changes, pool.map(said, changes)))

    def refused(self, said: list[tuple[Change, str]], revision: int) -> None:
        for change, sentence in said:
            with self.subTest(change.what):
                self.assertIn(change.refused, sentence)
                self.assertIn(f"revision {revision} of the register of sub-processors", sentence)

    @unittest.skipUnless(FOUND or os.environ.get("CI"), "no Bicep compiler")
    def test_the_templates_refuse(self):
        self.refused(self.each(REFUSED, by_templates), EXAMPLES)

    def test_azure_refuses_by_policy(self):
        self.refused(self.each(ALSO_NOW, go_around, by_policies), IN_FORCE.revision)

    def test_the_check_before_a_deployment_refuses(self):
        self.refused(self.each(REFUSED, go_around, by_check), EXAMPLES)

    def test_the_program_refuses_where_it_runs(self):
        here = Change("where it shall be", None, region=LIES_IN)
        said = self.each([*ALSO_NOW, here], by_program)
        self.assertEqual(said.pop(), (here, ""))
        self.assertTrue(all(sentence.startswith("503 ") for _, sentence in said), said)
        self.refused(said, IN_FORCE.revision)

    @unittest.skipUnless(FOUND or os.environ.get("CI"), "no Bicep compiler")
    def test_what_the_register_lists_passes_with_nothing_touched_but_the_predictions(self):
        def all_but_the_program(change: Change, folder: Path) -> str:
            return "".join(layer(change, folder) for layer in (by_templates, by_policies, by_check))

        for change, sentence in self.each(ADDED, all_but_the_program):
            self.assertEqual(sentence, "", change.what)
