"""`make demo`: the whole job against the simulator, told as it goes; ends 0 only if nothing is left."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.paths import find_project
from gpuinfra.ground.ticker import ticking
from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.project_copy import copy_project, private_env
from gpuinfra.simulator.server import running

INTRO = """\
gpuinfra demo: the real command line, real Terraform and the real AWS provider,
against a simulated AWS on this machine. Nothing leaves it and nothing costs money."""
WITH_HOSTS = """\
The simulated instance is a real Linux host of this machine: real systemd, cloud-init and ssh. Its GPU is
fake, and so are Miniconda and the packages (stand-ins: small, but truly solved and installed)."""
WITHOUT_HOSTS = "Only the API side is shown, without a host behind the instance: {reason}"
IN_ENV = "import torch, sys; print(sys.prefix, torch.cuda.is_available(), torch.cuda.get_device_name(0))"
OWN_ACCOUNT = "With your own AWS account, a day is five commands:"
# as in README.md, by test
FIVE_COMMANDS = (
    "make up",
    "gpuinfra ssh",
    "gpuinfra sync up",
    "gpuinfra run -- python train.py",
    "make down",
)
TRAINING = "for epoch in 1 2 3; do echo epoch $epoch; sleep 1; done"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where the demo plays: its simulated AWS, and how a command line is run there."""

    simulator: Simulator
    project: Path
    env: Mapping[str, str]
    wrap: Callable[[Sequence[str]], Sequence[str]]
    has_hosts: bool


def demo() -> int:
    """Run the demo; returns its exit code."""
    began = time.monotonic()
    _tell(INTRO)
    reason = requirements.can_run()
    _tell(WITHOUT_HOSTS.format(reason=reason) if reason else WITH_HOSTS)
    with tempfile.TemporaryDirectory(prefix="gpuinfra-demo-") as scratch:
        project = copy_project(find_project(Path.cwd(), os.environ).root, Path(scratch) / "project")
        with _api_only(project) if reason else _with_hosts(project) as stage:
            _play(stage)
            _check(stage.simulator)
    _tell(f"\nThe demo is done, in {time.monotonic() - began:.0f} s. {OWN_ACCOUNT}")
    _tell("\n".join(f"  {line}" for line in FIVE_COMMANDS))
    return 0


@contextmanager
def _api_only(project: Path) -> Iterator[Stage]:
    with running() as simulator:
        env = private_env(simulator.env(os.environ), project.parent, project)
        yield Stage(simulator=simulator, project=project, env=env, wrap=lambda argv: argv, has_hosts=False)


@contextmanager
def _with_hosts(project: Path) -> Iterator[Stage]:
    from gpuinfra.simulator.conda.offline_setup import outfit  # py-rattler: only where hosts can boot
    from gpuinfra.simulator.lab.lab import opened
    from gpuinfra.simulator.lab.machines import image

    image.ensure(os.environ)  # here, so that it is told: the first time it takes a minute
    _tell("")
    with ExitStack() as open_lab:
        with ticking("# opening the lab: namespaces, a bridge, the API, the metadata service"):
            lab = open_lab.enter_context(opened())
            outfit(lab.mirror, lab.image, project)
        env = private_env(lab.env(), project.parent, project)
        yield Stage(simulator=lab.simulator, project=project, env=env, wrap=lab.command, has_hosts=True)


def _play(stage: Stage) -> None:
    _run(
        stage,
        "write terraform.tfvars: your address, a key of its own",
        "init",
        "--region",
        "us-east-1",
        *_key(stage),
    )
    _run(stage, "what would be made", "plan")
    _run(stage, "make it; the last line is the public IP", "up", "--yes")
    _run(stage, "the IP alone, for scripts; Terraform is not started", "ip")
    _run(stage, "what was recorded and what EC2 says now", "status")
    if stage.has_hosts:
        _play_on_the_host(stage)
    _run(stage, "once more: nothing to change", "up", "--yes")
    _run(stage, "remove everything", "down", "--yes")


def _key(stage: Stage) -> list[str]:
    """Return nothing where `init` can make a key; else the option that names a made-up one."""
    if shutil.which("ssh-keygen"):
        return []
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + os.urandom(32)
    key = stage.project.parent / "demo.pub"
    key.write_text(f"ssh-ed25519 {b64encode(blob).decode()} demo\n", encoding="utf-8")
    return ["--public-key", str(key)]


def _play_on_the_host(stage: Stage) -> None:
    key = "a command on the host, its key verified through AWS"
    _run(stage, key, "ssh", "--", "uname -n; nvidia-smi -L")
    _run(stage, "the conda environment, on the GPU", "run", "--", "python", "-c", IN_ENV)
    _run(stage, "a job that outlives this connection", "job", "start", "--name", "train", "--", TRAINING)
    _run(stage, "its output, while it comes", "job", "logs", "-f", "train")


def _run(stage: Stage, what: str, *arguments: str) -> None:
    _tell(f"\n# {what}\n$ gpuinfra {shlex.join(arguments)}")
    argv = stage.wrap([sys.executable, "-m", "gpuinfra", *arguments])
    done = subprocess.run(argv, cwd=stage.project, env=dict(stage.env), check=False)
    if done.returncode:
        raise GpuInfraError(f"`gpuinfra {arguments[0]}` ended with exit code {done.returncode}")


def _check(simulator: Simulator) -> None:
    """Show what the simulated AWS was asked for, and that nothing is left in it.

    Raises:
        GpuInfraError: something is left.
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
