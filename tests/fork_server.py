"""Starts gpuinfra by a fork of a Python that has loaded what others wrote: boto3, AWS's models, a grammar.

That is most of the CPU of a command that waits for nothing. Our own modules are loaded anew by each (but for
the two that hold models and grammar), the process is one of its own, and it ends as any other.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]
SIZE_BYTES = 4
# What Python or these libraries read when they start: another value needs another start.
READ_AT_START = (
    "PYTHON",
    "LC_",
    "LANG",
    "LD_",
    "TYPER",
    "_TYPER",
    "TERMINAL_WIDTH",
    "FORCE_COLOR",
    "PY_COLORS",
)
LIBRARIES = ("hcl2", "jinja2", "rich.console", "rich.live", "typer", "yaml")
SERVICES = ("ec2", "sts", "iam", "ssm", "ecr", "pricing")


@dataclass(frozen=True, kw_only=True)
class ForkServer:
    """Where it listens, and the environment that it was started with."""

    path: Path
    env: Mapping[str, str]
    has_own_pids: bool = False  # it is in a lab: the numbers of its processes are others' here

    def can_run(self, env: Mapping[str, str]) -> bool:
        """Tell whether a start with this environment would differ by nothing that a fork cannot get."""
        return _at_start(env) == _at_start(self.env)

    def run(
        self, *args: str, cwd: Path, env: Mapping[str, str], stdin: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Run gpuinfra to its end, without a terminal."""
        with (
            tempfile.TemporaryFile("w+") as given,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
            socket.socket(socket.AF_UNIX) as connection,
        ):
            given.write(stdin)
            given.seek(0)
            connection.settimeout(PATIENCE_S)
            connection.connect(str(self.path))
            start = {"argv": args, "cwd": str(cwd), "env": dict(env)}
            _send(connection, start, [given.fileno(), out.fileno(), err.fileno()])
            code = _exit_code(connection, kill=not self.has_own_pids)
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(args, code, out.read(), err.read())


@contextmanager
def fork_server(env: Mapping[str, str], *, enter: Sequence[str] = ()) -> Iterator[ForkServer]:
    """Start one; it ends with this block, or with this process.

    enter: a command line that brings it into a lab.
    """
    with tempfile.TemporaryDirectory(prefix="fork-") as folder:
        path = Path(folder) / "socket"
        argv = [*enter, sys.executable, "-m", "tests.fork_server", str(path)]
        given = {**env, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            argv, cwd=ROOT, env=given, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout
            try:
                assert process.stdout.readline() == b"ready\n", "the fork server did not start"
                yield ForkServer(path=path, env=env, has_own_pids=bool(enter))
            finally:
                process.kill()


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}


def _send(connection: socket.socket, start: Mapping[str, object], files: Sequence[int]) -> None:
    text = json.dumps(start).encode()
    socket.send_fds(connection, [len(text).to_bytes(SIZE_BYTES, "big")], files)
    connection.sendall(text)


def _exit_code(connection: socket.socket, *, kill: bool) -> int:
    """Return how the process ended; kill it if it does not (in a lab: its end does that)."""
    with connection.makefile() as says:
        pid = int(says.readline())
        try:
            return int(says.readline())
        except TimeoutError:
            if kill:
                os.kill(pid, signal.SIGKILL)
            raise


def _serve(path: str) -> None:
    """Fork for each connection; only the processes that shall be gpuinfra return from here."""
    gc.freeze()  # else a collection would copy all of it in each fork
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:  # it ends with who started us
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                return _answer(connection)
            connection.close()
    os._exit(0)


def _answer(connection: socket.socket) -> None:
    """Start gpuinfra in a process of its own, wait for its end, tell it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, files, _, _ = socket.recv_fds(connection, SIZE_BYTES, 3)
    with connection.makefile("rb") as text:
        start = json.loads(text.read(int.from_bytes(size, "big")))
    pid = os.fork()
    if pid == 0:
        connection.close()
        return _become(start, files)
    connection.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(start: Mapping[str, Any], files: Sequence[int]) -> None:
    """Take over what a start would be given."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(start["env"])
    time.tzset()
    os.chdir(start["cwd"])
    sys.path[0] = start["cwd"]  # as python -m has it
    sys.argv[1:] = start["argv"]


def _load() -> None:
    """Load what others wrote and gpuinfra imports."""
    from gpuinfra.tools.aws.client import client
    from gpuinfra.tools.terraform import hcl_text

    for name in LIBRARIES:
        importlib.import_module(name)
    hcl_text.read("the = grammar")
    for service in SERVICES:
        client(service, "us-east-1")


if __name__ == "__main__":
    _load()
    _serve(sys.argv[1])
    runpy.run_module("gpuinfra", run_name="__main__", alter_sys=True)
