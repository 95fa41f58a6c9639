"""What needs the compiler finds what it is for. Without a compiler these tests are left out, which `infra/check.py` says."""

import json
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from checks import compiler, facts, lock, settings
from checks.resources import Resources

FOUND = compiler.Compiler.find()


class Copy(unittest.TestCase):
    """Each test has a copy to spoil."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name) / "infra"
        shutil.copytree(facts.INFRA, self.folder, ignore=shutil.ignore_patterns("checks", "__pycache__"))

    def spoil(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        text = file.read_text()
        self.assertIn(old, text)
        file.write_text(text.replace(old, new, 1))


@unittest.skipUnless(FOUND or os.environ.get("CI"), "no Bicep compiler")
class Spoiled(Copy):
    def test_a_file_that_is_written_otherwise_than_the_formatter_does(self):
        self.spoil("modules/vault.bicep", "  location: location", "  location:   location")
        self.spoil("test.bicepparam", "param location = ", "param location  =  ")
        said = list(compiler.formatted(FOUND, self.folder))
        self.assertEqual(len(said), 2, said)

    def test_a_misspelled_property_a_rule_and_a_rule_that_is_switched_off(self):
        self.spoil("modules/storage.bicep", "allowBlobPublicAccess", "allowBlobPublicAcces")
        self.spoil("modules/vault.bicep", "  location: location", "  location: 'northeurope'")
        self.spoil("main.bicep", "var softDeleteDays", "#disable-next-line no-unused-vars\nvar unused = 1\nvar softDeleteDays")
        said = "\n".join(compiler.linted(FOUND, self.folder))
        for words in ("allowBlobPublicAcces", "no-hardcoded-location", "main.bicep switches rules off"):
            self.assertIn(words, said)

    def test_a_template_that_cannot_be_compiled(self):
        self.spoil("main.bicep", "var region = ", "var region == ")
        self.assertIn("cannot be compiled", "\n".join(compiler.compiled(FOUND, self.folder)))
        self.assertIn("BCP", "\n".join(compiler.linted(FOUND, self.folder)))

    def test_a_snapshot_that_is_not_what_the_templates_predict(self):
        self.spoil("main.bicep", "days: 1 }", "days: 2 }")
        self.assertEqual(len(list(compiler.predicted(FOUND, self.folder))), len(facts.ENVIRONMENTS))

    def test_a_lock_that_lets_everything_pass(self):
        self.spoil("lock.bicep", "contains(allowedRegions, region)", "contains([region], region)")
        self.spoil("lock.bicep", "contains(['GRS', 'GZRS'], redundancy)", "contains(['RAGRS'], redundancy)")
        north, grs = (next(change for change in lock.changes() if change.what == what) for what in ("the region northeurope", "geo-redundancy without the pair"))
        self.assertEqual(list(lock.outcome(FOUND, north, self.folder)), ["the region northeurope passes"])
        self.assertEqual(list(lock.outcome(FOUND, grs, self.folder)), ["geo-redundancy without the pair passes"])

    def test_a_lock_that_does_not_say_which_revision_it_is_by(self):
        self.spoil("lock.bicep", "'revision ${revision} of", "'some revision of")
        said = list(lock.outcome(FOUND, lock.changes()[0], self.folder))
        self.assertIn("fails without 'The region northeurope is not allowed by revision", said[0])

    def test_policies_that_do_not_follow_the_register(self):
        self.spoil("main.bicep", "allowedRegions: allowedRegions", "allowedRegions: ['swedencentral']")
        added = next(change for change in lock.changes() if change.added and not change.refused)
        self.assertIn("would be refused by kundportal-locations", "".join(lock.outcome(FOUND, added, self.folder)))

    def test_a_lock_that_lets_nothing_pass(self):
        self.spoil("lock.bicep", "contains(listed, region.name)", "contains(['swedencentral'], region.name)")
        added = next(change for change in lock.changes() if change.added and not change.refused)
        self.assertIn("a region that is added to the register fails", "".join(lock.outcome(FOUND, added, self.folder)))


    def test_keys_that_signed_before_come_to_the_program_as_they_were_answered(self):
        answer = {"keys": [{"kty": "EC", "crv": "P-256", "kid": "a", "use": "sig", "alg": "ES256", "x": "b", "y": "c"}]}
        (self.folder / "test.keys.json").write_text(json.dumps(answer))
        with (self.folder / "test.bicepparam").open("a") as parameters:
            parameters.write("param retiredSigningKeys = loadJsonContent('test.keys.json').keys\n")
        done = FOUND.snapshot(self.folder, "test", "overwrite")
        self.assertEqual(done.returncode, 0, done.stderr)
        set_to = settings.values_of(Resources.predicted("test", self.folder))["KUNDPORTAL_RETIRED_SIGNING_KEYS"]
        self.assertEqual(json.loads(set_to), answer)


class Reports(unittest.TestCase):
    def test_a_compiler_that_says_nothing_is_a_finding(self):
        said = list(compiler.linted(compiler.Compiler("true")))
        self.assertIn("no report", "\n".join(said))
        self.assertIn("cannot be compiled", "\n".join(compiler.compiled(compiler.Compiler("true"))))

    def test_several_reports_are_read_as_several(self):
        self.assertEqual(list(compiler.documents(' {"a": 1}\n{"b": 2}\n')), [{"a": 1}, {"b": 2}])
