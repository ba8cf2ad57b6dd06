"""Watching a boot: every look is shown, a failure is explained, a host that stays silent is given up."""

import dataclasses
import json
from pathlib import Path

import pytest

from gpuinfra.features.boot import follow
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.errors import HostError
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.world import RUNNING, FakeTime
from tests.ground.test_boot_status import look
from tests.samples import host


def link(*looks: str | None) -> FakeSshClient:
    """Return a host whose key is pinned and which says these things."""
    made = FakeSshClient(answers_at=[RUNNING.public_ip], looks=looks)
    made.pin(host(), ["ssh-ed25519 AAAA"])
    return made


def test_ready_means_that_the_host_says_done(tmp_path: Path) -> None:
    """Each look is passed on, silence and interruptions included, until the last step has passed."""
    seen: list[Boot] = []
    looks = link(None, look(step="download"), look(unit="auto-restart"), look(state="done", rc=0))
    found = follow.watch(fake_world(tmp_path, ssh=looks), host(), on_boot=seen.append)
    assert found.state == "done"
    assert [b.state for b in seen] == ["waiting", "waiting", "running", "interrupted", "done"]


def test_a_permanent_failure_shows_the_step_its_code_and_its_log(tmp_path: Path) -> None:
    """The user sees why, without going onto the host, and what to type next."""
    broken = look(state="failed", permanent=True, rc=1, error="Solving\nPackagesNotFoundError: pandsa\n")
    with pytest.raises(HostError, match="'env-conda' \\(exit code 1, attempt 2\\)") as caught:
        follow.watch(fake_world(tmp_path, ssh=link(broken)), host(), on_boot=lambda _: None)
    assert "PackagesNotFoundError: pandsa" in caught.value.message
    assert "gpuinfra logs --boot" in caught.value.hint


def test_a_host_that_never_lets_us_in_is_given_up(tmp_path: Path) -> None:
    """After 15 minutes without one login the two reasons are named; nobody waits for ever."""
    time = FakeTime()
    with pytest.raises(HostError, match="15 minutes without a login") as caught:
        follow.watch(fake_world(tmp_path, ssh=link(None), time=time), host(), on_boot=lambda _: None)
    assert time.now_s >= follow.LOGIN_TIMEOUT_S
    assert "gpuinfra allow" in caught.value.hint


def test_a_host_that_is_stopped_is_not_waited_for(tmp_path: Path) -> None:
    """Neither while watching nor by the `up` that finds it so."""
    cloud = FakeCloud(instance=dataclasses.replace(RUNNING, state="stopped", public_ip=""))
    made = FakeSshClient()
    made.pin(host(), ["ssh-ed25519 AAAA"])
    stopped = fake_world(tmp_path, cloud=cloud, ssh=made)
    with pytest.raises(HostError, match="is stopped"):
        follow.watch(stopped, host(), on_boot=lambda _: None)
    with pytest.raises(HostError, match="is stopped"):
        follow.ready(stopped, host())


def test_a_private_host_is_looked_at_without_an_address(tmp_path: Path) -> None:
    """And one that stays silent is explained by its network, not by the user's address."""
    hidden = host(access="ssm", public_ip="")
    done = link(look(state="done", rc=0))
    assert follow.watch(fake_world(tmp_path, ssh=done), hidden, on_boot=lambda _: None).state == "done"
    assert done.addresses[-1] == hidden.instance_id
    with pytest.raises(HostError, match="does its network lead to Session Manager"):
        follow.watch(fake_world(tmp_path, ssh=link(None)), hidden, on_boot=lambda _: None)


def test_the_host_is_asked_once_a_second(tmp_path: Path) -> None:
    """A boot of five looks takes five seconds of waiting, no more."""
    time = FakeTime()
    follow.watch(
        fake_world(tmp_path, ssh=link(*[look()] * 5, look(state="done")), time=time),
        host(),
        on_boot=lambda _: None,
    )
    assert time.now_s == 5 * follow.POLL_S


def test_a_status_is_json_on_one_line() -> None:
    """The look is parsed by lines, so the sample must be what the host writes."""
    assert json.loads(look().splitlines()[0])["schema"] == 1
