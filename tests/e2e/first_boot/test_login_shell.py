"""Whatever the host's ~/.bashrc does: each verb works, or names it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.cli import refused
from tests.e2e.first_boot.lab_stack import LabStack

pytestmark = pytest.mark.e2e

# bash reads ~/.bashrc for a command of ssh; what puts the old one back must get through
EXCEPT_OURS = 'case "$BASH_EXECUTION_STRING" in ": back;"*) ;; *) {} ;; esac'


@contextmanager
def bashrc(good: LabStack, does: str) -> Iterator[None]:
    """Let the host's ~/.bashrc begin with this."""
    line = EXCEPT_OURS.format(does).replace("'", "'\\''")
    good.on_host(f"cp ~/.bashrc ~/.bashrc.kept; printf '%s\\n' '{line}' | cat - ~/.bashrc.kept > ~/.bashrc")
    try:
        yield
    finally:
        back = ": back; mv ~/.bashrc.kept ~/.bashrc"
        conf = good.pin.with_suffix(".conf")
        done = good.tool("ssh", "-F", str(conf), "gpuinfra-default", "--", back)
        assert done.returncode == 0, done.stderr


def test_a_banner_and_another_folder_change_nothing(good: LabStack) -> None:
    """What it prints is no answer of ours, and nothing depends on where the shell starts."""
    with bashrc(good, "echo Welcome; echo to this host >&2; cd /; alias cat=false; export PYTHONPATH=/tmp"):
        good.disconnect()
        assert good.ssh("true").returncode == 0
        status = good.run("status")
        assert "proven" in status.stdout, status.stdout + status.stderr
        said = good.run("run", "--no-sync", "--", "echo", "done")
        assert (said.returncode, said.stdout) == (0, "done\n"), said.stderr
        assert good.run("job", "list").returncode == 0
        synced = good.run("sync", "up", "environment.yml")
        assert synced.returncode == 0, synced.stderr


@pytest.mark.parametrize("does", ["exit 3", "exec sh -c 'echo open terminal failed'"])
def test_a_shell_that_ends_is_named(does: str, good: LabStack) -> None:
    """exec tmux, exit: not a host that does not answer. (`ssh` is ssh: it shows what the shell says.)"""
    with bashrc(good, does):
        good.disconnect()
        for verb in (
            ("run", "--no-sync", "--", "true"),
            ("job", "list"),
            ("sync", "up"),
        ):
            refused(good.run(*verb), 5, "the host's login shell ended before our program began", "~/.bashrc")
