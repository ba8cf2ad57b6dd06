"""Stacks as the tree before modules/host made them; `python -m tests.old_states` keeps them anew.

tests/data/states/old-tree.tar.gz is that tree (commit 27b7c43, without its tests). Beside it lies one
state a kind with its values. What was there before the stack (default VPC, the user's own subnet) has
stand-in ids in it, for the simulator gives other ids at each start.
"""

import shutil
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.server import running
from tests.simulator.aws import client
from tests.terraform import ROOT, Terraform, terraform

STATES = ROOT / "tests" / "data" / "states"
STAND_INS = {"vpc": "vpc-00000000000000000", "subnet": "subnet-00000000000000000"}
# What was the default then: without it the new tree refuses such a host, and changes nothing.
WORD = 'private_network = "nat"\n'
# Kind -> what its terraform.tfvars says besides VALUES.
KINDS = {
    "default": "",
    "private_network": f'access = "ssm"\n{WORD}',
    "chosen_subnet": f'subnet_id = "{STAND_INS["subnet"]}"\n',
}
VALUES = """\
owner           = "ada"
region          = "us-east-1"
allowed_cidrs   = ["203.0.113.7/32", "2001:db8:1:2::/64"]
public_key_path = "key.pub"
tags            = { team = "blue" }
"""


def surroundings(simulator: Simulator, kind: str) -> dict[str, str]:
    """Return stand-in -> id of what is there before a stack; a subnet of the user's is made."""
    ec2 = client("ec2", simulator)
    if kind != "chosen_subnet":
        vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        return {STAND_INS["vpc"]: vpcs[0]["VpcId"]}
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    (main,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=main["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24", AvailabilityZone="us-east-1b")
    return {STAND_INS["vpc"]: vpc, STAND_INS["subnet"]: made["Subnet"]["SubnetId"]}


def unpack_old_tree(directory: Path) -> None:
    """Unpack the root module of that time."""
    with tarfile.open(STATES / "old-tree.tar.gz") as archive:
        archive.extractall(directory, filter="data")
    (directory / "terraform").rename(directory / "root")


def take_new_tree(directory: Path) -> None:
    """Put today's root module in the place of the old one; values and state stay."""
    shutil.rmtree(directory / "modules", ignore_errors=True)
    for old in directory.glob("*.tf"):
        old.unlink()
    for new in (ROOT / "terraform").glob("*.tf"):
        shutil.copy(new, directory)
    shutil.copytree(ROOT / "terraform" / "modules", directory / "modules")


def write_values(directory: Path, kind: str, ids: dict[str, str]) -> None:
    """Write terraform.tfvars and the two files that the root module reads."""
    (directory / "terraform.tfvars").write_text(exchange(VALUES + KINDS[kind], ids))
    for name in ("key.pub", "user-data.yaml.gz"):
        shutil.copy(ROOT / "terraform" / "tests" / "stack" / name, directory)


def exchange(text: str, ids: dict[str, str]) -> str:
    """Return a text with some ids exchanged for others."""
    for old, new in ids.items():
        text = text.replace(old, new)
    return text


def make(
    simulator: Simulator, directory: Path, kind: str, provider: Mapping[str, str] = MappingProxyType({})
) -> tuple[Terraform, dict[str, str]]:
    """Make a stack by the old tree; returns its Terraform, and the ids of what was there before."""
    unpack_old_tree(directory)
    ids, root = surroundings(simulator, kind), terraform(directory / "root", simulator, provider)
    write_values(root.directory, kind, ids)
    root.init()
    root.apply()
    return root, ids


def keep(kind: str) -> None:
    """Make a stack and keep its state and values as test data."""
    with running() as simulator, tempfile.TemporaryDirectory(prefix="gpuinfra-states-") as scratch:
        root, ids = make(simulator, Path(scratch), kind)
        back = {new: old for old, new in ids.items()}
        (STATES / kind).mkdir(exist_ok=True)
        for name in ("terraform.tfstate", "terraform.tfvars"):
            (STATES / kind / name).write_text(exchange((root.directory / name).read_text(), back))


if __name__ == "__main__":
    for each in KINDS:
        keep(each)
    sys.stdout.write(f"kept: {', '.join(KINDS)}\n")
