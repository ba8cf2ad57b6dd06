"""What a stack may leave is found in the simulated account, region by region, by the tag of a stack."""

from typing import TYPE_CHECKING

import pytest

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Tags
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.leaks import TagSearch
from tests.simulator.aws import client
from tests.simulator.leaks import named, plant, plant_global, plant_host, spec

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

OLD = Tags(project="gpuinfra", stack="old", owner="ada")
SECOND = "eu-central-1"


@pytest.fixture
def search(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> TagSearch:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return TagSearch(REGION)


def test_each_kind_is_found_in_both_regions(search: TagSearch, sim: Simulator) -> None:
    """One of each kind that costs money or lies about; whose it is, is told by its tags."""
    for region in (REGION, SECOND):
        planted = plant(sim, OLD, region)
        found = search.in_region(region)
        assert found.unasked == ()
        assert {it.kind: it.resource_id for it in found.things if not it.goes_with} == planted
        assert {it.tags for it in found.things} == {OLD}
        assert {it.region for it in found.things} == {region}
        (disk,) = [it for it in found.things if it.goes_with]
        assert (disk.kind, disk.goes_with) == ("aws_ebs_volume", planted["aws_instance"])


def test_what_has_no_region_is_found_once(search: TagSearch, sim: Simulator) -> None:
    """Roles, profiles and budgets, by our names and then by their tags."""
    planted = plant_global(sim, OLD)
    client("iam", sim).create_role(RoleName="gpuinfra-like", AssumeRolePolicyDocument="{}")
    found = search.in_account()
    assert {it.kind: it.resource_id for it in found.things} == planted
    assert {(it.tags, it.region) for it in found.things} == {(OLD, "")}


def test_what_its_price_depends_on_is_told(search: TagSearch, ec2: "EC2Client", sim: Simulator) -> None:
    """Type and market of a host, size of a disk and a snapshot, zones of an endpoint."""
    planted = plant(sim, OLD)
    things = {it.resource_id: it for it in search.in_region(REGION).things}
    host = things[planted["aws_instance"]]
    assert (host.instance_type, host.state, host.is_spot, host.has_address) == (
        "g5.xlarge",
        "running",
        False,
        True,
    )
    disk = things[planted["aws_ebs_volume"]]
    assert (disk.volume_type, disk.size_gb, disk.iops, disk.throughput_mib_s) == ("gp3", 100, 3000, 125)
    assert things[planted["aws_ebs_snapshot"]].size_gb == 100
    assert things[planted["aws_vpc_endpoint"]].zones == 1
    assert host.made_at.endswith("Z")
    ec2.stop_instances(InstanceIds=[host.resource_id])
    stopped = {it.resource_id: it for it in search.in_region(REGION).things}[host.resource_id]
    assert (stopped.state, stopped.has_address, stopped.runs) == ("stopped", False, False)


def test_foreign_things_and_dead_hosts_are_not_found(
    search: TagSearch, ec2: "EC2Client", sim: Simulator
) -> None:
    """A tag of somebody else's is none of ours; a host that is gone keeps its tags for an hour."""
    team = {"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "blue"}]}
    ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=5, TagSpecifications=[team])  # type: ignore[list-item]
    ec2.terminate_instances(InstanceIds=[plant_host(ec2, OLD)])
    assert search.in_region(REGION).things == ()


def test_the_spot_request_of_a_dead_host_is_found(
    search: TagSearch, ec2: "EC2Client", sim: Simulator
) -> None:
    """It carries no tags: through the host, while AWS remembers that; a persistent one makes another host."""
    for kind in ("one-time", "persistent"):
        spot = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": kind}}
        host = plant_host(ec2, Tags(project="gpuinfra", stack=kind, owner="ada"), InstanceMarketOptions=spot)
        ec2.terminate_instances(InstanceIds=[host])
    (found,) = search.in_region(REGION).things
    assert (found.kind, found.tags.stack) == ("aws_spot_instance_request", "persistent")


def test_what_other_services_have_is_shown(search: TagSearch, sim: Simulator) -> None:
    """A topic with a stack's tag is none that we make: told by its ARN."""
    arn = client("sns", sim).create_topic(Name="t", Tags=named(OLD))["TopicArn"]
    (found,) = search.in_region(REGION).things
    assert (found.kind, found.resource_id, found.tags) == ("sns", arn, OLD)


def test_only_regions_that_are_on(search: TagSearch) -> None:
    """AWS lists the others only to those who ask for all."""
    found = search.regions()
    assert {REGION, SECOND} <= set(found)
    assert "me-south-1" not in found


def test_three_calls_where_nothing_is(search: TagSearch, sim: Simulator) -> None:
    """Seventeen regions are looked through in seconds."""
    search.in_region(SECOND)
    assert sorted(it.action for it in sim.calls()) == [
        "DescribeTags",
        "GET /schedule-groups",
        "GetResources",
    ]


def test_what_may_not_be_asked_is_said(search: TagSearch, ec2: "EC2Client", sim: Simulator) -> None:
    """The rest is found all the same; a region that refuses all is the caller's to tell."""
    ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=5, TagSpecifications=spec(OLD, "volume"))  # type: ignore[arg-type]
    sim.fault(Fault(match="GetResources", count=None, status=403, code="AccessDeniedException"))
    found = search.in_region(REGION)
    assert (found.unasked, len(found.things)) == (("tag:GetResources",), 1)
    sim.fault(Fault(match="DescribeTags", count=None, status=403, code="UnauthorizedOperation"))
    with pytest.raises(CloudError, match="may not do ec2:DescribeTags"):
        search.in_region(REGION)
