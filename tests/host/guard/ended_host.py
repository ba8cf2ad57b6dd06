"""A host's directories in a folder, and endings as processes of their own there."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuinfra.host.guard import end_host
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S, wait_until

# What systemctl does here: it notes that it was asked.
SYSTEMCTL = (
    '#!/bin/sh\necho "$*" >> "$GPUINFRA_ROOT/asked"\ncat "$GPUINFRA_ROOT/list-jobs" 2>/dev/null\nexit 0\n'
)


@dataclass(frozen=True, kw_only=True)
class EndedHost:
    """All that an ending reads and writes lies below `root`."""

    root: Path
    jobs: Path

    @classmethod
    def made(cls, root: Path, jobs: Path | None = None) -> "EndedHost":
        """Return one without a hook, and without jobs but these."""
        for name in ("etc/gpuinfra", "var/lib/gpuinfra", "run/gpuinfra", "dev", "bin", "jobs"):
            (root / name).mkdir(parents=True)
        (root / "dev/console").touch()
        (root / "bin/systemctl").write_text(SYSTEMCTL, encoding="utf-8")
        (root / "bin/systemctl").chmod(0o755)
        return cls(root=root, jobs=jobs or root / "jobs")

    def hook(self, text: str, *, mode: int = 0o755) -> None:
        """Give it an on_stop."""
        path = self.root / "etc/gpuinfra/on_stop"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def begin(self, action: str, by: str, reason: str, deadline_s: float) -> "subprocess.Popen[str]":
        """Start an ending as a laptop does."""
        request = {"action": action, "by": by, "reason": reason, "deadline_s": deadline_s}
        return self.start("ask", given=json.dumps(request))

    def start(self, *arguments: str, given: str = "") -> "subprocess.Popen[str]":
        """Start the program."""
        path = f"{self.root}/bin:{os.environ['PATH']}"
        env = {"PATH": path, "GPUINFRA_ROOT": str(self.root), "GPUINFRA_JOBS": str(self.jobs)}
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", end_host.__file__, *arguments], env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin
        with process.stdin:
            process.stdin.write(given)
        process.stdin = None
        return until_test_ends(process)

    def end(self, action: str, by: str, reason: str, deadline_s: float) -> tuple[bool, str]:
        """Run an ending; return whether it was the one that did it, and what it said."""
        return result(self.begin(action, by, reason, deadline_s))

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return what was kept on its disk."""
        path = self.root / "var/lib/gpuinfra/events.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [event for line in lines if kind in ("", (event := json.loads(line))["kind"])]

    def text(self, name: str) -> str:
        """Return a file of it; empty where there is none."""
        path = self.root / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def wait_for(self, name: str) -> str:
        """Wait until a file of it has something in it; return that."""
        wait_until(lambda: self.text(name).endswith("\n"), f"{name} to be written")
        return self.text(name).strip()


def result(process: "subprocess.Popen[str]") -> tuple[bool, str]:
    """Wait for an ending; return whether it was the one that did it, and what it said."""
    out, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, said
    return json.loads(out)["ran"], said


def lives(pid: str) -> bool:
    """Tell whether a process runs."""
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].startswith(" Z")


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill it, as the kernel does that has no memory left."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
