"""What the API tells the hypervisor of its instances, and takes from it."""

import base64
from typing import TYPE_CHECKING, Any

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.machine import FakeGpus, Opening
from tests.simulator.aws import describe, group, launch

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEqwVfqWc8+9uQjmVvEEVqUQ9NJo1iQiweATEZ8Im/kL me"


def test_machine_is_what_was_launched(sim: Simulator, ec2: "EC2Client") -> None:
    """A machine has the addresses, key, user-data, tags and GPU of its instance."""
    ec2.import_key_pair(KeyName="mine", PublicKeyMaterial=PUBLIC_KEY.encode())
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "dev"}]}]
    options = {"HttpTokens": "required", "InstanceMetadataTags": "enabled"}
    made = launch(
        ec2, KeyName="mine", UserData="#!/bin/sh\n", TagSpecifications=tags, MetadataOptions=options
    )
    (machine,) = sim.machines()
    assert (machine.id, machine.private_ip) == (made["InstanceId"], made["PrivateIpAddress"])
    assert (machine.public_ip, machine.mac) == (
        made["PublicIpAddress"],
        made["NetworkInterfaces"][0]["MacAddress"],
    )
    assert base64.b64decode(machine.user_data) == b"#!/bin/sh\n"
    assert machine.keys["mine"].split()[:2] == PUBLIC_KEY.split()[:2]
    assert (machine.tags, machine.http_tokens) == ({"Name": "dev"}, "required")
    assert machine.gpu == FakeGpus(name="T4", count=1, memory_mib=16384)


def test_machine_lets_in_what_its_groups_let_in(sim: Simulator, ec2: "EC2Client") -> None:
    """Rules for TCP and for any protocol, from IPv4 addresses, as of now; no others."""
    mine = group(ec2)
    launch(ec2, SecurityGroupIds=[mine])
    rules: list[Any] = [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 23, "IpRanges": [{"CidrIp": "203.0.113.7/32"}]},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/64"}]},
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "203.0.113.7/32"}]},
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "198.51.100.0/24"}]},
    ]
    assert sim.machines()[0].openings == ()
    ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=rules)
    assert sim.machines()[0].openings == (
        Opening(first_port=22, last_port=23, source="203.0.113.7/32"),
        Opening(first_port=0, last_port=65535, source="198.51.100.0/24"),
    )


def test_no_tags_unless_enabled(sim: Simulator, ec2: "EC2Client") -> None:
    """Without InstanceMetadataTags a machine's tags are not for itself."""
    launch(ec2, InstanceType="t3.micro")
    (machine,) = sim.machines()
    assert (machine.tags, machine.gpu) == (None, None)


def test_starts_and_reboots_are_counted(sim: Simulator, ec2: "EC2Client") -> None:
    """A stop and a start between two looks show in the count of starts, and in a new public address."""
    ids = [launch(ec2)["InstanceId"]]
    (before,) = sim.machines()
    ec2.stop_instances(InstanceIds=ids)
    assert [(it.state, it.public_ip) for it in sim.machines()] == [("stopped", "")]
    ec2.start_instances(InstanceIds=ids)
    ec2.reboot_instances(InstanceIds=ids)
    (after,) = sim.machines()
    assert (before.starts, after.starts, after.reboots) == (1, 2, 1)
    assert after.public_ip != before.public_ip
    assert after.started == f"{describe(ec2, ids[0])['LaunchTime']:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(("behavior", "state"), [("stop", "stopped"), ("terminate", "terminated")])
def test_power_off_from_inside(sim: Simulator, ec2: "EC2Client", behavior: str, state: str) -> None:
    """A host that shuts down stops or terminates its instance, as that was told; said once or twice."""
    made = launch(ec2, InstanceInitiatedShutdownBehavior=behavior)
    for _ in range(2):
        sim.powered_off(made["InstanceId"])
    found = describe(ec2, made["InstanceId"])
    assert found["State"]["Name"] == state
    assert found["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"


def test_hypervisor_is_not_seen(sim: Simulator, ec2: "EC2Client") -> None:
    """The hypervisor's looks are in no call log and are hit by no fault."""
    made = launch(ec2)
    sim.fault(Fault(match="*", code="InternalError", status=500))
    before = len(sim.calls())
    assert len(sim.machines()) == 1
    sim.powered_off(made["InstanceId"])
    assert len(sim.calls()) == before
