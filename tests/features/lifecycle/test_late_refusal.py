"""A start that EC2 says yes to and undoes: told within seconds, with its reason, never waited for."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import power, state_wait
from gpuinfra.ground.errors import CloudError
from tests.fakes.host import fake_world
from tests.fakes.world import FakeTime
from tests.features.lifecycle.test_power import STOPPED, SlowCloud, stop

LATE = "Server.InsufficientInstanceCapacity: There was insufficient capacity available"


@pytest.mark.parametrize(
    ("states", "reason", "code"),
    [
        (["stopped", "stopped", "pending"], LATE, "InsufficientInstanceCapacity"),
        (["stopped"], LATE, "InsufficientInstanceCapacity"),  # it was pending between two looks
        (["stopped", "pending"], "Client.InternalError: Client error on launch", ""),
    ],
)
def test_a_host_that_ec2_stops_again_is_not_waited_for(
    states: list[str], reason: str, code: str, tmp_path: Path
) -> None:
    """EC2 says yes to a start and finds out that it cannot: told with its reason, within seconds."""

    class Refusing(SlowCloud):
        def start(self, instance_id: str) -> None:
            self.calls.append(("start",))  # it stays stopped

    cloud = Refusing(*states, instance=dataclasses.replace(STOPPED, reason=reason))
    time = FakeTime()
    with pytest.raises(CloudError) as caught:
        power.start(fake_world(tmp_path, cloud=cloud, time=time))
    assert caught.value.code == code
    assert f"stopped i-0123456789abcdef0 again: {reason}" in caught.value.message
    assert caught.value.hint == "gpuinfra start   # again, later"
    assert time.now_s <= state_wait.SHOWN_S + state_wait.POLL_S


def test_a_stop_of_a_pending_host_that_ec2_stops_by_itself(tmp_path: Path) -> None:
    """A stopped host is what was asked for: it is not waited for until it runs."""
    cloud = SlowCloud("pending", "pending", instance=STOPPED)
    assert stop(fake_world(tmp_path, cloud=cloud)).state == "stopped"
    assert cloud.calls == []
