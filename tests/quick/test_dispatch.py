"""The quick answers are those of the full command line, byte for byte, or none."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gpuinfra.quick import dispatch
from gpuinfra.tools.ssh.client import OpenSsh
from tests import help_text, samples
from tests.fakes.world import RECORDED
from tests.samples import STATE


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a recorded host."""
    (tmp_path / "terraform" / "modules" / "host").mkdir(parents=True)
    (tmp_path / "terraform" / "main.tf").touch()
    (tmp_path / "terraform" / "terraform.tfstate").write_text(STATE)
    return tmp_path


def slow(argv: list[str], project: Path) -> str:
    """Return what the full command line prints."""
    done = slow_run(argv, project)
    assert done.returncode == 0, done
    return done.stdout


def slow_run(argv: list[str], project: Path) -> "subprocess.CompletedProcess[str]":
    """Run the full command line."""
    code = f"import sys; sys.argv = {['gpuinfra', *argv]!r}; from gpuinfra.cli.app import main; main()"
    env = {**os.environ, "GPUINFRA_PROJECT": str(project)}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)


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


def test_the_address_of_a_private_host_is_not_where_it_is(project: Path) -> None:
    """It is the way out only: the long way says so, and prints nothing."""
    state = json.loads(STATE)
    state["outputs"]["access"] = {"value": "ssm"}
    (project / "terraform" / "terraform.tfstate").write_text(json.dumps(state))
    assert not dispatch.try_quick(["ip"], {"GPUINFRA_PROJECT": str(project)})
    done = slow_run(["ip"], project)
    assert (done.returncode, done.stdout) == (5, "")
    assert "nobody can reach the host" in done.stderr


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
        conf.write_text(
            f'Host gpuinfra-default\n  HostKeyAlias {host}\n  ControlPath "{socket}"\n  ProxyCommand none\n'
        )
        if exists:
            socket.touch()
        assert not dispatch.try_quick(["ssh", "--", "true"], env)


def test_without_a_host_ip_refuses_as_the_full_command_line_does(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Words, next step and exit code are the same; nothing of typer is needed for them."""
    (project / "terraform" / "terraform.tfstate").unlink()
    with pytest.raises(SystemExit) as ended:
        dispatch.try_quick(["ip"], {"GPUINFRA_PROJECT": str(project)})
    done = slow_run(["ip"], project)
    assert (ended.value.code, capsys.readouterr()) == (done.returncode, (done.stdout, done.stderr))
    assert done.returncode == 5


def test_where_ssh_met_the_host_since_is_its_address(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A newer configuration of ssh knows the address after a stop and start; an older one does not."""
    env = {"GPUINFRA_PROJECT": str(project), "XDG_STATE_HOME": str(tmp_path)}
    conf = tmp_path / "gpuinfra" / "hosts" / "i-0123456789abcdef0.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("Host gpuinfra-default\n  HostName 52.9.9.9\n")
    state = project / "terraform" / "terraform.tfstate"
    for age_s, address in ((10, "52.9.9.9"), (-10, "52.1.2.3")):
        changed = conf.stat().st_mtime - age_s
        os.utime(state, (changed, changed))
        assert dispatch.try_quick(["ip"], env)
        assert capsys.readouterr().out == f"{address}\n"
        assert OpenSsh(env).met_at(samples.host(), since=state) == (address if age_s > 0 else "")


def test_other_stacks_are_for_the_full_command_line_to_name(project: Path) -> None:
    """One of them may have a host: then `gpuinfra up` is not the next command."""
    (project / "terraform" / "terraform.tfstate").unlink()
    (project / "terraform" / "stacks" / "nb").mkdir(parents=True)
    assert not dispatch.try_quick(["ip"], {"GPUINFRA_PROJECT": str(project)})
    (project / "terraform" / "stacks" / "nb" / "terraform.tfstate").write_text(
        STATE.replace('"default"', '"nb"')
    )
    done = slow_run(["ip"], project)
    assert (done.returncode, "there is one in the stack 'nb'" in done.stderr) == (5, True), done.stderr


def test_stored_help_is_what_typer_prints() -> None:
    """Every command's, byte for byte; `python -m tests.help_text` writes it anew."""
    assert help_text.STORED.read_text(encoding="utf-8") == help_text.stored()


@pytest.mark.parametrize("words", [[], ["up"], ["job", "start"], ["sync"]])
def test_help_is_answered_from_stored_text(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """It begins with the command's own usage and ends before the next command's."""
    assert dispatch.try_quick([*words, "--help"], {"COLUMNS": "80"})
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: {' '.join(['gpuinfra', *words])} ")
    assert text.count("Usage:") == 1


@pytest.mark.parametrize(
    ("argv", "columns"),
    [(["--help"], "40"), (["nosuch", "--help"], "80"), (["run", "--", "x", "--help"], "80")],
)
def test_help_that_is_not_stored_is_left_to_typer(argv: list[str], columns: str, project: Path) -> None:
    """A narrow terminal, a command that does not exist, and help of somebody else's program."""
    assert not dispatch.try_quick(argv, {"COLUMNS": columns, "GPUINFRA_PROJECT": str(project)})


FAKE_SSH = '#!/bin/sh\nprintf \'%s\\n\' "$@" > "$SEEN"\n'


def test_both_ways_become_the_same_ssh(project: Path, tmp_path: Path) -> None:
    """`ssh -- CMD` runs, argument by argument, what the full command line would have run."""
    with tempfile.TemporaryDirectory(prefix="ssh-") as short, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{short}/socket")
        server.listen()
        conf = tmp_path / "state/gpuinfra/ssh/default.conf"
        conf.parent.mkdir(parents=True)
        conf.write_text(
            f'  HostKeyAlias i-0123456789abcdef0\n  ControlPath "{short}/socket"\n  ProxyCommand none\n'
        )
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/ssh").write_text(FAKE_SSH)
        (tmp_path / "bin/ssh").chmod(0o700)
        env = {
            "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "GPUINFRA_PROJECT": str(project),
            "XDG_STATE_HOME": f"{tmp_path}/state", "SEEN": f"{tmp_path}/seen",
        }  # fmt: skip
        code = "import os, sys; from gpuinfra.quick import dispatch"
        code += "; dispatch.try_quick(sys.argv[1:], os.environ)"
        argv = [sys.executable, "-c", code, "ssh", "--", "echo", "a b", "*"]
        subprocess.run(argv, env=env, check=True, cwd=Path(dispatch.__file__).parents[2])
    host = RECORDED.host
    assert host
    full = OpenSsh(env).argv(host, ["echo", "a b", "*"])
    assert (tmp_path / "seen").read_text().splitlines() == full[1:]
