"""What is left out for want of a compiler is said, and is a failure where everything must be checked."""

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import check


class WithoutACompiler(unittest.TestCase):
    def main(self, *given: str, ci: str | None = None) -> tuple[int, str]:
        environment = {name: value for name, value in os.environ.items() if name not in ("BICEP", "CI", "PATH")} | ({"CI": ci} if ci else {})
        output = io.StringIO()
        with mock.patch.dict(os.environ, environment, clear=True), mock.patch.object(check, "run", return_value=True), contextlib.redirect_stdout(output):
            code = check.main(list(given))
        return code, output.getvalue()

    def test_it_is_said_and_noted(self):
        with tempfile.TemporaryDirectory() as temporary:
            note = Path(temporary) / "figures" / "infrastructure"
            code, output = self.main("--note", str(note))
            self.assertEqual(code, 0)
            self.assertIn("no Bicep compiler", output)
            self.assertIn("no Bicep compiler", note.read_text())

    def test_a_path_that_leads_to_none_is_none(self):
        for path in ("/nowhere/bicep", __file__):
            with mock.patch.dict(os.environ, {"BICEP": path}):
                self.assertIsNone(check.compiler.Compiler.find())

    def test_it_fails_in_ci(self):
        self.assertEqual(self.main(ci="true")[0], 1)

    def test_what_is_nothing_without_a_compiler_fails(self):
        for what in ("snapshots", "validate", "api-versions"):
            self.assertEqual(self.main(what)[0], 1)

    def test_what_needs_no_compiler_is_checked(self):
        self.assertLess({"predicted resources of production", "predicted resources of test", "checkov"}, {*check.checks(None), "more"})
        self.assertLess(set(check.checks(None)), set(check.checks(mock.Mock())))

    def test_one_problem_is_a_failure(self):
        for problems, good in (([], True), (["something is wrong"], False)):
            output = io.StringIO()
            with mock.patch.object(check, "checks", return_value={"a check": lambda problems=problems: problems}), contextlib.redirect_stdout(output):
                self.assertEqual(check.run(None), good)
            self.assertIn("good" if good else "something is wrong", output.getvalue())
