"""`up --until-ready`: the old host is kept until the new one is proven. Over 200 lines: its whole life."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.processes import kill
from tests.simulator.aws import client
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e
UNCHANGED = {"changes": [], "outputs_changed": False}
ROOT = Path(__file__).resolve().parents[2]
HELD_S, HOUR_S = 600.0, 3600.0
KEEP = ("up", "--yes", "--replace", "--until-ready", "--follow")


def proven_up(cli: Cli, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run `up` as if each host were proven at once."""
    argv = [sys.executable, "-m", "tests.e2e.proven_up", str(cli.project), *options]
    env = {**cli.env, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        argv, cwd=cli.project, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def hosts(sim: Simulator) -> dict[str, str]:
    """Return the state of each host that is not gone."""
    pages = client("ec2", sim).describe_instances()["Reservations"]
    found = {it["InstanceId"]: it["State"]["Name"] for page in pages for it in page["Instances"]}
    return {name: state for name, state in found.items() if state not in ("terminated", "shutting-down")}


def recorded(cli: Cli) -> str:
    """Return the id of the recorded host."""
    return str(cli.json("output")["instance_id"])


def other_zone(cli: Cli) -> tuple[str, str]:
    """Let terraform.tfvars ask for a host in another zone; return what was written there, and what is now."""
    mine = cli.json("output")["availability_zone"]
    there = "us-east-1b" if mine != "us-east-1b" else "us-east-1c"
    lines = ("availability_zone = null", f'availability_zone = "{there}"')
    cli.edit(*lines)
    return lines


def in_third_zone(edited: str) -> str:
    """Return a line of terraform.tfvars that asks for yet another zone."""
    return edited.replace("1b", "1d") if "1b" in edited else edited.replace("1c", "1d")


def kept_file(cli: Cli) -> Path:
    """Return the file that names the kept host."""
    return cli.directory / "kept-host.json"


def both(cli: Cli, sim: Simulator, old: str) -> str:
    """Replace the host, and stop to follow the new one before it is proven; return its id."""
    running = cli.start(*KEEP)
    wait_until(lambda: is_followed(cli, old), "the new host, recorded")
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 130, stderr
    assert f"{old} (g4dn.xlarge, running)" in stderr
    assert "both together cost " in stderr
    assert f"next: gpuinfra recover   # goes back to {old}" in stderr
    new = recorded(cli)
    assert hosts(sim) == {old: "running", new: "running"}
    return new


def is_followed(cli: Cli, old: str) -> bool:
    """Tell whether the last run tells of the new host."""
    log = cli.directory / "last-run.log"
    found = re.search(r"  host (i-\w+) \(.* is up$", log.read_text(), re.M) if log.exists() else None
    return found is not None and found[1] != old


def test_the_old_host_goes_when_the_new_one_is_proven(cli: Cli, sim: Simulator) -> None:
    """Both are there until then, and paid for; then the plan is empty, and each has had its receipt."""
    with_lease(cli)
    old = recorded(cli)
    other_zone(cli)
    refused(cli.run(*KEEP[:-1]), 2, "--no-wait", "next: gpuinfra up --until-ready --follow")
    done = proven_up(cli, "--until-ready")
    new = recorded(cli)
    assert hosts(sim) == {new: "running"} != {old: "running"}
    assert f"! {old} is kept until the new host is proven; until then both cost money: " in done.stderr
    assert f"! each of both has a lease of its own: that of {old} stays as it is" in done.stderr
    assert done.stderr.index("is proven (") < done.stderr.index(f"terminating {old}")
    assert done.stderr.index(f"{old} runs on_stop") < done.stderr.index(f"receipt: stack 'default', {old} ")
    assert done.stdout == f"{old}\n", "what led to it is forgotten"
    assert not kept_file(cli).exists()
    assert (cli.json("plan"), lease_of(sim)) == (UNCHANGED, {new})
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
    receipts = [json.loads(line) for line in (cli.directory / "receipts.jsonl").read_text().splitlines()]
    assert [it["host"].split()[0] for it in receipts] == [old, new]


def test_a_proof_that_fails_keeps_both(cli: Cli, sim: Simulator) -> None:
    """Said by the error, by status and plan; stop and leaks know it; a later `up` that is proven ends it."""
    cli.ok("up", "--yes")
    old = recorded(cli)
    _, edited = other_zone(cli)
    new = both(cli, sim, old)
    now = cli.json("status")
    assert (now["host"]["instance_id"], now["kept"].split()[0]) == (new, old)
    assert f"kept: {old} (g4dn.xlarge, running)" in cli.run("plan").stderr
    assert [it for it in cli.json("leaks", "--region", "us-east-1")["things"] if it["is_mine"]] == []
    assert cli.json("plan") == UNCHANGED
    cli.ok("up", "--yes")
    assert set(hosts(sim)) == {old, new}, "nobody has proven it"
    third = in_third_zone(edited)
    cli.edit(edited, third)
    refused(cli.run("up", "--yes", "--replace"), 5, "there are never three", "next: gpuinfra recover")
    cli.edit(third, edited)
    cli.ok("stop", "--yes")
    cli.ok("start")
    proven_up(cli)
    assert (hosts(sim), cli.json("plan")) == ({new: "running"}, UNCHANGED)


def test_going_back(cli: Cli, sim: Simulator) -> None:
    """Address and lease are the old one's again; the new one goes; the edit has to be undone before."""
    cli.edit("elastic_ip = false", "elastic_ip = true")
    address = with_lease(cli)
    old, before = recorded(cli), cli.json("output")
    now, edited = other_zone(cli)
    new = both(cli, sim, old)
    assert (fixed(sim), lease_of(sim)) == ((address, new), {old, new})
    refused(
        cli.run("recover", "--yes"),
        2,
        f"{edited.split()[-1].strip(chr(34))}, and {old} has {before['availability_zone']}",
        f'next: set availability_zone = "{before["availability_zone"]}"',
    )
    cli.edit(edited, now)
    cli.ok("recover", "--yes")
    assert hosts(sim) == {old: "running"}
    assert cli.json("output") == before
    assert (fixed(sim), lease_of(sim)) == ((address, old), {old})
    assert (cli.json("plan"), kept_file(cli).exists()) == (UNCHANGED, False)
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_aws_ends_each_of_both_hosts_by_its_own_lease(cli: Cli, sim: Simulator) -> None:
    """The old one when it would have ended alone: nobody may come back to it; the other goes on."""
    with_lease(cli)
    old = recorded(cli)
    other_zone(cli)
    cli.edit("max_hours = 8", "max_hours = 80")
    new = both(cli, sim, old)
    sim.schedules_ahead(8 * HOUR_S)
    wait_until(lambda: hosts(sim) == {old: "stopped", new: "running"}, "the end of the first lease")
    sim.schedules_ahead(80 * HOUR_S)
    wait_until(lambda: hosts(sim) == {old: "stopped", new: "stopped"}, "the end of the second one")


def with_lease(cli: Cli) -> str:
    """Make a host with a lease; return its address."""
    cli.edit("max_hours = null", "max_hours = 8")
    return cli.ok("up", "--yes").strip()


def fixed(sim: Simulator) -> tuple[str, str]:
    """Return the fixed address, and whose it is."""
    (found,) = client("ec2", sim).describe_addresses()["Addresses"]
    return found["PublicIp"], found["InstanceId"]


def lease_of(sim: Simulator) -> set[str]:
    """Return the hosts that schedules of AWS end."""
    schedules: Any = client("scheduler", sim)
    names = [(it["GroupName"], it["Name"]) for it in schedules.list_schedules()["Schedules"]]
    found = [schedules.get_schedule(GroupName=group, Name=name) for group, name in names]
    return {one for it in found for one in json.loads(it["Target"]["Input"])["InstanceIds"]}


def test_no_place_has_a_host(cli: Cli, sim: Simulator) -> None:
    """All is as before, the fixed address, too: the plan shows the same replacement."""
    cli.edit("elastic_ip = false", "elastic_ip = true")
    cli.edit("instance_types = null", 'instance_types = ["g4dn.xlarge", "g5.xlarge"]')
    address = cli.ok("up", "--yes").strip()
    old = recorded(cli)
    other_zone(cli)
    before = cli.json("plan")["changes"]
    for late in (False, True):
        sim.capacity(0)
        if late:
            sim.clear_capacity()
            sim.capacity_late()
        refused(cli.run(*KEEP), 4, f"The host {old} is as it was")
        assert (hosts(sim), fixed(sim)) == ({old: "running"}, (address, old))
        assert (cli.json("plan")["changes"], kept_file(cli).exists()) == (before, False)


@pytest.mark.parametrize(
    ("action", "after", "ends"),
    [
        ("RunInstances", True, "old"),
        ("TerminateInstances", False, "new"),
        ("TerminateInstances", True, "new"),
    ],
)
def test_killed_in_the_middle(cli: Cli, sim: Simulator, action: str, after: bool, ends: str) -> None:
    """kill -9 with Terraform: the next `up` settles it; never a third host, one in the end, an empty plan."""
    with_lease(cli)
    old = recorded(cli)
    now, edited = other_zone(cli)
    if ends == "new":
        both(cli, sim, old)
    sim.fault(Fault(match=action, after=after, delay_s=HELD_S))
    argv = [sys.executable, "-m", "tests.e2e.proven_up", str(cli.project), "--until-ready"]
    running = subprocess.Popen(
        argv, cwd=cli.project, env={**cli.env, "PYTHONPATH": str(ROOT)}, start_new_session=True
    )
    sim.wait_for(lambda calls: any(call.action == action and call.fault for call in calls))
    kill(running)
    sim.clear_faults()
    assert len(hosts(sim)) <= 2
    if ends == "old":
        cli.edit(edited, now)
    proven_up(cli)
    assert len(hosts(sim)) == 1
    assert (old in hosts(sim)) == (ends == "old")
    assert lease_of(sim) == set(hosts(sim))
    assert (cli.json("plan"), kept_file(cli).exists()) == (UNCHANGED, False)


def test_down_from_the_middle(cli: Cli, sim: Simulator) -> None:
    """From an apply that was killed, and from two hosts in use: both go, and the receipts name both."""
    with_lease(cli)
    old = recorded(cli)
    _, edited = other_zone(cli)
    new = both(cli, sim, old)
    done = cli.run("down", "--yes", "--json")
    told = json.loads(done.stdout)
    assert (told["receipt"]["host"].split()[0], told["kept_receipt"]["host"].split()[0]) == (new, old)
    assert (sim.leftovers(), kept_file(cli).exists()) == ({}, False)

    cli.ok("up", "--yes")
    old = recorded(cli)
    cli.edit(edited, in_third_zone(edited))
    sim.fault(Fault(match="RunInstances", after=True, delay_s=HELD_S))
    running = cli.start(*KEEP)
    sim.wait_for(lambda calls: any(call.action == "RunInstances" and call.fault for call in calls))
    kill(running)
    sim.clear_faults()
    there = set(hosts(sim))
    assert len(there) == 2
    done = cli.run("down", "--yes", "--json")
    receipt = json.loads(done.stdout)["receipt"]
    assert receipt["host"].split()[0] == old
    assert all(any(name in gone for gone in receipt["gone"]) for name in there)
    assert (sim.leftovers(), kept_file(cli).exists()) == ({}, False)
