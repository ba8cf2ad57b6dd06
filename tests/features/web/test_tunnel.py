"""The tunnel adapter: this machine's ports, and an ssh that fails, hangs, or is left by a killed command."""

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.web.tunnel import SshCarried, SshTunnel
from tests.fakes.host import FakeSshClient, LocalSsh
from tests.processes import until_test_ends
from tests.samples import host
from tests.waiting import PATIENCE_S

FAILS = 'echo noise >&2; echo "$@" >&2; exit 255'
LOST = (
    "echo 'bind [127.0.0.1]:1: Address already in use' >&2\n"
    "echo 'Could not request local forwarding.' >&2\nexit 255"
)
NOISY = "echo up; echo gone away >&2; echo 'channel 2: open failed: connect failed' >&2; exit 255"
CARRIES = """
import sys, time
from gpuinfra.features.web.tunnel import SshTunnel, end_as_by_ctrl_c
from tests.fakes.host import LocalSsh
from tests.samples import host
end_as_by_ctrl_c()
carried = SshTunnel(LocalSsh(sys.argv[1], "alias")).carry(host(), local=1, remote=2)
try:
    assert carried.up(timeout_s=300)
    print(carried._process.pid, flush=True)
    carried.wait()
finally:
    carried.end()
"""


def fake_ssh(directory: Path, script: str) -> str:
    """Return a program that does this instead of ssh."""
    program = directory / "ssh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(stat.S_IRWXU)
    return str(program)


def begun(directory: Path, script: str) -> SshCarried:
    """Begin to carry a port with it."""
    tunnel = SshTunnel(LocalSsh(fake_ssh(directory, script), "-F", "conf", "alias"))
    return tunnel.carry(host(), local=20_001, remote=22)


def test_a_port_in_use_is_taken_and_the_next_free_one_found() -> None:
    """As the operating system says, at this moment."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        tunnel = SshTunnel(FakeSshClient())
        assert tunnel.taken(port)
        assert tunnel.free(port) > port


def test_after_the_last_port_the_first_ones_are_tried() -> None:
    """65536 is none."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 65535))
        holder.listen()
        assert 1024 <= SshTunnel(FakeSshClient()).free(65535) < 65535


def test_an_ssh_that_fails_is_not_up_and_says_why(tmp_path: Path) -> None:
    """Its last line is the reason; it was asked for loopback on both sides."""
    carried = begun(tmp_path, FAILS)
    assert not carried.up(timeout_s=PATIENCE_S)
    words = carried.wait()
    carried.end()
    assert words.startswith("-F conf -N -T -o ControlPath=none")
    assert words.endswith("-L 127.0.0.1:20001:127.0.0.1:22 alias")


def test_an_ssh_that_hangs_is_ended_in_time(tmp_path: Path) -> None:
    """Else nobody would ever try again."""
    carried = begun(tmp_path, "exec sleep 600")
    assert not carried.up(timeout_s=0.2)
    assert carried.wait() == "not connected within 0.2 seconds"
    carried.end()


@pytest.mark.parametrize(
    ("script", "why"),
    [(LOST, "bind [127.0.0.1]:1: Address already in use"), (NOISY, "gone away"), ("exit 7", "exit code 7")],
)
def test_the_line_that_says_why_is_found(script: str, why: str, tmp_path: Path) -> None:
    """Not what ssh says of it afterwards, nor of a server that did not listen."""
    carried = begun(tmp_path, script)
    assert carried.up(timeout_s=PATIENCE_S) is (script is NOISY)
    assert carried.wait() == why
    carried.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_killed_command_takes_its_ssh_along(number: signal.Signals, tmp_path: Path) -> None:
    """Else that one would hold the port, and the next forward would find it in use."""
    program = fake_ssh(tmp_path, "echo up; exec sleep 600")
    argv = [sys.executable, "-c", CARRIES, program]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = until_test_ends(subprocess.Popen(argv, text=True, **pipes))
    assert process.stdout
    ssh = int(process.stdout.readline())
    process.send_signal(number)
    process.wait(timeout=PATIENCE_S)
    with pytest.raises(ProcessLookupError):
        os.kill(ssh, 0)
