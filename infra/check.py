#!/usr/bin/env python3
"""Checks everything that must hold of the infrastructure.

    infra/check.py                 all checks; exit code 1 where one fails
    infra/check.py snapshots       writes the committed snapshots anew
    infra/check.py validate        whether they are what the templates predict
    infra/check.py api-versions    names API versions that are no longer recent

The Bicep compiler is found by the variable BICEP or on the PATH. Without one, what needs it is left out, and said (--note: written to
a file that tests/run prints at its end); where CI is set, it fails.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from checks import compiler, facts, foreign, lock, policy, rights, settings  # noqa: E402
from checks.assertions import SIMPLE  # noqa: E402
from checks.resources import Resources  # noqa: E402

Check = Callable[[], Iterator[str]]


def on_resources(environment: str) -> Iterator[str]:
    resources = Resources.predicted(environment)
    if facts.snapshot(environment)["diagnostics"]:
        yield "the prediction is not complete"
    for assertion in (*SIMPLE, *rights.RIGHTS, policy.policies_are_the_lock, *settings.SETTINGS):
        for problem in assertion(resources):
            yield f"{assertion.__name__.replace('_', ' ')}: {problem}"


def checks(found: compiler.Compiler | None) -> dict[str, Check]:
    both = {
        **{f"predicted resources of {name}": (lambda name=name: on_resources(name)) for name in facts.ENVIRONMENTS},
        "checkov": lambda: foreign.checked("production"),
    }
    if found is None:
        return both
    return both | {
        "format": lambda: compiler.formatted(found),
        "linter": lambda: compiler.linted(found),
        "compilation": lambda: compiler.compiled(found),
        "snapshots": lambda: compiler.predicted(found),
        "region lock in the templates": lambda: lock.locked(found),
    }


def run(found: compiler.Compiler | None) -> bool:
    good = True
    for name, check in checks(found).items():
        started = time.monotonic()
        problems = list(check())
        print(f"{name}: {'good' if not problems else f'{len(problems)} problems'} ({time.monotonic() - started:.0f} s)", flush=True)
        for problem in problems:
            print(f"  {problem}")
        good = good and not problems
    return good


def main(parameters: list[str]) -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", nargs="?", choices=["all", "snapshots", "validate", "api-versions"], default="all")
    arguments.add_argument("--note", type=Path)
    given = arguments.parse_args(parameters)
    found = compiler.Compiler.find()
    if found is None:
        missing = "infrastructure: no Bicep compiler by BICEP or on the PATH, so its templates were not checked (README.md says where to get it)"
        print(missing)
        if given.note:
            given.note.parent.mkdir(parents=True, exist_ok=True)
            given.note.write_text(missing + "\n")
        if given.what != "all" or os.environ.get("CI"):
            return 1
    if given.what == "snapshots":
        done = [found.snapshot(facts.INFRA, name, "overwrite") for name in facts.ENVIRONMENTS]
        print("".join(result.stderr for result in done))
        return max(result.returncode for result in done)
    if given.what in ("validate", "api-versions"):
        problems = list(compiler.predicted(found) if given.what == "validate" else compiler.outdated(found))
        print("\n".join(problems) or "good")
        return 1 if problems else 0
    return 0 if run(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
