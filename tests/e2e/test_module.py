"""modules/host called from other roots, by real Terraform."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import client
from tests.terraform import ROOT, Terraform, changes, terraform

pytestmark = pytest.mark.e2e

ROLE_ACCOUNT = "111122223333"
COMMON = f"""
  public_key    = file("{ROOT}/terraform/tests/stack/key.pub")
  allowed_cidrs = ["203.0.113.7/32"]
"""
# A company's root: its role, its tags, tags of others that it leaves alone; one stack name in two regions.
CALLER = f"""
provider "aws" {{
  region = "us-east-1"

  assume_role {{
    role_arn = "arn:aws:iam::{ROLE_ACCOUNT}:role/deployer"
  }}

  default_tags {{
    tags = {{ CostCenter = "42", Name = "theirs" }}
  }}

  ignore_tags {{
    key_prefixes = ["backup:"]
  }}
}}

provider "aws" {{
  alias  = "eu"
  region = "eu-central-1"
}}

module "team" {{
  source   = "../modules/host"
  for_each = toset(["ann", "bob"])

  stack = each.key
{COMMON}}}

module "eu" {{
  source    = "../modules/host"
  providers = {{ aws = aws.eu }}

  stack = "ann"
{COMMON}}}

output "zones" {{
  value = {{ ann = module.team["ann"].availability_zone, eu = module.eu.availability_zone }}
}}
"""


Provider = Mapping[str, str]


def root(
    simulator: Simulator, directory: Path, text: str, provider: Provider = MappingProxyType({})
) -> Terraform:
    """Return Terraform in a root of somebody else's, beside a copy of the modules."""
    shutil.copytree(ROOT / "terraform" / "modules", directory / "modules")
    (directory / "root").mkdir()
    (directory / "root" / "main.tf").write_text(text)
    made = terraform(directory / "root", simulator, provider)
    made.init()
    return made


def test_the_callers_credentials_tags_and_regions_count(sim: Simulator, tmp_path: Path) -> None:
    """Hosts are made by the caller's role, with its tags, in its regions; a second plan is empty."""
    caller = root(sim, tmp_path, CALLER)
    caller.apply()
    assert {call.params["RoleArn"].rpartition(":")[2] for call in sim.calls("AssumeRole")} == {
        "role/deployer"
    }
    launches = {(call.region, call.account) for call in sim.calls("RunInstances")}
    assert launches == {("us-east-1", ROLE_ACCOUNT), ("eu-central-1", "123456789012")}
    assert {call.account for call in sim.calls("CreateRole")} == {ROLE_ACCOUNT, "123456789012"}
    zones = json.loads(caller.ok("output", "-json", "zones"))
    assert (zones["ann"][:-1], zones["eu"][:-1]) == ("us-east-1", "eu-central-1")

    lent = [call.access_key for call in sim.calls("RunInstances") if call.account == ROLE_ACCOUNT]
    ec2 = client("ec2", sim, key=lent[0])
    hosts = [it for found in ec2.describe_instances()["Reservations"] for it in found["Instances"]]
    for host in hosts:
        tags = {tag["Key"]: tag["Value"] for tag in host["Tags"]}
        assert tags["CostCenter"] == "42"
        assert tags["Name"] in ("gpuinfra-ann", "gpuinfra-bob")
    ec2.create_tags(Resources=[hosts[0]["InstanceId"]], Tags=[{"Key": "backup:daily", "Value": "yes"}])
    again = caller.run("plan", "-input=false", "-detailed-exitcode")
    assert again.returncode == 0, again.stdout + again.stderr

    caller.destroy()
    assert sim.leftovers() == {}


def test_a_subnet_of_the_same_apply(sim: Simulator, provider: Provider, tmp_path: Path) -> None:
    """The example in which everything is made at once applies, and plans nothing after it."""
    example = (ROOT / "terraform" / "examples" / "as-module" / "main.tf").read_text()
    key = f'"{ROOT}/terraform/tests/stack/key.pub"'
    text = example.replace("../../modules", "../modules").replace("var.public_key_path", key)
    larger = root(sim, tmp_path, text, provider)
    larger.apply()
    assert changes(larger.plan()) == {}
    (launch,) = sim.calls("RunInstances")
    assert "acme/stage" not in _instance_tags(launch.params)
    larger.destroy()
    assert sim.leftovers() == {}


def test_depends_on_is_refused_as_its_readme_says(sim: Simulator, provider: Provider, tmp_path: Path) -> None:
    """While a neighbour changes, Terraform puts every look-up off; the message is the one in the README."""
    text = f"""
provider "aws" {{
  region = "us-east-1"
}}

resource "terraform_data" "neighbour" {{}}

module "host" {{
  source     = "../modules/host"
  depends_on = [terraform_data.neighbour]
{COMMON}}}
"""
    done = root(sim, tmp_path, text, provider).run("plan", "-input=false")
    assert done.returncode == 1
    assert "Error: Invalid for_each argument" in done.stderr
    readme = (ROOT / "terraform" / "modules" / "host" / "README.md").read_text()
    assert "Error: Invalid for_each argument" in readme


def test_a_setting_reaches_a_running_host_by_its_tag(
    sim: Simulator, provider: Provider, tmp_path: Path
) -> None:
    """Edited, it is one tag of the instance, changed in place; nothing is stopped or else touched."""
    text = f"""
provider "aws" {{
  region = "us-east-1"
}}

variable "limit" {{
  default = null
}}

module "host" {{
  source         = "../modules/host"
  job_time_limit = var.limit
{COMMON}}}
"""
    caller = root(sim, tmp_path, text, provider)
    caller.apply()
    before = len(sim.calls())
    caller.apply("-var=limit=12h")
    done = [c for c in sim.calls()[before:] if not c.action.startswith(("Describe", "Get", "List"))]
    assert [call.action for call in done] == ["CreateTags"]
    assert done[0].params["Tag.1.Key"] == "gpuinfra:job-time-limit"
    assert done[0].params["Tag.1.Value"] == "12h"
    assert done[0].params["ResourceId.1"].startswith("i-")
    caller.destroy()


def _instance_tags(params: Mapping[str, str]) -> set[str]:
    """Return the keys of the tags that a RunInstances puts on the instance itself."""
    kinds = [name for name, value in params.items() if name.endswith(".ResourceType") and value == "instance"]
    starts = tuple(kind.removesuffix("ResourceType") for kind in kinds)
    return {value for name, value in params.items() if name.startswith(starts) and name.endswith(".Key")}
