"""A host in a Capacity Block, or in a capacity reservation, from `plan` to `down`; no machine behind it."""

from typing import Any

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.simulator.aws import client
from tests.terraform import changes, terraform
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
NAME = "cr-0123456789abcdef0"
DAY_S = 86400.0
EC2_ENDS_S = 1800.0
TAG = "gpuinfra:block-ends"
WHY = '"by": "EC2", "reason": "ended with its Capacity Block, which ends 2026-12-01T11:30:00Z"'
ENDED = f"""
gpuinfra-event {{"time": "2026-12-01T10:55:07.100000Z", "kind": "on_stop", {WHY}, "seconds": 7.0, \
"text": "on_stop ended with exit code 0"}}
gpuinfra-event {{"time": "2026-12-01T10:55:07.200000Z", "kind": "end", {WHY}}}
"""


@pytest.fixture
def block(cli: Cli, sim: Simulator) -> Cli:
    """A stack for a block that has begun, in a region that has no other host."""
    sim.capacity(0)
    sim.reserve(NAME, zone="us-east-1c", block=True, ends_in_s=DAY_S)
    cli.edit('market = "on-demand"', 'market = "capacity-block"')
    cli.edit("capacity_reservation_id = null", f'capacity_reservation_id = "{NAME}"')
    return cli


def living(sim: Simulator) -> dict[str, Any]:
    """Return the host that runs."""
    alive = [{"Name": "instance-state-name", "Values": ["running"]}]
    found = client("ec2", sim).describe_instances(Filters=alive)["Reservations"][0]["Instances"][0]
    return dict(found)


def tag(host: dict[str, Any]) -> str | None:
    """Return what the host was told."""
    return next((one["Value"] for one in host["Tags"] if one["Key"] == TAG), None)


def test_up_in_a_block(block: Cli, sim: Simulator, provider: dict[str, str]) -> None:
    """In its zone; the end is shown and told to the host; plans are empty, Terraform's own, too."""
    plan = block.run("plan")
    assert f"Capacity Block {NAME} ends" in plan.stderr, plan.stderr
    made = block.run("up", "--yes")
    assert made.returncode == 0, made.stderr
    assert f"Capacity Block {NAME} ends" in made.stderr
    assert "does not know" not in made.stderr
    (launch,) = sim.calls("RunInstances")
    reserved = "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId"
    assert launch.params[reserved] == NAME
    host = living(sim)
    assert (host["InstanceLifecycle"], host["Placement"]["AvailabilityZone"]) == (
        "capacity-block",
        "us-east-1c",
    )
    now = block.json("status")["reservation"]
    assert (now["reservation_id"], now["is_block"], now["state"]) == (NAME, True, "active")
    assert now["ends_at"] == now["told"] == tag(host)
    assert f"reserved   Capacity Block {NAME} ends" in block.ok("status")
    assert "block ends" in block.ok("list")
    assert "paid in advance, with its Capacity Block; beside it" in block.ok("status")
    assert "up to date: nothing would be changed" in block.run("plan").stderr
    root = terraform(block.directory, sim, provider)
    assert changes(root.plan()) == {}, "the tag is nobody's difference"
    block.ok("stop", "--yes")
    block.ok("start", "--yes")
    assert block.json("status")["instance"]["state"] == "running"
    bill = block.run("cost")
    assert "beside its Capacity Block, since" in bill.stdout, bill.stdout
    receipt = block.run("down", "--yes").stderr
    assert "in advance USD" in receipt, receipt
    assert "allow pricing" not in receipt, receipt
    assert sim.leftovers() == {}


def test_a_block_that_was_extended_and_then_ends(block: Cli, sim: Simulator) -> None:
    """`status` says that the host has not heard, `up` tells it; its end is no stop by hand; `up` refuses."""
    block.ok("up", "--yes")
    sim.reserve(NAME, zone="us-east-1c", block=True, ends_in_s=2 * DAY_S)
    assert "for the end: gpuinfra up tells it" in block.ok("status")
    again = block.run("up", "--yes")
    assert "up to date: nothing had to be changed" in again.stderr, again.stderr
    now = block.json("status")["reservation"]
    assert now["told"] == now["ends_at"]
    (host,) = (it.id for it in sim.machines())
    sim.console(host, ENDED)
    sim.reserve(NAME, zone="us-east-1c", block=True, ends_in_s=EC2_ENDS_S)
    wait_until(lambda: not sim.leftovers().get("instances"), "the end of the block")
    told = block.ok("status")
    assert "gone: ended with its Capacity Block" in told
    assert "on_stop ended with exit code 0 (7 s)" in told
    sim.reserve(NAME, zone="us-east-1c", block=True, state="expired")
    done = block.run("up", "--yes")
    refused(done, 4, f"this host cannot be had: the Capacity Block {NAME} is expired")
    sim.reserve(NAME, zone="us-east-1c", block=True, begins_in_s=6, ends_in_s=DAY_S)
    done = block.run("up", "--yes", "--replace", "--wait", "10m")
    assert done.returncode == 0, done.stderr
    assert "waiting for it" in done.stderr
    block.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_what_is_certain_is_refused_before_anything_is_made(block: Cli, sim: Simulator) -> None:
    """By `up` with the next step, by `doctor`; where nobody may ask, EC2 itself decides."""
    block.edit(f'"{NAME}"', '"cr-0123456789abcdef9"')
    refused(block.run("up", "--yes"), 4, "the account has no capacity reservation cr-0123456789abcdef9")
    block.edit('"cr-0123456789abcdef9"', f'"{NAME}"')
    sim.reserve(NAME, zone="us-east-1c", block=True, begins_in_s=7000, ends_in_s=DAY_S)
    refused(block.run("up", "--yes"), 4, f"the Capacity Block {NAME} begins", "gpuinfra up --wait 2h")
    sim.reserve(NAME, zone="us-east-1c", block=True, ends_in_s=DAY_S)
    block.edit('market = "capacity-block"', 'market = "on-demand"')
    refused(block.run("up", "--yes"), 4, "is not for market 'on-demand'", 'set market = "capacity-block"')
    doctor = block.run("doctor")
    assert "is not for market 'on-demand'" in doctor.stdout
    assert sim.calls("RunInstances") == []
    refusal = Fault(
        match="DescribeCapacityReservations", status=403, code="UnauthorizedOperation", count=None
    )
    sim.fault(refusal)
    assert "not sure" in block.run("doctor").stdout
    done = block.run("up", "--yes")
    assert done.returncode == 4
    assert "does not match the attributes of the Capacity Reservation" in done.stderr
    sim.clear_faults()
    block.ok("down", "--yes")


def test_a_reservation_is_one_place(block: Cli) -> None:
    """Several types, several zones, two markets: refused with what was found, AWS is not asked."""
    block.edit("zones = null", 'zones = ["us-east-1a", "us-east-1c"]')
    refused(block.run("plan"), 2, "zones is", "a reservation is in one zone")
    block.edit('zones = ["us-east-1a", "us-east-1c"]', "zones = null")
    block.edit("instance_types = null", 'instance_types = ["g4dn.xlarge", "g5.xlarge"]')
    refused(block.run("plan"), 2, "instance_types is", "a reservation is for one type")


def test_a_reservation_that_is_no_block(cli: Cli, sim: Simulator) -> None:
    """Its end is another thing: the host runs on, and is told nothing."""
    sim.capacity(0)
    sim.reserve(NAME, ends_in_s=DAY_S)
    cli.edit("capacity_reservation_id = null", f'capacity_reservation_id = "{NAME}"')
    done = cli.run("up", "--yes")
    assert "the host runs on after it, at the on-demand price" in done.stderr, done.stderr
    assert tag(living(sim)) is None
    assert cli.json("plan")["changes"] == []
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_up_waits_for_a_block_that_begins(block: Cli, sim: Simulator) -> None:
    """With --wait nothing is asked of EC2 before, and the host is there then."""
    sim.reserve(NAME, zone="us-east-1c", block=True, begins_in_s=6, ends_in_s=DAY_S)
    done = block.run("up", "--yes", "--wait", "10m")
    assert done.returncode == 0, done.stderr
    assert "waiting for it" in done.stderr
    block.ok("down", "--yes")
