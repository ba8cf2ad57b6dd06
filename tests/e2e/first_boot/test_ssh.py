"""`gpuinfra ssh` is ssh: exit codes, streams, quoting and terminal are its own; the second one is quick."""

import hashlib
import signal
import subprocess

import pytest

from tests.e2e.first_boot.conftest import BothStacks
from tests.e2e.first_boot.lab_stack import LabStack
from tests.e2e.terminal import CTRL_C, Terminal
from tests.processes import signal_inside
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e

CAUGHT = (
    """bash -c 'trap "echo caught-$((2+2)); exit" INT; echo armed-$((1+1)); while :; do sleep 0.1; done'\n"""
)
BIG = bytes(range(256)) * 40_960  # 10 MiB


@pytest.mark.parametrize("code", [0, 3, 127, 255])
def test_the_exit_code_is_the_remote_one(code: int, good: LabStack) -> None:
    """The quick way and the long way."""
    assert good.ssh(f"exit {code}").returncode == code
    assert good.run("ssh", f"exit {code}").returncode == code


def test_streams_are_intact(good: LabStack) -> None:
    """10 MiB of every byte come through, in both directions; stdout and stderr stay apart."""
    there = good.pipe(BIG, "sha256sum")
    assert there.stdout.split()[0].decode() == hashlib.sha256(BIG).hexdigest()
    assert good.pipe(BIG, "cat").stdout == BIG
    apart = good.ssh("echo out; echo err >&2")
    assert (apart.stdout, apart.stderr.splitlines()[-1]) == ("out\n", "err")


@pytest.mark.parametrize(
    "command",
    [
        ("echo", "a  b", "$HOME", "'c  d'"),
        ("echo $0; echo 'x' | tr x y",),
        ("printf", "%s-", "-n", "--", "-x"),
        ("echo", "*", ";", "echo", "ü"),
        ("-n",),
        ("true", "--stack", "other"),
    ],
)
def test_quoting_is_that_of_ssh(command: tuple[str, ...], good: LabStack) -> None:
    """Words are joined by spaces and read by the remote shell: as `ssh host -- words` does it, no better."""
    conf = good.pin.with_suffix(".conf")
    plain = good.tool("ssh", "-F", str(conf), "gpuinfra-default", "--", *command)
    for done in (good.ssh(*command), good.run("ssh", "--stack", "default", "--", *command)):
        assert (done.returncode, done.stdout) == (plain.returncode, plain.stdout)


def test_a_login_shell_is_in_the_environment(good: LabStack) -> None:
    """And a plain command finds conda."""
    prefix = good.on_host("bash -lc 'echo $CONDA_PREFIX'")
    assert prefix.endswith("/envs/gpu")
    assert good.on_host("bash -lc 'command -v python'") == f"{prefix}/bin/python"
    assert "True" in good.on_host("bash -lc 'python -c \"import torch; print(torch.cuda.is_available())\"'")
    assert good.on_host("conda --version").startswith("conda ")


def test_a_terminal_is_passed_on(good: LabStack) -> None:
    """A shell with a terminal, in the environment, of the terminal's kind; its exit code comes back."""
    with Terminal(good.cli, "ssh") as terminal:
        terminal.type("echo $TERM-$(basename $CONDA_PREFIX)-$((1+1)); tty\n")
        terminal.until("xterm-gpu-2")
        terminal.until("/dev/pts/")
        terminal.type(CAUGHT)
        terminal.until("armed-2")
        terminal.type(CTRL_C)  # for the program there, not for ours
        terminal.until("caught-4")
        terminal.type("exit 7\n")
        assert terminal.end() == 7


def test_without_a_terminal_there_is_none(good: LabStack) -> None:
    """As ssh does it for a command."""
    assert "not a tty" in good.ssh("tty").stdout


def test_the_second_command_shares_the_connection(good: LabStack) -> None:
    """One login on the host for many commands."""
    good.disconnect()
    ports = {good.on_host("echo $SSH_CONNECTION").split()[1] for _ in range(3)}
    assert len(ports) == 1
    good.disconnect()
    assert good.on_host("echo $SSH_CONNECTION").split()[1] not in ports


def test_the_process_is_ssh_itself(good: LabStack) -> None:
    """It is replaced, so signals reach ssh and nothing of ours stays between."""
    running = good.cli.start("ssh", "--", "echo begun; sleep 600")
    assert running.stdout
    assert running.stdout.readline() == "begun\n"
    assert "gpuinfra-default -- echo begun" in good.tool("ps", "-ww", "-C", "ssh", "-o", "args=").stdout
    signal_inside(running, signal.SIGTERM)
    assert running.wait(timeout=PATIENCE_S) == 255
    good.on_host("pkill sleep")  # the shared connection holds its streams until it has ended
    running.communicate(timeout=PATIENCE_S)


def test_a_dead_connection_is_replaced(good: LabStack) -> None:
    """kill -9 of the shared connection leaves its socket behind; the next command connects again."""
    good.on_host("true")
    masters = good.tool("pgrep", "-f", f"ssh: .*{good.id}.*mux").stdout.split()
    assert masters
    good.tool("kill", "-9", *masters)
    assert good.on_host("echo again") == "again"


def test_two_stacks_at_once(both: BothStacks) -> None:
    """Each goes to its own host, at the same time."""
    sites = (both.good, both.bad)
    running: list[subprocess.Popen[str]] = [s.cli.start("ssh", "--", "sleep 1; hostname -I") for s in sites]
    for site, process in zip(sites, running, strict=True):
        out, err = process.communicate(timeout=PATIENCE_S)
        assert site.recorded["private_ip"] in out, err
    wait_until(lambda: all(p.poll() == 0 for p in running), "both to end")
