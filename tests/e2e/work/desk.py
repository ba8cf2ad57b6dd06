"""Where a user sits: a project, and the command line inside the lab."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.simulator.lab.door import Lab


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A project beside an open lab with one ready host."""

    lab: Lab
    home: Path
    project: Path
    env: Mapping[str, str]
    no_jupyterlab: str

    def run(self, *arguments: str, timeout_s: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """Run a command of ours in the project."""
        return self.inside([sys.executable, "-m", "gpuinfra", *arguments], timeout_s=timeout_s)

    def ok(self, *arguments: str, timeout_s: float = 60.0) -> str:
        """Run one that must succeed; return its stdout."""
        done = self.run(*arguments, timeout_s=timeout_s)
        assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def there(self, line: str) -> str:
        """Run a shell line on the host; return what it printed."""
        return self.ok("ssh", "--", line).strip()

    def inside(
        self, argv: Sequence[str | Path], timeout_s: float = 60.0
    ) -> "subprocess.CompletedProcess[str]":
        """Run any command inside the lab, in the project."""
        return self.lab.run(argv, env=self.env, cwd=self.project, timeout_s=timeout_s)

    def start(self, *arguments: str) -> "Running":
        """Start a command of ours that stays."""
        return Running(
            subprocess.Popen(
                self.lab.command([sys.executable, "-u", "-m", "gpuinfra", *arguments], self.project),
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )

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

    def line(self, containing: str, *, stdout: bool = False, timeout_s: float = 60.0) -> str:
        """Read on until a line contains this; return it."""
        stream = self.process.stdout if stdout else self.process.stderr
        assert stream
        deadline, seen, line = time.monotonic() + timeout_s, b"", b""
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
        raise AssertionError(f"{containing!r} was not said, in {timeout_s:g} s or to the end: {said}")

    def rest(self) -> tuple[int, str]:
        """Wait for its end; return the exit code and what it printed after the lines that were read."""
        assert self.process.stdout
        assert self.process.stderr
        with self.process.stdout, self.process.stderr:
            printed = self.process.stdout.read()
        return self.process.wait(timeout=20), printed

    def interrupt(self) -> int:
        """Press Ctrl-C, wait, and return the exit code."""
        for pid in self._descendants():  # not the one that only entered the lab: it would not wait
            os.kill(pid, signal.SIGINT)
        try:
            self.process.communicate(timeout=20)
        finally:
            self.kill()
        return self.process.returncode

    def kill(self) -> None:
        """kill -9 it and all that it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()

    def kill_child(self, name: str) -> None:
        """kill -9 those of its processes that run this program."""
        comm = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in self._descendants()}
        found = [pid for pid in comm if comm[pid] == name]
        assert found, f"no {name} is running"
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    def _descendants(self) -> list[int]:
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            children = [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
            found += children
            todo += children
        return found
