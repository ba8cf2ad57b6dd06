"""A run that dies, or is not answered, between a call and the record: the next one finds what was made."""

import shutil

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.e2e.test_private import NAT, PRIVATE
from tests.processes import kill
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.e2e
# Each makes something that Terraform knows only by the answer; those of a tuple do not wait for each other.
LOST = [
    ("CreateSecurityGroup", "ImportKeyPair", "CreateRole"),
    ("CreateInstanceProfile", "AuthorizeSecurityGroupIngress"),
]


def die_in(action: str, cli: Cli, sim: Simulator) -> None:
    """Let `up` be killed with all its children while AWS has carried out a call and not yet answered."""
    sim.fault(Fault(match=action, after=True, delay_s=PATIENCE_S))
    before = len(sim.calls(action))
    running = cli.start("up", "--yes")
    sim.wait_for(lambda calls: len([c for c in calls if c.action == action]) > before)
    kill(running)
    sim.clear_faults()
    (cli.directory / ".terraform.tfstate.lock.info").unlink(missing_ok=True)


def test_killed_while_a_nat_gateway_is_made(cli: Cli, sim: Simulator) -> None:
    """What costs money by the hour: `up` makes it anew, once, and `down` finds it, its address included.

    It needs the module and the state alone: the rest of the clone may be damaged.
    """
    cli.edit('access = "ssh"', PRIVATE)
    cli.edit("private_network = null", NAT)
    for action in ("AllocateAddress", "CreateNatGateway", "CreateNatGateway"):
        die_in(action, cli, sim)
    left = sim.leftovers()
    assert (len(left["nat_gateways"]), len(left["addresses"])) == (1, 1)
    shutil.rmtree(cli.project / "cloud-init")
    shutil.rmtree(cli.directory / ".terraform")
    (cli.directory / ".terraform.lock.hcl").unlink()
    done = cli.run("down", "--yes")
    assert done.returncode == 0, done.stderr
    assert "NAT gateway nat-" in done.stderr
    assert sim.leftovers() == {}


def test_answers_that_are_lost(cli: Cli, sim: Simulator) -> None:
    """A call is carried out and not answered, then repeated: said with the way out, which works."""
    for actions in LOST:
        sim.fault(*(Fault(match=action, after=True, drop=True) for action in actions))
        sim.fault(Fault(match="RunInstances", code="InsufficientInstanceCapacity"))
        refused(cli.run("up", "--yes"), 4, "already exists", "  next: gpuinfra up")
        sim.clear_faults()
    cli.ok("up", "--yes")
    left = sim.leftovers()
    kinds = ("security_groups", "key_pairs", "iam_roles", "iam_instance_profiles")
    assert {kind: len(left[kind]) for kind in kinds} == dict.fromkeys(kinds, 1)
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
