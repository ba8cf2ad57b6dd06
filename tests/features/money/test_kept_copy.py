"""The copy of a stopped host's disk costs money: `status` and `cost` tell of it, and of what ends that."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from gpuinfra.features.money.cost import cost
from gpuinfra.features.provision.status import status
from gpuinfra.ground.disk_copy import DiskCopy
from gpuinfra.ground.errors import MayNot
from gpuinfra.ground.model import Tags
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.prices import USAGE, FakePriceList
from tests.fakes.world import RECORDED, RUNNING, SETTINGS

COPY = DiskCopy(
    image_id="ami-1", state="available", instance_id=RUNNING.instance_id, launched="", size_gb=100
)
UNKNOWN = "ami-1 of its disk (100 GB, cost unknown) is kept for the next start: "
WAYS = "gpuinfra start uses it, gpuinfra down deletes it"


def stopped(directory: Path, *copies: DiskCopy, state: str = "stopped") -> World:
    """Return a world with a host in a state, and what AWS has of its disk."""

    def there(_: str, tags: Tags) -> Sequence[DiskCopy]:
        assert tags == SETTINGS.tags
        return copies

    record = dataclasses.replace(RECORDED, tags=SETTINGS.tags)
    cloud = FakeCloud(instance=dataclasses.replace(RUNNING, state=state, public_ip=""))
    world = fake_world(
        directory,
        cloud=cloud,
        records=(record,),
        price_source=lambda _: FakePriceList(),
        price_cache=directory,
    )
    return dataclasses.replace(world, disk_copies=there)


def test_it_is_told(tmp_path: Path) -> None:
    """With its price as soon as that was asked for; and the note does not say that only the disk costs."""
    world = stopped(tmp_path, COPY)
    now = status(world)
    assert f"copy       {UNKNOWN}{WAYS}" in now.text()
    assert now.note == "stopped: only its disk and the copy of its disk cost money; gpuinfra start starts it"
    asked = cost(world)
    assert asked.copies[0].usd_month == pytest.approx(100 * USAGE["EBS:SnapshotUsage"][0])
    for text in (asked.text(), status(world).text()):
        assert "ami-1 of its disk (100 GB, 5.00 USD a month at most) is kept for the next start" in text


@pytest.mark.parametrize("state", ["running", "pending", "terminated"])
def test_of_a_host_that_is_not_stopped_nobody_asks(state: str, tmp_path: Path) -> None:
    """One call less for those who look often."""
    world = stopped(tmp_path, COPY, state=state)
    assert (status(world).copies, cost(world).copies) == ((), ())


def test_who_may_not_ask_sees_the_rest(tmp_path: Path) -> None:
    """A user without ec2:DescribeImages."""

    def refused(_: str, __: Tags) -> Sequence[DiskCopy]:
        raise MayNot("no")

    world = dataclasses.replace(stopped(tmp_path), disk_copies=refused)
    assert (status(world).note, cost(world).copies) == (
        "stopped: only its disk costs money; gpuinfra start starts it",
        (),
    )
