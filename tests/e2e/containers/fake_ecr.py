"""A FAKE ECR for tests, on a host of the lab: it answers GetAuthorizationToken, and keeps the requests."""

import base64
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

LOG = Path("/var/tmp/fake-ecr.jsonl")


class Handler(BaseHTTPRequestHandler):
    """Answers every POST."""

    def do_POST(self) -> None:
        """Give a token that nobody has written down before, or refuse as AWS does."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with LOG.open("a") as log:
            log.write(json.dumps({"headers": dict(self.headers), "body": body}) + "\n")
        refused = Path("/var/tmp/fake-ecr-refuses").exists()
        token = base64.b64encode(f"AWS:{sys.argv[1][::-1]}".encode()).decode()
        answer = {"authorizationData": [{"authorizationToken": token}]}
        if refused:
            answer = {"__type": "AccessDeniedException", "message": "not authorized"}  # type: ignore[dict-item]
        self.send_response(400 if refused else 200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


HTTPServer(("127.0.0.1", 8999), Handler).serve_forever()
