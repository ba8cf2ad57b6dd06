"""`make demo`: every step against the simulator, explained; exit code 0 only if nothing is left."""

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

from gpuinfra.ground import locations
from gpuinfra.ground.errors import GpuInfraError
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
    "gpuinfra run -- python train.py",
    "gpuinfra sync down out",
    "make down",
)
TRAINING = "for epoch in 1 2 3; do echo epoch $epoch; sleep 1; done"


@dataclass(frozen=True, kw_only=True)
class DemoSetting:
    """Where the demo runs: its simulated AWS, and how a command is started there."""

    simulator: Simulator
    project: Path
    env: Mapping[str, str]
    wrap: Callable[[Sequence[str]], Sequence[str]]
    has_hosts: bool


def demo() -> int:
    """Run the demo; returns its exit code."""
    began = time.monotonic()
    _tell(INTRO)
    reason = requirements.why_not()
    _tell(WITHOUT_HOSTS.format(reason=reason) if reason else WITH_HOSTS)
    with tempfile.TemporaryDirectory(prefix="gpuinfra-demo-") as scratch:
        project = copy_project(Path(locations.shipped()), Path(scratch) / "project")
        with _api_only(project) if reason else _with_hosts(project) as setting:
            _show(setting)
            _check(setting.simulator)
    _tell(f"\nThe demo is done, in {time.monotonic() - began:.0f} s. {OWN_ACCOUNT}")
    _tell("\n".join(f"  {line}" for line in five_commands(installed=locations.is_installed())))
    return 0


def five_commands(*, installed: bool) -> list[str]:
    """Return the commands of a day; without a clone there is no make."""
    return [line.replace("make ", "gpuinfra ") if installed else line for line in FIVE_COMMANDS]


@contextmanager
def _api_only(project: Path) -> Iterator[DemoSetting]:
    with running() as simulator:
        env = private_env(simulator.env(os.environ), project.parent, project)
        yield DemoSetting(
            simulator=simulator, project=project, env=env, wrap=lambda argv: argv, has_hosts=False
        )


@contextmanager
def _with_hosts(project: Path) -> Iterator[DemoSetting]:
    from gpuinfra.simulator.conda.offline_setup import set_up_offline  # py-rattler: only where hosts can boot
    from gpuinfra.simulator.lab.lab import open_lab
    from gpuinfra.simulator.lab.machines import image

    image.ensure(os.environ)  # here, so that it is told: the first time it takes a minute
    _tell("")
    with ExitStack() as stack:
        with ticking("# opening the lab: namespaces, a bridge, the API, the metadata service"):
            lab = stack.enter_context(open_lab())
            set_up_offline(lab.mirror, lab.image, project)
        env = private_env(lab.env(), project.parent, project)
        yield DemoSetting(simulator=lab.simulator, project=project, env=env, wrap=lab.command, has_hosts=True)


def _show(setting: DemoSetting) -> None:
    _run(
        setting,
        "write terraform.tfvars: your address, a key of its own",
        "init",
        "--region",
        "us-east-1",
        *_key(setting),
    )
    _run(setting, "what would be made", "plan")
    _run(setting, "make it; the last line is the public IP", "up", "--yes")
    _run(setting, "the IP alone, for scripts; Terraform is not started", "ip")
    _run(setting, "what was recorded and what EC2 says now", "status")
    if setting.has_hosts:
        _show_on_the_host(setting)
    _run(setting, "once more: nothing to change", "up", "--yes")
    _run(setting, "remove everything", "down", "--yes")


def _key(setting: DemoSetting) -> list[str]:
    """Return nothing where `init` can make a key; else the option that names a made-up one."""
    if shutil.which("ssh-keygen"):
        return []
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + os.urandom(32)
    key = setting.project.parent / "demo.pub"
    key.write_text(f"ssh-ed25519 {b64encode(blob).decode()} demo\n", encoding="utf-8")
    return ["--public-key", str(key)]


def _show_on_the_host(setting: DemoSetting) -> None:
    key = "a command on the host, its key verified through AWS"
    _run(setting, key, "ssh", "--", "uname -n; nvidia-smi -L")
    _run(setting, "the conda environment, on the GPU", "run", "--", "python", "-c", IN_ENV)
    _run(setting, "a job that outlives this connection", "job", "start", "--name", "train", "--", TRAINING)
    _run(setting, "its output, while it comes", "job", "logs", "-f", "train")


def _run(setting: DemoSetting, what: str, *arguments: str) -> None:
    _tell(f"\n# {what}\n$ gpuinfra {shlex.join(arguments)}")
    argv = setting.wrap([sys.executable, "-m", "gpuinfra", *arguments])
    done = subprocess.run(argv, cwd=setting.project, env=dict(setting.env), check=False)
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
    """Print on stderr: stdout is for results."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
