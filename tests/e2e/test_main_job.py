"""The main job: up, the public IP, a change, down."""

import ipaddress

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli

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

    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
    assert cli.run("ip").returncode == 5
