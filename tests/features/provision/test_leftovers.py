"""What Terraform does not know of a stack: whose it is, in which order it goes, and for how long."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision import leftovers
from gpuinfra.features.provision.resource_names import NAMES
from gpuinfra.ground.errors import CloudError, HostError
from gpuinfra.ground.model import CloudResource, Record
from gpuinfra.tools.aws.kinds import KINDS
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING, SETTINGS, FakeReporter, FakeTime

VPC = "vpc-1"
GONE = dataclasses.replace(RUNNING, state="terminated")
NETWORK = Record(resources={"module.host.module.network.aws_vpc.this": VPC})


def thing(
    kind: str, name: str, *, owner: str = "tester", part_of: str = "", used_by: str = ""
) -> CloudResource:
    """Return something with the tags of the stack."""
    return CloudResource(kind=kind, resource_id=name, owner=owner, part_of=part_of, used_by=used_by)


ROLE = thing("aws_iam_role", "gpuinfra-default-1")
PROFILE = thing("aws_iam_instance_profile", "gpuinfra-default-2")
ADDRESS = thing("aws_eip", "eipalloc-1")
GATEWAY = thing("aws_nat_gateway", "nat-1", part_of=VPC)
DISK = thing("aws_ebs_volume", "vol-1")
GROUP = thing("aws_security_group", "sg-1", part_of="vpc-default")
KEY = thing("aws_key_pair", "gpuinfra-default-3")
RULE = thing("aws_vpc_security_group_ingress_rule", "sgr-1", part_of="sg-1")


def found(
    tmp_path: Path, *things: CloudResource, record: Record = NETWORK, strangers: bool = False
) -> list[str]:
    """Return the ids of what is ours of some things."""
    world = fake_world(tmp_path, cloud=FakeCloud(things=things))
    left = leftovers.find(world, SETTINGS, record, strangers=[RUNNING] if strangers else [])
    return [one.resource_id for one in left.ours]


def test_what_costs_money_goes_first(tmp_path: Path) -> None:
    """A run that is cut off in its midst has ended the cost; then each goes before what it hangs on."""
    things = (ROLE, PROFILE, KEY, GROUP, ADDRESS, GATEWAY)
    cloud = FakeCloud(things=things)
    world = fake_world(tmp_path, cloud=cloud)
    leftovers.remove(world, SETTINGS, leftovers.find(world, SETTINGS, NETWORK, strangers=[]).ours)
    assert cloud.removed == [one.resource_id for one in (GATEWAY, ADDRESS, GROUP, KEY, PROFILE, ROLE)]


def test_all_kinds_have_a_place_in_the_order_and_a_name() -> None:
    """What is found can be sorted and told."""
    assert {kind.kind for kind in KINDS} <= set(leftovers.ORDER) <= set(NAMES)


def test_what_is_recorded_or_of_another_owner_is_not_left_over(tmp_path: Path) -> None:
    """Terraform removes the one; the other is told if it costs money."""
    bobs = dataclasses.replace(GROUP, owner="bob")
    assert found(tmp_path, thing("aws_vpc", VPC), bobs) == []
    world = fake_world(tmp_path, cloud=FakeCloud(things=(bobs, dataclasses.replace(GATEWAY, owner="bob"))))
    others = leftovers.find(world, SETTINGS, NETWORK, strangers=[]).others
    assert [one.resource_id for one in others] == ["nat-1"]


def test_what_a_living_host_may_need_is_left_alone(tmp_path: Path) -> None:
    """Another clone may use the same names: only what lies in our own network is ours for certain then."""
    assert found(tmp_path, GATEWAY, ADDRESS, KEY, strangers=True) == ["nat-1"]
    used = dataclasses.replace(ROLE, used_by="i-0other in eu-west-1")
    assert found(tmp_path, used, KEY) == [KEY.resource_id]


def test_a_rule_goes_with_its_group(tmp_path: Path) -> None:
    """It is removed by itself only where the group is recorded, and stays."""
    assert found(tmp_path, GROUP, RULE) == ["sg-1"]
    recorded = Record(resources={"module.host.module.security_group.aws_security_group.this": "sg-1"})
    assert found(tmp_path, RULE, record=recorded) == ["sgr-1"]


def test_what_takes_time_is_waited_for(tmp_path: Path) -> None:
    """An address is released when its gateway has gone; the cheap rest does not wait for that."""
    cloud, time = FakeCloud(things=(GATEWAY, ADDRESS, KEY), held={"nat-1": 5, "eipalloc-1": 6}), FakeTime()
    world = fake_world(tmp_path, cloud=cloud, time=time)
    leftovers.remove(world, SETTINGS, (GATEWAY, ADDRESS, KEY))
    assert cloud.removed == [KEY.resource_id, "nat-1", "eipalloc-1"]
    assert time.now_s == 6 * leftovers.POLL_S


def test_what_is_held_is_bounded_and_named(tmp_path: Path) -> None:
    """After 30 s the view names what holds a group; after 5 minutes it is given up with that name."""
    reporter, time = FakeReporter(), FakeTime()
    cloud = FakeCloud(things=(GROUP,), held={"sg-1": 10**6}, holding=["network interface eni-9"])
    world = fake_world(tmp_path, cloud=cloud, time=time, reporter=reporter)
    with pytest.raises(HostError, match=r"security group sg-1, held by network interface eni-9") as caught:
        leftovers.remove(world, SETTINGS, (GROUP,))
    assert caught.value.hint == "gpuinfra down"
    assert time.now_s <= leftovers.BOUND_S
    named = [rows[0] for rows in reporter.view.shown if "eni-9" in rows[0].text]
    assert len(named) == (leftovers.BOUND_S - leftovers.NAMED_AFTER_S) / leftovers.POLL_S


def test_a_refusal_does_not_keep_the_rest(tmp_path: Path) -> None:
    """What AWS does not let us remove is said when all else has gone."""
    denied = CloudError("your AWS user or role may not do ec2:DeleteNatGateway")
    cloud = FakeCloud(things=(GATEWAY, KEY), held={"nat-1": denied})
    with pytest.raises(CloudError, match="DeleteNatGateway"):
        leftovers.remove(fake_world(tmp_path, cloud=cloud), SETTINGS, (GATEWAY, KEY))
    assert cloud.removed == [KEY.resource_id]


def test_the_copy_of_a_disk_is_removed_by_down_alone(tmp_path: Path) -> None:
    """`up` clears the way of what nobody misses; a copy may be all that is left of a host's disk."""
    copy, snapshot = thing("aws_ami", "ami-1", part_of="i-1"), thing("aws_ebs_snapshot", "snap-1")
    world = fake_world(tmp_path, cloud=FakeCloud(things=[snapshot, copy, GROUP]))
    left = leftovers.find(world, SETTINGS, Record(), strangers=())
    assert (left.free_of_worth, left.copies) == ((GROUP,), (copy, snapshot)), "the image holds its snapshot"
