"""The wait for a state of EC2's: it ends, whatever the network does; what EC2 does goes on."""

from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import state_wait
from gpuinfra.ground.errors import HostError, Interrupted, NotReached
from gpuinfra.ground.model import Instance, Outcome
from tests.fakes.host import fake_world
from tests.fakes.world import FakeTerraform, FakeTime
from tests.features.lifecycle.test_power import REFRESHED, SlowCloud, stop


class LostCloud(SlowCloud):
    """EC2 behind a network that is gone from the nth look on, for some looks."""

    def __init__(self, *states: str, nth: int, looks: int) -> None:
        super().__init__(*states)
        self.nth, self.looks, self.seen = nth, looks, 0

    def instance(self, instance_id: str) -> Instance | None:
        """Return the instance, or say that nobody answers."""
        self.seen += 1
        if self.nth <= self.seen < self.nth + self.looks:
            raise NotReached("AWS cannot be reached")
        return super().instance(instance_id)


def test_a_lost_connection_does_not_end_the_wait(tmp_path: Path) -> None:
    """EC2 stops the host all the same: the record would say that it runs."""
    cloud, terraform = (
        LostCloud("running", "stopping", "stopping", nth=3, looks=5),
        FakeTerraform(Outcome(ok=True)),
    )
    assert stop(fake_world(tmp_path, cloud=cloud, terraform=terraform)).state == "stopped"
    assert terraform.calls == REFRESHED


def test_a_network_that_stays_away_is_told(tmp_path: Path) -> None:
    """After a quarter of an hour."""
    time, cloud = FakeTime(), LostCloud("running", "stopping", nth=3, looks=10_000)
    with pytest.raises(NotReached, match="cannot be reached"):
        stop(fake_world(tmp_path, cloud=cloud, time=time))
    assert state_wait.TIMEOUT_S < time.now_s < state_wait.TIMEOUT_S + 60


def test_ec2_is_not_waited_for_without_end(tmp_path: Path) -> None:
    """After a quarter of an hour the user is told in which state the host hangs."""
    with pytest.raises(HostError, match="still stopping after 15 minutes"):
        stop(fake_world(tmp_path, cloud=SlowCloud("running", *["stopping"] * 1000)))


def test_ctrl_c_while_waiting_says_that_ec2_goes_on(tmp_path: Path) -> None:
    """Nothing is undone by it."""

    class Impatient(FakeTime):
        def sleep(self, seconds: float) -> None:
            raise KeyboardInterrupt

    cloud = SlowCloud("running", "stopping")
    with pytest.raises(Interrupted, match="EC2 goes on until i-0123456789abcdef0 is stopped"):
        stop(fake_world(tmp_path, cloud=cloud, time=Impatient()))
