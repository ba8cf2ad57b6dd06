"""Part of `make bench`: `gpuinfra ssh` and `run` of `true` beside plain ssh, connected or not yet."""

import subprocess
import sys

from tests.bench.host import ALIAS, GPUINFRA, inside, judge, seconds

ROUNDS = 15


def measure(conf: str) -> int:
    """Take all five in turn, so that drift hits them alike; return 1 when a bound is broken."""
    ssh = ["ssh", "-F", conf]
    ours = [GPUINFRA, "ssh", "--", "true"]
    plain_cold = [*ssh, "-o", "ControlPath=none", ALIAS, "true"]
    times: dict[str, list[float]] = {"plain cold": [], "cold": [], "warm": [], "plain warm": [], "run": []}
    for _ in range(ROUNDS):
        times["plain cold"].append(seconds(plain_cold))
        subprocess.run([*ssh, "-O", "exit", ALIAS], check=True, capture_output=True)
        times["cold"].append(seconds(ours))
        times["warm"].append(seconds(ours))
        times["plain warm"].append(seconds([*ssh, ALIAS, "true"]))
        times["run"].append(seconds([GPUINFRA, "run", "--", "true"]))
    broken = [
        judge("gpuinfra ssh, warm (plain ssh, cold)", times["warm"], times["plain cold"], 0.2),
        judge("gpuinfra ssh, warm (plain ssh, warm)", times["warm"], times["plain warm"], 4.0),
        judge("gpuinfra ssh, cold (plain ssh, cold)", times["cold"], times["plain cold"], 1.25),
        # the host's half is a Python program, which starts something that can outlive us
        judge("gpuinfra run, warm (plain ssh, warm)", times["run"], times["plain warm"], 7.0),
    ]
    return int(any(broken))


if __name__ == "__main__":
    sys.exit(measure(sys.argv[1]) if len(sys.argv) > 1 else inside("tests.bench.ssh"))
