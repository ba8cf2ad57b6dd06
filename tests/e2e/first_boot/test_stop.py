"""A host that is shut, stopped, moved or gone is said so; last of all, since it ends the shared hosts."""

import subprocess

import pytest

from tests.e2e.cli import refused
from tests.e2e.first_boot.conftest import BothStacks
from tests.e2e.first_boot.lab_stack import LabStack
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e


def test_a_closed_port(good: LabStack) -> None:
    """Nothing answers although the host runs: both reasons are named, and a command for each."""
    gate = good.lab.mirror / "gate.example"
    gate.mkdir()
    wait = "until curl -sf http://gate.example/open; do sleep 0.1; done"
    good.on_host(f"sudo systemd-run --quiet sh -c 'systemctl stop ssh; {wait}; systemctl start ssh'")
    good.disconnect()
    wait_until(lambda: good.tool("ssh-keyscan", "-T1", address(good)).stdout == "", "the port to be shut")
    refused(
        good.ssh("true"),
        5,
        f"runs, but nothing answers at {address(good)}: it is still booting, or your address is not one of",
        "next: gpuinfra status --watch; if your address has changed: gpuinfra allow",
    )
    (gate / "open").touch()
    wait_until(lambda: good.ssh("true").returncode == 0, "the port to be open")


def test_a_login_that_is_refused(good: LabStack) -> None:
    """It is ssh's own reason that is told; here the key is not the one that the host lets in."""
    [key] = (good.home / "state" / "gpuinfra").rglob("id_ed25519")
    kept = {path: path.read_bytes() for path in (key, key.with_name("id_ed25519.pub"))}
    good.disconnect()
    for path in kept:
        path.unlink()
    try:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        refused(good.ssh("true"), 5, "runs, but ssh does not get in: ", "Permission denied (publickey")
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    assert good.ssh("true").returncode == 0


def test_stopped_moved_gone_and_down(both: BothStacks) -> None:
    """Stopped: how to start it; started: at its new address; gone: how to make a new one; down: no trace."""
    good, bad = both.good, both.bad
    instance, old = good.id, address(good)
    down = bad.cli.start("down", "--yes")
    good.ec2.stop_instances(InstanceIds=[instance])
    log = good.lab.directory / "lab.log"
    wait_until(lambda: f"{instance} powered off" in log.read_text(), "the power to be off")
    start = f"next: aws ec2 start-instances --region us-east-1 --instance-ids {instance}"
    for command in (["ssh", "--", "true"], ["status", "--watch"], ["ssh-config"], ["up", "--yes"]):
        refused(good.run(*command), 5, f"the host {instance} is stopped", start)
    good.ec2.start_instances(InstanceIds=[instance])
    tries: list[subprocess.CompletedProcess[str]] = []
    wait_until(lambda: in_again(good, tries), "the host to be back")
    new = tries[-1].stdout.split()[2]
    assert new != old
    assert any(new in done.stderr for done in tries)  # one that came before the host lets in names it, too
    assert good.run("status", "--watch").returncode == 0
    good.ec2.terminate_instances(InstanceIds=[instance])
    wait_until(lambda: "is gone" in good.ssh("true").stderr, "the host to be gone")
    refused(good.ssh("true"), 5, f"the host {instance} is gone", "next: gpuinfra up")
    assert good.run("down", "--yes").returncode == 0
    assert down.wait(timeout=PATIENCE_S) == 0
    down.communicate()
    no_trace(good)


def in_again(stack: LabStack, tries: "list[subprocess.CompletedProcess[str]]") -> bool:
    """Try to get in; keep what was said."""
    tries.append(stack.ssh("echo $SSH_CONNECTION"))
    return tries[-1].returncode == 0


def no_trace(stack: LabStack) -> None:
    """Check that only the user's key is left; the Include line does no harm."""
    left = sorted(p.name for p in (stack.home / "state" / "gpuinfra").rglob("*") if p.is_file())
    assert left == ["id_ed25519", "id_ed25519.pub"]
    own = stack.home / ".ssh" / "config"
    if own.exists():  # when the tests of the alias have run
        assert stack.tool("ssh", "-G", "-F", str(own), "other").returncode == 0
    assert stack.lab.simulator.leftovers() == {}


def address(stack: LabStack) -> str:
    """Return the recorded address."""
    return str(stack.recorded["public_ip"])
