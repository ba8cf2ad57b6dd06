"""`leaks` as a user runs it: found and priced in all regions, a live stack and strangers left alone."""

import json
import re

import pytest

from gpuinfra.ground.model import Tags
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.e2e.terminal import Terminal
from tests.simulator.aws import client
from tests.simulator.leaks import plant, plant_global, plant_host

pytestmark = pytest.mark.e2e
HERE, THERE = "us-east-1", "eu-central-1"
OLD = Tags(project="gpuinfra", stack="old", owner="tester")
OURS = Tags(project="gpuinfra", stack="default", owner="tester")
THEIRS = Tags(project="vision", stack="default", owner="bob")
# USD a month in us-east-1, as the simulator's synthetic price list has them.
MONTHLY = {
    "aws_nat_gateway": 32.85,
    "aws_eip": 3.65,
    "aws_vpc_endpoint": 7.30,
    "aws_ebs_volume": 8.00,
    "aws_ebs_snapshot": 5.00,
    "aws_key_pair": 0.0,
    "aws_scheduler_schedule_group": 0.0,
}


def answer_all(terminal: Terminal) -> int:
    """Say yes to every question, typing the word where one is asked for; return their number."""
    terminal.until_prompt()
    asked = 1
    while True:
        question = terminal.seen.rpartition("\n")[2]
        word = re.search(r'Type "([^"]+)" to go on: $', question)
        terminal.type(f"{word[1] if word else 'y'}\n")
        if not terminal.asks_again():
            return asked
        asked += 1


def test_leaks_in_two_regions(living: Cli, sim: Simulator) -> None:
    """Each kind in both regions with its price; the live stack's things are none of them; then deleted."""
    cli = living
    live = sim.leftovers()
    planted = {region: plant(sim, OLD, region) for region in (HERE, THERE)}
    planted["global"] = plant_global(sim, OLD)
    for region in (HERE, THERE):
        client("ec2", sim, region=region).terminate_instances(InstanceIds=[planted[region]["aws_instance"]])
        del planted[region]["aws_instance"]
    bobs = plant_host(client("ec2", sim, region=THERE), THEIRS)
    foreign = [{"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "blue"}]}]
    client("ec2", sim).create_volume(AvailabilityZone=f"{HERE}a", Size=5, TagSpecifications=foreign)

    found = cli.json("leaks")
    mine = [it for it in found["things"] if it["tags"]["stack"] == "old"]
    assert sorted(it["resource_id"] for it in mine) == sorted(
        name for of in planted.values() for name in of.values()
    )
    assert {it["case"] for it in mine} == {"left"}
    here = {it["kind"]: it["usd_month"] for it in mine if it["region"] == HERE}
    assert {kind: round(here[kind], 2) for kind in MONTHLY} == MONTHLY
    assert found["unknown_prices"] == 0
    assert found["usd_month"] == pytest.approx(sum(it["usd_month"] for it in mine))
    (theirs,) = [it for it in found["things"] if it["resource_id"] == bobs]
    assert (theirs["case"], theirs["is_mine"]) == ("elsewhere", False)
    assert re.search(
        rf"leaks +{len(mine)} things that no stack records, [0-9.]+ USD a month", cli.ok("status")
    )

    told = cli.run("leaks", "--delete", "--json")
    assert json.loads(told.stdout) == []  # what was deleted, and nothing else beside it
    done = cli.run("leaks", "--delete")  # without a terminal
    assert "nothing was deleted: each thing is asked for by itself, at a terminal" in done.stderr
    with Terminal(cli, "leaks", "--delete", size=(60, 200)) as terminal:
        assert answer_all(terminal) == 1 + len(mine)
        assert terminal.end() == 0
    assert "left alone: what others' tags are on; ask bob" in terminal.seen
    assert [it["resource_id"] for it in cli.json("leaks")["things"] if it["is_mine"]] == []
    left = sim.leftovers()
    assert left.pop("instances") == [*live.pop("instances"), bobs]
    assert len(left.pop("volumes")) == len(live.pop("volumes")) + 2  # bob's, and the one with a foreign tag
    assert len(left.pop("network_interfaces")) == len(live.pop("network_interfaces")) + 1
    assert left == live
    assert "leaks" not in cli.ok("status")
