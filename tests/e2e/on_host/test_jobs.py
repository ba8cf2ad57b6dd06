"""Jobs on a real host: they outlive connections, and it is known how they ended."""

import json

import pytest

from tests.e2e.on_host.interactive import cut_off, ec2, end_connection, job
from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e


def start(desk: ProjectOnHost, *arguments: str) -> str:
    """Start a job; return its id."""
    return desk.ok("job", "start", *arguments).strip()


def test_a_job_keeps_its_output_and_exit_code(desk: ProjectOnHost) -> None:
    """Found by name, its log in a file and in the journal, its exit code passed through."""
    found = start(desk, "--name", "train", "--env", "K=v", "--", "bash", "-c", "echo got $K; exit 9")
    assert desk.run("job", "wait", "train").returncode == 9
    assert desk.ok("job", "logs", "train") == "got v\n"
    assert (job(desk, "train")["state"], job(desk, "train")["exit_code"]) == ("failed", 9)
    assert "got v" in desk.there(f"sudo journalctl -q -o cat -u gpuinfra-job-{found}")
    unit = desk.there("systemctl list-units --all --plain --no-legend 'gpuinfra-job-*'")
    assert found not in unit, "an ended unit is not kept"


def test_a_job_goes_on_while_the_connection_is_cut_and_is_followed_afterwards(desk: ProjectOnHost) -> None:
    """The follower waits for the network and then goes on where it was: no line twice, none missing."""
    gate = "until [ -e ~/go-on-60 ]; do sleep 0.1; done"
    found = start(desk, "--", f"for i in $(seq 59); do echo n$i; sleep 0.1; done; {gate}; echo n60")
    following = desk.begin("job", "logs", "-f", found)
    following.line("n3", stdout=True)
    with cut_off(desk):
        end_connection(desk)
        assert "is lost; the job goes on" in following.line("is lost")
        following.line("waiting:")
    desk.there("touch ~/go-on-60")
    code, printed = following.rest()
    assert (code, printed.split()) == (0, [f"n{i}" for i in range(4, 61)])


def test_a_time_limit_and_a_stop(desk: ProjectOnHost) -> None:
    """124 as of timeout(1); a job that is stopped is told to, and says so."""
    limited = start(desk, "--time-limit", "1s", "--", "sleep 600 & wait")
    stopped = start(desk, "--", "trap 'echo bye; exit 0' TERM; echo on; while :; do sleep 0.1; done")
    wait_until(lambda: "on" in desk.ok("job", "logs", stopped), "the job to run")
    assert json.loads(desk.ok("job", "stop", stopped, "--json"))["state"] == "stopped"
    assert "bye" in desk.ok("job", "logs", stopped)
    assert desk.run("job", "wait", limited).returncode == 124
    assert "time limit" in job(desk, limited)["reason"]


def test_a_reboot_in_mid_job_is_reported(desk: ProjectOnHost) -> None:
    """The job is lost, with the time; waiting for it outlasts the reboot and ends."""
    found = start(desk, "--", "echo begun; sleep 600")
    wait_until(lambda: "begun" in desk.ok("job", "logs", found), "the job to run")
    desk.run("ssh", "--", "sudo systemctl reboot")
    done = desk.run("job", "wait", found)
    assert done.returncode == 5, done
    wait_until(lambda: desk.run("job", "list").returncode == 0, "the host to be back")
    lost = job(desk, found)
    assert (lost["state"], lost["ended"][:2]) == ("lost", "20")
    assert "the host went down while it ran" in lost["reason"]


def test_status_and_gpu(desk: ProjectOnHost) -> None:
    """Live numbers over the open connection; the GPU check says why there are no numbers of this torch."""
    assert "GPU 0" in desk.ok("status", "--live")
    live = json.loads(desk.ok("status", "--json"))["live"]
    assert live["gpus"][0]["memory_total_mib"] > 0
    end_connection(desk)
    assert json.loads(desk.ok("status", "--json"))["live"] is None, "nothing was opened for it"
    tested = json.loads(desk.run("gpu", "test", "--json").stdout)
    assert tested["gpus"][0]["name"].startswith("Tesla T4")
    assert "this torch is a stand-in" in tested["problem"]


def test_a_host_that_was_stopped_is_not_waited_for(desk: ProjectOnHost) -> None:
    """Whoever waits or follows is told so, with the way to start it; so is whoever comes later."""
    instance = desk.ok("output", "instance_id").strip()
    found = start(desk, "--", "echo begun; sleep 600")
    waiting = desk.begin("job", "wait", found)
    following = desk.begin("job", "logs", "-f", found)
    following.line("begun", stdout=True)
    ec2(desk, instance, "stop")
    for running in (waiting, following):
        assert "is stop" in running.line("error: ")
        assert "start-instances" in running.line("next: ")
        assert running.rest()[0] == 5
    refused = desk.run("run", "--", "true")
    assert (refused.returncode, "is stopped" in refused.stderr) == (5, True), refused
    ec2(desk, instance, "start")
    assert desk.run("job", "wait", found).returncode == 5, "it waits for the boot, not for ever"


def test_the_host_ends_itself_when_its_jobs_are_done(desk: ProjectOnHost) -> None:
    """Never while another job runs, and only after the results are out; AWS then says stopped."""
    refused = desk.run("job", "start", "--then", "terminate", "--save", "true", "--", "true")
    assert (refused.returncode, "would stop it" in refused.stderr) == (2, True), refused
    instance = desk.ok("output", "instance_id").strip()
    other = start(desk, "--", "until [ -e ~/go-on-other ]; do sleep 0.1; done")
    first = start(desk, "--then", "stop", "--save", "echo saved > ~/saved", "--", "true")
    desk.run("job", "wait", first)
    assert desk.there("cat ~/saved") == "saved"
    assert f"not powered off: {other} still run" in desk.ok("job", "logs", first)
    assert ec2(desk, instance) == "running"
    desk.run("ssh", "--", "touch ~/go-on-other")
    wait_until(lambda: ec2(desk, instance) == "stopped", "the host to stop")
    ec2(desk, instance, "start")
    wait_until(lambda: desk.run("job", "list").returncode == 0, "the host to be back")
