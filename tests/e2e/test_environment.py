"""environment.yml before paying, by the real command line: nothing is contacted for a wrong one."""

import json
from pathlib import Path

import pytest

from gpuinfra.ground.names import CHANNEL_ALIAS
from gpuinfra.simulator.client import Simulator
from tests.bootstrap.server import serving
from tests.e2e.cli import Cli, refused
from tests.features.environment import channel
from tests.features.environment.sample import SOUND

pytestmark = pytest.mark.e2e


def write(cli: Cli, text: str) -> None:
    """Write environment.yml."""
    (cli.project / "environment.yml").write_text(text)


@pytest.mark.parametrize("command", [("plan",), ("up", "--yes")])
def test_a_wrong_environment_is_refused_before_anything_is_contacted(
    fresh: Cli, sim: Simulator, command: tuple[str, ...]
) -> None:
    """Exit code 2, every error with its line, no call to AWS and no Terraform."""
    fresh.ok("init", "--region", "us-east-1", "--owner", "tester")
    write(fresh, SOUND + "  - num py\n  - pip:\n    - -e .\n")
    before = len(sim.calls())
    done = fresh.run("-v", *command)  # -v names every program that is started
    refused(
        done,
        2,
        "environment.yml has 2 errors",
        "environment.yml:6: error: 'num py'",
        "environment.yml:8: error",
    )
    assert len(sim.calls()) == before
    assert "terraform " not in done.stderr


def test_warnings_are_told_and_the_plan_goes_on(cli: Cli) -> None:
    """They are for the user to judge."""
    write(cli, SOUND.replace("conda-forge", "defaults"))
    done = cli.run("plan")
    assert done.returncode == 0, done.stderr
    assert "environment.yml:3: warning: the channel 'defaults' needs Anaconda's terms" in done.stderr


def test_the_findings_are_a_result(fresh: Cli) -> None:
    """On stdout, one line each, and the same as JSON; the exit code tells errors from warnings."""
    write(fresh, SOUND + "  - pandsa\n")
    assert fresh.ok("env", "check").splitlines() == [
        "environment.yml:6: warning: 'pandsa' looks wrong; write: - pandas",
        "environment.yml: 0 errors, 1 warning",
    ]
    write(fresh, SOUND + "  - num py\n")
    done = fresh.run("env", "check", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["errors"], found["findings"][0]["line"]) == (2, 1, 6)


def test_solved_locked_and_edited(fresh: Cli, tmp_path: Path) -> None:
    """A lock is made of what the channel has, refused after an edit, and renewed."""
    channel.write(tmp_path / "www" / "conda-forge")
    write(fresh, SOUND + "  - pytorch\n  - pandas\n")
    with serving(tmp_path / "www") as server:
        alias = {CHANNEL_ALIAS: f"{server.url}/"}
        solved = fresh.run("env", "check", "--solve", **alias)
        assert solved.stdout.splitlines()[-1] == (
            "linux-64, CUDA 12.8: 5 packages, 5 MiB to download, pytorch 2.7.0 cuda126_0"
        )
        locked = fresh.run("env", "lock", "--cuda", "none", **alias)
        path = fresh.project / "environment.lock"
        assert locked.stdout == f"{path}\n"
        first = path.read_text()
        assert f"{server.url}/conda-forge/linux-64/pytorch-2.7.0-cpu_0.conda#sha256:" in first
        fresh.run("env", "lock", "--cuda", "none", **alias)
        assert path.read_text() == first, "equal inputs, equal bytes"
        write(fresh, SOUND)
        fresh.ok("init", "--region", "us-east-1", "--owner", "tester")
        refused(
            fresh.run("plan"),
            2,
            "environment.lock was made from another environment.yml",
            "gpuinfra env lock",
        )
        assert fresh.run("env", "lock", **alias).returncode == 0
        assert json.loads(fresh.run("env", "check", "--json", **alias).stdout)["lock"] == "current"
