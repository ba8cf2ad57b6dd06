"""A user's project beside a ready host, and the command line inside the lab."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.simulator.lab.lab import Lab
from tests import processes
from tests.e2e.cli import Cli
from tests.waiting import PATIENCE_S


@dataclass(frozen=True, kw_only=True)
class ProjectOnHost(Cli):
    """A project beside an open lab with one ready host."""

    lab: Lab
    home: Path
    no_jupyterlab: str

    def inside(self, argv: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
        """Run any command inside the lab, in the project."""
        return self.lab.run(argv, env=self.env, cwd=self.project, timeout_s=PATIENCE_S)

    def begin(self, *arguments: str) -> "Running":
        """Start a command of ours that stays."""
        return Running(self.start(*arguments))

    def ssh_config(self) -> Path:
        """Return the configuration that ours writes for ssh."""
        return self.home / "state" / "gpuinfra" / "ssh" / "default.conf"

    def disk(self) -> Path:
        """Return what the host has written to its disk, looked at from outside."""
        return self.lab.host(self.ok("output", "instance_id").strip()) / "upper"


class Running:
    """A command that stays until Ctrl-C."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def line(self, containing: str, *, stdout: bool = False) -> str:
        """Read on until a line contains this; return it."""
        stream = self.process.stdout if stdout else self.process.stderr
        assert stream
        deadline, seen, line = time.monotonic() + PATIENCE_S, b"", b""
        while select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            # byte by byte: what follows the line is left to whoever reads next
            if not (byte := os.read(stream.fileno(), 1)):
                break
            line += byte
            if byte == b"\n":
                if containing in line.decode(errors="replace"):
                    return line.decode(errors="replace").strip()
                seen, line = seen + line, b""
        said = (seen + line).decode(errors="replace")
        raise AssertionError(f"{containing!r} was not said, in {PATIENCE_S:g} s or to the end: {said}")

    def rest(self) -> tuple[int, str]:
        """Wait for its end; return the exit code and what it printed after the lines that were read."""
        assert self.process.stdout
        assert self.process.stderr
        with self.process.stdout, self.process.stderr:
            printed = self.process.stdout.read()
        return self.process.wait(timeout=PATIENCE_S), printed

    def interrupt(self) -> int:
        """Press Ctrl-C, wait, and return the exit code."""
        # not the one that only entered the lab: it would not wait
        for pid in processes.descendants(self.process.pid):
            with suppress(ProcessLookupError):  # a short-lived one has ended meanwhile
                os.kill(pid, signal.SIGINT)
        try:
            self.process.communicate(timeout=PATIENCE_S)
        finally:
            self.kill()
        return self.process.returncode

    def kill(self) -> None:
        """kill -9 it and all that it started."""
        processes.kill(self.process)

    def kill_child(self, name: str) -> None:
        """kill -9 those of its processes that run this program."""
        comm = {
            pid: Path(f"/proc/{pid}/comm").read_text().strip()
            for pid in processes.descendants(self.process.pid)
        }
        found = [pid for pid in comm if comm[pid] == name]
        assert found, f"no {name} is running"
        for pid in found:
            os.kill(pid, signal.SIGKILL)
