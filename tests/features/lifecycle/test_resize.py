"""`resize`: refused before anything stops, or done, or taken back; the disk is never at stake."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle.resize import resize
from gpuinfra.ground.errors import STAYS_STOPPED, CloudError, ConfigError, Declined
from gpuinfra.ground.model import Outcome
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeEventLog, FakeReporter, FakeTerraform, FakeValues
from tests.samples import host

STOPPED = dataclasses.replace(RUNNING, state="stopped", public_ip="")
NONE_LEFT = CloudError(f"AWS has no g5.xlarge to give right now{STAYS_STOPPED}", hint="...")
NEW, OLD = {"instance_type": "g5.xlarge"}, {"instance_type": "g4dn.xlarge"}
THERE = [("stop",), ("set_type", "g5.xlarge"), ("start",)]
BACK = [("set_type", "g4dn.xlarge"), ("start",)]


def to(world: World, instance_type: str = "g5.xlarge", *, yes: bool = True) -> None:
    """Resize the host."""
    resize(world, instance_type, yes=yes, running=lambda _: ["train"])


def test_a_host_gets_another_type(tmp_path: Path) -> None:
    """By EC2's API; terraform.tfvars and the record say the same, so that the next plan is empty."""
    cloud, values, terraform = FakeCloud(), FakeValues(), FakeTerraform(Outcome(ok=True))
    to(fake_world(tmp_path, cloud=cloud, values=values, terraform=terraform))
    assert cloud.calls == THERE
    assert values.written[-1] == NEW
    assert terraform.calls == [("init",), ("refresh",)]


def test_a_stopped_host_stays_stopped(tmp_path: Path) -> None:
    """Who stopped it to save money is not made to pay; after a resize that was cut off it is said."""
    cloud, reporter = FakeCloud(instance=STOPPED), FakeReporter()
    to(fake_world(tmp_path, cloud=cloud, reporter=reporter))
    assert cloud.calls == [("set_type", "g5.xlarge")]
    assert reporter.said[-1] == "it was stopped and stays so; next: gpuinfra start"


def test_the_same_type_stops_nothing(tmp_path: Path) -> None:
    """Only terraform.tfvars and the record are made to say what EC2 says."""
    cloud, values = FakeCloud(), FakeValues()
    to(fake_world(tmp_path, cloud=cloud, values=values), "g4dn.xlarge")
    assert (cloud.calls, values.written) == ([], [OLD])


def test_a_stopped_host_is_not_said_to_be_started(tmp_path: Path) -> None:
    """The question tells what a yes does, and `events` that it was done."""
    reporter, noted = FakeReporter(), FakeEventLog()
    world = fake_world(tmp_path, cloud=FakeCloud(instance=STOPPED), reporter=reporter, events=noted)
    to(world, yes=False)
    change = f"Change {RUNNING.instance_id}, which stays stopped, from g4dn.xlarge to g5.xlarge?"
    assert reporter.asked == [f"{change} Its disk is kept."]
    assert noted.noted == ["gpuinfra resize g5.xlarge"]


@pytest.mark.parametrize(
    ("wanted", "image", "says"),
    [
        ("g5g.xlarge", "nvidia", "it runs arm64, and the host's disk is for x86_64"),
        ("g6.xlarge", "nvidia", "zone us-east-1a does not offer it; offered in us-east-1c"),
        ("t3.large", "nvidia", "it has no NVIDIA GPU, and the host's image nvidia needs one"),
        ("g5.xlarge", "ubuntu", "the host's image ubuntu has no driver for it"),
        ("g9.huge", "nvidia", "region us-east-1 has no instance type 'g9.huge'"),
    ],
)
def test_a_type_that_cannot_be_is_refused_before_anything_stops(
    wanted: str, image: str, says: str, tmp_path: Path
) -> None:
    """Another architecture, zone or driver is found out while the host still runs; nothing is written."""
    cloud, values = FakeCloud(), FakeValues()
    record = dataclasses.replace(RECORDED, host=host(image=image))
    with pytest.raises(ConfigError, match=says):
        to(fake_world(tmp_path, cloud=cloud, values=values, records=(record,)), wanted)
    assert (cloud.calls, values.written) == ([], [])


def test_what_runs_there_is_said_and_no_is_no(tmp_path: Path) -> None:
    """The question names both types and says that the disk is kept."""
    cloud, reporter = FakeCloud(), FakeReporter(answer=False)
    with pytest.raises(Declined, match="nothing was changed"):
        to(fake_world(tmp_path, cloud=cloud, reporter=reporter), yes=False)
    assert reporter.said == ["still running on the host: train"]
    assert "from g4dn.xlarge to g5.xlarge" in reporter.asked[0]
    assert cloud.calls == []


def test_a_refused_start_gives_the_old_type_back(tmp_path: Path) -> None:
    """EC2 has none to give: the host runs again as it was, here, in terraform.tfvars and in the record."""
    cloud, values, terraform = FakeCloud(refusals=[NONE_LEFT]), FakeValues(), FakeTerraform(Outcome(ok=True))
    with pytest.raises(CloudError) as caught:
        to(fake_world(tmp_path, cloud=cloud, values=values, terraform=terraform))
    assert cloud.calls == [*THERE, *BACK]
    assert (values.written, terraform.calls) == ([NEW, OLD], [("init",), ("refresh",)])
    assert caught.value.message == (
        "AWS has no g5.xlarge to give right now; the host is a g4dn.xlarge again and runs"
    )
    assert caught.value.hint.startswith("gpuinfra resize g5.xlarge   # again later")


def test_a_host_that_gets_neither_type_is_stopped_and_safe(tmp_path: Path) -> None:
    """The old type may be gone meanwhile, too: the user learns that the host is stopped and its disk safe."""
    second = CloudError(f"no g4dn.xlarge{STAYS_STOPPED}")
    cloud, values = FakeCloud(refusals=[NONE_LEFT, second]), FakeValues()
    with pytest.raises(CloudError) as caught:
        to(fake_world(tmp_path, cloud=cloud, values=values))
    again = "its type is g4dn.xlarge again, which was refused, too: no g4dn.xlarge"
    assert caught.value.message == f"AWS has no g5.xlarge to give right now; {again}{STAYS_STOPPED}"
    assert values.written[-1] == OLD


def test_a_host_of_a_reservation_keeps_its_type(tmp_path: Path) -> None:
    """EC2 would not start it again; nothing is stopped."""
    reserved = dataclasses.replace(RUNNING, reservation_id="cr-0123456789abcdef0")
    cloud = FakeCloud(instance=reserved)
    with pytest.raises(ConfigError, match="It was made for cr-0123456789abcdef0, which"):
        to(fake_world(tmp_path, cloud=cloud))
    assert cloud.calls == []
