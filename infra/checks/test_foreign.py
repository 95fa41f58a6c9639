"""checkov's report is judged strictly: it succeeds on files that it cannot read."""

import unittest

from checks import facts, foreign


def finding(check: str, resource: str) -> dict:
    return {"check_id": check, "check_name": "a check", "resource": resource}


def report(findings: list[dict], errors: int = 0, resources: int = 3) -> dict:
    return {"results": {"failed_checks": findings}, "summary": {"passed": 5, "parsing_errors": errors, "resource_count": resources}}


EXPLAINED = [finding(check, f"{kind}.kpdata-x") for check, kind in foreign.EXPLAINED]


class Judgement(unittest.TestCase):
    def test_what_is_explained_passes(self):
        self.assertEqual(list(foreign.judged(report(EXPLAINED), 3)), [])

    def test_each_defect_is_found(self):
        for words, given in (
            ("CKV_AZURE_3", report([*EXPLAINED, finding("CKV_AZURE_3", "Microsoft.Storage/storageAccounts.kpdata-x")])),
            ("CKV_AZURE_35", report([*EXPLAINED, finding("CKV_AZURE_35", "Microsoft.Sql/servers.kpdata-x")])),
            ("could not read 1 files", report(EXPLAINED, errors=1)),
            ("saw 2 of 3", report(EXPLAINED, resources=2)),
            ("take the explanation away", report(EXPLAINED[1:])),
            ("nothing that it could check", {"passed": 0, "failed": 0}),
            ("no report", {"error": "checkov gave no report"}),
        ):
            with self.subTest(words):
                self.assertIn(words, "\n".join(foreign.judged(given, 3)))

    def test_a_planted_resource_is_found_by_the_program_itself(self):
        snapshot = facts.snapshot("production")
        account = next(r for r in snapshot["predictedResources"] if r["name"].startswith("kpdata"))
        account["properties"]["supportsHttpsTrafficOnly"] = False
        said = "\n".join(foreign.judged(foreign.report(snapshot), len(snapshot["predictedResources"])))
        self.assertIn("CKV_AZURE_3", said)
