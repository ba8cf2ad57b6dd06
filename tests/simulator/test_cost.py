"""What a host has cost, to the second, against the simulator's own log of events."""

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpuinfra.features.money import cost, ledger
from gpuinfra.features.money.cost import HostCost
from gpuinfra.ground.world import World
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.ec2 import Aws
from gpuinfra.tools.aws.pricing import PriceList
from tests.fakes.host import fake_world
from tests.fakes.world import RECORDED
from tests.samples import host
from tests.simulator.aws import launch
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

DISK_USD_H = 128 * 0.08 / 730
USD_H = {"g4dn.xlarge": 0.526, "g5.xlarge": 1.006}


@pytest.fixture
def aws(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return Aws(region=REGION, sleep=time.sleep)


def world(directory: Path, aws: Aws, instance_id: str) -> World:
    """Return a world whose record names this instance."""
    record = dataclasses.replace(RECORDED, host=dataclasses.replace(host(), instance_id=instance_id))
    return fake_world(
        directory, cloud=aws, records=(record,), price_source=PriceList, price_cache=directory / "prices"
    )


def let_pass(seconds: float) -> None:
    """Let real time pass: EC2's clock is the machine's."""
    until = time.time() + seconds
    wait_until(lambda: time.time() >= until, "time to pass")


def by_events(sim: Simulator, instance_id: str) -> list[tuple[str, float]]:
    """Return the states of an instance with their beginnings, as the simulator says."""
    return [(e["state"], e["time"]) for e in sim.events() if e["instance_id"] == instance_id]


def looked(world: World, aws: Aws, instance_id: str) -> None:
    """Do what any of our commands does that sees the host."""
    instance = aws.instance(instance_id)
    assert instance
    ledger.of(world.files).note(instance)


def test_three_stops_and_a_resize(aws: Aws, sim: Simulator, ec2: "EC2Client", tmp_path: Path) -> None:
    """Each second ran is billed at its type's price, each stopped one as a disk alone."""
    made = launch(ec2)["InstanceId"]
    here = world(tmp_path, aws, made)
    for n in range(3):
        let_pass(1.5 + n)
        looked(here, aws, made)
        aws.stop(made)
        let_pass(2.5)
        looked(here, aws, made)
        if n == 1:
            aws.set_type(made, "g5.xlarge")
        aws.start(made)
        looked(here, aws, made)
    let_pass(1.0)
    found = cost.cost(here)
    events, now = by_events(sim, made), found.now
    assert [span.state for span in found.spans] == [state for state, _ in events]
    for span, (_, began) in zip(found.spans, events, strict=True):
        assert 0 <= began - span.began < 2  # AWS tells whole seconds; the machine may be busy
    assert not any(span.unseen for span in found.spans)
    # four starts, each a minute at least
    assert in_usd(found, "host") == pytest.approx(2 * 60 / 3600 * (USD_H["g4dn.xlarge"] + USD_H["g5.xlarge"]))
    assert in_usd(found, "disk") == pytest.approx((now - events[0][1]) * DISK_USD_H / 3600, rel=0.1)


def in_usd(found: HostCost, name: str) -> float | None:
    """Return what one thing has cost."""
    return next(item.usd for item in found.items if item.name == name)


def test_what_a_stopped_host_costs(aws: Aws, ec2: "EC2Client", tmp_path: Path) -> None:
    """Its disk, and that is told as the rate of now; the month goes on at it."""
    made = launch(ec2)["InstanceId"]
    here = world(tmp_path, aws, made)
    aws.stop(made)
    found = cost.cost(here)
    assert found.state == "stopped"
    assert found.rate_usd_h == pytest.approx(DISK_USD_H)
    assert found.month_usd is not None
    assert found.month_end_usd is not None
    assert found.month_usd < found.month_end_usd <= found.month_usd + 32 * 24 * DISK_USD_H
    assert "stopped" in found.text()


def test_a_host_that_is_gone_costs_nothing_more(aws: Aws, ec2: "EC2Client", tmp_path: Path) -> None:
    """All that it has cost is told still."""
    made = launch(ec2)["InstanceId"]
    here = world(tmp_path, aws, made)
    ec2.terminate_instances(InstanceIds=[made])
    found = cost.cost(here)
    assert (found.state, found.rate_usd_h) == ("terminated", 0.0)
    assert found.month_end_usd == found.month_usd == found.usd
    assert all(span.ended for span in found.spans)
