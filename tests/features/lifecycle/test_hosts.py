"""`list`: every stack in a row, as EC2 shows its host now."""

import dataclasses
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle.hosts import hosts, text
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Instance, Record
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, RUNNING
from tests.features.provision.kept_scene import NEW, OLD, Scene, instance
from tests.samples import host

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=timezone(timedelta(hours=2)))
SINCE = "2026-01-02T03:04:05Z"


def test_each_stack_is_a_row_with_what_ec2_says(tmp_path: Path) -> None:
    """State, type, address and since when are EC2's; a stack without a host is there, too."""
    now = dataclasses.replace(RUNNING, instance_type="g5.xlarge", public_ip="52.9.9.9", since=SINCE)
    private = dataclasses.replace(RECORDED, host=host(access="ssm", public_ip=""))
    worlds = [
        fake_world(tmp_path, cloud=FakeCloud(instance=now)),
        fake_world(tmp_path, cloud=FakeCloud(instance=None)),
        fake_world(tmp_path, records=(private,)),
        fake_world(tmp_path, records=(Record(),)),
        fake_world(tmp_path, records=(Record(resources={"module.instance.aws_instance.this": "i-0"}),)),
    ]
    listed = hosts(worlds)
    assert [one.state for one in listed] == ["running", "gone", "running", "none", "half made"]
    assert (listed[0].instance_type, listed[0].address, listed[0].since) == ("g5.xlarge", "52.9.9.9", SINCE)
    assert listed[2].address == "by Session Manager"
    shown = [line.split() for line in text(listed, NOW).splitlines()]
    assert shown[0] == ["stack", "state", "type", "address", "since", "region", "host", "USD/h"]
    assert shown[1][1:4] == ["running", "g5.xlarge", "52.9.9.9"]
    assert shown[1][4:] == [
        "05:04,",
        "6",
        "h",
        "55",
        "min",
        "ago",
        "us-east-1",
        host().instance_id,
        "unknown",
    ]


class SilentCloud(FakeCloud):
    """EC2 of a region that was switched off."""

    def instance(self, instance_id: str) -> Instance | None:
        """Tell nothing."""
        raise CloudError("the region us-east-1 is off")


def test_one_stack_that_aws_tells_nothing_of_hides_no_other(tmp_path: Path) -> None:
    """Its region is off by now: the others' hosts cost money; with no answer at all that is the error."""
    off = fake_world(tmp_path, cloud=SilentCloud())
    listed = hosts([off, fake_world(tmp_path, cloud=FakeCloud(instance=RUNNING))])
    assert [one.state for one in listed] == ["unknown", "running"]
    assert listed[0].plain()["untold"] == "the region us-east-1 is off"
    assert "\ndefault: the region us-east-1 is off" in text(listed, NOW)
    with pytest.raises(CloudError, match="is off"):
        hosts([off, fake_world(tmp_path, records=(Record(),))])


def test_a_project_without_stacks_lists_nothing() -> None:
    """An empty table is no table."""
    assert text(hosts([]), NOW) == ""


def test_the_end_of_a_block_is_shown(tmp_path: Path) -> None:
    """As the host was told it, which costs no call; by the user's clock, and as it is to programs."""
    now = dataclasses.replace(RUNNING, block_ends="2026-01-03T11:30:00Z")
    (one,) = hosts([fake_world(tmp_path, cloud=FakeCloud(instance=now))])
    assert one.plain()["block_ends"] == "2026-01-03T11:30:00Z"
    assert "running (block ends 2026-01-03 13:30)" in text([one], NOW)


def test_a_host_that_is_kept_beside_the_new_one_is_named(tmp_path: Path) -> None:
    """It costs money, too, and no state names it."""
    scene = Scene(tmp_path, instance(OLD), instance(NEW), recorded=NEW)
    scene.keep()
    (one,) = hosts([scene.world])
    assert one.plain()["kept"] == OLD
    assert f"running ({OLD} is kept beside it)" in text([one], NOW)
