"""Parts of `make bench` that need a host: makes one in a lab and measures inside, as a user would."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpuinfra.simulator.conda.offline_setup import set_up_offline
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import open_lab
from gpuinfra.simulator.project_copy import copy_project, private_env

ROOT = Path(__file__).resolve().parents[2]
GPUINFRA = str(Path(sys.executable).parent / "gpuinfra")
ALIAS = "gpuinfra-default"
TIMEOUT_S = 300.0


def inside(module: str, startup: str = "") -> int:
    """Run a module of measurements, with two arguments; return its exit code.

    startup: a startup.sh for the host.
    The arguments are ssh's configuration, and when `up` said its last line (seconds since the epoch).
    The code is 0 too where no host can boot: that is said, and nothing is measured.
    """
    if reason := requirements.why_not():
        sys.stdout.write(f"{module}: not measured, {reason}\n")
        return 0
    # not in pytest's or make's deep directories: a Unix socket's path has to be short
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch, open_lab() as lab:
        project = copy_project(ROOT, Path(scratch) / "project")
        set_up_offline(lab.mirror, lab.image, project)
        env = private_env(lab.env({**os.environ, "XDG_RUNTIME_DIR": ""}), Path(scratch), project)
        if startup:
            (project / "startup.sh").write_text(startup)
        told, said, code = last_line(lab.command([GPUINFRA, "up", "--yes"], project), env)
        if code:
            sys.stderr.write(said)
            return 1
        (conf,) = Path(scratch, "state", "gpuinfra", "ssh").glob("*.conf")
        argv = lab.command([sys.executable, "-m", module, conf, str(told)], ROOT)
        # what it prints is ours: a row that is known is not lost with a later one that takes too long
        none = subprocess.DEVNULL
        return subprocess.run(argv, env=env, stdin=none, timeout=TIMEOUT_S, check=False).returncode


def last_line(argv: Sequence[str], env: Mapping[str, str]) -> tuple[float, str, int]:
    """Run a command; return when its last line came, all that it said, and its exit code."""
    told, said = time.time(), ""
    with subprocess.Popen(
        argv, env=env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout or ():
            told, said = time.time(), said + line
    return told, said, process.returncode


def seconds(
    argv: Sequence[str], cwd: Path | None = None, said: str = "", env: Mapping[str, str] | None = None
) -> float:
    """Return how long a command takes; it must succeed, and say this."""
    began = time.perf_counter()
    done = subprocess.run(
        argv, cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True
    )
    took = time.perf_counter() - began
    assert said in done.stdout, done.stdout
    return took


def judge(label: str, ours: Sequence[float], other: Sequence[float], bound: float) -> bool:
    """Print the medians and the median of the rounds' ratios; tell whether the bound is broken."""
    ratio = statistics.median(o / r for o, r in zip(ours, other, strict=True))
    times = f"{statistics.median(ours) * 1000:8.1f} ms  ({statistics.median(other) * 1000:8.1f} ms)"
    sys.stdout.write(f"{label:<44} {times} {ratio:6.2f} x  bound {bound:.2f}")
    sys.stdout.write("\n" if ratio <= bound else "  BROKEN\n")
    sys.stdout.flush()
    return ratio > bound
