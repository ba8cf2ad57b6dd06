"""The printed policy is exact: whole days run under it, and without any of its actions they would not."""

import json
import re
from pathlib import Path

import pytest

from gpuinfra.ground.model import Tags
from gpuinfra.simulator.client import Simulator
from gpuinfra.tools.aws import run_command
from gpuinfra.tools.ssm.api import request
from tests.e2e.cli import Cli
from tests.e2e.policy_day import held, not_needed, refused
from tests.e2e.test_company_account import companys
from tests.e2e.test_private import NAT, PRIVATE
from tests.simulator.aws import client
from tests.simulator.leaks import named, plant, plant_global

pytestmark = pytest.mark.e2e
OURS = Tags(project="gpuinfra", stack="default", owner="tester")
OTHERS = Tags(project="gpuinfra", stack="other", owner="tester")


def edit(cli: Cli, *lines: str) -> None:
    """Give variables of terraform.tfvars other values, from null, false or {}."""
    text = (cli.directory / "terraform.tfvars").read_text()
    for line in lines:
        name = line.split(" = ")[0]
        (old,) = re.findall(rf"^{name} += .*$", text, re.M)
        cli.edit(old, line)


def a_disk_that_is_left(sim: Simulator, *, key: str) -> None:
    """Delete a disk of ours, as `down` does after a question at a terminal."""
    tags = [{"ResourceType": "volume", "Tags": named(OURS)}]
    made = client("ec2", sim).create_volume(AvailabilityZone="us-east-1a", Size=1, TagSpecifications=tags)
    client("ec2", sim, key=key).delete_volume(VolumeId=made["VolumeId"])


def ec2_rights(user: Cli) -> str:
    """Return what `doctor` makes of the rights: what it reports is what `up` would meet."""
    found = json.loads(user.run("doctor", "--json").stdout)["findings"]
    return str(next(one["state"] for one in found if one["name"] == "EC2 rights"))


def test_a_whole_day(cli: Cli, sim: Simulator, installed: Path) -> None:
    """With address, role, lease, budget: made, stopped, started, resized, extended, recovered, removed."""
    options = ("elastic_ip = true", "dlc_access = true", "max_usd = 20", "stopped_days = 3")
    edit(cli, *options, "budget_usd = 100", 'budget_email = "ada@example.com"')
    with held(cli, sim, installed, key="day") as (user, policies):
        user.ok("prices")
        assert ec2_rights(user) == "ok"
        user.ok("quota", "show")
        user.ok("quota", "history")
        user.ok("quota", "request", "999", "--yes")
        user.ok("up", "--yes")
        assert ec2_rights(user) == "ok"
        user.ok("stop", "--yes")
        user.ok("start")
        user.ok("resize", "g5.xlarge", "--yes")
        user.ok("lease", "extend", "--usd", "10", "--yes")
        user.ok("allow", "--cidr", "198.51.100.9/32")
        edit(cli, "root_volume_size_gb = 150", "budget_usd = 200", 'tags = { team = "blue" }')
        user.ok("up", "--yes")
        edit(cli, "tags = {}")
        user.ok("up", "--yes")
        (cli.directory / "terraform.tfstate").unlink()
        user.ok("recover", "--yes")
        user.ok("down", "--yes")
        assert sim.leftovers() == {}
        a_disk_that_is_left(sim, key="day")
        plant(sim, OTHERS)
        plant_global(sim, OTHERS)
        user.ok("leaks")
        assert refused(sim, "day") == []
        assert not_needed(policies, sim.needs("day"), key="day") == []


def test_a_private_host(cli: Cli, sim: Simulator, installed: Path) -> None:
    """A network of its own, AWS's image, Session Manager: made and removed; sessions of its own only."""
    cli.edit('access = "ssh"', PRIVATE)
    cli.edit("private_network = null", NAT)
    cli.edit('image = "nvidia"', 'image = "aws-nvidia"')
    with held(cli, sim, installed, key="private") as (user, _):
        user.ok("up", "--yes")
        instance, ssm = cli.json("output")["instance_id"], client("ssm", sim, key="private")
        with pytest.raises(ssm.exceptions.TargetNotConnected):  # allowed; there is no machine behind it
            ssm.start_session(**request(instance, 22))
        ssm.resume_session(SessionId="private-0123")
        ssm.terminate_session(SessionId="private-0123")
        run_command.run(ssm, instance, "true", sleep=lambda _: None)
        user.ok("down", "--yes")
        assert sim.leftovers() == {}
        assert refused(sim, "private") == []


def test_what_an_account_has(cli: Cli, sim: Simulator, installed: Path) -> None:
    """Group, key pair, profile and key of the account's own: no right to make any of them."""
    values = (cli.directory / "terraform.tfvars").read_text()
    (key_file,) = re.findall(r'^public_key_path += "(.*)"$', values, re.M)
    had = companys(sim, Path(key_file).expanduser().read_text())
    edit(cli, f'security_group_ids = ["{had["group"]}"]', 'key_name = "team-2026"')
    edit(cli, f'kms_key_id = "{had["kms"]}"', 'instance_profile = "ml-hosts"')
    edit(cli, 'instance_type = "t3.large"', 'image = "ubuntu"')
    with held(cli, sim, installed, key="company") as (user, policies):
        assert ec2_rights(user) == "ok"
        user.ok("up", "--yes")
        user.ok("stop", "--yes")
        user.ok("start")
        user.ok("down", "--yes")
        assert refused(sim, "company") == []
        assert "iam:CreateRole" not in str(policies)
