"""Private hosts against the simulated API: made, found unchanged, explained, removed with their network."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.simulator.aws import client

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

pytestmark = pytest.mark.e2e
PRIVATE, NETWORK = (
    'access = "ssm"',
    ["vpcs", "nat_gateways", "vpc_endpoints", "addresses", "internet_gateways"],
)
NAT = 'private_network = "nat"'


def test_up_again_down(cli: Cli, sim: Simulator) -> None:
    """No rule in, nothing of a network's own; a second apply changes nothing; nothing is left of it."""
    cli.edit('access = "ssh"', PRIVATE)
    before = sim.leftovers()
    host = cli.json("up", "--yes")
    (machine,) = sim.machines()
    assert (host["access"], host["public_ip"], host["allowed_cidrs"]) == ("ssm", machine.public_ip, [])
    assert sim.calls("AuthorizeSecurityGroupIngress") == []
    made = sim.leftovers()
    assert {kind: made.get(kind) for kind in NETWORK} == {kind: before.get(kind) for kind in NETWORK}

    again = cli.run("up", "--yes")
    assert (again.returncode, again.stdout.strip()) == (0, host["instance_id"])
    assert "up to date" in again.stderr

    refused(
        cli.run("ip"), 5, "nobody can reach the host", "Session Manager leads to it", "  next: gpuinfra ssh"
    )
    refused(cli.run("allow", "--cidr", "203.0.113.7"), 2, "no address is let in", "  next: gpuinfra ssh")
    assert f"{machine.public_ip}, the way out only: nobody is let in" in cli.ok("status")

    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_behind_a_nat_gateway(cli: Cli, sim: Simulator) -> None:
    """It has no address, and a price that is told; its network serves a second stack, and is kept for it."""
    cli.edit('access = "ssh"', PRIVATE)
    cli.edit("private_network = null", NAT)
    plan = cli.run("plan")
    assert plan.returncode == 0
    told = plan.stdout + plan.stderr
    assert "g4dn.xlarge 0.526, disk 0.014, NAT gateway 0.050)" in told
    assert "private_network = null makes a host without its NAT gateway" in told
    host = cli.json("up", "--yes")
    assert (host["public_ip"], host["allowed_cidrs"]) == ("", [])
    assert sim.calls("AuthorizeSecurityGroupIngress") == []
    assert {"vpcs", "nat_gateways", "vpc_endpoints", "addresses"} <= set(sim.leftovers())
    assert "none (access = ssm)" in cli.ok("status")

    other = ("--stack", "b")
    cli.ok("init", "--region", "us-east-1", "--owner", "tester", *other)
    values = cli.directory / "stacks" / "b" / "terraform.tfvars"
    shared = f'subnet_id = "{cli.json("output", "subnet_id")}"'
    text = values.read_text().replace('access = "ssh"', PRIVATE)
    values.write_text(text.replace("subnet_id = null", shared))
    second = cli.json("up", "--yes", *other)
    assert (second["public_ip"], second["access"]) == ("", "ssm")
    assert len(sim.leftovers()["nat_gateways"]) == 1
    refused(cli.run("down", "--yes"), 5, f"is that of {second['instance_id']}, too", "next: gpuinfra list")
    cli.ok("down", "--yes", *other)

    cli.edit(NAT, "private_network = null")
    refused(cli.run("up", "--yes"), 3, 'set private_network = "nat" in terraform.tfvars')
    cli.edit("private_network = null", 'private_network = "endpoints"')
    refused(cli.run("plan"), 3, 'private_network is "endpoints", which is no more')
    assert [
        call for call in sim.calls("TerminateInstances") if host["instance_id"] in call.params.values()
    ] == []
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_a_private_subnet_of_ones_own(cli: Cli, sim: Simulator) -> None:
    """The host goes there, no network is made or priced, and after `down` the user's own is as it was."""
    own = make_network(client("ec2", sim))
    before = sim.leftovers()
    cli.edit('access = "ssh"', PRIVATE)
    cli.edit("subnet_id = null", f'subnet_id = "{own.private}"')
    plan = cli.run("plan")
    assert "NAT" not in plan.stdout + plan.stderr
    host = cli.json("up", "--yes")
    assert host["public_ip"] == ""
    (machine,) = sim.machines()
    assert (machine.subnet_id, machine.public_ip) == (own.private, "")
    made = sim.leftovers()
    assert {kind: made.get(kind) for kind in NETWORK} == {kind: before.get(kind) for kind in NETWORK}
    cli.ok("down", "--yes")
    assert sim.leftovers() == before


def test_a_subnet_that_is_gone_is_told_and_does_not_block_destroy(living: Cli, sim: Simulator) -> None:
    """A plan is refused with its name and region; `down` does not ask for it."""
    cli = living
    cli.edit("subnet_id = null", 'subnet_id = "subnet-0123456789abcdef0"')
    refused(cli.run("plan"), 3, "There is no subnet subnet-0123456789abcdef0 in region us-east-1")
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_a_public_subnet_of_ones_own(cli: Cli, sim: Simulator) -> None:
    """Its internet gateway serves hosts with an address only: it has one, to go out by."""
    own = make_network(client("ec2", sim))
    cli.edit('access = "ssh"', PRIVATE)
    cli.edit("subnet_id = null", f'subnet_id = "{own.public}"')
    host = cli.json("up", "--yes")
    (machine,) = sim.machines()
    assert (machine.subnet_id, machine.public_ip) == (own.public, host["public_ip"])
    assert host["public_ip"]
    assert sim.calls("AuthorizeSecurityGroupIngress") == []
    cli.ok("down", "--yes")
    cli.edit('access = "ssm"', 'access = "ssh"')
    cli.edit(own.public, own.private)
    refused(cli.run("plan"), 3, f"Subnet {own.private} is a private one", "or access to")


@dataclass(frozen=True, kw_only=True)
class Own:
    """A network that the user has: `private` leads to nowhere, `public` to an internet gateway."""

    private: str
    public: str


def make_network(ec2: "EC2Client") -> Own:
    """Make a VPC whose main routes lead out, and a subnet in it that is tied to others."""
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/24")["Vpc"]["VpcId"]
    public, private = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
        for block in ("10.8.0.0/26", "10.8.0.64/26")
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    (main,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=main["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=private)
    return Own(private=private, public=public)
