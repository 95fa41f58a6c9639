#!/usr/bin/env python3
"""Starts the build that is deployed as the Functions host does, without anything of Azure, and looks at what only that build does.

    cargo build --no-default-features && tests/deployed_build.py target/debug/kundportal

Another profile, linked otherwise, is the same code: a build for development has to be refused.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "infra"))
import package  # noqa: E402

# Longer than a start should take on a machine that does other things.
PATIENCE = 60

# Of 32 bytes that are no secret.
KEYS = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

# Nobody listens there (port 9, discard), so no identity answers and no account.
NOWHERE = "http://127.0.0.1:9"

# What has to be set, as docs/operations.md says.
SETTINGS = {
    "KUNDPORTAL_ISSUERS": json.dumps([{"issuer": "https://login.example.com/v2.0", "audience": "portal"}]),
    "KUNDPORTAL_INDEX_KEYS": KEYS,
    "KUNDPORTAL_LINK_KEYS": KEYS,
    "KUNDPORTAL_SIGNING_KEY": "https://kundportal.vault.azure.net/keys/packages/0123456789abcdef0123456789abcdef",
    "KUNDPORTAL_PORTAL_URL": "https://portal.example.com/",
    "KUNDPORTAL_MAIL_DOMAIN": "portal.example.com",
    "KUNDPORTAL_SMTP_URL": "smtps://portal:none@mail.example.com:465",
    "KUNDPORTAL_MAIL_FROM": "Kundportal <portal@example.com>",
    "KUNDPORTAL_FRONT_END_ISSUER": "https://login.example.com/v2.0",
    "KUNDPORTAL_FRONT_END_CLIENT_ID": "portal",
    "DataStorage__blobServiceUri": "https://kundportal.blob.core.windows.net",
    "DataStorage__credential": "managedidentity",
    "AzureWebJobsStorage__queueServiceUri": "https://kundportal.queue.core.windows.net",
    "AzureWebJobsStorage__credential": "managedidentity",
}

# What the platform sets beside them.
PLATFORM = {"IDENTITY_ENDPOINT": f"{NOWHERE}/msi/token", "IDENTITY_HEADER": "none", "WEBSITE_SITE_NAME": "kundportal"}

# Settings that only a build for development knows, and what is said of them.
DEVELOPMENT = [
    ("KUNDPORTAL_STORAGE", "embedded"),
    ("DataStorage__credential", "developer"),
    ("AzureWebJobsStorage__credential", "developer"),
    ("KUNDPORTAL_ISSUERS", json.dumps([{"issuer": "http://localhost:9/", "audience": "portal", "allowHttpLoopback": True}])),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Build:
    def __init__(self, executable: Path, folder: Path):
        self.executable, self.folder = executable.resolve(), folder

    def environment(self, settings: dict[str, str], port: int | None) -> dict[str, str]:
        host = {"FUNCTIONS_CUSTOMHANDLER_PORT": str(port)} if port else {}
        return {"PATH": os.defpath, **PLATFORM, **host, **settings}

    def refusal(self, settings: dict[str, str], port: int | None = 1, arguments: tuple[str, ...] = ()) -> str:
        """What it says when it does not start."""
        command = [self.executable, *arguments]
        environment = self.environment(settings, port)
        try:
            ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return "it did start"
        return ended.stderr if ended.returncode == 1 else f"it ended with {ended.returncode}: {ended.stderr}"

    @contextmanager
    def started(self, settings: dict[str, str]) -> Iterator[str]:
        """A handler that answers; its address. It must go on until it is ended here."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        with tempfile.TemporaryFile("w+") as log:
            handler = subprocess.Popen([self.executable], cwd=self.folder, env=self.environment(settings, port), stdout=log, stderr=log)
            try:
                end = time.monotonic() + PATIENCE
                while handler.poll() is None and time.monotonic() < end and not answers(address):
                    time.sleep(0.02)
                if handler.poll() is None:
                    yield address
                ended = handler.poll()
            finally:
                handler.kill()
                handler.wait()
            log.seek(0)
            assert_equal(ended, None, f"how the handler ended that says {log.read()!r}")


# Never through a proxy.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(address: str, path: str) -> tuple[int, bytes]:
    """Status and body of an answer to the host."""
    headers = {"x-azure-functions-invocationid": "00000000-0000-4000-8000-000000000001"}
    try:
        with OPENER.open(urllib.request.Request(address + path, headers=headers), timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def answers(address: str) -> bool:
    """As the host asks for the first time."""
    try:
        return ask(address, "/")[0] == 200
    except urllib.error.URLError:
        return False


def assert_equal(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise AssertionError(f"{what}: {found} instead of {expected}")


def holds_nothing_of_the_local_run(build: Build) -> None:
    content = build.executable.read_bytes()
    assert_equal([text for text in package.DEVELOPMENT if text in content], [], "in the executable")
    said = build.refusal({}, port=None)
    assert_equal("the local run is not in it" in said, True, f"without a host it says {said!r}")
    assert_equal("--data-dir" in build.refusal(SETTINGS, arguments=("--storage", "azure")), False, "an option of the local run")


def names_every_setting_that_is_missing(build: Build) -> None:
    said = build.refusal({})
    # The mail service is looked for last; its sender only with it.
    later = {"KUNDPORTAL_SMTP_URL", "KUNDPORTAL_MAIL_FROM"}
    assert_equal([name for name in SETTINGS if name not in later and f"{name} is missing" not in said], [], f"not said to be missing in {said!r}")
    for name in SETTINGS:
        said = build.refusal({other: value for other, value in SETTINGS.items() if other != name})
        assert_equal(said.strip().splitlines()[1:], [f"  {name} is missing"], f"without {name}")


def refuses_settings_for_development(build: Build) -> None:
    for name, value in DEVELOPMENT:
        said = build.refusal({**SETTINGS, name: value})
        assert_equal(name in said and "that this build has" in said, True, f"{name}={value} is answered by {said!r}")
    # An Azurite instead of the account is none: the account is still missing.
    azurite = {"KUNDPORTAL_STORAGE": "azure", "KUNDPORTAL_AZURITE_CERTIFICATE": __file__}
    rest = {name: value for name, value in SETTINGS.items() if "Storage__" not in name}
    assert_equal("DataStorage__blobServiceUri is missing" in build.refusal({**rest, **azurite}), True, "an Azurite is taken")


def starts_and_says_that_storage_cannot_be_reached(build: Build) -> None:
    with build.started(SETTINGS) as address:
        begun = time.monotonic()
        status, body = ask(address, "/api/health")
        took = time.monotonic() - begun
        assert_equal((status, json.loads(body)["type"]), (503, "/problems/unavailable"), "GET /api/health")
        assert_equal(took < 30, True, f"GET /api/health took {took:.0f} s: in time")
        # What needs no storage is there all the same.
        assert_equal(json.loads(ask(address, "/api/openapi.json")[1])["openapi"][:2], "3.", "GET /api/openapi.json")
        assert_equal(ask(address, "/api/sub-processors")[0], 200, "GET /api/sub-processors")
        for path in ["/dev/token", "/dev/oidc/jwks", "/dev/outbox", "/api/test/faults", "/api/test/calls"]:
            assert_equal(ask(address, path)[0], 404, f"GET {path}")


def template_settings(environment: str) -> dict[str, str]:
    """What the template sets, with something in place of what only a deployment knows: secrets, identities, the version of a key."""
    resources = json.loads((Path(package.PROJECT) / f"infra/{environment}.snapshot.json").read_text())["predictedResources"]
    [site] = [resource for resource in resources if resource["type"] == "Microsoft.Web/sites"]
    settings = {setting["name"]: setting["value"] for setting in site["properties"]["siteConfig"]["appSettings"]}
    for name, value in settings.items():
        address = re.fullmatch(r"\[format\('https://\{0\}\.(blob|queue|table)\.\{1\}', '(\w+)', environment\(\)\.suffixes\.storage\)\]", value)
        if address:
            settings[name] = f"https://{address[2]}.{address[1]}.core.windows.net"
        elif value.startswith("[") and name != "KUNDPORTAL_ISSUERS":
            settings[name] = SETTINGS.get(name, "00000000-0000-4000-8000-000000000002")
    return settings


def takes_the_settings_of_the_template(build: Build) -> None:
    for environment in ("production", "test"):
        settings = template_settings(environment)
        with build.started({**settings, "REGION_NAME": "Sweden Central"}) as address:
            config = json.loads(ask(address, "/api/config")[1])
            assert_equal(config["clientId"], settings["KUNDPORTAL_FRONT_END_CLIENT_ID"], f"GET /api/config of {environment}")


CHECKS = [
    holds_nothing_of_the_local_run,
    names_every_setting_that_is_missing,
    refuses_settings_for_development,
    starts_and_says_that_storage_cannot_be_reached,
    takes_the_settings_of_the_template,
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("executable", type=Path)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        build = Build(parser.parse_args().executable, Path(folder))
        for check in CHECKS:
            try:
                check(build)
                print(f"{check.__name__.replace('_', ' ')}: yes")
            except (AssertionError, OSError, ValueError, KeyError) as error:
                failed += 1
                print(f"{check.__name__.replace('_', ' ')}: NO, {error}")
        # It keeps nothing on the machine that it runs on.
        if left := sorted(path.name for path in Path(folder).iterdir()):
            failed += 1
            print(f"it leaves behind: {', '.join(left)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
