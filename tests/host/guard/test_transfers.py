"""Which ssh connections are in use, and which Jupyter kernels: by real answers and a real server."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from gpuinfra.host.guard import kernels
from gpuinfra.host.guard.transfers import Process, Transfers

# as `ss -tinpHO` of iproute2 6.15 has it
LINE = (
    'ESTAB 0 0 10.0.0.5:22 203.0.113.9:52 users:(("sshd-session",pid=901,fd=7),("sshd-session",pid=900,fd=7))'
    " cubic rto:201 bytes_sent:{sent} bytes_acked:{sent} bytes_received:{received} segs_out:9\n"
)
OWN_CHILD, SHELL, COMMAND = (
    Process(901, 900, 900, 0),
    Process(950, 901, 950, 34816),
    Process(951, 901, 951, 0),
)


@pytest.mark.parametrize(
    ("children", "counted"), [([OWN_CHILD], 0), ([OWN_CHILD, SHELL], 0), ([OWN_CHILD, COMMAND], 5000)]
)
def test_only_a_command_without_a_terminal_makes_a_connection_count(
    children: list[Process], counted: int
) -> None:
    """sshd is two processes; an idle master, a tunnel and a shell are told from rsync by their children."""
    transfers = Transfers()
    transfers.most_bytes(children, LINE.format(sent=1000, received=1000), 0.0)
    assert transfers.most_bytes(children, LINE.format(sent=2000, received=5000), 20.0) == counted


def test_only_the_last_minute_counts() -> None:
    """What was carried before is past; a line without its process is left out."""
    transfers, children = Transfers(), [OWN_CHILD, COMMAND]
    transfers.most_bytes(children, LINE.format(sent=0, received=0), 0.0)
    assert transfers.most_bytes(children, LINE.format(sent=9000, received=0), 30.0) == 9000
    assert transfers.most_bytes(children, LINE.format(sent=9000, received=0), 95.0) == 0
    assert transfers.most_bytes(children, "ESTAB 0 0 a b\n", 100.0) == 0


class Server(BaseHTTPRequestHandler):
    """A Jupyter server."""

    answer: bytes = b"[]"

    def do_GET(self) -> None:
        """Answer who has the token."""
        known = self.headers["Authorization"] == "token s3cret" and self.path == "/lab/api/kernels"
        self.send_response(200 if known else 403)
        self.end_headers()
        self.wfile.write(self.answer if known else b'{"message": "Forbidden"}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """A server's port."""
    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def runtime(home: Path, **server: object) -> tuple[str, ...]:
    """Write the file that a server leaves below a home."""
    folder = home / ".local/share/jupyter/runtime"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"jpserver-{len(list(folder.iterdir()))}.json").write_text(json.dumps(server))
    return (str(home),)


def test_kernels_are_asked_of_each_living_server(tmp_path: Path, port: int) -> None:
    """By its own token and path; a file that a dead one has left is nothing."""
    Server.answer = (
        b'[{"execution_state": "busy"}, {"execution_state": "idle"}, {"execution_state": "starting"}]'
    )
    runtime(tmp_path, port=port, base_url="/lab/", token="s3cret", pid=os.getpid())
    homes = runtime(tmp_path, port=1, base_url="/", token="x", pid=2**22 + 1)
    assert kernels.busy_kernels(homes) == 1


@pytest.mark.parametrize("answer", [b"{}", b"<html>", b"null", b"[3"])
def test_an_answer_that_is_no_list_of_kernels_is_no_idle_notebook(
    tmp_path: Path, port: int, answer: bytes
) -> None:
    """It cannot be read: the guard is in doubt."""
    Server.answer = answer
    homes = runtime(tmp_path, port=port, base_url="/lab/", token="s3cret", pid=os.getpid())
    with pytest.raises(ValueError, match=r"."):
        kernels.busy_kernels(homes)


def test_our_own_server_is_found_by_its_configuration(tmp_path: Path) -> None:
    """One that has ended refuses the connection: nothing is busy."""
    folder = tmp_path / ".local/state/gpuinfra/jupyter"
    folder.mkdir(parents=True)
    config = {"ServerApp": {"port": 1}, "IdentityProvider": {"token": "x"}}
    (folder / "config.json").write_text(json.dumps(config))
    assert kernels.busy_kernels((str(tmp_path),)) == 0
