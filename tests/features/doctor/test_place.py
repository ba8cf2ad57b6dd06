"""Type, quota and network: what is wrong has its one next step, what is not known is not sure."""

import dataclasses
from typing import Any

import pytest

from gpuinfra.features.doctor import place
from gpuinfra.features.doctor.finding import BAD, OK, UNSURE, WARN
from gpuinfra.features.doctor.situation import Situation
from gpuinfra.ground.account_facts import LaunchValues
from gpuinfra.ground.quota import RunningVcpus
from tests.fakes.account import G4DN, PLACE, FakeAccount
from tests.fakes.quotas import FakeQuotas
from tests.fakes.world import RECORDED, RUNNING
from tests.features.doctor.situations import Case, asked, denied, named, situation, told


def offered(**facts: Any) -> Situation:
    """Return a situation in which the type is another."""
    return asked(offers={G4DN.name: dataclasses.replace(G4DN, **facts)})


def subnet(**facts: Any) -> Situation:
    """Return a situation whose only subnet is like this."""
    return asked(places=[dataclasses.replace(PLACE, **facts)])


CASES: list[Case] = [
    (place.type_offered, situation(), OK, "1 NVIDIA GPU, 4 vCPUs, in us-east-1a", ""),
    (place.type_offered, asked(offers={}), BAD, "EC2 has no type g4dn.xlarge", "gpuinfra prices --region"),
    (place.type_offered, offered(zones=()), BAD, "us-east-1 does not have g4dn.xlarge", "gpuinfra prices"),
    (
        place.type_offered,
        situation(zones=("us-east-1e",)),
        BAD,
        "us-east-1e has no g4dn.xlarge; these zones have it: us-east-1a, us-east-1b",
        "set zones in terraform.tfvars",
    ),
    (
        place.type_offered,
        situation(instance_types=("g9.huge", "g4dn.xlarge")),
        BAD,  # `up` would stop there when it is its turn
        "EC2 has no type g9.huge",
        "gpuinfra prices",
    ),
    (
        place.type_offered,
        situation(zones=("us-east-1e", "us-east-1a")),
        WARN,  # the zone falls away
        "us-east-1e has no g4dn.xlarge; the others are there",
        "set zones in terraform.tfvars",
    ),
    (
        place.type_offered,
        situation(
            FakeAccount(
                offers={"p9.huge": dataclasses.replace(G4DN, name="p9.huge", zones=()), "g4dn.xlarge": G4DN}
            ),
            instance_types=("p9.huge", "g4dn.xlarge"),
        ),
        WARN,
        "us-east-1 does not have p9.huge; the others are there",
        "gpuinfra prices",
    ),
    (
        place.type_offered,
        offered(architectures=("arm64",)),
        BAD,
        "runs arm64, and gpuinfra sets up",
        "gpuinfra prices",
    ),
    (
        place.quota,
        situation(quotas=FakeQuotas(), is_other_region=True),
        BAD,
        "quota 0 vCPUs",
        "gpuinfra quota request --type g4dn.xlarge --region us-east-1",
    ),
    (place.quota, situation(), OK, "quota 32 vCPUs of G and VT on-demand", ""),
    (place.quota, situation(quotas=FakeQuotas()), BAD, "quota 0 vCPUs", "gpuinfra quota request --type"),
    (
        place.quota,
        situation(quotas=FakeQuotas(refusals={"limit": denied("servicequotas:GetServiceQuota")})),
        UNSURE,
        "not sure",
        "",
    ),
    (place.quota, situation(market="spot-then-on-demand"), WARN, "spot, 0 in use", "gpuinfra quota request"),
    (place.network, situation(), OK, "the default VPC, with a way out", ""),
    (place.network, asked(places=None), BAD, "no default VPC", "aws ec2 create-default-vpc"),
    (
        place.network,
        situation(FakeAccount(places=None), subnet_id="subnet-9"),
        BAD,
        "no subnet subnet-9",
        "aws ec2 describe-subnets",
    ),
    (place.network, subnet(zone="us-east-1e"), BAD, "no subnet in a zone that has g4dn", "aws ec2"),
    (place.network, subnet(free_addresses=0), BAD, "no free address", "aws ec2 describe-subnets"),
    (place.network, subnet(way_out=""), BAD, "no route to the internet", "aws ec2 describe-route"),
    (place.network, subnet(way_out="NAT"), BAD, "lets nobody in", "aws ec2 describe-route-tables"),
    (
        place.network,
        situation(FakeAccount(places=[dataclasses.replace(PLACE, way_out="NAT")]), access="ssm"),
        OK,
        "with a way out",
        "",
    ),
    (
        place.network,
        situation(FakeAccount(places=None), access="ssm", others=LaunchValues(private_network="nat")),
        OK,
        "a private one is made",
        "",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=named(CASES))
def test_a_check(case: Case) -> None:
    """It tells the state, what was found, and the next step where there is one."""
    told(*case)


def test_the_stacks_own_host_takes_no_quota_from_itself() -> None:
    """It runs, and fills the quota: nothing is in the way of it. Somebody else's host is."""
    own = RunningVcpus(
        instance_type="g4dn.xlarge", market="on-demand", vcpus=4, instance_id=RUNNING.instance_id
    )
    other = dataclasses.replace(own, instance_id="i-0fedcba9876543210")
    quota = {"L-DB2E81BA": 4.0}
    alone = situation(quotas=FakeQuotas(limits=quota, hosts=[own]), record=RECORDED)
    told(place.quota, alone, OK, "0 in use, 4 needed for g4dn.xlarge; this stack's own host is not", "")
    both = situation(quotas=FakeQuotas(limits=quota, hosts=[own, other]), record=RECORDED)
    told(place.quota, both, BAD, "4 in use, 4 needed", "gpuinfra quota request")
