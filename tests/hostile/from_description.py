#!/usr/bin/env python3
"""Sends requests generated from the OpenAPI document to the local run, in several roles.

No answer may be a failure of the server or outside the document: status, media type, headers, body; and what the document forbids
is refused. The requests are those of schemathesis, which has to be beside the Python that runs this; the same seed makes the same.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target" / "debug" / "kundportal"
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
TENANT = "nordljus"

# People of the demo data, by what they may.
ROLES = {
    "nobody": None,
    "operator": {"email": "operator@example.com", "roles": ["Operator"]},
    "administrator": {"email": "karin.oberg@example.se"},
    "dataProtectionOfficer": {"email": "dataskydd@example.se"},
    "customerAdministrator": {"email": "asa.lindgren@example.com"},
    "member": {"email": "yusuf.demir@example.com"},
}

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "negative_data_rejection",
]


class Run:
    """A local run over a data folder."""

    def __init__(self, program: Path, folder: Path, *arguments: str):
        command = [program, "--data-dir", folder, *arguments]
        self.log = open(folder.parent / "log", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        self.address = None
        for line in self.process.stdout:
            self.log.write(line)
            if found := re.match(rb"Kundportal is running at (\S+)", line):
                self.address = found[1].decode()
                break
        # What else is said must be read by somebody, or the program waits.
        self.rest = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=self.log)
        if not self.address:
            raise SystemExit("the local run did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.rest.wait(60)
        self.log.close()

    def ask(self, path: str, body=None, token: str | None = None, key: str | None = None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"})
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if key:
            request.add_header("Idempotency-Key", key)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def token(self, who: dict) -> str:
        return self.ask("/dev/token", who)["accessToken"]

    def ids(self) -> dict[str, str]:
        """What path and query may name, so that requests get beyond 404."""
        karin = self.token(ROLES["administrator"])
        first = lambda path: self.ask(f"/api/tenants/{TENANT}/{path}", token=karin)["items"][0]
        customer = first("customers")["id"]
        thread = first(f"threads?customer={customer}")["thread"]
        film = {"name": "film.mp4", "contentType": "video/mp4", "size": 2, "customer": customer}
        comments = f"comments?customer={customer}&thread={urllib.parse.quote(thread)}"
        return {
            "tenant": TENANT,
            "customer": customer,
            "thread": thread,
            "user": first(f"users?customer={customer}")["id"],
            "file": first(f"files?customer={customer}")["id"],
            "upload": self.ask(f"/api/tenants/{TENANT}/files/uploads", film, karin, key="film")["id"],
            "comment": first(comments)["id"],
            "invite": first("invites?status=pending")["id"],
            "id": first("requests")["id"],
        }


def generate(run: Run, who: dict | None, cases: int, seed: int, phases: str, folder: Path) -> tuple[int, str, int]:
    """Sends the requests of one role; exit code, what was said, and how many there were."""
    settings = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in run.ids().items())
    folder.mkdir(parents=True)
    rejected = '[checks.negative_data_rejection]\nexpected-statuses = ["4xx", 503]\n'
    (folder / "schemathesis.toml").write_text(f"[parameters]\n{settings}{rejected}")
    command = [SCHEMATHESIS, "--config-file", folder / "schemathesis.toml", "--no-color", "run"]
    command += [f"{run.address}/api/openapi.json", "--max-examples", str(cases), "--seed", str(seed)]
    command += ["--checks", ",".join(CHECKS), "--phases", phases, "--continue-on-failure"]
    command += ["--generation-database", "none", "--request-timeout", "60", "--suppress-health-check", "all"]
    command += ["--no-shrink", "--warnings", "off"]
    if who:
        command += ["--header", f"Authorization: Bearer {run.token(who)}"]
    hooks = {"SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("ascii_headers.py")), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env={**os.environ, **hooks})
    said = done.stdout + done.stderr
    counts = re.findall(r"(\d[\d,]*) generated", said)
    return done.returncode, said, int(counts[-1].replace(",", "")) if counts else 0


def number(text: str) -> int:
    """A whole number from 1."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=number, default=1, help="generated cases of each operation in each role (1)")
    parser.add_argument("--phases", default="examples,coverage,fuzzing", help="of schemathesis; `fuzzing` alone is quick")
    parser.add_argument("--seed", type=number, default=int(time.time()), help="of chance; printed")
    parser.add_argument("--roles", default=",".join(ROLES), help=f"which of {','.join(ROLES)}; all unless named")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="the program; by default as the tests built it")
    parser.add_argument("--figure", type=Path, help="where to write one line about all of it")
    arguments = parser.parse_args()
    roles = arguments.roles.split(",")
    if unknown := set(roles) - set(ROLES):
        parser.error(f"no such role: {', '.join(sorted(unknown))}")
    print(f"seed {arguments.seed}", flush=True)

    total, failed = 0, []
    with tempfile.TemporaryDirectory() as temporary:
        first = Path(temporary) / "first" / "data"
        first.parent.mkdir()
        with Run(arguments.program, first, "--port", "0"):
            pass
        for role in roles:
            # Each role finds the demo data as they were made.
            data = Path(temporary) / role / "data"
            shutil.copytree(first, data)
            started = time.monotonic()
            with Run(arguments.program, data) as run:
                code, said, requests = generate(run, ROLES[role], arguments.cases, arguments.seed, arguments.phases, data.parent / "run")
                healthy = run.ask("/api/health") is not None
            total += requests
            good = code == 0 and healthy and requests > 0
            print(f"{role}: {requests} requests in {time.monotonic() - started:.0f} s{'' if good else ', FAILED'}", flush=True)
            if not good:
                failed.append(role)
                print(said, flush=True)
    outcome = f"FAILED as {', '.join(failed)}" if failed else "no failure of the server, none outside the document"
    line = f"generated requests: {total} in {len(roles)} roles, {outcome}"
    print(line)
    if arguments.figure:
        arguments.figure.parent.mkdir(parents=True, exist_ok=True)
        arguments.figure.write_text(line + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
