#!/usr/bin/env python3
"""Asks a deployed service whether it is the one that was meant.

    infra/smoke.py https://kundportal-test-….azurewebsites.net --region swedencentral
    KUNDPORTAL_SMOKE_TOKEN=… infra/smoke.py https://… --region swedencentral --tenant nordljus

With an access token of somebody of a tenant, it also looks at the address that was recorded of the sign-in. That is where the token was
first used from: so it must be one that nobody has used yet, or what is claimed here would be no test (docs/deployment.md says how to come by it).
"""

import argparse
import base64
import ipaddress
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

# For documentation (RFC 5737): nobody calls from there.
FORGED = "203.0.113.7"

# In which proxies say where a caller comes from; whichever the service looks at, a caller's own must not come through it.
HEADERS = ("client-ip", "x-client-ip", "x-forwarded-for", "x-azure-clientip", "x-azure-socketip", "x-real-ip", "true-client-ip")


class Service:
    def __init__(self, address: str, client_ip_header: str):
        self.address = address.rstrip("/")
        self.forged = {**dict.fromkeys((*HEADERS, client_ip_header), FORGED), "Forwarded": f"for={FORGED}"}

    def ask(self, path: str, method: str = "GET", token: str | None = None) -> tuple[int, object]:
        """Status and JSON of an answer; each request claims to come from elsewhere."""
        headers = {**self.forged, "Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        request = urllib.request.Request(self.address + path, headers=headers, method=method, data=b"{}" if method == "POST" else None)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        except OSError as error:
            return 0, str(error)
        try:
            return status, json.loads(body)
        except ValueError:
            return status, None


def healthy(service: Service, region: str, patience: float) -> Iterator[str]:
    """A new deployment may take a while to start, and its rights a while to count."""
    end = time.monotonic() + patience
    while True:
        status, body = service.ask("/api/health")
        if status == 200 or time.monotonic() > end:
            break
        time.sleep(min(5, patience))
    if status != 200 or not isinstance(body, dict):
        yield f"/api/health answers {status}"
        return
    if body.get("storage") != "reachable":
        yield "storage cannot be reached"
    if body.get("region") != region:
        yield f"it runs in {body.get('region')}, not in {region}"


def closed(service: Service) -> Iterator[str]:
    for path, method, expected in (
        ("/api/me", "GET", 401),
        ("/dev/token", "POST", 404),
        ("/dev/oidc/jwks", "GET", 404),
        ("/api/test/panic", "POST", 404),
        ("/waiting_work", "POST", 404),
        ("/worker", "POST", 404),
    ):
        status, _ = service.ask(path, method)
        if status != expected:
            yield f"{method} {path} answers {status}, not {expected}"


def signed_in_at(token: str) -> datetime | None:
    """`auth_time` of a token. Nobody is believed because of it."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return datetime.fromtimestamp(claims["auth_time"], UTC)
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def recorded(service: Service, tenant: str, token: str) -> Iterator[str]:
    """The address of the newest sign-in is neither what the caller claimed nor one of the platform's own."""
    status, body = service.ask(f"/api/tenants/{tenant}/profile/sign-ins", token=token)
    items = body.get("items") if isinstance(body, dict) else None
    if status != 200 or not items:
        yield f"the sign-ins answer {status} with {len(items or [])} items"
        return
    if signed_in_at(token) != datetime.fromisoformat(items[0]["at"]):
        yield "the newest sign-in is not the token's: a newer one has been used"
        return
    address = items[0].get("ipAddress")
    if address is None:
        yield "no address was recorded"
    elif address == FORGED:
        yield "a caller can say where they come from: change clientIpHeader"
    elif not ipaddress.ip_address(address).is_global:
        yield "the recorded address is the platform's own: change clientIpHeader"


def main(given: list[str]) -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("address")
    arguments.add_argument("--region", required=True)
    arguments.add_argument("--tenant")
    arguments.add_argument("--client-ip-header", default="client-ip")
    arguments.add_argument("--patience", type=float, default=300, help="seconds until the service must be there")
    options = arguments.parse_args(given)
    service = Service(options.address, options.client_ip_header)
    problems = [*healthy(service, options.region, options.patience), *closed(service)]
    token = os.environ.get("KUNDPORTAL_SMOKE_TOKEN")
    if token and options.tenant:
        problems += recorded(service, options.tenant, token)
    else:
        print("not looked at, for want of a token and a tenant: the recorded address of a sign-in")
    print("\n".join(problems) or "the service is there")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
