"""The Bicep compiler: from `BICEP` or the PATH."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from checks.facts import ENVIRONMENTS, INFRA

# Its answer depends on the day, and a scheduled workflow reports it.
REPORTED_ELSEWHERE = {"use-recent-api-versions"}

# The newest version that there is has been a preview since 2021; the one that the linter proposes instead is of 2016.
NOTHING_NEWER = "'Microsoft.Insights/diagnosticSettings'"

# No real ones: a snapshot must be the same for everybody.
TENANT = "00000000-0000-0000-0000-0000000000aa"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"


# Works without the system's libraries for languages, starts a little faster.
SETTINGS = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "DOTNET_TieredPGO": "0", "NO_COLOR": "1"}


class Compiler:
    def __init__(self, executable: str):
        self.executable = executable

    @classmethod
    def find(cls) -> "Compiler | None":
        found = shutil.which(os.environ.get("BICEP") or "bicep")
        return cls(found) if found else None

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **SETTINGS}
        return subprocess.run([self.executable, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False)

    def snapshot(self, folder: Path, environment: str, mode: str) -> subprocess.CompletedProcess[str]:
        """Overwrites or validates; without a mode the compiler would overwrite and succeed."""
        return self.run(
            "snapshot", folder / f"{environment}.bicepparam", "--mode", mode,
            "--tenant-id", TENANT, "--subscription-id", SUBSCRIPTION, "--location", "swedencentral",
        )  # fmt: skip

    def findings(self, folder: Path, pattern: str) -> Iterator[tuple[str, str]]:
        """Rule and sentence of each finding of the linter, whatever its level: its exit code knows errors only."""
        done = self.run("lint", "--pattern", folder / pattern, "--diagnostics-format", "sarif")
        try:
            results = [result for report in documents(done.stdout) for run in report["runs"] for result in run["results"]]
        except (ValueError, KeyError):
            results = []
        if not done.stdout.strip() or (done.returncode and not results):
            yield "no-report", f"{pattern}: the linter gave no report (exit code {done.returncode}): {done.stderr[:500]}"
        for result in results:
            where = result["locations"][0]["physicalLocation"] if result.get("locations") else {}
            name = where.get("artifactLocation", {}).get("uri", pattern).rpartition("/")[2]
            yield result["ruleId"], f"{name}:{where.get('region', {}).get('startLine', '?')}: {result['message']['text']}"


def documents(text: str) -> Iterator[dict]:
    """JSON documents that follow each other: a report for each file."""
    decoder, rest = json.JSONDecoder(), text.lstrip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


PATTERNS = ("**/*.bicep", "*.bicepparam")


def sources(folder: Path = INFRA) -> list[Path]:
    return sorted(folder.rglob("*.bicep")) + sorted(folder.glob("*.bicepparam"))


def formatted(compiler: Compiler, folder: Path = INFRA) -> Iterator[str]:
    """The formatter has no mode that only checks: it gets a copy."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "infra"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("checks", "__pycache__"))
        for pattern in PATTERNS:
            done = compiler.run("format", "--pattern", copy / pattern)
            if done.returncode:
                yield f"{pattern} cannot be formatted: {done.stderr.strip()[:300]}"
        for source in sources(folder):
            if (copy / source.relative_to(folder)).read_bytes() != source.read_bytes():
                yield f"{source.name} is not as `bicep format` writes it"


def linted(compiler: Compiler, folder: Path = INFRA) -> Iterator[str]:
    found = {finding for pattern in PATTERNS for finding in compiler.findings(folder, pattern)}
    yield from sorted(sentence for rule, sentence in found if rule not in REPORTED_ELSEWHERE)
    for source in sources(folder):
        if "#disable" in source.read_text():
            yield f"{source.name} switches rules off"


def outdated(compiler: Compiler, folder: Path = INFRA) -> Iterator[str]:
    """What the linter says of the age of API versions."""
    yield from sorted({sentence for rule, sentence in compiler.findings(folder, PATTERNS[0]) if rule in REPORTED_ELSEWHERE and NOTHING_NEWER not in sentence})


def compiled(compiler: Compiler, folder: Path = INFRA) -> Iterator[str]:
    done = compiler.run("build", folder / "main.bicep", "--stdout")
    if done.returncode or not done.stdout.strip().startswith("{"):
        yield f"main.bicep cannot be compiled: {done.stderr.strip()[-500:]}"


def predicted(compiler: Compiler, folder: Path = INFRA) -> Iterator[str]:
    for name in ENVIRONMENTS:
        done = compiler.snapshot(folder, name, "validate")
        if done.returncode:
            yield f"{name}.snapshot.json is not what the templates predict; see the difference by `infra/check.py snapshots` and git: {done.stderr.strip()[-500:]}"
