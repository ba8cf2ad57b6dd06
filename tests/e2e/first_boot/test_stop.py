"""A host that is shut, stopped, moved or gone is said so; last of all, since it ends the shared hosts."""

import re
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
        refused(good.ssh("true"), 5, f"{good.id} refuses the key {key} (", "Permission denied (publickey")
        key.chmod(0o644)
        refused(good.ssh("true"), 5, "was offered no key", "mode 0644", f"next: chmod 600 {key}")
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
        key.chmod(0o600)
    # sshd keeps who was refused out for a while (PerSourcePenalties, OpenSSH 9.8)
    wait_until(lambda: good.ssh("true").returncode == 0, "sshd to let us in again")


def test_stopped_moved_gone_and_down(both: BothStacks) -> None:
    """Stopped: how to start it; started: at its new address; gone: how to make a new one; down: no trace.

    After each step of its life Terraform's plan is empty; a changed key is taken by the host that lives.
    """
    good, bad = both.good, both.bad
    instance, old = good.id, address(good)
    down = bad.cli.start("down", "--yes")
    assert good.run("job", "start", "--", "sleep", "600").returncode == 0
    stopped = good.run("stop", "--yes")
    assert stopped.returncode == 0, stopped.stderr
    assert "still running on the host: sleep 600" in stopped.stderr
    assert is_empty(good)
    log = good.lab.directory / "lab.log"
    wait_until(lambda: f"{instance} powered off" in log.read_text(), "the power to be off")
    for command in (["ssh", "--", "true"], ["status", "--watch"], ["ssh-config"], ["ip"]):
        refused(good.run(*command), 5, f"the host {instance} is stopped", "next: gpuinfra start")
    pinned = good.pin.read_bytes()
    good.ec2.start_instances(InstanceIds=[instance])
    tries: list[subprocess.CompletedProcess[str]] = []
    wait_until(lambda: in_again(good, tries), "the host to be back")
    new = tries[-1].stdout.split()[2]
    assert new != old
    assert any(new in done.stderr for done in tries)  # one that came before the host lets in names it, too
    assert good.run("ip").stdout.strip() == new, "where ssh met it, although it was started by somebody else"
    started = good.run("start")
    assert (started.returncode, started.stdout.strip(), good.recorded["public_ip"]) == (0, new, new), started
    assert "is proven" in started.stderr
    assert good.pin.read_bytes() == pinned
    assert is_empty(good)
    take_another_key(good)
    good.ec2.terminate_instances(InstanceIds=[instance])
    wait_until(lambda: "is gone" in good.ssh("true").stderr, "the host to be gone")
    refused(good.ssh("true"), 5, f"the host {instance} is gone", "next: gpuinfra up")
    assert good.run("down", "--yes").returncode == 0
    assert down.wait(timeout=PATIENCE_S) == 0
    down.communicate()
    no_trace(good)


def is_empty(stack: LabStack) -> bool:
    """Tell whether an apply would do nothing at all."""
    planned: dict[str, object] = stack.cli.json("plan")
    return planned == {"changes": [], "outputs_changed": False}


def take_another_key(stack: LabStack) -> None:
    """Name another key in terraform.tfvars: the host takes it over the old one, and is not replaced."""
    key, instance = stack.home / "another", stack.id
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    values = stack.directory / "terraform.tfvars"
    text = re.sub(r'(public_key_path\s*= )".*"', rf'\1"{key}.pub"', values.read_text())
    values.write_text(text)
    done = stack.run("up", "--yes")
    assert (done.returncode, stack.id) == (0, instance), done
    assert "the host takes your new public key" in done.stderr
    stack.disconnect()
    assert stack.ssh("true").returncode == 0, "with the new key alone"
    assert is_empty(stack)


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
