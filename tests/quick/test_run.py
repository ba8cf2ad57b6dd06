"""run's quick way: the same request as the long way's, or none; the host's program runs on this machine."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.features.jobs import jobs
from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.quick import run as fast_run
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.jobs import FakeHostClient, local_ssh
from tests.fakes.world import RUNNING
from tests.samples import STATE
from tests.waiting import PATIENCE_S

CODE = """import os, sys
from gpuinfra.quick import dispatch
dispatch.try_quick(sys.argv[1:], os.environ)
sys.exit(99)"""
LONG_WAY = 99


@pytest.fixture
def world() -> Iterator[Path]:
    """A clone, a host whose shared connection is up, and an ssh that leads to this machine."""
    with tempfile.TemporaryDirectory(prefix="run-") as name, socket.socket(socket.AF_UNIX) as server:
        folder = Path(name)  # a short path: a socket's may have 108 bytes at most
        server.bind(f"{folder}/socket")
        server.listen()
        conf = f'  HostKeyAlias i-0123456789abcdef0\n  ControlPath "{folder}/socket"\n  ProxyCommand none\n'
        files = {
            "terraform/main.tf": "",
            "terraform/terraform.tfstate": STATE,
            "terraform/modules/host/x": "",
        }
        for path, text in {**files, "state/gpuinfra/ssh/default.conf": conf}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        local_ssh(folder)
        (folder / "laptop/project/.git").mkdir(parents=True)  # nothing to send: that ssh knows no rsync
        yield folder


def run(world: Path, *argv: str) -> "subprocess.CompletedProcess[str]":
    """Give the quick way a command line, in the project; 99 means that it left it to the long one."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GPUINFRA_")}
    env = {**kept, "GPUINFRA_PROJECT": str(world), "XDG_STATE_HOME": f"{world}/state"}
    env["PATH"] = f"{world}:{env['PATH']}"
    return subprocess.run(
        [sys.executable, "-c", CODE, *argv],
        cwd=world / "laptop/project",
        env=env,
        input="",
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@pytest.mark.parametrize(
    "argv",
    [
        ("run", "--", "echo $0 out; echo err >&2; exit 3"),
        ("run", "sh", "-c", "exit 3"),
        ("run", "--no-sync", "sh", "-c", "exit 3"),
        ("run", "--no-sync", "--", "exit 3"),
    ],
)
def test_a_connected_host_is_asked_at_once(world: Path, argv: tuple[str, ...]) -> None:
    """stdout, stderr and exit code are the command's; its options are not ours."""
    run(world, "run", "true")
    done = run(world, *argv)
    assert done.returncode == 3, done
    assert (done.stdout, done.stderr) in (("bash out\n", "err\n"), ("", ""))


@pytest.mark.parametrize(
    "argv",
    [
        ("run",),
        ("run", "--"),
        ("run", ""),
        ("run", "--env", "K=V", "true"),
        ("run", "-h"),
        ("run", "--no-sync"),
        ("run", "--no-sync", "--tty", "true"),
    ],
)
def test_options_and_mistakes_go_the_long_way(world: Path, argv: tuple[str, ...]) -> None:
    """They are explained there."""
    assert run(world, *argv).returncode == LONG_WAY


def test_a_dead_connection_is_given_up_for_a_new_one(world: Path) -> None:
    """It looks open, but nobody answers: nothing is run over it, and the long way connects anew."""
    orders = world / "orders"
    (world / "ssh").write_text(f'#!/bin/sh\necho "$@" >> {orders}\nexit 255\n')
    assert run(world, "run", "--", "touch", "x").returncode == LONG_WAY
    *asked, stopped = orders.read_text().splitlines()
    assert "-- /bin/sh -c" in asked[0]
    assert "host/sync" in asked[-1], "not even the project is sent"
    assert stopped.endswith("-O stop")
    orders.unlink()
    assert run(world, "run", "--no-sync", "--", "touch", "x").returncode == LONG_WAY
    assert orders.read_text().endswith("-O stop\n")


@pytest.mark.parametrize("tty", [True, False])
def test_both_ways_ask_for_the_same(tmp_path: Path, tty: bool) -> None:
    """Field by field, but for the id."""
    quick = fast_run.request(["a", "b"], {"TERM": "xterm"}, folder="project", tty=tty)
    ssh = FakeSshClient(answers_at=[RUNNING.public_ip])
    ssh.keys[RUNNING.instance_id] = ["key"]
    host = FakeHostClient()
    wanted = JobSpec(words=("a", "b"), env={"TERM": "xterm"} if tty else {}, tty=tty)
    jobs.run(fake_world(tmp_path, ssh=ssh, host=host), wanted)
    (long,) = host.asked
    assert {**long, "id": ""} == {**quick, "id": ""}
