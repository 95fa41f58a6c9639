#!/usr/bin/env python3
"""Runs the fuzz targets of `fuzz/`: first over the inputs that are kept, then over what libFuzzer makes of them.

Builds them instrumented, on stable Rust. A crash prints the path of its input and fails.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "fuzz" / "corpus"
WORDS = ROOT / "fuzz" / "words"
BUILD = ROOT / "target" / "fuzz"
WRAPPER = ROOT / "tests" / "hostile" / "instrumented"

# Kept inputs of a target, besides those that somebody wrote (`seed-…`).
MOST_KEPT = 30


def build(whole: bool) -> Path:
    """The program with all targets: with counters in this project's crates, or in all that it is made of.

    The former takes what the other tests are built with and is quick; the latter has a folder and a profile of its own.
    """
    command = ["cargo", "test", "--no-run", "--locked", "--message-format=json", "--test", "fuzz"]
    environment = dict(os.environ)
    if whole:
        version = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
        host = re.search(r"^host: (.*)$", version, re.M)[1]
        # Where a target is named, build scripts are not instrumented.
        command += ["--profile", "fuzz", "--target", host, "--target-dir", BUILD, "-p", "kundportal-fuzz", "--features", "engine"]
        flags = [os.environ.get("RUSTFLAGS", ""), "--cfg fuzzing", *WRAPPER.read_text().partition('"$@"')[2].split()]
        environment["RUSTFLAGS"] = " ".join(flag for flag in [*flags, "-Ccodegen-units=16"] if flag not in ("", "\\"))
    else:
        command += ["--workspace", "--features", "kundportal/faults,kundportal-fuzz/engine"]
        environment["RUSTC_WORKSPACE_WRAPPER"] = str(WRAPPER)
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit("the fuzz targets could not be built")
    artifacts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return Path(next(one["executable"] for one in artifacts if one.get("executable") and one["target"]["name"] == "fuzz"))


def targets(program: Path) -> dict[str, int]:
    """Every target with the longest input worth trying."""
    environment = {**os.environ, "KUNDPORTAL_FUZZ_TARGET": "list"}
    listed = subprocess.run([program], check=True, capture_output=True, text=True, env=environment).stdout
    return {name: int(longest) for name, longest in (line.split() for line in listed.splitlines())}


def fuzz(program: Path, name: str, longest: int, seconds: int, seed: int) -> dict:
    """Runs one target for so long; what came of it."""
    found, crashes = BUILD / "corpus" / name, BUILD / "crashes" / name
    for folder in (found, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(crashes.iterdir())
    command = [program, f"-seed={seed}", f"-max_len={longest}", "-timeout=60", "-rss_limit_mb=2048", "-print_final_stats=1"]
    command += [f"-max_total_time={seconds}"] if seconds else ["-runs=0"]
    command += [f"-artifact_prefix={crashes}/", *words(name), found, KEPT / name]
    environment = {**os.environ, "KUNDPORTAL_FUZZ_TARGET": name}
    started = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment)
    said = run.stderr
    executions = re.findall(r"number_of_executed_units: (\d+)", said) or re.findall(r"^#(\d+)", said, re.M)
    status = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)", said)
    return {
        "target": name,
        "seconds": round(time.monotonic() - started),
        "executions": int(executions[-1]) if executions else 0,
        "coverage": int(status[-1][0]) if status else 0,
        "corpus": int(status[-1][1]) if status else 0,
        "crashes": [str(path.relative_to(ROOT)) for path in sorted(set(crashes.iterdir()) - before)],
        "failed": run.returncode != 0,
        "said": said,
    }


def words(name: str) -> list[str]:
    """The dictionary of a target, where it has one."""
    path = WORDS / name
    return [f"-dict={path}"] if path.exists() else []


def keep(program: Path, name: str, longest: int) -> None:
    """Makes the kept inputs those few that reach everything that was reached."""
    fewest = BUILD / "fewest" / name
    shutil.rmtree(fewest, ignore_errors=True)
    fewest.mkdir(parents=True)
    command = [program, "-set_cover_merge=1", f"-max_len={longest}", fewest, KEPT / name, BUILD / "corpus" / name]
    environment = {**os.environ, "KUNDPORTAL_FUZZ_TARGET": name}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    written = {path.read_bytes() for path in KEPT.joinpath(name).glob("seed-*")}
    for path in KEPT.joinpath(name).iterdir():
        if not path.name.startswith("seed-") and not path.name.startswith("crash-"):
            path.unlink()
    others = sorted((path for path in fewest.iterdir() if path.read_bytes() not in written), key=lambda path: path.stat().st_size)
    # Where they are too many, long and short ones alike.
    for place in range(min(len(others), MOST_KEPT)):
        path = others[place * len(others) // min(len(others), MOST_KEPT)]
        shutil.copy(path, KEPT / name / path.name)


def report(result: dict) -> None:
    """One line for a target that went well; for one that did not, the input and what was said of it."""
    line = "{target}: {executions} executions in {seconds} s, {coverage} edges, {corpus} inputs".format(**result)
    print(line if not result["failed"] else f"{line}, FAILED", flush=True)
    if result["failed"]:
        for path in result["crashes"]:
            print(f"  input: {path}")
        panics = re.findall(r"panicked at .*\n.*", result["said"])
        tail = result["said"].strip().splitlines()[-12:]
        print("  " + "\n  ".join(panics[0].splitlines() if panics else tail), flush=True)


def positive(text: str) -> int:
    """A whole number of at least nothing."""
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="which ones; all of them unless named")
    parser.add_argument("--seconds", type=positive, default=5, help="how long each (5); 0: the kept inputs only")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, help="how many at once (one per core)")
    parser.add_argument("--seed", type=positive, default=int(time.time()), help="of chance; printed")
    parser.add_argument("--keep", action="store_true", help="afterwards keep the few inputs that reach everything")
    parser.add_argument("--whole", action="store_true", help="count what is reached in libraries too; builds for minutes")
    parser.add_argument("--results", type=Path, help="where to write what came out, as JSON")
    parser.add_argument("--figure", type=Path, help="where to write one line about all of it")
    arguments = parser.parse_args()

    started = time.monotonic()
    program = build(arguments.whole)
    print(f"built in {time.monotonic() - started:.0f} s; seed {arguments.seed}", flush=True)
    known = targets(program)
    unknown = set(arguments.targets) - set(known)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    chosen = arguments.targets or list(known)

    with concurrent.futures.ThreadPoolExecutor(max(arguments.jobs, 1)) as pool:
        runs = [pool.submit(fuzz, program, name, known[name], arguments.seconds, arguments.seed) for name in chosen]
        results = []
        for run in concurrent.futures.as_completed(runs):
            report(run.result())
            results.append({key: value for key, value in run.result().items() if key != "said"})
    if arguments.keep:
        for name in chosen:
            keep(program, name, known[name])
    if arguments.results:
        arguments.results.write_text(json.dumps(sorted(results, key=lambda one: one["target"]), indent=1))
    failed = [one["target"] for one in results if one["failed"]]
    executions = sum(one["executions"] for one in results)
    outcome = f"crashes in {', '.join(failed)}" if failed else "no crash"
    line = f"fuzz: {len(results)} targets, {executions} executions, {outcome}"
    print(line)
    if arguments.figure:
        arguments.figure.parent.mkdir(parents=True, exist_ok=True)
        arguments.figure.write_text(line + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
