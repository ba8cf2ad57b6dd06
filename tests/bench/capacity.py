"""From a refusal for lack of capacity to the next place's call, beside `terraform apply` by hand.

Both go through the same places, in turn, from the same state; the simulated AWS has no host in any of them.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gpuinfra.simulator.api.call_log import Call
from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.project_copy import copy_project, private_env
from gpuinfra.simulator.server import running
from gpuinfra.tools.terraform import binary
from tests.bench.host import GPUINFRA, ROOT, judge

ROUNDS, BOUND = 3, 1.10
TYPES = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge")


def gaps(calls: Sequence[Call]) -> list[float]:
    """Return the seconds between the last call for one type and the first for the next."""
    pairs = list(itertools.pairwise(calls))
    return [b.time - a.time for a, b in pairs if a.params["InstanceType"] != b.params["InstanceType"]]


def by_hand(directory: Path, env: dict[str, str]) -> None:
    """Ask in each place with Terraform's own command."""
    terraform = str(binary.find(ROOT / ".tools", os.environ))
    for name in TYPES:
        pool = {"pool": {"instance_type": name, "market": "on-demand", "zone": None}}
        (directory / "pool.auto.tfvars.json").write_text(json.dumps(pool))
        argv = [terraform, "apply", "-input=false", "-auto-approve", "-var=max_retries=3"]
        subprocess.run(argv, cwd=directory, env=env, check=False, capture_output=True)


def seen(simulator: Simulator, begin: int) -> list[float]:
    """Return the gaps of what was asked since."""
    return gaps(simulator.calls("RunInstances")[begin:])


def main() -> int:
    """Print the row; exit code 1 when the bound is broken."""
    ours, raw = list[float](), list[float]()
    with tempfile.TemporaryDirectory(prefix="gpuinfra-bench-") as scratch, running() as simulator:
        project = copy_project(ROOT, Path(scratch) / "project")
        directory = project / "terraform"
        env = private_env(simulator.env(os.environ), Path(scratch), project)
        subprocess.run([GPUINFRA, "init", "--region", "us-east-1"], env=env, check=True, capture_output=True)
        values = directory / "terraform.tfvars"
        values.write_text(
            values.read_text().replace("instance_types = null", f"instance_types = {json.dumps(TYPES)}")
        )
        simulator.capacity(0)
        mirror = project / ".tools" / "terraform.rc"  # there only if the provider comes from a mirror
        config = {"TF_CLI_CONFIG_FILE": str(mirror)} if mirror.is_file() else {}
        subprocess.run([GPUINFRA, "up", "--yes"], env=env, check=False, capture_output=True)
        for _ in range(ROUNDS):
            began = len(simulator.calls("RunInstances"))
            subprocess.run([GPUINFRA, "up", "--yes"], env=env, check=False, capture_output=True)
            ours += seen(simulator, began)
            began = len(simulator.calls("RunInstances"))
            by_hand(directory, env | config)
            raw += seen(simulator, began)
    return int(judge("from a refusal to the next place (terraform)", ours, raw, BOUND))


if __name__ == "__main__":
    sys.exit(main())
