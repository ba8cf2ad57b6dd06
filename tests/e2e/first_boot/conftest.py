"""One lab, and in it one clone with two stacks: a good host and one whose bootstrap fails for good."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.conda.offline_setup import set_up_offline
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import open_lab
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.e2e.cli import Cli
from tests.e2e.conftest import ROOT
from tests.e2e.first_boot.lab_stack import LabStack, read_until
from tests.processes import signal_inside
from tests.running_provider import running_provider
from tests.waiting import PATIENCE_S, wait_until

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, kw_only=True)
class BothStacks:
    """How both stacks were made; `stopped` is the `up` of the bad one, ended by Ctrl-C as the host booted."""

    good: LabStack
    bad: LabStack
    up: Done
    stopped: Done


@pytest.fixture(scope="session")
def clone(installed: Path) -> Iterator[LabStack]:
    """A clone in a lab; skipped with the reason where no host can boot."""
    if reason := requirements.why_not():
        pytest.skip(reason)
    # not below pytest's own directory: a Unix socket's path has to be short
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch, open_lab() as lab:
        home = Path(scratch)
        project = copy_project(ROOT, home / "clone")
        set_up_offline(lab.mirror, lab.image, project)
        env = private_env(lab.env({**os.environ, "HOME": scratch, "XDG_RUNTIME_DIR": ""}), home, project)
        with running_provider(installed, env, enter=lab.command([])) as provider:
            yield LabStack(lab=lab, home=home, cli=Cli(project=project, env=env | provider, lab=lab))


@pytest.fixture(scope="session")
def both(clone: LabStack, installed: Path) -> Iterator[BothStacks]:
    """Both hosts, made at the same time; the bad one's watcher is stopped once the host boots."""
    with running_provider(installed, clone.cli.env, enter=clone.lab.command([])) as provider:
        yield _made_at_once(clone, clone.other("bad", **provider))


def _made_at_once(clone: LabStack, bad: LabStack) -> BothStacks:
    clone.lab.simulator.fault(Fault(match="GetConsoleOutput", delay_s=2.0, count=None))
    good_up = clone.cli.start("up", "--yes")
    wait_until((clone.directory / ".terraform.tfstate.lock.info").exists, "Terraform to be installed")
    environment = clone.cli.project / "environment.yml"
    wholesome = environment.read_text()
    environment.write_text(f"{wholesome}  - nobody-has-this\n")
    bad_up = bad.cli.start("up", "--yes")
    wait_until((bad.directory / "user-data.yaml.gz").exists, "the user-data")
    environment.write_text(wholesome)
    seen = read_until(bad_up, "starting up ...")
    signal_inside(bad_up, signal.SIGINT)
    stopped = _ended(bad_up, seen)
    clone.lab.simulator.clear_faults()
    return BothStacks(good=clone, bad=bad, up=_ended(good_up, ""), stopped=stopped)


@pytest.fixture
def good(both: BothStacks) -> LabStack:
    """The good host, ready."""
    assert both.up.returncode == 0, both.up.stderr
    return both.good


def _ended(process: "subprocess.Popen[str]", seen: str) -> Done:
    out, err = process.communicate(timeout=PATIENCE_S)
    return Done(args=process.args, returncode=process.returncode, stdout=out, stderr=seen + err)
