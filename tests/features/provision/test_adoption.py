"""What runs gets the address that Terraform would make it at."""

import re
from pathlib import Path

from gpuinfra.features.provision.adoption import addresses
from gpuinfra.ground.model import UNKNOWN, AttributeChange, Change, Part

ROOT = Path(__file__).parents[3]
NETWORK = 'module.host.module.network["own"]'
GROUP = "module.host.module.security_group"
NOTE = "terraform_data"


def new(address: str, **values: str) -> Change:
    """Return what a plan would make, with these arguments."""
    attributes = [AttributeChange(name=name, before="null", after=after) for name, after in values.items()]
    return Change(address=address, action="create", attributes=tuple(attributes))


def part(kind: str, import_id: str, part_of: str = "", **values: str) -> Part:
    """Return something that runs."""
    return Part(kind=kind, import_id=import_id, part_of=part_of, values=values)


def test_every_resource_of_our_modules_is_looked_for() -> None:
    """A new kind of resource cannot be forgotten: a recovered stack would make it a second time."""
    texts = [path.read_text() for path in (ROOT / "terraform" / "modules").rglob("*.tf")]
    declared = {kind for text in texts for kind in re.findall(r'^resource "(\w+)"', text, re.M)}
    source = (ROOT / "gpuinfra" / "tools" / "aws" / "parts.py").read_text()
    of_the_lease = {"aws_scheduler_schedule_group", "aws_scheduler_schedule"}  # made anew by `recover`
    assert declared - {NOTE} - of_the_lease == set(re.findall(r'"(aws_\w+)"', source))


def test_things_of_a_kind_are_told_apart() -> None:
    """By what the plan says of them: names, ranges, the way that a route leads."""
    planned = [
        new(f"{GROUP}.aws_security_group.this", name_prefix="gpuinfra-default-"),
        new(
            f'{NETWORK}.aws_security_group.endpoints["endpoints"]', name_prefix="gpuinfra-default-endpoints-"
        ),
        new(f"{NETWORK}.aws_subnet.private", cidr_block="10.93.0.0/25"),
        new(f'{NETWORK}.aws_subnet.public["nat"]', cidr_block="10.93.0.240/28"),
        new(f'{NETWORK}.aws_route.to_nat["nat"]', nat_gateway_id=UNKNOWN),
        new(f'{NETWORK}.aws_route.to_internet["nat"]', gateway_id=UNKNOWN),
    ]
    parts = [
        part("aws_route", "rtb-2_0.0.0.0/0", gateway_id="igw-1"),
        part("aws_route", "rtb-1_0.0.0.0/0", nat_gateway_id="nat-1"),
        part("aws_subnet", "subnet-2", cidr_block="10.93.0.240/28"),
        part("aws_subnet", "subnet-1", cidr_block="10.93.0.0/25"),
        part("aws_security_group", "sg-2", name_prefix="gpuinfra-default-endpoints-"),
        part("aws_security_group", "sg-1", name_prefix="gpuinfra-default-"),
    ]
    found = addresses(planned, parts)
    assert list(found.values()) == [
        *("sg-1", "sg-2", "subnet-1", "subnet-2", "rtb-1_0.0.0.0/0", "rtb-2_0.0.0.0/0"),
    ]
    assert list(found) == [change.address for change in planned]


def test_what_belongs_to_another_thing_follows_it() -> None:
    """A rule is in the group of its module; a route table has the name of its subnet."""
    rule = "aws_vpc_security_group_ingress_rule"
    planned = [
        new(f'{GROUP}.{rule}.ssh["10.93.0.0/25"]', cidr_ipv4="10.93.0.0/25", from_port="443"),
        new(f'{NETWORK}.{rule}.https["endpoints"]', cidr_ipv4="10.93.0.0/25", from_port="443"),
        new(f"{NETWORK}.aws_route_table.private", vpc_id=UNKNOWN),
        new(f'{NETWORK}.aws_route_table.public["nat"]', vpc_id=UNKNOWN),
        new(f"{GROUP}.aws_security_group.this", name_prefix="a-"),
        new(f'{NETWORK}.aws_security_group.endpoints["endpoints"]', name_prefix="b-"),
        new(f"{NETWORK}.aws_subnet.private", cidr_block="1"),
        new(f'{NETWORK}.aws_subnet.public["nat"]', cidr_block="2"),
    ]
    same = {"cidr_ipv4": "10.93.0.0/25", "from_port": "443"}
    parts = [
        part(rule, "sgr-b", "sg-b", **same),
        part(rule, "sgr-a", "sg-a", **same),
        part("aws_route_table", "rtb-2", "subnet-2"),
        part("aws_route_table", "rtb-1", "subnet-1"),
        part("aws_subnet", "subnet-1", cidr_block="1"),
        part("aws_subnet", "subnet-2", cidr_block="2"),
        part("aws_security_group", "sg-a", name_prefix="a-"),
        part("aws_security_group", "sg-b", name_prefix="b-"),
    ]
    found = addresses(planned, parts)
    assert [found[change.address] for change in planned[:4]] == ["sgr-a", "sgr-b", "rtb-1", "rtb-2"]


def test_what_is_not_there_or_foreign_is_left_out() -> None:
    """It is made anew; somebody's own group on the host is nobody's address."""
    planned = [new(f"{GROUP}.aws_security_group.this", name_prefix="gpuinfra-default-")]
    assert addresses(planned, [part("aws_security_group", "sg-9", name_prefix="of-bob")]) == {}
    assert addresses(planned, []) == {}
