"""A forwarded port by the real ssh -L, through the proxy."""

import os
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.tools.ssm.conftest import Private, Way
from tests.waiting import PATIENCE_S, wait_until


def test_a_forwarded_port_carries_several_connections(private: Private) -> None:
    """What `jupyter` and `forward` do: -L over the tunnel, four downloads at once."""
    page = os.urandom(1_000_000)
    with (
        serving(page) as remote,
        private() as way,
        tunnel(way, remote) as url,
        ThreadPoolExecutor(4) as pool,
    ):
        pages = list(pool.map(fetch, [url] * 4))
    assert set(pages) == {page}


def fetch(url: str) -> bytes:
    """Download a page."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        return bytes(answer.read())


@contextmanager
def serving(page: bytes) -> Iterator[int]:
    """Serve one page to everybody here; yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def listens(port: int) -> bool:
    """Tell whether something listens here."""
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


@contextmanager
def tunnel(way: Way, remote: int) -> Iterator[str]:
    """Forward a port by ssh -L; yield where it is here."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["-F", str(way.conf), "-o", "ControlPath=none", "-o", "ExitOnForwardFailure=yes"]
    options += ["-o", f"ConnectTimeout={PATIENCE_S:.0f}"]
    argv = ["ssh", *options, "-N", "-L", f"127.0.0.1:{port}:127.0.0.1:{remote}", "gpuinfra-default"]
    with subprocess.Popen(argv, env=way.env, stdin=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: listens(port) or process.poll() is not None, "the port")
            yield f"http://127.0.0.1:{port}/page"
        finally:
            process.terminate()
