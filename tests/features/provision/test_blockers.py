"""A destroy that something foreign holds up: named after half a minute, given up after five."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.features.provision import blockers
from gpuinfra.features.provision.blockers import Blockers
from gpuinfra.ground.errors import CloudError, HostError
from gpuinfra.ground.model import Progress, Record
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import SETTINGS, FakeTime

GROUP = "module.host.module.security_group.aws_security_group.this"
GATEWAY = 'module.host.module.network["own"].aws_internet_gateway.this["nat"]'
VPC = 'module.host.module.network["own"].aws_vpc.this'
SUBNET = 'module.host.module.network["own"].aws_subnet.private'
RECORD = Record(resources={GROUP: "sg-1", GATEWAY: "igw-1", VPC: "vpc-1"})
FOREIGN = "network interface eni-9 (of host i-0foreign)"
EVERY_S = 10.0


def notes(tmp_path: Path, address: str, cloud: FakeCloud, *, seconds: float) -> Iterator[str]:
    """Let Terraform delete something for so long; return what is told with each of its steps."""
    time = FakeTime()
    watch = Blockers(fake_world(tmp_path, cloud=cloud, time=time), SETTINGS, RECORD)
    yield watch.note(Progress(phase="start", address=address, action="delete", resource_id="x"))
    while time.now_s < seconds:
        time.sleep(EVERY_S)
        yield watch.note(Progress(phase="busy", address=address))


@pytest.mark.parametrize(
    ("address", "what"), [(GROUP, "group sg-1"), (GATEWAY, "internet gateway nat vpc-1")]
)
def test_it_is_named_once_after_30_seconds(address: str, what: str, tmp_path: Path) -> None:
    """Not at once: AWS itself takes a while to let go."""
    told = list(notes(tmp_path, address, FakeCloud(holding=[FOREIGN]), seconds=120))
    assert [text for text in told if text] == [told[3]]
    assert told[3].endswith(f"{what} is held by {FOREIGN}")


def test_another_one_is_named_as_well(tmp_path: Path) -> None:
    """The user has removed the first, and there is a second."""
    cloud = FakeCloud(holding=[FOREIGN])
    told = notes(tmp_path, GROUP, cloud, seconds=60)
    first = [next(told) for _ in range(4)][-1]
    cloud.holding = ["security group sg-7 (web)"]
    assert (FOREIGN in first, "sg-7 (web)" in next(told)) == (True, True)


@pytest.mark.parametrize("holding", [[FOREIGN], []])
def test_it_is_given_up_after_5_minutes(holding: list[str], tmp_path: Path) -> None:
    """With what holds it, if AWS shows that, and what to type then; Terraform is stopped by the error."""
    told = notes(tmp_path, GROUP, FakeCloud(holding=holding), seconds=3600)
    with pytest.raises(HostError, match=r"sg-1 is held by (network interface eni-9|something)") as caught:
        list(told)
    assert caught.value.hint.startswith("gpuinfra down   # once that is deleted")


def test_the_network_of_another_host_is_not_taken_from_it(tmp_path: Path) -> None:
    """One in our subnet is named at once; our own host, and what AWS made there, are no reason."""
    record = dataclasses.replace(RECORD, resources={**RECORD.resources, SUBNET: "subnet-1"})
    holding = [
        "network interface eni-1 (of host i-0abc)",
        "network interface eni-2 (Interface for NAT nat-1)",
    ]
    world = fake_world(tmp_path, cloud=FakeCloud(holding=holding))
    blockers.refuse_shared_network(world, SETTINGS, record, ours={"i-0abc"})
    blockers.refuse_shared_network(world, SETTINGS, RECORD, ours=set())
    with pytest.raises(HostError, match="that of i-0abc, too, which would lose its way out"):
        blockers.refuse_shared_network(world, SETTINGS, record, ours=set())


def test_a_host_may_take_as_long_as_it_takes(tmp_path: Path) -> None:
    """What costs money is never given up; nor is a thing that AWS lets nobody look into."""
    host = "module.host.module.instance.aws_instance.this"
    assert not any(notes(tmp_path, host, FakeCloud(holding=[FOREIGN]), seconds=3600))


def test_who_may_not_ask_is_told_nothing(tmp_path: Path) -> None:
    """A refusal of AWS does not end a destroy."""

    class Denied(FakeCloud):
        def holders(self, resource_id: str) -> list[str]:
            raise CloudError("denied")

    assert not any(notes(tmp_path, GROUP, Denied(), seconds=blockers.GIVE_UP_S - EVERY_S))
