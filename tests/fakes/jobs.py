"""A stand-in for the program on the host, and a way onto this machine instead of a host."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gpuinfra.features.boot.follow import LOGIN_LINE
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import CommandResult, Request, SessionResult
from gpuinfra.host.jobs import frames as wire
from gpuinfra.tools.ssh import host_bundle
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S

LIVE: dict[str, Any] = {
    "uptime_s": 93780, "memory_used_mib": 1, "memory_total_mib": 2, "load_1min": 0.5, "cpus": 4,
    "disk_free_gb": 9, "disk_total_gb": 10, "jobs": [], "gpus": [],
}  # fmt: skip
JOB = {"id": "abcd", "name": "train", "kind": "job", "command": "python train.py", "state": "running"}


class FakeHostClient:
    """Answers in turn, the last answer for ever; an exception is raised."""

    def __init__(
        self, *replies: Any, session: SessionResult | None = None, streams: Sequence[tuple[int, int]] = ()
    ) -> None:
        self.replies = list(replies)
        self.session = session or SessionResult(code=0)
        self.streams = list(streams)
        self.asked: list[Request] = []
        self.ran: list[tuple[list[str], bytes, bool]] = []
        self.sent: list[tuple[str, bytes, str]] = []

    def ask(self, host: Host, request: Request, *, timeout_s: float) -> Any:
        """Return the next reply."""
        self.asked.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def attach(self, host: Host, request: Request, *, tty: bool) -> SessionResult:
        """End as told."""
        self.asked.append(request)
        return self.session

    def stream(self, host: Host, request: Request, write: Callable[[bytes], None]) -> tuple[int, int]:
        """End as told."""
        self.asked.append(request)
        return self.streams.pop(0)

    def run(
        self,
        host: Host,
        program: Sequence[str],
        *,
        stdin: bytes = b"",
        timeout_s: float | None = None,
        shown: bool = False,
        lend_agent: bool = False,
    ) -> CommandResult:
        """Remember what was to be run; return the next reply. What brings our programs says nothing."""
        if tuple(program) == LOGIN_LINE:
            return CommandResult(code=0, stdout="", stderr="")
        self.ran.append((list(program), stdin, lend_agent))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, CommandResult) else CommandResult(code=0, stdout=reply, stderr="")

    def send_file(self, host: Host, data: bytes, *, target: str, sha256: str) -> None:
        """Remember what was sent."""
        self.sent.append((target, data, sha256))

    def python(self, host: Host, interpreter: str, script: str, *, timeout_s: float) -> Any:
        """Return the next reply."""
        return self.ask(host, {"script": script}, timeout_s=timeout_s)


def local_ssh(folder: Path) -> list[str]:
    """Return a command line that stands for ssh: the remote command runs here, with a home of its own."""
    environment = folder / "env"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin/python").symlink_to(sys.executable)
    status = folder / "status.json"
    status.write_text(f'{{"prefix": "{environment}", "environment": "gpu"}}')
    program = folder / "ssh"
    program.write_text(
        f"#!/bin/sh\nfor last; do :; done\ncd {folder} && export HOME={folder} GPUINFRA_STATUS={status}\n"
        'exec sh -c "$last"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return [str(program)]


def asked(*words: str, **more: Any) -> Request:
    """Return a request to run something."""
    return {"verb": "run", "id": "abcd", "words": list(words), "directory": "project", "flags": "", **more}


def opening(request: Request) -> bytes:
    """Return a request as the jobs' program reads it."""
    return wire.pack(wire.REQUEST, json.dumps(request).encode())


def run(ssh: Sequence[str], request: Request, *frames: bytes) -> "subprocess.CompletedProcess[bytes]":
    """Run it with these frames on its stdin, which then stays open until it ends."""
    bundle = host_bundle.files()
    argv = [*ssh, "--", host_bundle.command(host_bundle.JOBS, bundle)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child: subprocess.Popen[bytes] = until_test_ends(subprocess.Popen(argv, **pipes))
    assert child.stdin
    assert child.stdout
    assert child.stderr
    first = host_bundle.hand_over(child.stdin.fileno(), child.stdout.fileno(), bundle)
    child.stdin.write(opening(request) + b"".join(frames))
    child.stdin.flush()
    out, err = first + child.stdout.read(), child.stderr.read()
    return subprocess.CompletedProcess(argv, child.wait(PATIENCE_S), out, err)
