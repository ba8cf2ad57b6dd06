"""The instance metadata service, version 2: one server for all hosts, told apart by their addresses."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gpuinfra.simulator.lab.network.imds_tree import VERSIONS, find, listing, tree
from gpuinfra.simulator.machine import Machine

TOKEN = "X-aws-ec2-metadata-token"  # noqa: S105  # the name of a header
TTL = f"{TOKEN}-ttl-seconds"
MAX_TTL_S = 21600
SILENCE_S = 300.0
# beside a host's disk, for a test to write: {"spot-action": {"action", "time"}, "rebalance": {...},
# "down": true}
EXTRA_FILE = "imds.json"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class MetadataService:
    """The rules, without any network.

    machine_at: the instance that has an address now.
    extra_of: what a test has added for an instance.
    """

    def __init__(
        self,
        *,
        machine_at: Callable[[str], Machine | None],
        extra_of: Callable[[str], Mapping[str, Any]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine_at = machine_at
        self._extra_of = extra_of
        self._now = now
        self._tokens: dict[str, tuple[str, float]] = {}

    def answer(self, method: str, path: str, headers: Mapping[str, str], caller: str) -> Reply:
        """Answer a request that came from an address; the names in `headers` are in lower case."""
        machine = self._machine_at(caller)
        if machine is None or machine.http_endpoint == "disabled" or self._extra_of(machine.id).get("down"):
            return Reply(status=404)
        if method == "PUT":
            return self._issue(path, headers, caller)
        if not self._allowed(machine, headers.get(TOKEN.lower()), caller):
            return Reply(status=401, body=b"Unauthorized")
        return self._read(machine, path)

    def is_silent(self, caller: str) -> bool:
        """Tell whether nothing is to be answered, as by a service that hangs."""
        machine = self._machine_at(caller)
        return machine is not None and machine.metadata_silent

    def _issue(self, path: str, headers: Mapping[str, str], caller: str) -> Reply:
        if "x-forwarded-for" in headers:  # so that no proxy can be talked into it
            return Reply(status=403)
        ttl = headers.get(TTL.lower(), "")
        if path != "/latest/api/token":
            return Reply(status=404)
        if not (ttl.isdigit() and 1 <= int(ttl) <= MAX_TTL_S):
            return Reply(status=400)
        token = base64.urlsafe_b64encode(secrets.token_bytes(40)).decode()
        self._tokens[token] = (caller, self._now() + int(ttl))
        return Reply(status=200, body=token.encode(), headers={TTL: ttl})

    def _allowed(self, machine: Machine, token: str | None, caller: str) -> bool:
        if token is None:
            return machine.http_tokens == "optional"
        owner, until = self._tokens.get(token, ("", 0.0))
        return owner == caller and self._now() < until

    def _read(self, machine: Machine, path: str) -> Reply:
        version, *rest = [unquote(part) for part in path.split("?")[0].split("/") if part] or [""]
        if not version:
            return Reply(status=200, body="\n".join(VERSIONS).encode())
        node = find(tree(machine, self._extra_of(machine.id)), rest) if version in VERSIONS else None
        if node is None:
            return Reply(status=404)
        if isinstance(node, bytes):
            return Reply(status=200, body=node, headers={"Content-Type": "application/octet-stream"})
        return Reply(status=200, body=(node if isinstance(node, str) else listing(node)).encode())


def read_extra(hosts: Path, instance_id: str) -> Mapping[str, Any]:
    """Return what a test has written for an instance; read again for each request."""
    try:
        extra: Mapping[str, Any] = json.loads((hosts / instance_id / EXTRA_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return extra


class _Handler(BaseHTTPRequestHandler):
    server: "MetadataServer"
    protocol_version = "HTTP/1.1"
    server_version = "EC2ws"

    def do_GET(self) -> None:
        """Answer; a caller that gets none waits until it gives up, as of packets that are lost."""
        if self.server.service.is_silent(self.client_address[0]):
            self.server.gone.wait(SILENCE_S)
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.service.answer(self.command, self.path, headers, self.client_address[0])
        self.send_response(reply.status)
        for name, value in {"Content-Type": "text/plain", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_PUT = do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class MetadataServer(ThreadingHTTPServer):
    """The service on an address."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], service: MetadataService) -> None:
        super().__init__(address, _Handler)
        self.service, self.gone = service, threading.Event()

    def server_close(self) -> None:
        """Leave nobody waiting."""
        self.gone.set()
        super().server_close()
