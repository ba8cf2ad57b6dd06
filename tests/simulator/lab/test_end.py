"""However a lab ends, nothing of it is left; and it ends when whoever opened it does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.simulator.lab.lab import Lab, open_lab
from gpuinfra.simulator.lab.workdir import PREFIX
from tests.processes import until_test_ends
from tests.simulator.lab.instances import LabInstances
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

BOOTING = """
import os, sys, time
from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import client, launch
guest = launch(client("ec2", Simulator(os.environ["AWS_ENDPOINT_URL"])), InstanceType="t3.medium")
directory = os.environ["GPUINFRA_LAB_DIR"]
while not os.path.exists(f"{directory}/hosts/{guest['InstanceId']}/console.log"):
    time.sleep(0.05)
print(directory)
sys.exit(7)
"""
HOLDING = """
import time
from gpuinfra.simulator.lab.lab import open_lab
with open_lab() as lab:
    print(lab.directory, flush=True)
    time.sleep(600)
"""


def traces(name: str) -> list[str]:
    """Return what there is of a lab: processes, mounts of any process, cgroups, files."""
    # os.walk passes over what ends meanwhile; Path.rglob would fail.
    found = [f"{at}/{name}" for at, directories, _ in os.walk("/sys/fs/cgroup") if name in directories]
    found += [str(it) for it in Path("/var/tmp").glob(name)]
    for process in Path("/proc").glob("[0-9]*"):
        for file in ("cmdline", "mountinfo", "cgroup"):
            try:
                text = (process / file).read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            if name in text and process.name != str(os.getpid()):
                found.append(f"{process / file}: {text[:80]}")
    return found


def run_process_of(lab: Lab) -> int:
    """Return the process that runs a lab from outside: its first process's parent's parent."""
    pid = lab.pid
    for _ in range(2):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        pid = int(stat.rpartition(")")[2].split()[1])
    return pid


@pytest.fixture
def lab_of_one(shared_lab: LabInstances) -> Iterator[Lab]:
    """A lab of its own with a host that has begun to boot."""
    with open_lab() as lab:
        guest = LabInstances(lab=lab, key=shared_lab.key).fresh().launch(InstanceType="t3.medium")
        wait_until(lambda: "systemd" in guest.console, "systemd on the console")
        yield lab


def test_kill_9_leaves_nothing(lab_of_one: Lab) -> None:
    """kill -9 of the process outside ends the lab: no process, mount, cgroup or file of it is left."""
    name = lab_of_one.directory.name
    assert len(traces(name)) > 10
    os.kill(run_process_of(lab_of_one), signal.SIGKILL)
    wait_until(lambda: not traces(name), "nothing to be left")


def test_exit_leaves_nothing(shared_lab: LabInstances) -> None:
    """The command's exit code is the lab's, though a host is booting; at its return nothing is left."""
    done = subprocess.run(
        [sys.executable, "-m", "gpuinfra.simulator", "lab", "--", sys.executable, "-c", BOOTING],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    name = Path(done.stdout.strip()).name
    assert name.startswith(PREFIX)
    assert traces(name) == []


def test_lab_ends_with_its_opener(shared_lab: LabInstances) -> None:
    """A lab that is held open ends with the process that opened it, though that was killed."""
    argv = [sys.executable, "-c", HOLDING]
    opener = until_test_ends(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))
    assert opener.stdout
    name = Path(opener.stdout.readline().strip()).name
    assert name.startswith(PREFIX)
    assert traces(name)
    opener.kill()
    wait_until(lambda: not traces(name), "nothing to be left")
