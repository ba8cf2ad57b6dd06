"""How a real host ends: on_stop and the saves run once, whoever ends it; what happened is told afterwards."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.on_host.interactive import ec2, job
from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

# MODE is a variable of environment.yml: it is there in the conda environment only
HOOK = 'echo "$GPUINFRA_REASON|$MODE|$(id -un)|$PWD" >> ~/hooked; echo the hook was here\n'


@pytest.fixture
def hooked(project_on_host: ProjectOnHost) -> Iterator[ProjectOnHost]:
    """A host whose project has an on_stop, and that has it, too; nothing was run yet."""
    host = project_on_host
    path = Path(host.env["GPUINFRA_PROJECT"], "on_stop.sh")
    path.write_text(HOOK)
    wait_until(lambda: host.run("env", "apply").returncode == 0, "the host to take on_stop")
    host.there("rm -f ~/hooked ~/saved; mkdir -p ~/clone")
    yield host
    path.unlink()


def events(host: ProjectOnHost) -> list[dict[str, str]]:
    """Return what happened, as JSON."""
    found: list[dict[str, str]] = json.loads(host.ok("events", "--json"))
    return found


def started(host: ProjectOnHost) -> None:
    """Start the host; it answers."""
    host.ok("start")
    wait_until(lambda: host.run("job", "list").returncode == 0, "the host to be back")


def test_a_drill_runs_the_hook_and_the_save_and_ends_nothing(hooked: ProjectOnHost) -> None:
    """On an on-demand host, too: both are timed, the verdict says whether two minutes do, the job goes on."""
    count = "n=0; while true; do echo $((n = n + 1)) > ~/counted; sleep 0.1; done"
    found = hooked.ok("job", "start", "--save", "sleep 1; cat ~/counted > ~/saved", "--", count).strip()
    wait_until(lambda: job(hooked, found)["state"] == "running", "the job to run")
    told = json.loads(hooked.ok("drill", "--json"))
    assert (told["hook"]["exit_code"], [one["save_code"] for one in told["jobs"]]) == (0, [0])
    assert 1 <= told["jobs"][0]["seconds"] <= told["seconds"] < told["needed_s"] <= told["notice_s"] == 120
    assert told["suffices"]
    assert hooked.there("cat ~/hooked") == "drill|on|ubuntu|/home/ubuntu/clone"
    saved = int(hooked.there("cat ~/saved"))
    wait_until(lambda: int(hooked.there("cat ~/counted") or 0) > saved, "the job to go on")
    assert job(hooked, found)["state"] == "running"
    hooked.ok("job", "stop", found)


def test_a_stop_runs_the_hook_and_the_saves_once(hooked: ProjectOnHost) -> None:
    """In the environment, as the login user, with the reason; the job knows why; all is told."""
    found = hooked.ok(
        "job", "start", "--name", "train", "--save", "echo saved >> ~/saved", "--", "sleep 600"
    ).strip()
    wait_until(lambda: job(hooked, found)["state"] == "running", "the job to run")
    done = hooked.run("stop", "--yes")
    assert done.returncode == 0, done.stderr
    assert "running on_stop" in done.stderr
    assert "on_stop ended with exit code 0" in done.stderr
    assert "job train stopped, saved (exit code 0)" in done.stderr
    assert "gpuinfra stop (" in hooked.ok("status")
    told = events(hooked)
    assert [one["kind"] for one in told if one["kind"] in ("on_stop", "job ended", "end")] == [
        "on_stop",
        "job ended",
        "end",
    ]
    assert any(one["output"] == "the hook was here" for one in told)
    started(hooked)
    assert hooked.there("cat ~/hooked ~/saved").split("\n") == [
        "gpuinfra stop|on|ubuntu|/home/ubuntu/clone",
        "saved",
    ]
    assert job(hooked, found)["reason"] == "host ended: gpuinfra stop"


def test_the_power_button_runs_the_hook_too_and_a_reboot_does_not(hooked: ProjectOnHost) -> None:
    """What EC2 ends (its console, a schedule) ends as all others; a host that only restarts does not end."""
    boots = "cat /proc/sys/kernel/random/boot_id; systemctl show --value --property=UserspaceTimestamp"
    before = hooked.there(boots)
    hooked.run("ssh", "--", "sudo reboot")
    wait_until(
        lambda: (now := hooked.run("ssh", "--", boots)).returncode == 0 and now.stdout.strip() != before,
        "a reboot",
    )
    assert hooked.run("ssh", "--", "cat ~/hooked").returncode == 1
    instance = hooked.ok("output", "instance_id").strip()
    found = hooked.ok("job", "start", "--save", "echo saved >> ~/saved", "--", "sleep 600").strip()
    wait_until(lambda: job(hooked, found)["state"] == "running", "the job to run")
    ec2(hooked, instance, "stop")
    console = hooked.lab.host(instance) / "console.log"
    wait_until(lambda: "the host was shut down" in console.read_text(errors="replace"), "its last words")
    assert "the host was shut down (EC2 or root)" in hooked.ok("status")
    assert [one["by"] for one in events(hooked) if one["kind"] == "end"][-1] == "EC2 or root"
    started(hooked)
    assert hooked.there("cat ~/hooked ~/saved").split("\n") == [
        "the host was shut down|on|ubuntu|/home/ubuntu/clone",
        "saved",
    ]
    assert job(hooked, found)["reason"] == "host ended: the host was shut down"


def test_a_job_that_ends_the_host_runs_the_hook_too(hooked: ProjectOnHost) -> None:
    """--then stop is an ending as all others: by the job, after its save."""
    instance = hooked.ok("output", "instance_id").strip()
    found = hooked.ok(
        "job", "start", "--then", "stop", "--save", "echo saved >> ~/saved", "--", "true"
    ).strip()
    wait_until(lambda: ec2(hooked, instance) == "stopped", "the host to stop")
    assert f"the jobs are done (job {found})" in hooked.ok("status")
    told = events(hooked)
    assert [(one["kind"], one["by"]) for one in told[-3:-1]] == [
        ("on_stop", f"job {found}"),
        ("end", f"job {found}"),
    ]
    assert told[-1]["kind"] == "aws"
    started(hooked)
    assert hooked.there("cat ~/hooked ~/saved").split("\n")[1:] == ["saved"]
    assert "on_stop ended with exit code 0; powered off" in hooked.ok("job", "logs", found)
