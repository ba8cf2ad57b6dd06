"""The end of a lease at AWS: moved before a host starts, never too late, no cut-off before the stop."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import power
from gpuinfra.features.lifecycle.resize import resize
from gpuinfra.features.money import lease_account, lease_end
from gpuinfra.features.money.lease import LEAST_S, MARGIN_S
from gpuinfra.ground.errors import CloudError, ConfigError, HostError
from gpuinfra.ground.model import Host
from tests.fakes.world import RECORDED
from tests.features.money.lease_scene import (
    ADDRESS_USD_H,
    CUT_OFF_ID,
    DISK_USD_H,
    HOUR_S,
    SCHEDULES,
    STOP_ID,
    TYPES,
    Scene,
    now_s,
    recorded,
    running,
    stopped,
)


def near(seconds: float) -> object:
    """Return a time that may differ by what the price of a moment is."""
    return pytest.approx(seconds, abs=30)


def test_a_start_moves_the_end_first(tmp_path: Path) -> None:
    """4 of 20 dollars are spent, at a dollar an hour: 16 hours; the end is at AWS before the host starts."""
    scene = Scene(tmp_path, stopped(4))
    power.start(scene.world)
    assert scene.end_in_s == near(16 * HOUR_S - MARGIN_S)
    assert scene.cloud.calls == [("move_schedule", CUT_OFF_ID), ("move_schedule", STOP_ID), ("start",)]


def test_a_stopped_host_costs_its_disk_only(tmp_path: Path) -> None:
    """100 hours off cost 100 hours of its disk, not of the host."""
    scene = Scene(tmp_path, stopped(4, for_hours=100))
    power.start(scene.world)
    disk_usd = 100 * 128 * 0.08 / 730
    assert scene.end_in_s == near((16 - disk_usd) * HOUR_S - MARGIN_S)


def test_the_cut_off_never_comes_before_the_stop(tmp_path: Path) -> None:
    """An end that comes earlier is moved from the front, a later one from behind: a kill between is safe."""
    scene = Scene(tmp_path, running(4), ends_in_s=100 * HOUR_S)
    lease_end.renew(scene.world, scene.record, host(scene))
    assert scene.cloud.calls == [("move_schedule", STOP_ID), ("move_schedule", CUT_OFF_ID)]
    assert scene.cloud.schedules[CUT_OFF_ID] - scene.cloud.schedules[STOP_ID] == 600


def host(scene: Scene) -> Host:
    """Return the recorded host."""
    found = scene.record.host
    assert found
    return found


def test_a_lease_that_is_used_up_starts_nothing(tmp_path: Path) -> None:
    """Less than five minutes are not worth a boot; the way on is named."""
    scene = Scene(tmp_path, stopped(20 - LEAST_S / HOUR_S / 2), ends_in_s=-HOUR_S)
    with pytest.raises(ConfigError, match=r"used up: 19.96 USD of 20.00 USD") as caught:
        power.start(scene.world)
    assert caught.value.hint == "gpuinfra lease extend --usd 10   # then: gpuinfra start"
    assert scene.cloud.calls == []


def test_a_schedule_that_somebody_removed_starts_nothing(tmp_path: Path) -> None:
    """Nothing would end the host; `up` makes the schedule again."""
    scene = Scene(tmp_path, stopped(4), ends_in_s=None)
    with pytest.raises(HostError, match="no schedule of its lease any more") as caught:
        power.start(scene.world)
    assert caught.value.hint.startswith("gpuinfra up ")
    assert scene.cloud.calls == []


def test_without_a_price_the_end_of_before_holds(tmp_path: Path) -> None:
    """It was made when the host counted as running: early enough. Once it is over nothing starts."""
    scene = Scene(tmp_path, stopped(4), ends_in_s=2 * HOUR_S, types={})
    power.start(scene.world)
    assert scene.cloud.calls == [("start",)]
    assert any("its end stays where it is" in line for line in scene.reporter.said)
    over = Scene(tmp_path / "b", stopped(4), ends_in_s=-1, types={})
    with pytest.raises(ConfigError, match="needs a price"):
        power.start(over.world)


def test_hours_need_no_prices(tmp_path: Path) -> None:
    """Of ten hours that the host may run three are gone; while it is stopped none goes."""
    record = recorded(max_hours=10.0)
    scene = Scene(tmp_path, stopped(3, for_hours=50), record=record, types={})
    power.start(scene.world)
    assert scene.end_in_s == near(7 * HOUR_S - MARGIN_S)
    assert scene.prices.asked == []


def test_a_host_without_a_lease_asks_nobody(tmp_path: Path) -> None:
    """No call more than before there were leases."""
    scene = Scene(tmp_path, stopped(3), record=RECORDED, settings={"max_usd": None})
    power.start(scene.world)
    assert (scene.cloud.calls, scene.prices.asked) == ([("start",)], [])


def test_a_spot_host_ends_by_the_most_that_it_can_cost(tmp_path: Path) -> None:
    """4 hours at half a dollar are spent; what comes may cost a dollar an hour, as on demand."""
    spot = dataclasses.replace(running(4), market="spot")
    scene = Scene(tmp_path, spot)
    scene.prices.spots = {"g4dn.xlarge": {spot.availability_zone: 0.5 - DISK_USD_H - ADDRESS_USD_H}}
    lease_end.renew(scene.world, scene.record, host(scene))
    assert scene.end_in_s == near(18 * HOUR_S - MARGIN_S)


def test_another_type_ends_by_its_own_price(tmp_path: Path) -> None:
    """16 dollars are left: 8 hours of a type at two dollars; moved before it starts."""
    scene = Scene(tmp_path, running(4))
    resize(scene.world, "g5.xlarge", yes=True, running=lambda _: [])
    assert scene.end_in_s == near(8 * HOUR_S - MARGIN_S)
    names = [call[0] for call in scene.cloud.calls]
    assert names == ["stop", "set_type", "move_schedule", "move_schedule", "start"]


def test_a_stopped_host_of_another_type_is_ended_in_time_whoever_starts_it(tmp_path: Path) -> None:
    """The end is moved before the type changes: a start from the console must not run by the old one."""
    scene = Scene(tmp_path, stopped(4), ends_in_s=16 * HOUR_S)
    resize(scene.world, "g5.xlarge", yes=True, running=lambda _: [])
    assert scene.end_in_s == near(8 * HOUR_S - MARGIN_S)
    assert [call[0] for call in scene.cloud.calls] == ["move_schedule", "move_schedule", "set_type"]


def test_a_type_without_a_price_is_refused_before_the_host_is_stopped(tmp_path: Path) -> None:
    """Nobody could say when it has to end."""
    scene = Scene(tmp_path, running(4), types={"g4dn.xlarge": TYPES["g4dn.xlarge"]})
    with pytest.raises(ConfigError, match="needs a price"):
        resize(scene.world, "g5.xlarge", yes=True, running=lambda _: [])
    assert scene.cloud.calls == []


def test_a_price_that_falls_makes_the_past_no_cheaper(tmp_path: Path) -> None:
    """Ten dollars were spent when we last looked; at half the price the rest lasts twice as long."""
    scene = Scene(tmp_path, running(10))
    assert lease_end.now(scene.world, scene.record, host(scene), running(10), asks=True)
    cheaper = {name: usd / 2 for name, usd in TYPES.items()}
    later = Scene(tmp_path, running(10), types=cheaper, ends_in_s=HOUR_S)
    for path in (tmp_path / "prices").iterdir():
        path.unlink()
    now = lease_end.renew(later.world, later.record, host(later))
    assert now
    assert now.use.used == pytest.approx(10.0, abs=0.01)
    assert later.end_in_s == near(10 / (0.5 + 0.0095) * HOUR_S - MARGIN_S - 5)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"instance_id": 1}', '{"usd_h": 3}', "\x00"])
def test_a_damaged_account_is_as_none(text: str, tmp_path: Path) -> None:
    """All counts at the prices of now; no command fails."""
    (tmp_path / lease_account.FILE).write_text(text)
    scene = Scene(tmp_path, running(4))
    now = lease_end.now(scene.world, scene.record, host(scene), running(4), asks=True)
    assert now
    assert now.use.used == pytest.approx(4.0, abs=0.01)
    assert (tmp_path / lease_account.FILE).stat().st_mode & 0o777 == 0o600


def test_an_end_that_has_come_is_not_moved_away(tmp_path: Path) -> None:
    """Whoever types `up` again and again would keep a host alive whose lease is over."""
    scene = Scene(tmp_path, running(20.5), ends_in_s=-30)
    lease_end.renew(scene.world, scene.record, host(scene))
    assert scene.cloud.calls == []


def test_what_aws_refuses_is_said_by_a_start(tmp_path: Path) -> None:
    """The end could not be moved: the host is not started."""

    class Refusing(type(Scene(tmp_path, stopped(4)).cloud)):  # type: ignore[misc]
        def move_schedule(self, schedule_id: str, begins: float) -> None:
            raise CloudError("AWS says: scheduler:UpdateSchedule is not allowed")

    scene = Scene(tmp_path, stopped(4))
    cloud = Refusing(instance=stopped(4), schedules={STOP_ID: now_s() + 60}, now=now_s())
    world = dataclasses.replace(scene.world, cloud=lambda region, settings: cloud)
    with pytest.raises(CloudError, match="UpdateSchedule"):
        power.start(world)
    assert ("start",) not in cloud.calls


def test_the_schedules_are_found_in_the_record() -> None:
    """By their addresses, as the module has them."""
    assert lease_end.schedules(recorded(max_usd=1.0)) == {"stop": STOP_ID, "cut-off": CUT_OFF_ID}
    assert lease_end.schedules(RECORDED) == {}
    assert set(SCHEDULES) <= set(recorded(max_usd=1.0).resources)
