"""What is written down twice, in two languages, must say the same."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

from gpuinfra.features.containers import dlc as dlc_action
from gpuinfra.features.containers import dlc_images
from gpuinfra.features.money import lease as leases
from gpuinfra.features.provision import leftovers, resource_names
from gpuinfra.ground import errors
from gpuinfra.ground.model import Host, Settings, Tags
from gpuinfra.tools.aws import leaks_removal, removal
from gpuinfra.tools.terraform import declared

TERRAFORM = Path(__file__).resolve().parent.parent / "terraform"
HOST = TERRAFORM / "modules" / "host"
PARTS = HOST / "modules"
FACTS = HOST / "facts"
OPTIONS = hcl2.SerializationOptions(strip_string_quotes=True, with_comments=False)


def blocks(file: str, kind: str) -> dict[str, dict[str, Any]]:
    """Return the blocks of one kind in a file of the root module, by name."""
    parsed = hcl2.loads((TERRAFORM / file).read_text(), serialization_options=OPTIONS)
    return {name.strip('"'): body for block in parsed[kind] for name, body in block.items()}


def example() -> dict[str, Any]:
    """Return the values of terraform.tfvars.example."""
    text = (TERRAFORM / "terraform.tfvars.example").read_text()
    return dict(hcl2.loads(text, serialization_options=OPTIONS))


def test_outputs_are_the_fields_of_host() -> None:
    """outputs.tf begins with one output for each field of Host, in its order; none at all is sensitive."""
    outputs = blocks("outputs.tf", "output")
    fields = [f.name for f in dataclasses.fields(Host)]
    assert list(outputs)[: len(fields)] == fields
    assert not any(o.get("sensitive") for o in outputs.values())
    assert all(o["description"] for o in outputs.values())


def test_the_example_sets_every_variable() -> None:
    """terraform.tfvars.example has exactly the variables of variables.tf."""
    variables = blocks("variables.tf", "variable")
    assert sorted(variables) == sorted([*example(), "pool"])  # which `up` writes to a file of its own
    assert all(v["description"] and v["type"] for v in variables.values())


def test_defaults_are_those_of_the_module() -> None:
    """The defaults that Python reads as text are those that a parser of HCL finds."""
    found = declared.variables([TERRAFORM / "variables.tf"])
    variables = blocks("variables.tf", "variable")
    assert {k: v.default for k, v in found.items() if v.has_default} == {
        k: v["default"] for k, v in variables.items() if "default" in v
    }
    assert found.keys() == variables.keys()


@pytest.mark.parametrize("name", ["stack", "owner", "project", "region", "instance_type"])
def test_rules_are_found(name: str) -> None:
    """What `init` checks is the rule that Terraform checks: each of these speaks of its value."""
    found = declared.variables([TERRAFORM / "variables.tf"], module=[HOST / "variables.tf"])
    assert declared.refusal(name, "-- no! --", found).startswith(f'{name} is "-- no! --"; it must')


def test_the_example_shows_the_defaults() -> None:
    """What the example sets is what one gets without it, but for decisions that the user must own."""
    shown, variables = example(), blocks("variables.tf", "variable")
    with_default = {k: v["default"] for k, v in variables.items() if "default" in v and k != "pool"}
    assert {k: shown[k] for k in with_default} == with_default


def test_settings_are_variables() -> None:
    """Every field of Settings is a variable."""
    assert {f.name for f in dataclasses.fields(Settings)} <= set(blocks("variables.tf", "variable"))


def test_tags() -> None:
    """The tags by which orphans are found are on everything: by the provider, or else by the module."""
    tags = Tags(project="project", stack="stack", owner="owner")
    for path in (TERRAFORM / "providers.tf", HOST / "tags.tf"):
        assert tags.as_dict() == dict(re.findall(r'"(gpuinfra:\w+)"\s*=\s*var\.(\w+)', path.read_text()))
    assert "tags = local.default_tags" in (TERRAFORM / "providers.tf").read_text()


def test_the_accounts_of_the_deep_learning_containers() -> None:
    """The role may pull from the very registry that the command line names, in every region."""
    for region, account in json.loads((FACTS / "dlc.json").read_text())["accounts"].items():
        assert dlc_images.registry(region).startswith(f"{account}.dkr.ecr.{region}.")
    assert "facts/dlc.json" in (PARTS / "instance" / "dlc.tf").read_text()


def test_addresses() -> None:
    """The resources that the command line names exist in the modules."""
    assert resource_names.INSTANCE == "module.host.module.instance.aws_instance.this"
    assert 'module "host"' in (TERRAFORM / "main.tf").read_text()
    assert 'module "instance"' in (HOST / "main.tf").read_text()
    assert 'resource "aws_instance" "this"' in (PARTS / "instance" / "main.tf").read_text()
    assert dlc_action.POLICY == "module.instance.aws_iam_role_policy.dlc"
    assert 'resource "aws_iam_role_policy" "dlc"' in (PARTS / "instance" / "dlc.tf").read_text()
    assert resource_names.SECURITY_GROUP == 'module.host.module.security_group["own"]'
    assert 'module "security_group"' in (HOST / "main.tf").read_text()


def test_the_root_hands_every_value_to_the_module() -> None:
    """What root and module both take has one default, and the root passes it; the rest is of one of them."""
    root, module = blocks("variables.tf", "variable"), blocks("modules/host/variables.tf", "variable")
    both = root.keys() & module.keys()
    owned = {"owner", "allowed_cidrs"}  # decisions of a user, which a module may leave open
    assert {k: root[k].get("default") for k in both - owned} == {
        k: module[k].get("default") for k in both - owned
    }
    call = blocks("main.tf", "module")["host"]
    assert {key for key in call if not key.startswith("_")} - {"source"} == set(module)
    assert root.keys() - both == {
        *("region", "subnet_id", "public_key_path", "installer", "ignore_tag_prefixes"),
        *("instance_types", "zones", "pool"),  # the module takes one place: pool.tf
    }
    of_a_moment = {"lease_hours", "restore"}  # no file holds them: lease.tf, restore.tf
    assert module.keys() - both == {"subnet", "public_key", "user_data_base64", *of_a_moment}


def test_the_stages_of_the_lease() -> None:
    """The command line moves the stages to where Terraform would put them."""
    text = (HOST / "lease.tf").read_text()
    assert f"cut-off = merge(local.stop, {{ after_s = {leases.CUT_OFF_AFTER_S:.0f}," in text
    days = leases.LONGEST_S / leases.DAY_S
    assert f"stopped_s = floor({leases.DAY_S:.0f} * min({days:.0f}, coalesce(var.stopped_days, 0)))" in text
    assert f"lease_s   = floor(3600 * min(24 * {days:.0f}," in text
    assert leases.Lease(max_usd=1, stopped_days=2).stages(5.0) == {
        leases.STOP: 5.0,
        leases.CUT_OFF: 605.0,
        leases.TERMINATE: 172805.0,
    }


def test_all_that_the_module_makes_can_be_found_and_removed() -> None:
    """Each type of resource is looked for by itself, or goes with another one."""
    of_roles = {"aws_iam_role_policy", "aws_iam_role_policy_attachment"}
    mails = {"aws_budgets_budget"}  # costs nothing and holds nothing: `leaks` finds it, `down` need not
    with_another = {"aws_default_security_group", "aws_eip_association", "aws_scheduler_schedule"}
    parts = {*mails, *with_another, *of_roles}
    made = {
        name
        for path in HOST.rglob("*.tf")
        for name in re.findall(r'^resource "(aws_\w+)"', path.read_text(), re.MULTILINE)
    }
    assert made - parts <= set(leftovers.ORDER)
    assert set(leftovers.COPIES) <= set(leaks_removal.MADE_OF_STACKS)  # `start` makes them, not the module
    assert set(leftovers.ORDER) - {leftovers.HOST, *leftovers.COPIES} == {
        *removal.EC2,
        *removal.IAM,
        *removal.RULES,
        *removal.SCHEDULER,
    }


def test_exit_codes_are_unique() -> None:
    """One exit code per class of error, a narrower class has its parent's; 0 is success, 1 our bugs."""
    codes = sorted(c.exit_code for c in errors.GpuInfraError.__subclasses__())
    assert codes == [2, 3, 4, 5, 130]
    assert errors.GpuInfraError.exit_code == 1


def test_the_lock_holds_the_provider_for_every_platform() -> None:
    """An init from a mirror would record its own platform only, and others would refuse the provider."""
    lock = (TERRAFORM / ".terraform.lock.hcl").read_text()
    assert re.findall(r'^  version +=\s*"(.+)"', lock, re.MULTILINE) == ["5.100.0"]
    assert lock.count('"zh:') == 15
    assert lock.count('"h1:') >= 2


def test_nothing_in_the_modules_depends_on_who_runs_them() -> None:
    """No user's path, account or address stands in a committed file of Terraform."""
    for path in TERRAFORM.rglob("*.tf"):
        if ".terraform" not in path.parts:
            assert not re.search(r"/home/|/Users/|\b\d{12}:role/", path.read_text()), path


def test_the_manual_names_every_exit_code() -> None:
    """docs/troubleshooting.md has a row for each exit code."""
    text = (TERRAFORM.parent / "docs" / "troubleshooting.md").read_text()
    assert all(re.search(rf"\|\s*`?{code}`?\s*\|", text) for code in (0, 1, 2, 3, 4, 5, 130))


def test_no_message_is_built_of_what_aws_may_not_have_given() -> None:
    """A host that died while pending has nulls for values: a condition must not add an error of its own."""
    files = [TERRAFORM / "main.tf", TERRAFORM / "providers.tf", *(TERRAFORM / "modules").rglob("*.tf")]
    messages = [m for f in files for m in re.findall(r"(?:error_message|condition) .*", f.read_text())]
    assert len(messages) > 40
    of_aws = [m for m in messages if re.search(r"\$\{self\.(?!input)", m)]
    assert of_aws == [], 'coalesce(self...., "null")'
