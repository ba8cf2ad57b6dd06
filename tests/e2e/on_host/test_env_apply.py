"""`env apply` on a real host: an edited environment.yml is used once it is proven, by all that start then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

PREFIX = ("python", "-c", "import sys; print(sys.prefix)")
SLEEP = ("python", "-c", "import time; time.sleep(600)")
AT_WORK = "systemctl show --property=SubState --value gpuinfra-env-apply.service"


@pytest.fixture
def environment(project_on_host: ProjectOnHost) -> Iterator[Path]:
    """The clone's environment.yml; the shared host gets its own again."""
    file = Path(project_on_host.env["GPUINFRA_PROJECT"], "environment.yml")
    text = file.read_text()
    yield file
    file.write_text(text)
    project_on_host.ok("env", "apply")


def small(text: str) -> str:
    """Return an environment that is built quickly, with a package that the usual one has not."""
    (python,) = (line for line in text.splitlines() if "- python" in line)
    return f"name: gpu\nchannels: [conda-forge]\ndependencies:\n{python}\n  - extra\n"


def refused(host: ProjectOnHost, file: Path) -> None:
    """Try an environment that cannot be: `up` tells that it is another, `env apply` why it is not used."""
    file.write_text(f"{file.read_text()}  - nobody-has-this\n")
    told = host.run("up", "--yes")
    assert told.returncode == 0, told.stderr
    assert "environment.yml here is not the one that the host's environment was made of" in told.stderr
    failed = host.run("env", "apply")
    assert failed.returncode == 5, failed.stderr
    assert "'gpu' is whole and stays in use" in failed.stderr, failed.stderr
    assert "nobody-has-this" in failed.stderr, failed.stderr


def test_an_edited_environment_reaches_the_living_host(
    project_on_host: ProjectOnHost, environment: Path
) -> None:
    """A failure changes nothing; kill -9 of the laptop's end neither; then all agree, and a job went on."""
    host, text = project_on_host, environment.read_text()
    before = host.ok("run", "--", *PREFIX).strip()
    job = host.ok("job", "start", "--", *SLEEP).strip()
    refused(host, environment)
    assert host.ok("run", "--", *PREFIX).strip() == before
    environment.write_text(small(text))
    running = host.begin("env", "apply")
    wait_until(lambda: host.there(AT_WORK) == "start", "the unit to be at work")
    running.kill()
    done = host.run("env", "apply")
    assert done.returncode == 0, done.stderr
    after = f"{before}-2"
    assert host.ok("run", "--", *PREFIX).strip() == after
    assert host.run("run", "--", "python", "-c", "import extra").returncode == 0
    assert host.there("bash -lc 'echo $CONDA_PREFIX'") == after
    assert "running" in {it["state"] for it in host.json("job", "list") if it["id"] == job}
    assert host.run("job", "stop", job).returncode == 0
    status = host.json("status")
    assert (status["edited"], status["boot"]["prefix"]) == ([], after)
    assert "nothing to do" in host.run("env", "apply").stderr
    assert host.json("plan")["changes"] == []
