"""The main job: up, the public IP, a change, down."""

import ipaddress

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.simulator.aws import client

pytestmark = pytest.mark.e2e


def test_up_change_down(cli: Cli, sim: Simulator) -> None:
    """Up prints the IP alone, a second up changes nothing, an edit changes that, down leaves nothing."""
    address = cli.ok("up", "--yes").strip()
    assert ipaddress.ip_address(address)
    assert cli.ok("ip").strip() == address

    (run,) = sim.calls("RunInstances")
    disk = run.params["BlockDeviceMapping.1.Ebs.Encrypted"]
    assert (disk, run.params["MetadataOptions.HttpTokens"]) == ("true", "required")

    again = cli.run("up", "--yes")
    assert (again.returncode, again.stdout.strip()) == (0, address)
    assert "up to date" in again.stderr

    cli.edit('"g4dn.xlarge"', '"g4dn.2xlarge"')
    (change,) = cli.json("plan")["changes"]
    assert change["action"] == "update"
    cli.ok("up", "--yes")
    assert cli.json("status")["instance"]["instance_type"] == "g4dn.2xlarge"

    _open_by_hand(cli.json("output", "security_group_id"), sim, "0.0.0.0/0", "203.0.113.77/32")
    allowed = cli.run("allow", "--cidr", "203.0.113.77")
    assert (allowed.returncode, allowed.stdout) == (0, "203.0.113.77/32\n"), allowed.stderr
    assert "opened outside of gpuinfra: tcp port 22 from 0.0.0.0/0; to close it: aws ec2" in allowed.stderr
    assert sorted(cli.json("status")["details"]["ssh_from"]) == ["0.0.0.0/0", "203.0.113.77/32"]

    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
    assert cli.run("ip").returncode == 5


def _open_by_hand(group: str, sim: Simulator, *cidrs: str) -> None:
    """Let addresses in as somebody would in the console."""
    for cidr in cidrs:
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": cidr}]}
        client("ec2", sim).authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
