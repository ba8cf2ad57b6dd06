"""`doctor` as a user runs it: a sound account, and ten broken ones with one cause and one next step each."""

import dataclasses
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.timing import alone_s

pytestmark = pytest.mark.e2e
WITHIN_S, TRIES = 3.0, 5
DENIED = "You are not authorized to perform this operation."


@dataclass(frozen=True, kw_only=True)
class Broken:
    """An account with one thing wrong, and what doctor makes of it."""

    account: Mapping[str, object] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    without_vpc: bool = False
    no_quota: tuple[str, ...] = ()
    cause: str
    state: str = "bad"
    next: str


BROKEN = {
    "no credentials": Broken(
        env={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
        cause="credentials",
        next="aws configure",
    ),
    "a clock that is off": Broken(account={"clock_skew_s": 900}, cause="clock", next="sudo timedatectl"),
    "not verified": Broken(
        account={"verified": False}, cause="account", next="https://portal.aws.amazon.com"
    ),
    "free plan": Broken(account={"plan": "FREE"}, cause="plan", next="aws freetier upgrade-account-plan"),
    "no quota": Broken(no_quota=("L-DB2E81BA",), cause="quota", next="gpuinfra quota request"),
    "type not in the region": Broken(
        options=("--type", "g6.xlarge", "--region", "us-west-1"),
        cause="instance type",
        next="gpuinfra prices --region us-west-1",
    ),
    "terms not accepted": Broken(
        account={"marketplace": []},
        cause="Marketplace terms",
        state="unsure",
        next="https://aws.amazon.com/marketplace",
    ),
    "image hidden": Broken(
        account={"allowed_amis": ["amazon"]}, cause="image", next="aws ec2 get-allowed-images-settings"
    ),
    "no right to launch": Broken(
        faults=(
            Fault(match="RunInstances", count=None, status=403, code="UnauthorizedOperation", message=DENIED),
        ),
        cause="EC2 rights",
        next="ask your AWS administrator to allow ec2:RunInstances",
    ),
    "no right to make a role": Broken(
        account={"deny": ["iam:PassRole"]},
        cause="IAM rights",
        next="ask your AWS administrator to allow iam:PassRole",
    ),
    "no default VPC": Broken(without_vpc=True, cause="network", next="aws ec2 create-default-vpc"),
}


def findings(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, Any]]:
    """Return what was found by name."""
    assert "Traceback" not in done.stderr, done.stderr
    return {one["name"]: one for one in json.loads(done.stdout)["findings"]}


@pytest.mark.parametrize("name", BROKEN)
def test_one_cause_and_one_next_step(name: str, fresh: Cli, sim: Simulator) -> None:
    """Of all that is looked at one line is wrong, and names the one thing to do."""
    it = BROKEN[name]
    sim.account(**it.account)
    if it.faults:
        sim.fault(*it.faults)
    for code in it.no_quota:
        sim.quota(code, 0)
    if it.without_vpc:
        sim.remove_default_vpc()
    done = fresh.run("doctor", "--json", *it.options, **it.env)
    found = findings(done)
    assert [one["name"] for one in found.values() if one["state"] in ("bad", "warn")] == (
        [it.cause] if it.state == "bad" else []
    ), done.stdout
    assert found[it.cause]["state"] == it.state
    assert found[it.cause]["hint"].startswith(it.next)
    assert done.returncode == (4 if it.state == "bad" else 0)


def test_a_sound_account(fresh: Cli, sim: Simulator) -> None:
    """All is well before and after `init`; nothing is made; in under 3 s (the best of some tries)."""
    fresh = dataclasses.replace(fresh, server=None)  # its start counts
    done: list[subprocess.CompletedProcess[str]] = []
    took_s = alone_s(lambda: done.append(fresh.run("doctor", "--json")))
    for _ in range(TRIES):
        if took_s > WITHIN_S:
            took_s = alone_s(lambda: done.append(fresh.run("doctor", "--json")))
    found = findings(done[-1])
    assert {one["state"] for one in found.values() if one["name"] != "ssh key"} == {"ok"}, done[-1].stdout
    assert found["ssh key"]["text"] == "not looked at: there is no terraform.tfvars yet"
    assert done[-1].returncode == 0
    assert sim.leftovers() == {}
    assert took_s < WITHIN_S


def test_a_project(cli: Cli, sim: Simulator) -> None:
    """After `init` its values are what is looked at; a wrong one is told with its line."""
    found = findings(cli.run("doctor", "--json"))
    assert {one["state"] for one in found.values()} == {"ok"}, found
    assert found["your address"]["text"] == "52.94.76.10/32, which allowed_cidrs lets in"
    sim.caller_ip("52.94.76.99")
    cli.edit("tags = {}", 'tags = { "cost:center" = "42" }')
    cli.edit("root_volume_size_gb = 128", "root_volume_size_gb = 50")
    found = findings(cli.run("doctor", "--json"))
    wrong = {name: one["hint"] for name, one in found.items() if one["state"] != "ok"}
    assert wrong.pop("EC2 rights") == ""
    assert wrong == {
        "your address": "gpuinfra allow",
        "disk": "set root_volume_size_gb = 128 in terraform.tfvars",
    }
    asked = [call.params for call in sim.dry_runs() if call.action == "RunInstances"][-1]
    assert "cost:center" in asked.values()
    assert asked["MetadataOptions.HttpTokens"] == "required"
    assert asked["BlockDeviceMapping.1.Ebs.Encrypted"] == "true"


def test_values_that_cannot_be_read(cli: Cli) -> None:
    """The file is what is wrong, exit 2; the rest is looked at as by default."""
    path = cli.directory / "terraform.tfvars"
    path.write_text(path.read_text() + "\ninstance_typ = 3\n")
    done = cli.run("doctor", "--json")
    found = findings(done)
    assert [name for name, one in found.items() if one["state"] == "bad"] == ["terraform.tfvars"]
    assert "did you mean instance_type?" in found["terraform.tfvars"]["text"]
    assert done.returncode == 2


def test_as_a_table(fresh: Cli, sim: Simulator, tmp_path: Path) -> None:
    """A line each on stdout, the next step below; outside of a project, too."""
    sim.account(plan="FREE")
    away = Cli(project=tmp_path, env={**fresh.env, "GPUINFRA_PROJECT": ""})
    done = away.run("doctor", "--type", "g5.xlarge", "--region", "eu-central-1")
    lines = done.stdout.splitlines()
    at = lines.index("BAD       plan               AWS's free plan has no g5.xlarge")
    assert lines[at + 1].startswith("          next: aws freetier upgrade-account-plan")
    assert lines[-1] == "1 in the way of a host, 2 not sure"


@pytest.mark.parametrize("name", ["free plan", "image hidden"])
def test_up_ends_before_anything_is_made(name: str, cli: Cli, sim: Simulator) -> None:
    """What is certain is told with its next step; nothing is made, not even a security group."""
    it = BROKEN[name]
    sim.account(**it.account)
    refused(cli.run("up", "--yes"), 4, "this host cannot be had", f"next: {it.next}")
    assert sim.leftovers() == {}
    assert sim.calls("RunInstances") == []


def test_rights_are_tried_before_anything_is_made(cli: Cli, sim: Simulator) -> None:
    """By the dry run of the real launch: the plan tells it, and so does `up`, which AWS then refuses."""
    told = "you may not do ec2:RunInstances"
    cli.edit("tags = {}", 'tags = { "cost:center" = "42" }')
    sim.fault(*BROKEN["no right to launch"].faults)
    assert f"! {told}" in cli.run("plan").stderr
    launch = next(call for call in sim.dry_runs() if call.action == "RunInstances")
    assert "cost:center" in launch.params.values()
    assert sim.leftovers() == {}
    done = cli.run("up", "--yes")
    refused(done, 4, told, "next: ask your AWS administrator to allow ec2:RunInstances")
    assert done.stderr.index(f"! {told}") < done.stderr.index("creating ...")


def test_a_network_of_the_stack_own_is_not_told_missing(cli: Cli, sim: Simulator) -> None:
    """Without a default VPC a dry run has nowhere to go; the host has its own network, once it is made."""
    sim.remove_default_vpc()
    cli.edit('access = "ssh"', 'access = "ssm"')
    cli.edit("private_network = null", 'private_network = "nat"')
    found = findings(cli.run("doctor", "--json"))
    assert found["EC2 rights"]["state"] == "unsure"
    assert "`up` makes a network" in found["EC2 rights"]["text"]
    assert [one for one in found.values() if one["state"] == "bad"] == []
    done = cli.run("plan")
    assert (done.returncode, "would refuse" in done.stderr) == (0, False), done.stderr
