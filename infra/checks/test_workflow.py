"""The workflow that deploys: its steps in their order, its rights, and its commands, run with stand-ins for what they call."""

from checks import facts, steps
from checks.resources import Resources

WORKFLOW = steps.workflow("deploy")
REGION = Resources.predicted("test").one("Microsoft.Resources/resourceGroups")["location"]
JOBS = WORKFLOW["jobs"]

NAMES = '{"group": "a-group", "site": "a-site", "dataAccount": "an-account", "vault": "a-vault"}'

# Notes each call and answers as Azure does; the deployment of the package fails as often as the file `failures` says.
AZ = f"""#!/usr/bin/env bash
echo "az $*" >>calls
case "$*" in
  *"sub what-if"*) cat answer.json ;;
  *"sub create"*) echo '{NAMES}' ;;
  *config-zip*) read -r left <failures; echo $((left - 1)) >failures; [ "$left" -le 0 ] ;;
esac
"""
CHANGES = """{"changes": [
  {"changeType": "Modify", "resourceId": "/an-account", "delta": [{"path": "sku.name"}, {"path": "properties.cors"}]},
  {"changeType": "Create", "resourceId": "/new", "delta": null}, {"changeType": "NoChange", "resourceId": "/same"},
  {"changeType": "Ignore", "resourceId": "/not-ours"}]}"""


class Deploy(steps.Steps):
    WORKFLOW = WORKFLOW

    def setUp(self):
        super().setUp()
        for name, text in (("bin/az", AZ), ("bin/sleep", steps.NOTES), ("infra/lock-anchors.sh", steps.NOTES), ("infra/smoke.py", steps.NOTES)):
            self.stand_in(name, text)
        (self.folder / "infra/test.bicepparam").write_text((facts.INFRA / "test.bicepparam").read_text())
        (self.folder / "answer.json").write_text(CHANGES)
        (self.folder / "failures").write_text("0\n")

    def test_everything_is_checked_before_anybody_has_a_right_and_approved_before_anything_changes(self):
        steps = {job: [step.get("name", step.get("uses", "").partition("@")[0]) for step in JOBS[job]["steps"]] for job in JOBS}
        checked = ["Templates", "Snapshots", "Executable", "Start", "Region lock", "Register's history", "Package"]
        self.assertEqual([step for step in steps["build"] if step in checked], checked)
        self.assertEqual(steps["preview"][-1], "What would change")
        self.assertEqual(steps["deploy"][-4:], ["Infrastructure", "Anchors", "Package", "Smoke test"])
        self.assertEqual([(job, JOBS[job].get("needs")) for job in JOBS], [("build", None), ("preview", "build"), ("deploy", "preview")])
        self.assertEqual(
            [JOBS[job].get("environment") for job in JOBS], [None, "${{ inputs.environment }}-preview", "${{ inputs.environment }}"]
        )

    def test_only_what_signs_in_to_azure_may_and_only_from_main(self):
        signed_in = {"contents": "read", "id-token": "write"}
        self.assertEqual(WORKFLOW["permissions"], {})
        self.assertEqual([JOBS[job]["permissions"] for job in JOBS], [{"contents": "read", "deployments": "read"}, signed_in, signed_in])
        self.assertEqual(JOBS["build"]["if"], "github.ref == 'refs/heads/main'")
        self.assertEqual(WORKFLOW["concurrency"], {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": False})

    def test_who_approves_sees_what_would_change(self):
        self.assertEqual(self.run_step("preview", "What would change"), 0)
        rows = (self.folder / "summary").read_text().splitlines()[2:]
        self.assertEqual(rows, ["| Modify | /an-account | sku.name, properties.cors |", "| Create | /new |  |"])
        self.assertIn(f"--name kundportal-17 --location {REGION} --parameters infra/test.bicepparam", self.calls()[0])

    def test_a_preview_that_cannot_be_read_is_no_preview(self):
        (self.folder / "bin/az").write_text("#!/bin/sh\nexit 1\n")
        self.assertNotEqual(self.run_step("preview", "What would change"), 0)

    def test_infrastructure_anchors_package_and_smoke_test_are_of_one_deployment(self):
        for name in ("Infrastructure", "Anchors", "Package", "Smoke test"):
            self.assertEqual(self.run_step("deploy", name), 0, name)
        created, *rest = self.calls()
        self.assertIn(f"sub create --name kundportal-17 --location {REGION} --parameters infra/test.bicepparam", created)
        self.assertEqual(
            rest,
            [
                "lock-anchors.sh a-group an-account",
                "az functionapp deployment source config-zip --resource-group a-group --name a-site --src kundportal.zip",
                f"smoke.py https://a-site.azurewebsites.net --region {REGION}",
            ],
        )

    def test_a_package_that_is_refused_at_first_is_sent_again_and_not_for_ever(self):
        self.run_step("deploy", "Infrastructure")
        for failures, code, tries in ((2, 0, 3), (9, 1, 5)):
            (self.folder / "calls").write_text("")
            (self.folder / "failures").write_text(f"{failures}\n")
            self.assertEqual(self.run_step("deploy", "Package"), code)
            self.assertEqual(len([call for call in self.calls() if "config-zip" in call]), tries)
