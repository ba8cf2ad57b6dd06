"""The host's key is AWS's word, never the network's: real sshd, real console."""

import shlex
from pathlib import Path

import pytest

from tests.e2e.cli import refused
from tests.e2e.first_boot.lab_stack import LabStack, read_until
from tests.e2e.terminal import Terminal
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e

STOP = "shows another host key than the one it printed to its console"
NEW_KEYS = """
set -e
rm /etc/ssh/ssh_host_*
ssh-keygen -q -A
systemctl restart ssh
"""
FORGED = """
{mark_begin} {token}-----
{key}
{mark_end} {token}-----
"""


def keys_of(stack: LabStack) -> list[str]:
    """Return the host's true keys, read on the host."""
    return sorted(stack.on_host("cut -d' ' -f1,2 /etc/ssh/ssh_host_*_key.pub").splitlines())


def pinned(stack: LabStack) -> list[str]:
    """Return what is pinned, without the name."""
    return sorted(line.removeprefix(f"{stack.id} ") for line in stack.pin.read_text().splitlines())


def test_the_true_keys_are_pinned_under_the_instance_id(good: LabStack) -> None:
    """All of them, for their owner only, and nothing is written anywhere else."""
    assert pinned(good) == keys_of(good)
    assert good.pin.stat().st_mode & 0o777 == 0o600
    assert not (good.home / ".ssh" / "known_hosts").exists()


def test_a_block_without_the_nonce_is_ignored(good: LabStack, tmp_path: Path) -> None:
    """Who can write to the console, but does not know what came with the user-data, pins nothing."""
    forged = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    for begin, end, token in (
        ("-----BEGIN GPUINFRA HOST KEYS", "-----END GPUINFRA HOST KEYS", "0" * 32),
        ("-----BEGIN SSH HOST KEY", "-----END SSH HOST KEY", "KEYS"),
    ):
        text = FORGED.format(mark_begin=begin, mark_end=end, token=token, key=forged)
        good.on_host(f"echo {shlex.quote(text)} | sudo tee /dev/console")
    wait_until(lambda: forged in good.cli.ok("logs", "--console"), "the forged block")
    there = good.elsewhere(tmp_path)
    assert there.ssh("true").returncode == 0
    assert pinned(there) == keys_of(good)


def test_a_console_that_is_cut_is_no_proof_and_a_late_one_is_waited_for(
    good: LabStack, tmp_path: Path
) -> None:
    """The window may end, or begin, in the middle of the block."""
    block = good.lab.host(good.id).joinpath("console.log").read_text(errors="replace")
    begin, end = block.index("-----BEGIN GPUINFRA"), block.index("-----END GPUINFRA")
    good.lab.simulator.console(good.id, f"{block[begin + 5 : end + 80]}\n{block[begin:end]}")
    there = good.elsewhere(tmp_path)
    asking = there.cli.start("ssh", "--", "echo in")
    read_until(asking, "waiting for the host to print its keys to its console")
    assert not there.pin.exists()
    good.lab.simulator.console(good.id, "")  # from now on, the real one
    out, err = asking.communicate(timeout=PATIENCE_S)
    assert (asking.returncode, out) == (0, "in\n"), err


def test_changed_keys_are_a_hard_stop_until_the_host_prints_them(good: LabStack) -> None:
    """Every command that would connect refuses; after a reboot `--forget-key` reads the new ones from AWS."""
    before = pinned(good)
    good.on_host(f"sudo sh -c {shlex.quote(NEW_KEYS)}")
    good.disconnect()
    refused(
        good.ssh("true"), 5, STOP, "reboot the host, so that it prints them, then gpuinfra ssh --forget-key"
    )
    refused(good.run("status", "--watch"), 5, STOP)
    refused(good.run("logs"), 5, STOP)
    with Terminal(good.cli, "ssh") as terminal:
        assert terminal.end() == 5
        assert STOP in terminal.seen
    # the console still shows the old ones, so those are read again
    refused(good.run("ssh", "--forget-key", "--", "true"), 5, STOP)
    good.ec2.reboot_instances(InstanceIds=[good.id])
    wait_until(lambda: printed(good) > 1, "the keys of the second boot")
    refused(good.ssh("true"), 5, STOP)
    assert good.run("ssh", "--forget-key", "--", "true").returncode == 0
    assert set(pinned(good)).isdisjoint(before)
    assert pinned(good) == keys_of(good)
    ready = good.run("status", "--watch")
    assert ready.returncode == 0, ready.stderr


def printed(stack: LabStack) -> int:
    """Count the host's own blocks on its console."""
    nonce = (stack.directory / "host-key-nonce").read_text().strip()
    return stack.cli.ok("logs", "--console").count(f"END GPUINFRA HOST KEYS {nonce}")
