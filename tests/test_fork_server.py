"""A command that a fork starts is what it would be had Python started."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gpuinfra.simulator.project_copy import copy_project
from tests.fork_server import ROOT, ForkServer, fork_server
from tests.samples import STATE

ENV = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GPUINFRA_"))}
NOBODY = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nowhere", "HOME": "/nowhere"}


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """One for all."""
    with fork_server({**ENV, **NOBODY}) as started:
        yield started


@pytest.mark.parametrize("words", [("--version",), ("status",), ("no-such-command",), ("list", "--json"), ()])
def test_it_says_and_ends_as_a_start_does(server: ForkServer, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Quick ways, the command line, refusals."""
    env = {**server.env, "XDG_STATE_HOME": str(tmp_path), "COLUMNS": "60"}
    argv = [sys.executable, "-m", "gpuinfra", *words]
    started = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    forked = server.run(*words, cwd=tmp_path, env=env)
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        started.returncode,
        started.stdout,
        started.stderr,
    )


def test_each_has_its_own(server: ForkServer, tmp_path: Path) -> None:
    """Environment and directory of one are not those of the next; several run at once."""
    for name in "123":
        project = copy_project(ROOT, tmp_path / name)
        (project / "terraform" / "terraform.tfstate").write_text(STATE.replace("52.1.2.3", f"52.1.2.{name}"))

    def told(name: str) -> str:
        env = {**server.env, "GPUINFRA_PROJECT": str(tmp_path / name), "XDG_STATE_HOME": str(tmp_path)}
        return server.run("ip", "--json", cwd=tmp_path / name, env=env).stdout

    with ThreadPoolExecutor() as threads:
        listed = [json.loads(text) for text in threads.map(told, "123")]
    assert [host["public_ip"] for host in listed] == ["52.1.2.1", "52.1.2.2", "52.1.2.3"]


def test_what_is_read_at_a_start_needs_one(server: ForkServer) -> None:
    """Python's own switches have been read already."""
    assert server.can_run({**server.env, "GPUINFRA_STACK": "b", "NO_COLOR": "1"})
    assert not server.can_run({**server.env, "PYTHONWARNINGS": "error"})
    assert not server.can_run({**server.env, "LC_ALL": "de_DE.UTF-8"})
