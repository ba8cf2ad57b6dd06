"""Jobs on a real host: they outlive connections, and it is known how they ended."""

import json

import pytest

from tests.e2e.on_host.interactive import cut_off, ec2, end_connection, job
from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e


def start(host: ProjectOnHost, *arguments: str) -> str:
    """Start a job; return its id."""
    return host.ok("job", "start", *arguments).strip()


def test_a_job_keeps_its_output_and_exit_code(project_on_host: ProjectOnHost) -> None:
    """Found by name, its log in a file and in the journal, its exit code passed through."""
    found = start(
        project_on_host, "--name", "train", "--env", "K=v", "--", "bash", "-c", "echo got $K; exit 9"
    )
    assert project_on_host.run("job", "wait", "train").returncode == 9
    assert project_on_host.ok("job", "logs", "train") == "got v\n"
    assert (job(project_on_host, "train")["state"], job(project_on_host, "train")["exit_code"]) == (
        "failed",
        9,
    )
    assert "got v" in project_on_host.there(f"sudo journalctl -q -o cat -u gpuinfra-job-{found}")
    unit = project_on_host.there("systemctl list-units --all --plain --no-legend 'gpuinfra-job-*'")
    assert found not in unit, "an ended unit is not kept"


def test_a_job_goes_on_while_the_connection_is_cut_and_is_followed_afterwards(
    project_on_host: ProjectOnHost,
) -> None:
    """The follower waits for the network and then goes on where it was: no line twice, none missing."""
    gate = "until [ -e ~/go-on-60 ]; do sleep 0.1; done"
    found = start(
        project_on_host, "--", f"for i in $(seq 59); do echo n$i; sleep 0.1; done; {gate}; echo n60"
    )
    following = project_on_host.begin("job", "logs", "-f", found)
    following.line("n3", stdout=True)
    with cut_off(project_on_host):
        end_connection(project_on_host)
        assert "is lost; the job goes on" in following.line("is lost")
        following.line("waiting:")
    project_on_host.there("touch ~/go-on-60")
    code, printed = following.rest()
    assert (code, printed.split()) == (0, [f"n{i}" for i in range(4, 61)])


def test_a_time_limit_and_a_stop(project_on_host: ProjectOnHost) -> None:
    """124 as of timeout(1); a job that is stopped is told to, and says so."""
    limited = start(project_on_host, "--time-limit", "1s", "--", "sleep 600 & wait")
    stopped = start(
        project_on_host, "--", "trap 'echo bye; exit 0' TERM; echo on; while :; do sleep 0.1; done"
    )
    wait_until(lambda: "on" in project_on_host.ok("job", "logs", stopped), "the job to run")
    assert json.loads(project_on_host.ok("job", "stop", stopped, "--json"))["state"] == "stopped"
    assert "bye" in project_on_host.ok("job", "logs", stopped)
    assert project_on_host.run("job", "wait", limited).returncode == 124
    assert "time limit" in job(project_on_host, limited)["reason"]


def test_a_reboot_in_mid_job_is_reported(project_on_host: ProjectOnHost) -> None:
    """The job is lost, with the time; waiting for it outlasts the reboot and ends."""
    found = start(project_on_host, "--", "echo begun; sleep 600")
    wait_until(lambda: "begun" in project_on_host.ok("job", "logs", found), "the job to run")
    project_on_host.run("ssh", "--", "sudo systemctl reboot")
    done = project_on_host.run("job", "wait", found)
    assert done.returncode == 5, done
    wait_until(lambda: project_on_host.run("job", "list").returncode == 0, "the host to be back")
    lost = job(project_on_host, found)
    assert (lost["state"], lost["ended"][:2]) == ("lost", "20")
    assert "the host went down while it ran" in lost["reason"]


def test_status_and_gpu(project_on_host: ProjectOnHost) -> None:
    """Live numbers over the open connection; the GPU check says why there are no numbers of this torch."""
    assert "GPU 0" in project_on_host.ok("status", "--live")
    # it asks for five seconds at most: on a busy machine that may be too short once
    live = wait_until(lambda: json.loads(project_on_host.ok("status", "--json"))["live"], "live numbers")
    assert live["gpus"][0]["memory_total_mib"] > 0
    end_connection(project_on_host)
    assert json.loads(project_on_host.ok("status", "--json"))["live"] is None, "nothing was opened for it"
    tested = json.loads(project_on_host.run("gpu", "test", "--json").stdout)
    assert tested["gpus"][0]["name"].startswith("Tesla T4")
    assert "this torch is a stand-in" in tested["problem"]


def test_a_host_that_was_stopped_is_not_waited_for(project_on_host: ProjectOnHost) -> None:
    """Whoever waits or follows is told so, with the way to start it; so is whoever comes later."""
    instance = project_on_host.ok("output", "instance_id").strip()
    found = start(project_on_host, "--", "echo begun; sleep 600")
    waiting = project_on_host.begin("job", "wait", found)
    following = project_on_host.begin("job", "logs", "-f", found)
    following.line("begun", stdout=True)
    ec2(project_on_host, instance, "stop")
    for running in (waiting, following):
        assert "is stop" in running.line("error: ")
        assert "gpuinfra start" in running.line("next: ")
        assert running.rest()[0] == 5
    refused = project_on_host.run("run", "--", "true")
    assert (refused.returncode, "is stopped" in refused.stderr) == (5, True), refused
    ec2(project_on_host, instance, "start")
    ended = project_on_host.run("job", "wait", found)  # it waits for the boot, not for ever
    assert (ended.returncode, "host ended: the host was shut down" in ended.stdout) == (143, True), ended


def test_the_host_ends_itself_when_its_jobs_are_done(project_on_host: ProjectOnHost) -> None:
    """Never while another job runs, and only after the results are out; AWS then says stopped."""
    refused = project_on_host.run("job", "start", "--then", "terminate", "--save", "true", "--", "true")
    assert (refused.returncode, "would stop it" in refused.stderr) == (2, True), refused
    instance = project_on_host.ok("output", "instance_id").strip()
    other = start(project_on_host, "--", "until [ -e ~/go-on-other ]; do sleep 0.1; done")
    first = start(project_on_host, "--then", "stop", "--save", "echo saved > ~/saved", "--", "true")
    project_on_host.run("job", "wait", first)
    assert project_on_host.there("cat ~/saved") == "saved"
    assert f"not powered off: {other} still run" in project_on_host.ok("job", "logs", first)
    assert ec2(project_on_host, instance) == "running"
    project_on_host.run("ssh", "--", "touch ~/go-on-other")
    wait_until(lambda: ec2(project_on_host, instance) == "stopped", "the host to stop")
    ec2(project_on_host, instance, "start")
    wait_until(lambda: project_on_host.run("job", "list").returncode == 0, "the host to be back")
