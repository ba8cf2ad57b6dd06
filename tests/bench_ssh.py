"""Part of `make bench`: a command over the shared connection beside a plain ssh that has to log in."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gpuinfra.simulator.lab import needs
from gpuinfra.simulator.lab.door import opened
from gpuinfra.simulator.scratch import copy_project, private_env

ROUNDS = 15
BOUND = 0.2
ROOT = Path(__file__).resolve().parents[1]
GPUINFRA = str(Path(sys.executable).parent / "gpuinfra")
TIMEOUT_S = 180.0


def main() -> int:
    """Print the ratio; exit code 1 when the bound is broken, 0 too where no host can boot."""
    if reason := needs.can_run():
        sys.stdout.write(f"gpuinfra ssh -- true: not measured, {reason}\n")
        return 0
    # not in pytest's or make's deep directories: a Unix socket's path has to be short
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch, opened() as lab:
        project = copy_project(ROOT, Path(scratch) / "project")
        env = private_env(lab.env({**os.environ, "XDG_RUNTIME_DIR": ""}), Path(scratch), project)
        env["GPUINFRA_WAIT"] = "0"  # a login is enough
        for argv in ([GPUINFRA, "up", "--yes"], [GPUINFRA, "ssh", "--", "true"]):
            made = lab.run(argv, env=env, cwd=project, timeout_s=TIMEOUT_S)
            if made.returncode:
                sys.stderr.write(made.stderr)
                return 1
        (conf,) = Path(scratch, "state", "gpuinfra", "ssh").glob("*.conf")
        done = lab.run(
            [sys.executable, "-m", "tests.bench_ssh", conf], env=env, cwd=ROOT, timeout_s=TIMEOUT_S
        )
        sys.stdout.write(done.stdout + done.stderr)
        return done.returncode


def measure(conf: str) -> int:
    """Time both in turn, inside the lab, so that drift hits them alike."""
    cold = ["ssh", "-F", conf, "-o", "ControlPath=none", "gpuinfra-default", "true"]
    cases: dict[str, list[str]] = {"cold": cold, "warm": [GPUINFRA, "ssh", "--", "true"]}
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, argv in cases.items():
            began = time.perf_counter()
            subprocess.run(argv, check=True, capture_output=True)
            times[name].append(time.perf_counter() - began)
    ratio = statistics.median(w / c for w, c in zip(times["warm"], times["cold"], strict=True))
    for name, label in (("cold", "plain ssh, cold"), ("warm", "gpuinfra ssh, warm")):
        sys.stdout.write(f"{label:<20} {statistics.median(times[name]) * 1000:7.1f} ms\n")
    verdict = "" if ratio <= BOUND else "  BROKEN"
    sys.stdout.write(f"{'warm / cold':<20} {ratio:10.2f}     bound {BOUND}{verdict}\n")
    return int(ratio > BOUND)


if __name__ == "__main__":
    sys.exit(measure(sys.argv[1]) if len(sys.argv) > 1 else main())
