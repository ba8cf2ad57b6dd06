"""The guard of a user's host: there after `up`, told by our commands, its limits changed by an apply."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

SETTING = "guard = { idle_minutes = 60, warn_minutes = 10 }"


def asked(host: ProjectOnHost, *words: str) -> dict[str, Any]:
    """Return what a command of the guard says as JSON."""
    return dict(json.loads(host.ok("guard", *words, "--json")))


def test_the_whole_guard_is_there_after_up_and_obeys(project_on_host: ProjectOnHost) -> None:
    """On by default, with the limits of terraform.tfvars; extend, off and on act at once."""
    wait_until(lambda: "transfer" in asked(project_on_host, "status")["seen"], "the whole guard")
    status = asked(project_on_host, "status")
    assert (status["runs"], status["limits"]) == (True, "idle=60 warn=10")
    assert "SIGNAL" in project_on_host.ok("guard", "status")
    assert "extended" in project_on_host.ok("guard", "extend", "2h")
    off = project_on_host.run("guard", "off")
    assert "the guard is off until it is switched on" in off.stdout
    assert "nothing on the host ends it now" in off.stderr
    assert asked(project_on_host, "off", "--for", "8h")["state"]["off_s"] > 7 * 3600
    assert asked(project_on_host, "on")["state"]["off_s"] == 0
    assert [one["kind"] for one in asked(project_on_host, "status")["decisions"]][-4:] == [
        "extend",
        "off",
        "off",
        "on",
    ]
    refused = project_on_host.run("guard", "extend", "soon")
    assert (refused.returncode, "allowed: a number and m, h or d" in refused.stderr) == (2, True)


def test_a_job_holds_the_host(project_on_host: ProjectOnHost) -> None:
    """Its own jobs and runs are told by name."""
    job = project_on_host.ok("job", "start", "--", "sleep 600").strip()

    def told() -> dict[str, Any]:
        return dict(asked(project_on_host, "status")["seen"]["job"])

    wait_until(lambda: job in told()["words"], "the job to be seen", poll_s=1.0)
    assert told() == {"busy": True, "words": f"running: job-{job}"}
    project_on_host.ok("job", "stop", job)


def test_an_apply_changes_the_limits_of_a_living_host(project_on_host: ProjectOnHost) -> None:
    """Within a minute; the host is the same one."""
    values = Path(project_on_host.env["GPUINFRA_PROJECT"], "terraform", "terraform.tfvars")
    text, instance = values.read_text(), project_on_host.ok("output", "instance_id")
    assert SETTING in text
    try:
        for line, tag in (
            (
                'guard = { max_hours = 9, off_hours = "20-08 Europe/Berlin" }',
                "idle=60 warn=10 max=9 off=20-08@Europe/Berlin",
            ),
            ("guard = null", "off"),
        ):
            values.write_text(text.replace(SETTING, line))
            done = project_on_host.run("up", "--yes", GPUINFRA_WAIT="0")
            assert done.returncode == 0, done.stderr
            wait_until(lambda: asked(project_on_host, "status")["limits"] == tag, tag, poll_s=1.0)  # noqa: B023
        assert "the guard has no limit" in project_on_host.ok("guard", "status")
    finally:
        values.write_text(text)
        project_on_host.run("up", "--yes", GPUINFRA_WAIT="0")
    assert project_on_host.ok("output", "instance_id") == instance
