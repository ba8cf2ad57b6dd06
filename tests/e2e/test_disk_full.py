"""A disk that is full before Terraform starts, and one that fills up while it works."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e


def namespace() -> list[str]:
    """Return a prefix that gives a command mounts of its own; skips where the system forbids that."""
    for prefix in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        if shutil.which("unshare") and subprocess.run([*prefix, "true"], check=False).returncode == 0:
            return prefix
    pytest.skip("this system lets us mount nothing, so no disk can be filled")


def on_small_disk(cli: Cli, script: str, *, size_mb: int) -> "subprocess.Popen[str]":
    """Start a shell script that finds the stack `small` on a disk of that size; $GPUINFRA is the command."""
    disk = cli.directory / "stacks" / "small"
    disk.mkdir(parents=True)
    lines = [
        "set -u",
        f"mount -t tmpfs -o size={size_mb}m tmpfs {shlex.quote(str(disk))}",
        f"GPUINFRA='{shlex.quote(sys.executable)} -m gpuinfra'",
        f"DISK={shlex.quote(str(disk))}",
        "$GPUINFRA init --stack small --region us-east-1 --owner tester 2>/dev/null >&2 || exit 99",
        script,
    ]
    return until_test_ends(
        subprocess.Popen(
            [*namespace(), "bash", "-c", "\n".join(lines)],
            cwd=cli.project,
            env=dict(cli.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


def ended(process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    """Wait for the script's end."""
    stdout, stderr = process.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's mount namespaces")
def test_before(cli: Cli, sim: Simulator) -> None:
    """Too little space is seen before anything is contacted."""
    done = ended(on_small_disk(cli, "$GPUINFRA up --yes --stack small", size_mb=60))
    refused(done, 2, "error: the disk has", "MB free; at least 100 MB are needed", "  next: df -h .")
    assert sim.calls() == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's mount namespaces")
def test_in_the_midst(cli: Cli, sim: Simulator, tmp_path: Path) -> None:
    """A state that could not be written is kept elsewhere, whole, and the user is told where."""
    full = tmp_path / "full"
    script = f"""
        $GPUINFRA up --yes --stack small & up=$!
        until [ -e {full}.go ]; do sleep 0.1; done
        dd if=/dev/zero of=$DISK/filler bs=64k 2>/dev/null
        touch {full}.done
        wait $up
    """
    sim.fault(Fault(match="RunInstances", delay_s=PATIENCE_S))
    process = on_small_disk(cli, script, size_mb=120)
    sim.wait_for(lambda calls: any(c.action == "RunInstances" for c in calls))
    full.with_name("full.go").touch()
    wait_until(full.with_name("full.done").exists, "the disk to be full")
    sim.clear_faults()
    done = ended(process)
    refused(done, 3, "error: the disk was full", "It is safe in", "  next: free some space, then: cp ")
    (rescued,) = (tmp_path / "state").rglob("*.tfstate")
    assert rescued.stat().st_mode & 0o077 == 0
    assert '"aws_instance"' in rescued.read_text()

    cli.ok("init", "--stack", "small", "--region", "us-east-1", "--owner", "tester")
    shutil.copy(rescued, cli.directory / "stacks" / "small" / "terraform.tfstate")
    cli.ok("down", "--yes", "--stack", "small")
    assert sim.leftovers() == {}
