"""`make bench`: start-up times as ratios to `python -c pass` of the same environment, taken in turn."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gpuinfra.simulator.project_copy import copy_project
from tests.samples import STATE

ROUNDS = 15
NO_HOST = "gpuinfra ip, no host"
GPUINFRA = str(Path(sys.executable).parent / "gpuinfra")
# Each with its bound; what is answered without typer is held to the start of Python itself.
CASES = {
    "python -c pass": ([sys.executable, "-c", "pass"], None),
    "gpuinfra --help": ([GPUINFRA, "--help"], 1.5),
    "gpuinfra version": ([GPUINFRA, "version"], 1.25),
    "gpuinfra ip": ([GPUINFRA, "ip"], 1.5),
    "gpuinfra output": ([GPUINFRA, "output"], None),
    "gpuinfra up --help": ([GPUINFRA, "up", "--help"], 1.5),
    NO_HOST: ([GPUINFRA, "ip"], 2.5),
}


def main() -> int:
    """Print a table; exit code 1 when a bound is broken."""
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory(prefix="gpuinfra-bench-") as scratch:
        project = copy_project(root, Path(scratch) / "project")
        (project / "terraform" / "terraform.tfstate").write_text(STATE)
        times = measure(project, copy_project(root, Path(scratch) / "empty"))
    floor = times["python -c pass"]
    broken = 0
    for name, (_, bound) in CASES.items():
        ratio = statistics.median(t / f for t, f in zip(times[name], floor, strict=True))
        verdict = "" if bound is None else f"bound {bound:.1f}" + ("" if ratio <= bound else "  BROKEN")
        broken += bound is not None and ratio > bound
        milliseconds = statistics.median(times[name]) * 1000
        sys.stdout.write(f"{name:<20} {milliseconds:7.1f} ms  {ratio:5.1f} x  {verdict}\n")
    return 1 if broken else 0


def measure(project: Path, empty: Path) -> dict[str, list[float]]:
    """Return the seconds of every case, the cases taken in turn so that drift hits them alike."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, (argv, _bound) in CASES.items():
            here = empty if name == NO_HOST else project
            env = {**os.environ, "GPUINFRA_PROJECT": str(here)}
            began = time.perf_counter()
            done = subprocess.run(argv, cwd=here, env=env, capture_output=True)
            times[name].append(time.perf_counter() - began)
            assert done.returncode == (5 if name == NO_HOST else 0), done
    return times


if __name__ == "__main__":
    sys.exit(main())
