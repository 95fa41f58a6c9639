"""The commands of a workflow's steps, run as the runner does, with stand-ins for what they call."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

from checks import facts

# A stand-in that notes how it is called.
NOTES = """#!/usr/bin/env bash
echo "${0##*/} $*" >>calls
"""


def workflow(name: str) -> dict:
    return yaml.safe_load((facts.PROJECT / f".github/workflows/{name}.yml").read_text())


class Steps(unittest.TestCase):
    WORKFLOW: dict

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def stand_in(self, path: str, text: str = NOTES) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)

    def run_step(self, job: str, name: str, **more: str) -> int:
        """`bash -e`, in the folder of the project."""
        [step] = [step for step in self.WORKFLOW["jobs"][job]["steps"] if step.get("name") == name]
        runner = {
            "RUNNER_TEMP": str(self.folder), "GITHUB_STEP_SUMMARY": str(self.folder / "summary"), "GITHUB_RUN_ID": "17",
            "GITHUB_REPOSITORY": "owner/repository", "ENVIRONMENT": "test", "TARGET": "x",
        }  # fmt: skip
        environment = {**os.environ, **runner, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", **more}
        return subprocess.run(["bash", "-e", "-c", step["run"]], cwd=self.folder, env=environment, capture_output=True, check=False).returncode

    def calls(self) -> list[str]:
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []
