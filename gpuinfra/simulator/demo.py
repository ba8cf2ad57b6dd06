"""`make demo`: the whole job against the simulator, told as it goes; ends 0 only if nothing is left."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from gpuinfra.config import find_project
from gpuinfra.errors import GpuInfraError
from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.scratch import copy_project, private_env
from gpuinfra.simulator.server import running

INTRO = """\
gpuinfra demo: the real command line, real Terraform and the real AWS provider,
against a simulated AWS on this machine. Nothing leaves it and nothing costs money.
"""
STEPS = (
    ("write terraform.tfvars: your address, a key of its own", ["init", "--region", "us-east-1"]),
    ("what would be made", ["plan"]),
    ("make it; the last line is the public IP", ["up", "--yes"]),
    ("the IP alone, for scripts; Terraform is not started", ["ip"]),
    ("what was recorded and what EC2 says now", ["status"]),
    ("once more: nothing to change", ["up", "--yes"]),
    ("remove everything", ["down", "--yes"]),
)


def demo() -> int:
    """Run the demo; returns its exit code."""
    source = find_project(Path.cwd(), os.environ).root
    _tell(INTRO)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gpuinfra-demo-") as scratch, running() as simulator:
        project = copy_project(source, Path(scratch) / "project")
        env = private_env(simulator.env(os.environ), Path(scratch), project)
        for what, arguments in STEPS:
            _run(arguments, what, project, env)
        _check(simulator)
    _tell(f"\nThe demo is done, in {time.monotonic() - began:.0f} s. With your own AWS account: make up")
    return 0


def _run(arguments: list[str], what: str, project: Path, env: Mapping[str, str]) -> None:
    _tell(f"\n# {what}\n$ gpuinfra {' '.join(arguments)}")
    argv = [sys.executable, "-m", "gpuinfra", *arguments]
    done = subprocess.run(argv, cwd=project, env=dict(env), check=False)
    if done.returncode:
        raise GpuInfraError(f"`gpuinfra {' '.join(arguments)}` ended with exit code {done.returncode}")


def _check(simulator: Simulator) -> None:
    """Show what the simulated AWS was asked for, and that nothing is left in it.

    Raises:
        GpuInfraError: the host was not made as promised, or something is left.
    """
    launch = simulator.calls("RunInstances")[0].params
    facts = {
        "image": launch.get("ImageId", ""),
        "encrypted disk": launch.get("BlockDeviceMapping.1.Ebs.Encrypted", ""),
        "IMDSv2": launch.get("MetadataOptions.HttpTokens", ""),
    }
    _tell("\n# what AWS was asked for: " + ", ".join(f"{k} {v}" for k, v in facts.items()))
    left = simulator.leftovers()
    if left:
        raise GpuInfraError(f"the simulated AWS still holds {left}")
    _tell("# what is left there: no instance, volume, security group, key pair or role")


def _tell(text: str) -> None:
    """Narrate on stderr, so that stdout holds the results alone."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
