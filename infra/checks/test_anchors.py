"""The anchors' policy is made and locked once, whatever state it is found in. A stand-in for `az` keeps the state in a file."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from checks import facts

AZ = r"""#!/usr/bin/env bash
cd "$(dirname "$0")"
echo "$*" >>calls
case "$4 $*" in
  show*state*) cat state ;;
  show*etag*) cat etag ;;
  create*) echo Unlocked >state; echo made >etag ;;
  lock*) [[ "$*" == *"--if-match $(cat etag)"* ]] && echo Locked >state ;;
esac
"""


class Anchors(unittest.TestCase):
    def lock(self, state: str) -> tuple[str, list[str]]:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            (folder / "az").write_text(AZ)
            (folder / "az").chmod(0o755)
            (folder / "state").write_text(state)
            (folder / "etag").write_text("found")
            environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
            subprocess.run([facts.INFRA / "lock-anchors.sh", "a-group", "an-account"], env=environment, check=True, capture_output=True)
            calls = [line.split()[3] for line in (folder / "calls").read_text().splitlines() if "a-group" in line and "an-account" in line]
            return (folder / "state").read_text().strip(), calls

    def test_a_policy_that_is_not_there_is_made_and_locked(self):
        self.assertEqual(self.lock(""), ("Locked", ["show", "create", "show", "lock"]))

    def test_a_policy_that_is_not_locked_is_locked(self):
        self.assertEqual(self.lock("Unlocked"), ("Locked", ["show", "show", "lock"]))

    def test_a_locked_policy_is_left_alone(self):
        self.assertEqual(self.lock("Locked"), ("Locked", ["show"]))

    def test_it_lasts_as_long_as_the_audit_log(self):
        [days] = [int(line.removeprefix("days=")) for line in (facts.INFRA / "lock-anchors.sh").read_text().splitlines() if line.startswith("days=")]
        self.assertGreaterEqual(days, facts.months("audit") / 12 * 366 + 30)
