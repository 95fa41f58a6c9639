"""What the program reads, what the page of operations says and what the template sets are one list: each way in which they can differ."""

import unittest
from unittest import mock

from checks import facts, settings
from checks.resources import Resources

PAGE = facts.PROJECT / "docs/operations.md"


class Settings(unittest.TestCase):
    def said(self) -> str:
        return "\n".join(settings.settings_are_written_down(Resources.predicted("production")))

    def test_a_variable_that_the_program_reads_and_the_page_does_not_name(self):
        with mock.patch.object(facts, "variables", return_value={*facts.variables(), "KUNDPORTAL_NEW"}):
            self.assertEqual(self.said(), "KUNDPORTAL_NEW is read and not in docs/operations.md")

    def test_a_variable_that_the_page_names_and_the_program_does_not_read(self):
        with mock.patch.object(facts, "variables", return_value=facts.variables() - {"KUNDPORTAL_MAX_RESENDS"}):
            self.assertEqual(self.said(), "KUNDPORTAL_MAX_RESENDS is in docs/operations.md and not read")

    def test_a_word_of_the_page_that_nobody_knows(self):
        known = settings.rows(PAGE, "Settings") | {"KUNDPORTAL_MAX_RESENDS": ["sometimes", "20"]}
        told = settings.rows(facts.PROJECT / "docs/deployment.md", "App settings")
        with mock.patch.object(settings, "rows", side_effect=[told, known]):
            self.assertEqual(self.said(), "docs/operations.md says of KUNDPORTAL_MAX_RESENDS that it must be set 'sometimes', which means nothing here")

    def test_variables_are_found_where_they_are_read_and_only_there(self):
        found = facts.variables()
        self.assertLess({"KUNDPORTAL_ISSUERS", "KUNDPORTAL_SIGNING_KEY", "DataStorage__credential", "REGION_NAME"}, found)
        self.assertFalse({"KUNDPORTAL_TEST_CLOCK", "KUNDPORTAL_CORS_ORIGINS", "KUNDPORTAL_DEV_END_WITH_INPUT"} & found)
