"""A GPU that is lost on a real host: the lab's FAKE nvidia-smi and kernel log say so, all else is real."""

import pytest

from tests.e2e.on_host.interactive import job
from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.host.test_gpu_check import XID_79
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e


def reboot_until(host: ProjectOnHost, code: int, says: str) -> None:
    """Restart the host; wait until its boot has ended so."""

    def has_ended() -> bool:
        done = host.run("status", "--watch")
        return done.returncode == code and says in done.stderr

    host.run("ssh", "--", "sudo reboot")
    wait_until(has_ended, says)


def test_a_lost_gpu_ends_the_job_and_the_host_takes_no_other_until_a_boot_finds_it(
    project_on_host: ProjectOnHost,
) -> None:
    """Told by job list, run, status and the next boot; a boot that finds it makes the host ready again."""
    fake = project_on_host.disk().parent / "fake-gpu"
    wait_until(lambda: project_on_host.run("job", "list").returncode == 0, "the host")
    found = project_on_host.ok("job", "start", "--", "echo begun; sleep 600").strip()
    wait_until(lambda: "begun" in project_on_host.ok("job", "logs", found), "the job to run")
    with (fake / "kernel.log").open("a") as log:
        log.write(f"{XID_79}\n")
    assert project_on_host.run("job", "wait", found).returncode == 74
    lost = job(project_on_host, found)
    assert (lost["state"], "Xid 79" in lost["reason"]) == ("GPU failed", True)
    refused = project_on_host.run("run", "--", "true")
    assert refused.returncode == 5
    assert "this host takes no job: GPU PCI:0000:00:1e: Xid 79" in refused.stderr
    assert "Xid 79" in project_on_host.ok("status", "--live")
    (fake / "count.fault").write_text("0\n")
    try:
        reboot_until(project_on_host, 5, "0 of 1 GPUs answer")
    finally:
        (fake / "count.fault").unlink()
    reboot_until(project_on_host, 0, "ready: the environment")
    assert project_on_host.run("run", "--", "true").returncode == 0
