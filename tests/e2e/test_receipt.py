"""`down` ends with a receipt: every second and cent, what is gone, and what is left at which price."""

import json
from itertools import pairwise

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.simulator.aws import client

pytestmark = pytest.mark.e2e
# USD an hour in us-east-1, as the simulator's synthetic price list has them.
HOST, DISK, ADDRESS = 0.526, 128 * 0.08 / 730, 0.005


def seconds_of(sim: Simulator, state: str) -> float:
    """Return for how long the only host was in a state, by the simulator's own events."""
    events: list[tuple[str, float]] = [(event["state"], event["time"]) for event in sim.events()]
    return sum(after - began for (was, began), (_, after) in pairwise(events) if was == state)


def test_a_receipt_over_three_stops(cli: Cli, sim: Simulator) -> None:
    """To the second as the simulator says, to the cent by its price list; kept in a file of the stack."""
    cli.ok("up", "--yes")
    for _ in range(3):
        cli.ok("stop", "--yes")
        cli.ok("start")
    group = cli.json("output")["security_group_id"]
    ec2 = client("ec2", sim)
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=500, VolumeType="gp3")["VolumeId"]
    (host,) = [i["InstanceId"] for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    ec2.attach_volume(VolumeId=volume, InstanceId=host, Device="/dev/sdf")
    done = cli.run("down", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    receipt = json.loads(done.stdout)["receipt"]
    of = {line["name"]: line for line in receipt["lines"]}
    ran, stopped = seconds_of(sim, "running"), seconds_of(sim, "stopped")
    assert of["host"]["running_s"] == pytest.approx(ran, abs=4)  # AWS tells whole seconds
    assert of["disk"]["stopped_s"] == pytest.approx(stopped, abs=4)
    assert (receipt["unknown"], receipt["unseen_s"]) == ([], 0)
    assert of["disk"]["usd"] == pytest.approx((ran + stopped) * DISK / 3600, abs=8 * DISK / 3600)
    assert of["address"]["usd"] == pytest.approx(ran * ADDRESS / 3600, abs=4 * ADDRESS / 3600)
    assert of["host"]["usd"] >= 4 * 60 * HOST / 3600 - 1e-9  # four starts, a minute at least
    assert receipt["usd"] == pytest.approx(sum(line["usd"] for line in receipt["lines"]))

    gone = " ".join(receipt["gone"])
    assert f"host {host}" in gone
    assert f"security group {group}" in gone
    assert receipt["kept"] == [
        {"what": f"volume {volume}, 500 GB", "usd_month": pytest.approx(40.0), "is_ours": False}
    ]
    assert f"  still there  volume {volume}, 500 GB: 40.00 USD a month" in done.stderr
    kept = cli.directory / "receipts.jsonl"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text()) == receipt
