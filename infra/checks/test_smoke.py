"""The smoke test sees what is wrong with a service: a stand-in on loopback is each in turn."""

import base64
import contextlib
import io
import json
import os
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import smoke

HEALTH = "/api/health"
SIGN_INS = "/api/tenants/nordljus/profile/sign-ins"


# Of somebody who signed in at ten on 1 December 2026; signed by nobody.
TOKEN = f"e30.{base64.urlsafe_b64encode(json.dumps({'auth_time': 1796119200}).encode()).decode().rstrip('=')}.x"


def sign_in(address: str | None) -> tuple[int, dict]:
    return 200, {"items": [{"at": "2026-12-01T10:00:00Z", "ipAddress": address}]}


GOOD = {
    HEALTH: (200, {"region": "swedencentral", "version": "0.1.0", "storage": "reachable"}),
    "/api/me": (401, {"status": 401}),
    SIGN_INS: sign_in("1.2.3.4"),
}


class Smoke(unittest.TestCase):
    def said(self, changes: dict[str, tuple[int, dict | None]], token: str | None = TOKEN) -> tuple[int, str]:
        answers = {**GOOD, **changes}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = answers.get(self.path, (404, None))
                if self.path == SIGN_INS and self.headers["Authorization"] != f"Bearer {TOKEN}":
                    status, body = 401, None
                if any(self.headers[name] != smoke.FORGED for name in (*smoke.HEADERS, "its-own-header")):
                    status, body = 500, None
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            do_POST = do_GET

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        os.environ.pop("KUNDPORTAL_SMOKE_TOKEN", None)
        if token:
            os.environ["KUNDPORTAL_SMOKE_TOKEN"] = token
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = smoke.main([f"http://127.0.0.1:{server.server_port}/", "--region", "swedencentral", "--tenant", "nordljus", "--client-ip-header", "its-own-header", "--patience", "0"])
        return code, output.getvalue()

    def test_a_service_as_it_is_meant(self):
        self.assertEqual(self.said({}), (0, "the service is there\n"))

    def test_a_token_that_does_not_say_when_its_person_signed_in_proves_nothing(self):
        for body in ("", "e30", "W10", "not-base64!"):
            self.assertIsNone(smoke.signed_in_at(f"e30.{body}.x"))
        self.assertIsNone(smoke.signed_in_at("no-token"))

    def test_what_is_not_looked_at_is_said(self):
        code, output = self.said({}, token=None)
        self.assertEqual(code, 0)
        self.assertIn("not looked at", output)

    def test_each_defect_is_seen(self):
        for words, changes in (
            ("/api/health answers 503", {HEALTH: (503, None)}),
            ("storage cannot be reached", {HEALTH: (200, {"region": "swedencentral", "storage": "gone"})}),
            ("runs in northeurope", {HEALTH: (200, {"region": "northeurope", "storage": "reachable"})}),
            ("GET /api/me answers 200", {"/api/me": (200, {})}),
            ("POST /dev/token answers 200", {"/dev/token": (200, {})}),
            ("POST /waiting_work answers 200", {"/waiting_work": (200, {})}),
            ("the sign-ins answer 401", {SIGN_INS: (401, None)}),
            ("is not the token's", {SIGN_INS: (200, {"items": [{"at": "2026-12-01T10:00:01Z", "ipAddress": "1.2.3.4"}]})}),
            ("no address was recorded", {SIGN_INS: sign_in(None)}),
            ("a caller can say", {SIGN_INS: sign_in(smoke.FORGED)}),
            ("the platform's own", {SIGN_INS: sign_in("169.254.130.1")}),
        ):
            with self.subTest(words):
                code, output = self.said(changes)
                self.assertEqual(code, 1)
                self.assertIn(words, output)

    def test_a_service_that_is_not_there(self):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = smoke.main(["http://127.0.0.1:1", "--region", "swedencentral", "--patience", "0"])
        self.assertEqual(code, 1)
        self.assertIn("/api/health answers 0", output.getvalue())
