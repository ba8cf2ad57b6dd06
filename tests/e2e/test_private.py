"""A private host against the simulated API: made, found unchanged, explained, removed with its network."""

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused

pytestmark = pytest.mark.e2e


def test_up_again_down(cli: Cli, sim: Simulator) -> None:
    """No address, no rule in, another network; a second apply changes nothing; nothing is left of it."""
    cli.edit('access = "ssh"', 'access = "ssm"')
    host = cli.json("up", "--yes")
    assert (host["access"], host["public_ip"], host["allowed_cidrs"]) == ("ssm", "", [])
    assert sim.calls("AuthorizeSecurityGroupIngress") == []
    assert {"vpcs", "nat_gateways", "vpc_endpoints", "addresses"} <= set(sim.leftovers())

    again = cli.run("up", "--yes")
    assert (again.returncode, again.stdout.strip()) == (0, host["instance_id"])
    assert "up to date" in again.stderr

    refused(cli.run("ip"), 5, "has no public address: Session Manager leads to it", "  next: gpuinfra ssh")
    refused(cli.run("allow", "--cidr", "203.0.113.7"), 2, "no address is let in")
    assert "none (access = ssm)" in cli.ok("status")

    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
