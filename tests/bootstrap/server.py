"""A file server on loopback that counts requests and fails on demand."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread

from tests.waiting import PATIENCE_S


@dataclass(kw_only=True)
class Fault:
    """What shall go wrong with the next `times` requests whose path matches."""

    match: str
    times: int = 1
    status: int | None = None
    truncate: int | None = None
    corrupt: bool = False
    is_held: bool = False


@dataclass(kw_only=True)
class Server:
    """The running server, seen by a test."""

    url: str
    faults: list[Fault] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    go_on: Event = field(default_factory=Event)

    def fault(self, match: str, *, times: int = 1, status: int | None = None) -> None:
        """Answer with this status."""
        self.faults.append(Fault(match=match, times=times, status=status))

    def hold(self, match: str) -> None:
        """Do not answer the next such request before the reset."""
        self.faults.append(Fault(match=match, times=1, is_held=True))

    def damage(self, match: str, *, times: int = 1, truncate: int | None = None) -> None:
        """Cut the answer after some bytes, or else change its first byte."""
        self.faults.append(Fault(match=match, times=times, truncate=truncate, corrupt=truncate is None))

    def count(self, match: str = "") -> int:
        """Return how many requests there were for paths that match."""
        return sum(bool(re.search(match, path)) for path in self.paths)

    def reset(self) -> None:
        """Forget faults and counts, and answer what is held."""
        with self.lock:
            self.go_on.set()
            self.go_on = Event()
            self.faults.clear()
            self.paths.clear()

    def take(self, path: str) -> Fault | None:
        """Count a request and return the fault that hits it."""
        with self.lock:
            self.paths.append(path)
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.match, path):
                    fault.times -= 1
                    return fault
        return None


class Handler(SimpleHTTPRequestHandler):
    """Files with Range, as a real mirror serves them."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: object, state: Server, root: Path) -> None:
        self.state = state
        super().__init__(*args, directory=str(root))  # type: ignore[arg-type]

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""

    def do_GET(self) -> None:
        """Serve a file, or what the fault says."""
        go_on = self.state.go_on
        fault = self.state.take(self.path) or Fault(match="")
        if fault.is_held:
            go_on.wait(PATIENCE_S)
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if fault.status or not path.is_file():
            self.send_error(fault.status or 404)
            return
        data = path.read_bytes()
        begin = self._begin(len(data))
        if begin is not None:
            self._send(data, begin, fault)

    def _begin(self, size: int) -> int | None:
        wanted = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        begin = int(wanted[1]) if wanted else 0
        if wanted and begin >= size:
            self.send_error(416)
            return None
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
        return begin

    def _send(self, data: bytes, begin: int, fault: Fault) -> None:
        body = data[begin:]
        if fault.corrupt:
            body = bytes([body[0] ^ 0xFF]) + body[1:]
        self.send_header("Accept-Ranges", "bytes")
        self.send_header(
            "Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream"
        )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: fault.truncate])
        self.close_connection = fault.truncate is not None


class QuietServer(ThreadingHTTPServer):
    """A server that does not mind clients which go away (they are killed in some tests)."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    """Serve a directory on a free port until the block ends."""
    state = Server(url="")
    server = QuietServer(("127.0.0.1", 0), partial(Handler, state=state, root=root))
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
