"""Part of `make bench`: `gpuinfra ssh` and `run` beside plain ssh; `run` after a sync beside one without."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.host import ALIAS, GPUINFRA, inside, judge, seconds

ROUNDS, FILES = 15, 500
RUN = [GPUINFRA, "run", "--no-sync", "--", "true"]
SYNCED = [GPUINFRA, "run", "--", "true"]
Times = dict[str, list[float]]


def measure(conf: str) -> int:
    """Take all in turn, so that drift hits them alike; return 1 when a bound is broken."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "project"
        for number in range(FILES):
            file = project / f"src/{number % 20}/{number}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"print({number})\n" * 50)
        (project / ".gpuinfraignore").touch()
        seconds(SYNCED, project)
        times = taken(conf, project)
    broken = [
        judge("gpuinfra ssh, warm (plain ssh, cold)", times["warm"], times["plain cold"], 0.2),
        judge("gpuinfra ssh, warm (plain ssh, warm)", times["warm"], times["plain warm"], 4.0),
        judge("gpuinfra ssh, cold (plain ssh, cold)", times["cold"], times["plain cold"], 1.25),
        # the host's half is a Python program, which starts something that can outlive us
        judge("gpuinfra run, warm (plain ssh, warm)", times["run"], times["plain warm"], 7.0),
        judge(f"gpuinfra run, {FILES} files as they were (run)", times["unchanged"], times["run"], 2.5),
        judge(f"gpuinfra run, one of {FILES} files edited (run)", times["edited"], times["run"], 3.0),
    ]
    return int(any(broken))


def taken(conf: str, project: Path) -> Times:
    """Return the seconds of each case; `run` is without a sync."""
    ssh = ["ssh", "-F", conf]
    ours = [GPUINFRA, "ssh", "--", "true"]
    plain_cold = [*ssh, "-o", "ControlPath=none", ALIAS, "true"]
    names = ("plain cold", "cold", "warm", "plain warm", "run", "unchanged", "edited")
    times: Times = {name: [] for name in names}
    for turn in range(ROUNDS):
        times["plain cold"].append(seconds(plain_cold))
        subprocess.run([*ssh, "-O", "exit", ALIAS], check=True, capture_output=True)
        times["cold"].append(seconds(ours))
        times["warm"].append(seconds(ours))
        times["plain warm"].append(seconds([*ssh, ALIAS, "true"]))
        times["run"].append(seconds(RUN, project))
        times["unchanged"].append(seconds(SYNCED, project))
        with (project / f"src/{turn}/{turn}.py").open("a") as file:
            file.write("print()\n")
        times["edited"].append(seconds(SYNCED, project))
    return times


if __name__ == "__main__":
    sys.exit(measure(sys.argv[1]) if len(sys.argv) > 1 else inside("tests.bench.ssh"))
