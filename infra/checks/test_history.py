"""The register's history is looked at in both workflows: against the commit before, and against what was deployed."""

import datetime
import json
import subprocess

from checks import steps

# Answers as GitHub does, with its own filter: a deployment that succeeded has become inactive by now.
GH = """#!/usr/bin/env bash
echo "gh $*" >>calls
case "$*" in
  *statuses*)
    [[ $* =~ deployments/([0-9]+)/ ]]
    state=failure; grep -qx "${BASH_REMATCH[1]}" succeeded && state=success
    echo '[{"state": "inactive"}, {"state": "'$state'"}]' | jq -r "${@: -1}" ;;
  *deployments*) [ -e deployments.json ] && jq -r "${@: -1}" deployments.json ;;
  *contents*) [[ $* =~ ref=([a-z]+) ]] && cat "published-${BASH_REMATCH[1]}" ;;
esac
"""

# Takes what continues the register of a commit that calls itself good.
KUNDPORTAL = steps.NOTES + 'grep -q good "$3"\n'

STEP = "Register's history"


class Deployed(steps.Steps):
    WORKFLOW = steps.workflow("deploy")

    def setUp(self):
        super().setUp()
        self.stand_in("bin/gh", GH)
        self.stand_in("target/x/deploy/kundportal", KUNDPORTAL)

    def deployed(self, *commits: tuple[int, str, str], succeeded: int = 0) -> None:
        deployments = [{"id": number, "sha": commit} for number, commit, _ in commits]
        (self.folder / "deployments.json").write_text(json.dumps(deployments))
        (self.folder / "succeeded").write_text(f"{succeeded}\n")
        for _, commit, published in commits:
            (self.folder / f"published-{commit}").write_text(published)

    def test_it_is_held_against_the_newest_deployment_of_the_environment(self):
        for published, code in (("good", 0), ("rewritten", 1)):
            self.deployed((7, "older", "rewritten"), (9, "newest", published), (8, "between", "rewritten"), succeeded=9)
            self.assertEqual(self.run_step("build", STEP), code)
        listed, read, held = self.calls()[:3]
        self.assertIn("repos/owner/repository/deployments?environment=test&", listed)
        self.assertIn("repos/owner/repository/contents/infra/sub-processors.json?ref=newest", read)
        self.assertEqual(held, f"kundportal region-lock history {self.folder}/deployed.json")

    def test_a_deployment_that_was_refused_does_not_hide_the_one_before_it(self):
        for published, code in (("good", 0), ("rewritten", 1)):
            self.deployed((7, "older", "rewritten"), (8, "live", published), (9, "refused", "good"), succeeded=8)
            self.assertEqual(self.run_step("build", STEP), code)

    def test_the_first_deployment_has_nothing_before_it(self):
        self.deployed()
        self.assertEqual(self.run_step("build", STEP), 0)
        self.assertEqual(len(self.calls()), 1)

    def test_what_cannot_be_known_is_not_taken_for_nothing(self):
        self.assertNotEqual(self.run_step("build", STEP), 0, "which deployments there were")
        self.deployed((7, "older", "good"))
        (self.folder / "published-older").unlink()
        self.assertNotEqual(self.run_step("build", STEP), 0, "what was published")


class Before(steps.Steps):
    WORKFLOW = steps.workflow("ci")

    def setUp(self):
        super().setUp()
        self.stand_in("target/debug/kundportal", KUNDPORTAL)
        self.git("init", "--quiet")
        self.commits = [self.commit("infra/sub-processors.json", text) for text in ("good", "rewritten", "now")]

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *who, *arguments], cwd=self.folder, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, path: str, text: str) -> str:
        self.stand_in(path, text)
        self.git("add", path)
        self.git("commit", "--quiet", "--message", text)
        return self.git("rev-parse", "HEAD")

    def test_it_is_held_against_the_commit_before_and_no_revision_is_of_long_ago(self):
        for base, code in zip(self.commits, (0, 1)):
            self.assertEqual(self.run_step("test", STEP, BASE=base), code)
        week_ago = datetime.date.today() - datetime.timedelta(days=7)
        self.assertEqual(self.calls()[0], f"kundportal region-lock history {self.folder}/earlier.json --not-before {week_ago}")

    def test_the_first_commit_has_none_before_it(self):
        self.assertEqual(self.run_step("test", STEP, BASE="0" * 40), 0)
        self.assertEqual(self.calls(), [])

    def test_a_commit_that_is_not_there_is_not_taken_for_none(self):
        for base in ("1" * 40, "", "HEAD~9"):
            self.assertNotEqual(self.run_step("test", STEP, BASE=base), 0, base)
        self.assertEqual(self.calls(), [])

    def test_the_commit_is_there_and_no_push_to_main_is_left_out(self):
        [job] = self.WORKFLOW["jobs"].values()
        self.assertEqual(job["steps"][0]["with"]["fetch-depth"], 0)
        self.assertEqual(job["steps"][-1]["env"]["BASE"], "${{ github.event.pull_request.base.sha || github.event.before }}")
        # A run that another one cancels would leave its push unseen.
        self.assertIn("github.event_name == 'pull_request' && github.ref || github.sha", self.WORKFLOW["concurrency"]["group"])
