"""A host that lives is never replaced, nor made anew, unless its user has read so and agreed."""

import re
from pathlib import Path

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.e2e.terminal import Terminal
from tests.simulator.aws import client
from tests.terraform import terraform
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.e2e


def hosts(sim: Simulator) -> list[str]:
    """Return the ids of the instances that exist."""
    return re.findall(r"i-[0-9a-f]+", " ".join(sim.leftovers().get("instances", [])))


def no_capacity(action: str) -> Fault:
    """Return what EC2 answers to a launch or a start while it has no such type to give."""
    return Fault(match=action, count=None, status=500, code="InsufficientInstanceCapacity", message="None.")


def test_an_edit_replaces_the_host_only_with_consent(living: Cli, sim: Simulator) -> None:
    """A comment does nothing; a zone asks for a typed word; a refused new host leaves the old one alone."""
    cli = living
    (host,) = hosts(sim)
    key = Path(cli.json("output", "private_key_path") + ".pub")
    key.write_text(" ".join(key.read_text().split()[:2]) + " bob@new-laptop\n")
    assert cli.json("plan") == {"changes": [], "outputs_changed": False}

    zone = cli.json("output", "availability_zone")
    other = "us-east-1b" if zone != "us-east-1b" else "us-east-1c"
    cli.edit("availability_zone = null", f'availability_zone = "{other}"')
    cause = (
        f"this replaces the host {host} and deletes its disk (128 GB): availability_zone: {zone} -> {other}"
    )
    assert f"! {cause}" in cli.run("plan").stderr
    unasked = cli.run("up", "--yes")
    refused(
        unasked, 2, f"cannot ask without a terminal: {cause}", "  next: the same command with --yes --replace"
    )
    with Terminal(cli, "up") as terminal:
        terminal.until('Type "replace" to go on: ')
        terminal.type("yes\n")
        assert terminal.end() == 130
    sim.fault(no_capacity("RunInstances"))
    refused(cli.run("up", "--yes", "--replace"), 4, "AWS has no g4dn.xlarge in us-east-1 to give right now")
    assert hosts(sim) == [host]
    assert cli.json("output", "instance_id") == host

    sim.clear_faults()
    cli.ok("up", "--yes", "--replace")
    assert len(hosts(sim)) == 1
    assert hosts(sim) == [cli.json("output", "instance_id")] != [host]
    assert cli.json("plan")["changes"] == []


def test_a_host_that_died_or_was_terminated(cli: Cli, sim: Simulator, provider: dict[str, str]) -> None:
    """Died while pending: EC2's reason, and `up` goes on. Terminated later: not made anew unasked, even when
    a refresh has taken it out of the state.
    """
    sim.pending(PATIENCE_S)
    ec2, first = client("ec2", sim), cli.start("up", "--yes")
    sim.wait_for(lambda calls: "RunInstances" in [call.action for call in calls])
    (born,) = [i["InstanceId"] for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    ec2.terminate_instances(InstanceIds=[born])
    _, stderr = first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 4, stderr
    assert "error: AWS ended the host while it was starting: " in stderr
    assert "public address" not in stderr

    sim.pending(0)
    cli.ok("up", "--yes")
    (host,) = hosts(sim)
    ec2.terminate_instances(InstanceIds=[host])
    gone = f"the host {host} is gone, terminated outside of gpuinfra, and its disk with it"
    refused(cli.run("up", "--yes"), 2, gone, "  next: the same command with --yes --replace")
    assert hosts(sim) == []
    terraform(cli.directory, sim, provider).ok("apply", "-refresh-only", "-auto-approve")
    refused(cli.run("up", "--yes"), 2, "the host of this stack is gone")
    cli.ok("up", "--yes", "--replace")
    assert hosts(sim) == [cli.json("output", "instance_id")]


def test_a_restart_is_told_and_a_refused_one_keeps_the_host(living: Cli, sim: Simulator) -> None:
    """Another type stops and restarts the host; where EC2 has none, no zone is named as the way out."""
    cli = living
    sim.fault(no_capacity("StartInstances"))
    cli.edit('"g4dn.xlarge"', '"g4dn.2xlarge"')
    done = cli.run("up", "--yes")
    refused(
        done,
        4,
        "! this stops and restarts the host: instance_type: g4dn.xlarge -> g4dn.2xlarge",
        "AWS has no g4dn.2xlarge in us-east-1 to give right now",
        "the host is stopped, its disk is safe",
    )
    assert "zone" not in done.stderr
    assert sim.calls("RunInstances") == []
