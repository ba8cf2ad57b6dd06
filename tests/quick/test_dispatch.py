"""The quick answers are those of the command line proper, byte for byte, or none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.quick import dispatch
from tests.samples import STATE


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a recorded host."""
    (tmp_path / "cloud-init").mkdir()
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "main.tf").touch()
    (tmp_path / "terraform" / "terraform.tfstate").write_text(STATE)
    return tmp_path


def slow(argv: list[str], project: Path) -> str:
    """Run the command line proper."""
    code = f"import sys; sys.argv = {['gpuinfra', *argv]!r}; from gpuinfra.cli.app import main; main()"
    env = {**os.environ, "GPUINFRA_PROJECT": str(project)}
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("argv", [["ip"], ["version"]])
def test_the_quick_answer_is_the_slow_one(
    argv: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody can tell by the output which path was taken."""
    assert dispatch.try_quick(argv, {"GPUINFRA_PROJECT": str(project)})
    assert capsys.readouterr().out == slow(argv, project)


@pytest.mark.parametrize("argv", [["ip", "--json"], ["ip", "-s", "b"], ["status"], [], ["ssh"], ["ip", "-h"]])
def test_anything_else_is_left_to_the_command_line(argv: list[str], project: Path) -> None:
    """Options, other commands and help go the long way."""
    assert not dispatch.try_quick(argv, {"GPUINFRA_PROJECT": str(project)})


@pytest.mark.parametrize("state", ["", "{", '{"outputs": {}}', '{"outputs": {"public_ip": {"value": ""}}}'])
def test_a_doubtful_state_is_left_to_the_command_line(state: str, project: Path) -> None:
    """Damaged and incomplete states get the explanation of the long way."""
    (project / "terraform" / "terraform.tfstate").write_text(state)
    assert not dispatch.try_quick(["ip"], {"GPUINFRA_PROJECT": str(project)})


def test_another_stack_is_left_to_the_command_line(project: Path) -> None:
    """GPUINFRA_STACK names another host."""
    assert not dispatch.try_quick(["ip"], {"GPUINFRA_PROJECT": str(project), "GPUINFRA_STACK": "b"})


def test_ssh_takes_the_short_way_only_to_this_very_host(project: Path, tmp_path: Path) -> None:
    """Without a live socket, with an old configuration, or for another clone's host: the long way."""
    conf = tmp_path / "gpuinfra" / "ssh" / "default.conf"
    conf.parent.mkdir(parents=True)
    env = {"GPUINFRA_PROJECT": str(project), "XDG_STATE_HOME": str(tmp_path)}
    socket = tmp_path / "socket"
    for host, exists in (("i-0123456789abcdef0", False), ("i-0123456789abcdef0", True), ("i-other", True)):
        conf.write_text(f'Host gpuinfra-default\n  HostKeyAlias {host}\n  ControlPath "{socket}"\n')
        if exists:
            socket.touch()
        assert not dispatch.try_quick(["ssh", "--", "true"], env)
