"""The package is what is meant: deterministic, small, complete, and never the local run."""

import contextlib
import io
import json
import random
import stat
import struct
import tempfile
import unittest
import zipfile
from pathlib import Path

import package
from checks import facts


def elf(*kinds: int, machine: int = package.X86_64, sections: tuple[int, ...] = (0, 3), more: bytes = b"") -> bytes:
    """The smallest executable, with program headers and sections of these kinds."""
    end = 64 + 56 * len(kinds)
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, end, 0, 64, 56, len(kinds), 64, len(sections), 0)
    programs = b"".join(struct.pack("<I", kind) + bytes(52) for kind in kinds)
    return head + programs + b"".join(struct.pack("<II", 0, kind) + bytes(56) for kind in sections) + more


STATIC = elf(1, 2)


class Package(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def pack(self, executable: bytes, name: str = "a.zip") -> tuple[int, str, Path]:
        (self.folder / "program").write_bytes(executable)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = package.main([str(self.folder / "program"), str(self.folder / name)])
        return code, said.getvalue(), self.folder / name

    def test_it_holds_the_host_file_the_executable_and_each_manifest(self):
        code, _, archive = self.pack(STATIC)
        self.assertEqual(code, 0)
        manifests = [f"{name}/function.json" for name in facts.bindings()]
        with zipfile.ZipFile(archive) as opened:
            self.assertEqual(opened.namelist(), sorted(["host.json", "kundportal", *manifests]))
            self.assertGreater(len(manifests), 20)
            modes = {entry.filename: stat.S_IMODE(entry.external_attr >> 16) for entry in opened.infolist()}
            self.assertEqual({name for name, mode in modes.items() if mode != 0o644}, {"kundportal"})
            self.assertEqual(modes["kundportal"], 0o755)
            self.assertEqual({entry.create_system for entry in opened.infolist()}, {3})
            self.assertEqual(opened.read("kundportal"), STATIC)
            self.assertEqual(json.loads(opened.read("host.json"))["customHandler"]["description"]["defaultExecutablePath"], "kundportal")

    def test_the_same_files_give_the_same_bytes(self):
        (_, _, one), (_, _, other) = self.pack(STATIC), self.pack(STATIC, "b.zip")
        self.assertEqual(one.read_bytes(), other.read_bytes())

    def test_what_must_not_be_deployed_is_refused(self):
        for words, executable in (
            ("no 64-bit executable", b"#!/bin/sh\n"),
            ("another processor", elf(1, machine=183)),
            ("headers are broken", elf(1, 2)[:100]),
            ("it has its symbols", elf(1, sections=(0, 1, package.SYMBOLS))),
            ("linked dynamically", elf(1, package.INTERPRETER)),
            ("only the local run has (/dev/token)", elf(1, more=b"...POST /dev/token...")),
        ):
            with self.subTest(words):
                code, said, archive = self.pack(executable)
                self.assertEqual(code, 1)
                self.assertIn(words, said)
                self.assertFalse(archive.exists())

    def test_a_package_that_is_too_large_is_refused(self):
        noise = random.Random(1).randbytes(200_000)
        before, package.MOST_BYTES = package.MOST_BYTES, 100_000
        self.addCleanup(setattr, package, "MOST_BYTES", before)
        code, said, archive = self.pack(elf(1, more=noise))
        self.assertEqual(code, 1)
        self.assertIn("may be of 100,000", said)
        self.assertFalse(archive.exists())

    def test_what_betrays_the_local_run_is_in_its_sources(self):
        """So that the search for it in the executable cannot pass because something was renamed."""
        sources = facts.logged()
        for text in package.DEVELOPMENT:
            with self.subTest(text):
                self.assertIn(text.decode(), sources)
