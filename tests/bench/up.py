"""Part of `make bench`: `up` beside Terraform's own two commands, and how soon a ready host is noticed.

Both makers start from an installed provider (a kept `.terraform`), in turn, each time against an empty AWS.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.project_copy import copy_project, private_env
from gpuinfra.simulator.server import running
from gpuinfra.tools.terraform import binary
from tests.bench.host import ALIAS, GPUINFRA, ROOT, inside, judge, seconds

ROUNDS, BOUND = 5, 0.96
NOTICED_S = 0.4
# The lab's stand-in conda is ready before Terraform has ended its wait of 10 s; a real one takes minutes.
LONG_BOOT = "#!/bin/sh\nsleep 25\n"
STATUS = "/var/lib/gpuinfra/status.json"


def against_terraform() -> bool:
    """Tell whether the bound is broken."""
    ours, raw = [], []
    with tempfile.TemporaryDirectory(prefix="gpuinfra-bench-") as scratch, running() as simulator:
        project = copy_project(ROOT, Path(scratch) / "project")
        directory = project / "terraform"
        env = private_env(simulator.env(os.environ), Path(scratch), project)
        terraform = str(binary.find(ROOT / ".tools", os.environ))
        subprocess.run([GPUINFRA, "init", "--region", "us-east-1"], env=env, check=True, capture_output=True)
        subprocess.run([GPUINFRA, "up", "--yes"], env=env, check=True, capture_output=True)
        mirror = project / ".tools" / "terraform.rc"  # there only if the provider comes from a mirror
        config = {"TF_CLI_CONFIG_FILE": str(mirror)} if mirror.is_file() else {}
        for _ in range(ROUNDS):
            empty(simulator, directory)
            init = seconds([terraform, "init", "-input=false"], directory, env=env | config)
            apply = [terraform, "apply", "-input=false", "-auto-approve"]
            raw.append(init + seconds(apply, directory, env=env | config))
            empty(simulator, directory)
            ours.append(seconds([GPUINFRA, "up", "--yes"], project, env=env))
    return judge("gpuinfra up, kept .terraform (terraform)", ours, raw, BOUND)


def empty(simulator: Simulator, directory: Path) -> None:
    """Forget the host on both sides; the provider stays installed."""
    simulator.reset()
    for state in directory.glob("terraform.tfstate*"):
        state.unlink()


def noticed(conf: str, told: float) -> int:
    """Print how long after the host was ready `up` had said so (one clock serves both); 1 when too late."""
    ready = subprocess.check_output(["ssh", "-F", conf, ALIAS, "stat", "--format=%.9Y", STATUS], text=True)
    took = told - float(ready)
    sys.stdout.write(f"{'a ready host is noticed, and told':<44} {took * 1000:8.1f} ms")
    sys.stdout.write(f"  bound {NOTICED_S * 1000:.0f} ms" + ("\n" if took <= NOTICED_S else "  BROKEN\n"))
    return int(took > NOTICED_S)


def main() -> int:
    """Print both rows; exit code 1 when a bound is broken."""
    broken = against_terraform()
    return int(inside("tests.bench.up", LONG_BOOT) or broken)


if __name__ == "__main__":
    sys.exit(noticed(sys.argv[1], float(sys.argv[2])) if len(sys.argv) > 2 else main())
