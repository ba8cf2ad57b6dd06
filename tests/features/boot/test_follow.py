"""Watching a boot: every look is shown, a failure is explained, a host that stays silent is given up."""

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest

from gpuinfra.features.boot import follow
from gpuinfra.features.environment.check import cuda_for
from gpuinfra.ground.errors import ConfigError, HostError, Refused
from tests.fakes.host import REFUSED, FakeCloud, FakeSshClient, fake_world
from tests.fakes.view import FakeView
from tests.fakes.world import ENVIRONMENT, RUNNING, FakeReporter, FakeTime
from tests.ground.test_boot_status import look
from tests.samples import host

DONE = look(state="done", rc=0, steps_ms={"preflight": 1500, "env-conda": 2000, "verify": 10})


def ssh(*looks: str | None) -> FakeSshClient:
    """Return a host whose key is pinned and which says these things."""
    made = FakeSshClient(answers_at=[RUNNING.public_ip], looks=looks)
    made.pin(host(), ["ssh-ed25519 AAAA"])
    return made


def test_ready_means_that_the_host_says_done(tmp_path: Path) -> None:
    """Each look is passed on, silence and interruptions included, until the last step has passed."""
    view = FakeView()
    looks = ssh(None, look(step="verify"), look(unit="auto-restart"), DONE)
    found = follow.watch(fake_world(tmp_path, ssh=looks), host(), view)
    assert found.state == "done"
    assert [row.text for shown in view.shown[:2] for row in shown] == ["starting up", "waiting for its ssh"]
    assert [[row.mark for row in shown] for shown in view.shown[2:]] == [
        ["done", "later", "now"],
        ["done", "interrupted", "later"],
        ["done"] * 3,
    ]


@pytest.mark.parametrize(("text", "is_told"), [(ENVIRONMENT, False), (b"name: other\n", True)])
def test_another_environment_than_the_hosts_is_told(text: bytes, is_told: bool, tmp_path: Path) -> None:
    """Who edited environment.yml learns that "proven" is said of another, and what brings theirs."""
    reporter = FakeReporter()
    done = ssh(look(state="done", rc=0, made_of=hashlib.sha256(text).hexdigest()))
    follow.follow(fake_world(tmp_path, ssh=done, reporter=reporter), host())
    assert ("gpuinfra env apply" in reporter.said[-1]) is is_told
    assert ("environment.yml here is not the one" in reporter.said[-1]) is is_told


def test_the_hosts_own_cuda_is_what_the_next_solve_is_for(tmp_path: Path) -> None:
    """Images are newer than our table: what the driver said counts, unless one is asked for."""
    world = fake_world(tmp_path, ssh=ssh(look(state="done", rc=0, cuda="13.2")))
    assert cuda_for(world, "") == "12.8"
    follow.follow(world, host())
    assert (cuda_for(world, ""), cuda_for(world, "12.4"), cuda_for(world, "none")) == ("13.2", "12.4", "")


def test_a_permanent_failure_shows_the_step_its_code_and_its_log(tmp_path: Path) -> None:
    """The user sees why, without going onto the host, and what to type next."""
    broken = look(state="failed", permanent=True, rc=1, error="Solving\nPackagesNotFoundError: pandsa\n")
    with pytest.raises(HostError, match="'env-conda' \\(exit code 1, attempt 2\\)") as caught:
        follow.watch(fake_world(tmp_path, ssh=ssh(broken)), host(), FakeView())
    assert "PackagesNotFoundError: pandsa" in caught.value.message
    assert "gpuinfra logs" in caught.value.hint


def test_a_host_that_lost_a_gpu_is_not_ready_and_the_hint_is_a_reboot(tmp_path: Path) -> None:
    """Though its boot ended well; a boot that failed for another reason is explained by its log."""
    lost = ssh(f"{DONE}\ngpu lost 3 of 4 GPUs answer: no handle\n")
    with pytest.raises(HostError, match=r"'gpu'.* 3 of 4 GPUs answer: no handle") as caught:
        follow.follow(fake_world(tmp_path, ssh=lost), host(gpu_count=4))
    assert caught.value.hint.startswith("gpuinfra ssh -- sudo reboot")
    old = look(state="failed", permanent=True, step="gpu", rc=69, message="needs CUDA 13")
    with pytest.raises(HostError) as caught:
        follow.follow(fake_world(tmp_path, ssh=ssh(old)), host())
    assert caught.value.hint.startswith("gpuinfra logs")


def test_a_host_that_never_lets_us_in_is_given_up(tmp_path: Path) -> None:
    """After 15 minutes without one login the two reasons are named; nobody waits for ever."""
    time = FakeTime()
    with pytest.raises(HostError, match="15 minutes without a login") as caught:
        follow.watch(fake_world(tmp_path, ssh=ssh(None), time=time), host(), FakeView())
    assert time.now_s >= follow.LOGIN_TIMEOUT_S
    assert "gpuinfra allow" in caught.value.hint


def test_a_host_that_is_stopped_is_not_waited_for(tmp_path: Path) -> None:
    """Neither while watching nor by the `up` that finds it so."""
    cloud = FakeCloud(instance=dataclasses.replace(RUNNING, state="stopped", public_ip=""))
    made = FakeSshClient()
    made.pin(host(), ["ssh-ed25519 AAAA"])
    stopped = fake_world(tmp_path, cloud=cloud, ssh=made)
    with pytest.raises(HostError, match="is stopped"):
        follow.watch(stopped, host(), FakeView())
    with pytest.raises(HostError, match="is stopped"):
        follow.ready(stopped, host())


def test_a_private_host_is_looked_at_without_an_address(tmp_path: Path) -> None:
    """And one that stays silent is explained by its network, not by the user's address."""
    hidden = host(access="ssm", public_ip="")
    done = ssh(look(state="done", rc=0))
    assert follow.watch(fake_world(tmp_path, ssh=done), hidden, FakeView()).state == "done"
    assert done.addresses[-1] == hidden.instance_id
    with pytest.raises(HostError, match="does its network lead to Session Manager"):
        follow.watch(fake_world(tmp_path, ssh=ssh(None)), hidden, FakeView())


def test_a_connected_host_is_asked_four_times_a_second(tmp_path: Path) -> None:
    """A boot of five looks takes five pauses: "ready" is noticed within 0.4 s, an answer's time included."""
    time = FakeTime()
    follow.watch(
        fake_world(tmp_path, ssh=ssh(*[look()] * 5, look(state="done")), time=time),
        host(),
        FakeView(),
    )
    assert time.now_s == 5 * follow.CONNECTED_POLL_S == 1.25


def test_a_status_is_json_on_one_line() -> None:
    """The look is parsed by lines, so the sample must be what the host writes."""
    assert json.loads(look().splitlines()[0])["schema"] == 1


def test_a_refused_key_is_told_soon_after_a_few_tries(tmp_path: Path) -> None:
    """Not after 15 minutes on a paid host, and not by the second: sshd keeps strangers out who do that."""
    time, refusing = FakeTime(), ssh(*[REFUSED] * 100)
    with pytest.raises(Refused, match=r"refuses the key .*Permission denied \(publickey\)"):
        follow.watch(fake_world(tmp_path, ssh=refusing, time=time), host(), FakeView())
    assert time.now_s <= 30
    assert 100 - len(refusing.looks) <= 3


def test_a_key_that_this_machine_cannot_use_is_told_with_its_cure(tmp_path: Path) -> None:
    """ssh's words would be the same as for a key that the host does not know."""
    refusing = ssh(REFUSED)
    refusing.trouble = ConfigError("the key has mode 0644", hint="chmod 600 key")
    with pytest.raises(Refused, match="was offered no key: the key has mode 0644") as caught:
        follow.watch(fake_world(tmp_path, ssh=refusing), host(), FakeView())
    assert caught.value.hint == "chmod 600 key"


def test_a_key_that_is_let_in_a_little_late_is_fine(tmp_path: Path) -> None:
    """sshd is up before the user's key is there."""
    assert (
        follow.watch(fake_world(tmp_path, ssh=ssh(REFUSED, REFUSED, DONE)), host(), FakeView()).state
        == "done"
    )
