"""All that gives credentials to a caller, on one address: STS, SSO, a container's agent, IMDS."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

SECRET, TOKEN, CODE = "a-secret", "a-token", "123456"
ROLE_XML = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>{1}</AccessKeyId><SecretAccessKey>{2}</SecretAccessKey><SessionToken>{3}</SessionToken>
<Expiration>{4}</Expiration></Credentials></{0}Result></{0}Response>"""
REFUSED_XML = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code>
<Message>MultiFactorAuthentication failed with invalid MFA one time pass code.</Message>
</Error></ErrorResponse>"""


class Issuer(ThreadingHTTPServer):
    """Numbers what it gives: ASIA1, ASIA2 ...; `lasts_s`: how long each holds, `refuses`: it gives none."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.given, self.lasts_s, self.refuses = 0, 3600, False
        self.asked: list[str] = []

    def next(self) -> tuple[str, datetime]:
        """Return the next key, and its end."""
        self.given += 1
        return f"ASIA{self.given}", datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self.lasts_s)


class _Handler(BaseHTTPRequestHandler):
    server: Issuer

    def do_PUT(self) -> None:
        """Give the token of IMDSv2."""
        self._send(200, "imds-token")

    def do_GET(self) -> None:
        """Answer as SSO's portal, as a container's agent, or as IMDS."""
        self.server.asked.append(self.path)
        if self.path.endswith("/security-credentials/"):
            return self._send(200, "a-role")
        if self.server.refuses:
            return self._send(401, json.dumps({"message": "Session token not found or invalid"}))
        key, end = self.server.next()
        if self.path.startswith("/federation/"):
            role = {"accessKeyId": key, "secretAccessKey": SECRET, "sessionToken": TOKEN}
            return self._send(
                200, json.dumps({"roleCredentials": role | {"expiration": int(end.timestamp() * 1000)}})
            )
        named = {"AccessKeyId": key, "SecretAccessKey": SECRET, "Token": TOKEN, "Code": "Success"}
        return self._send(200, json.dumps(named | {"Expiration": end.isoformat().replace("+00:00", "Z")}))

    def do_POST(self) -> None:
        """Answer as STS."""
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = given["Action"][0]
        self.server.asked.append(action)
        if given.get("TokenCode", [CODE]) != [CODE]:
            return self._send(403, REFUSED_XML)
        key, end = self.server.next()
        return self._send(200, ROLE_XML.format(action, key, SECRET, TOKEN, end.isoformat()))

    def _send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("x-amzn-ErrorType", "UnauthorizedException")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Run one."""
    with Issuer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
