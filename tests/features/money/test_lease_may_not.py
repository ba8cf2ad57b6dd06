"""The end of a lease that cannot be moved: an agent lifts no ceiling, a removed one is named."""

from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import power
from gpuinfra.features.money import lease_end
from gpuinfra.features.money.lease import LEAST_S
from gpuinfra.ground.errors import HostError, MayNot
from tests.features.money.lease_scene import CUT_OFF_ID, HOUR_S, STOP_ID, Scene, running, stopped


def test_who_may_not_move_the_end_starts_a_host_that_aws_ends_early_enough(tmp_path: Path) -> None:
    """The end of before comes too early, never too late; that it was not moved is said."""
    scene = Scene(tmp_path, stopped(4, for_hours=1), ends_in_s=HOUR_S)
    scene.cloud.may_move = False
    power.start(scene.world)
    assert ("start",) in scene.cloud.calls
    assert "you may not move it" in str(scene.reporter.said)


@pytest.mark.parametrize(("hours", "ends_in_s"), [(4, LEAST_S / 2), (4, 17 * HOUR_S)])
def test_who_may_not_move_the_end_starts_nothing_that_would_end_late_or_at_once(
    tmp_path: Path, hours: float, ends_in_s: float
) -> None:
    """What is past, or would come too late, is moved by who may."""
    scene = Scene(tmp_path, stopped(hours), ends_in_s=ends_in_s)
    scene.cloud.may_move = False
    with pytest.raises(MayNot, match="has to be moved before a start") as caught:
        power.start(scene.world)
    assert caught.value.hint == "gpuinfra start   # by who made the host"
    assert scene.cloud.calls == []


def test_a_cut_off_that_somebody_removed_is_named_with_the_command_that_mends_it(tmp_path: Path) -> None:
    """AWS's own words for it name no way on."""
    scene = Scene(tmp_path, stopped(4))
    scene.cloud.removed_schedules = {CUT_OFF_ID}
    with pytest.raises(HostError, match="no schedule 'cut-off' of the lease any more") as caught:
        power.start(scene.world)
    assert caught.value.hint == "gpuinfra up   # makes it again"
    assert ("start",) not in scene.cloud.calls


def test_a_cut_off_that_a_failed_apply_left_behind_follows_the_stop(tmp_path: Path) -> None:
    """At the old end it would cut the power hours before the stop, with no on_stop and no saves."""
    scene = Scene(tmp_path, running(4), ends_in_s=16 * HOUR_S - 60)
    scene.cloud.schedules[CUT_OFF_ID] = scene.cloud.schedules[STOP_ID] - 9 * HOUR_S
    assert scene.record.host
    lease_end.renew(scene.world, scene.record, scene.record.host)
    assert scene.cloud.schedules[CUT_OFF_ID] - scene.cloud.schedules[STOP_ID] == 600
