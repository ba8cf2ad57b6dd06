"""A stand-in for the program on the host, and a way onto this machine instead of a host."""

import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpuinfra.ground.job_protocols import Request, SessionResult
from gpuinfra.tools.ssh.host_bundle import opened_by
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S

JOB = {"id": "abcd", "name": "train", "kind": "job", "command": "python train.py", "state": "running"}


class FakeHostJobs:
    """Answers in turn, the last answer for ever; an exception is raised."""

    def __init__(
        self, *replies: Any, sat: SessionResult | None = None, streams: Sequence[tuple[int, int]] = ()
    ) -> None:
        self.replies = list(replies)
        self.sat = sat or SessionResult(code=0)
        self.streams = list(streams)
        self.asked: list[Request] = []

    def ask(self, ssh: Sequence[str], request: Request, *, timeout_s: float) -> Any:
        """Return the next reply."""
        self.asked.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def sit(self, ssh: Sequence[str], request: Request, *, tty: bool) -> SessionResult:
        """End as told."""
        self.asked.append(request)
        return self.sat

    def stream(self, ssh: Sequence[str], request: Request) -> tuple[int, int]:
        """End as told."""
        self.asked.append(request)
        return self.streams.pop(0)

    def python(self, ssh: Sequence[str], interpreter: str, script: str, *, timeout_s: float) -> Any:
        """Return the next reply."""
        return self.ask(ssh, {"script": script}, timeout_s=timeout_s)


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


def run(ssh: Sequence[str], request: Request, *frames: bytes) -> "subprocess.CompletedProcess[bytes]":
    """Run it with these frames on its stdin, which then stays open until it ends."""
    line, opening = opened_by(request)
    argv = [*ssh, "--", line]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child: subprocess.Popen[bytes] = until_test_ends(subprocess.Popen(argv, **pipes))
    assert child.stdin
    assert child.stdout
    assert child.stderr
    child.stdin.write(opening + b"".join(frames))
    child.stdin.flush()
    out, err = child.stdout.read(), child.stderr.read()
    return subprocess.CompletedProcess(argv, child.wait(PATIENCE_S), out, err)
