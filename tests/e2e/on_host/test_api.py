"""The Python API on a real host: the guard, what the host does, and what happened to it."""

import json
import sys
from pathlib import Path

import pytest

from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
PROGRAM = Path(__file__).with_name("api_use.py")


def test_the_guard_and_the_use_of_a_host(project_on_host: ProjectOnHost) -> None:
    """As a notebook beside the project has them; the guard is on again at the end."""
    wait_until(lambda: project_on_host.run("usage", "--since", "10m").returncode == 0, "the guard's samples")
    job = project_on_host.ok("job", "start", "--name", "train", "--", "sleep 600").strip()
    done = project_on_host.inside([sys.executable, PROGRAM])
    project_on_host.ok("job", "stop", job)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["guard"]
    assert 7100 < found["extended_s"] <= 7200
    assert (round(found["off_s"][0]), found["off_s"][1], found["on_s"]) == (28800, -1, 0)
    assert found["jobs"] == ["train"]
    assert len(found["gpus"]) == 1
    assert found["seconds"] > 0
    assert "command" in found["events"], "gpuinfra up"
    assert any("nothing on the host ends it now" in line for line in found["told"])
