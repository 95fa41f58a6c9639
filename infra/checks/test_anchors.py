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
  show*immutabilityPeriod*) cat days ;;
  create*) echo Unlocked >state; echo made >etag; sed -n 's/.*--period \([0-9]*\).*/\1/p' <<<"$*" >days ;;
  lock*) [[ "$*" == *"--if-match $(cat etag)"* ]] && echo Locked >state ;;
esac
"""


class Anchors(unittest.TestCase):
    def lock(self, state: str, days: int) -> tuple[int, str, str, list[str]]:
        """Exit code, state and days afterwards, and what was called for."""
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            (folder / "az").write_text(AZ)
            (folder / "az").chmod(0o755)
            for name, text in (("state", state), ("days", str(days)), ("etag", "found")):
                (folder / name).write_text(text)
            environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
            done = subprocess.run([facts.INFRA / "lock-anchors.sh", "a-group", "an-account"], env=environment, check=False, capture_output=True)
            calls = [line.split()[3] for line in (folder / "calls").read_text().splitlines() if "a-group" in line and "an-account" in line]
            return done.returncode, (folder / "state").read_text().strip(), (folder / "days").read_text().strip(), calls

    def test_a_policy_that_is_not_there_is_made_and_locked(self):
        for state in ("", "Unlocked"):
            self.assertEqual(self.lock(state, 0), (0, "Locked", "762", ["show", "create", "show", "lock"]))

    def test_a_policy_that_is_not_locked_gets_its_days_and_is_locked(self):
        self.assertEqual(self.lock("Unlocked", 7), (0, "Locked", "762", ["show", "create", "show", "lock"]))

    def test_a_locked_policy_is_left_alone(self):
        self.assertEqual(self.lock("Locked", 762), (0, "Locked", "762", ["show", "show"]))
        self.assertEqual(self.lock("Locked", 800), (0, "Locked", "800", ["show", "show"]))

    def test_a_policy_that_is_locked_for_too_short_a_time_is_a_failure(self):
        self.assertEqual(self.lock("Locked", 7), (1, "Locked", "7", ["show", "show"]))

    def test_it_lasts_as_long_as_the_audit_log(self):
        [days] = [int(line.removeprefix("days=")) for line in (facts.INFRA / "lock-anchors.sh").read_text().splitlines() if line.startswith("days=")]
        self.assertGreaterEqual(days, facts.months("audit") / 12 * 366 + 30)
