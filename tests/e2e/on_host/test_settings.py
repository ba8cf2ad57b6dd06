"""Settings of terraform.tfvars reach a running host as tags of its instance."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.on_host.interactive import cut_off, job
from tests.e2e.on_host.project_on_host import ProjectOnHost

pytestmark = pytest.mark.e2e

SETTING = "job_time_limit = null"
BOOTED_AT = "systemctl show --value --property=UserspaceTimestamp"


def apply(host: ProjectOnHost) -> None:
    """Apply terraform.tfvars; nobody waits for the host."""
    done = host.run("up", "--yes", GPUINFRA_WAIT="0")
    assert done.returncode == 0, done.stderr


@contextmanager
def applied(host: ProjectOnHost, line: str) -> Iterator[None]:
    """Apply another line in place of the setting; for this test only, as the host is shared."""
    values = Path(host.env["GPUINFRA_PROJECT"], "terraform", "terraform.tfvars")
    text = values.read_text()
    assert SETTING in text
    values.write_text(text.replace(SETTING, line))
    try:
        with cut_off(host):  # no ssh: no packet reaches the host while the change is applied
            apply(host)
        yield
    finally:
        values.write_text(text)
        apply(host)


def test_a_time_limit_for_jobs_is_changed_on_a_running_host(project_on_host: ProjectOnHost) -> None:
    """The next job without a limit of its own has that of terraform.tfvars; the host goes on."""
    instance, booted = project_on_host.ok("output", "instance_id"), project_on_host.there(BOOTED_AT)
    with applied(project_on_host, 'job_time_limit = "1s"'):
        limited = project_on_host.ok("job", "start", "--", "sleep 600").strip()
        assert project_on_host.run("job", "wait", limited).returncode == 124
        assert job(project_on_host, limited)["time_limit_s"] == 1
        own = project_on_host.ok("job", "start", "--time-limit", "1h", "--", "sleep 2").strip()
        assert project_on_host.run("job", "wait", own).returncode == 0
    free = project_on_host.ok("job", "start", "--", "sleep 2").strip()
    assert project_on_host.run("job", "wait", free).returncode == 0
    assert (project_on_host.ok("output", "instance_id"), project_on_host.there(BOOTED_AT)) == (
        instance,
        booted,
    )
