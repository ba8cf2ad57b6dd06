"""A state that is lost, damaged or another's, beside a host that runs: adopted, and nothing of it changes."""

import json
import re
from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.e2e.test_private import PRIVATE
from tests.e2e.test_stacks import nvidia_images
from tests.simulator.aws import client

pytestmark = pytest.mark.e2e
UNCHANGED = {"changes": [], "outputs_changed": False}
ROOT = Path(__file__).resolve().parents[2]


def addresses(cli: Cli) -> set[str]:
    """Return the resources that the state names, without keys: TYPE.NAME."""
    resources = json.loads((cli.directory / "terraform.tfstate").read_text())["resources"]
    return {f"{r['type']}.{r['name']}" for r in resources if r["mode"] == "managed"}


def made(sim: Simulator) -> list[str]:
    """Return the calls so far that make, change or end something, but for tags."""
    reads = re.compile("Describe|Get|GET |List|CreateTags|DeleteTags")
    return [call.action for call in sim.calls() if not reads.match(call.action)]


def recovered(cli: Cli, sim: Simulator) -> None:
    """Recover; AWS is only read, but for the tags of the disk, which are put back."""
    before, disk = made(sim), tags(sim)
    cli.ok("recover", "--yes")
    assert made(sim) == before
    assert tags(sim) == disk


def tags(sim: Simulator) -> dict[str, str]:
    """Return the tags of the only disk."""
    (disk,) = client("ec2", sim).describe_volumes()["Volumes"]
    return {tag["Key"]: tag["Value"] for tag in disk.get("Tags", [])}


def test_whatever_became_of_the_state(cli: Cli, sim: Simulator) -> None:
    """Lost, empty, damaged, cut off, another stack's: each is kept aside, and the host is as it was.

    Its fixed address, too, which stays through stop and start, and goes with `down`.
    """
    cli.edit("dlc_access = false", "dlc_access = true")
    cli.edit("tags = {}", 'tags = { team = "blue" }')
    cli.edit("elastic_ip = false", "elastic_ip = true")
    older = nvidia_images()[0]
    cli.edit("ami_id = null", f'ami_id = "{older}"')
    address = cli.ok("up", "--yes")
    cli.edit(f'ami_id = "{older}"', "ami_id = null")
    state = cli.directory / "terraform.tfstate"
    whole, known = state.read_text(), addresses(cli)
    state.unlink()
    refused(
        cli.run("up", "--yes"), 5, "Terraform does not know of", "  next: gpuinfra recover (takes it over)"
    )
    cli.edit('"g4dn.xlarge"', '"g4dn.2xlarge"')
    refused(cli.run("recover", "--yes"), 2, "has g4dn.xlarge; ", '  next: set instance_type = "g4dn.xlarge"')
    cli.edit('"g4dn.2xlarge"', '"g4dn.xlarge"')
    recovered(cli, sim)
    assert cli.json("plan") == UNCHANGED
    assert cli.json("output")["ami_name"] == older, "the name of the newest image would be a lie"
    for bad in ("", "\x00" * 4096, whole[: len(whole) // 2], whole.replace('"default"', '"other"')):
        state.write_text(bad)
        if bad.startswith("{"):
            refused(cli.run("down", "--yes"), 2, "error: the state file", "  next: gpuinfra recover")
        recovered(cli, sim)
        assert bad in [path.read_text() for path in cli.directory.glob("terraform.tfstate.2*")]
    assert addresses(cli) == known
    assert cli.json("plan") == UNCHANGED
    assert cli.ok("ip") == address
    assert "running since" in cli.ok("status")
    cli.ok("stop", "--yes")
    assert "its disk and address cost money" in cli.ok("status")
    assert cli.ok("start") == cli.ok("ip") == address
    assert cli.json("plan") == UNCHANGED
    (fixed,) = client("ec2", sim).describe_addresses()["Addresses"]
    assert fixed["PublicIp"] == address.strip()
    assert "left, not ours" not in cli.run("down", "--yes").stderr
    assert sim.leftovers() == {}


def test_a_private_host_with_its_network(cli: Cli, sim: Simulator) -> None:
    """Every part of it is adopted; with the above every resource of our modules was."""
    cli.edit('access = "ssh"', PRIVATE)
    cli.edit("private_network = null", 'private_network = "nat"')
    cli.ok("up", "--yes")
    known = addresses(cli)
    (cli.directory / "terraform.tfstate").unlink()
    recovered(cli, sim)
    assert cli.json("plan") == UNCHANGED
    assert addresses(cli) == known
    of_the_above = {"aws_iam_role_policy.dlc", "aws_eip.this", "aws_eip_association.this"}
    of_the_above |= {"aws_budgets_budget.this"}  # in test_budget
    of_the_above |= {it for it in declared() if it.endswith(".lease")}  # made anew: test_lease
    assert declared() - known == of_the_above | {"aws_vpc_security_group_ingress_rule.ssh"}
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def declared() -> set[str]:
    """Return all resources of our modules: TYPE.NAME."""
    texts = [path.read_text() for path in (ROOT / "terraform" / "modules").rglob("*.tf")]
    return {".".join(it) for text in texts for it in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.M)}
