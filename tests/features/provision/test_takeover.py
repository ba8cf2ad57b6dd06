"""A running host becomes known to Terraform without any change, or not at all."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import ConfigError, Interrupted
from gpuinfra.ground.model import AttributeChange, Change, Outcome
from gpuinfra.tools.terraform import plan_json
from tests.fakes.world import RECORDED, SETTINGS
from tests.features.provision.recover_scene import GONE, GROUP, HOST, IMPORTED, scene
from tests.features.provision.test_leftovers import GATEWAY, RULE

PLANS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "plans.json").read_text())


def test_the_host_is_taken_over(tmp_path: Path) -> None:
    """What is there is imported, told, agreed upon; the old state is kept; the disk keeps its tags."""
    it = scene(tmp_path)
    assert it.recover(yes=False) == RECORDED.host
    assert it.terraform.calls == [
        ("init",),
        ("plan_import", {}),
        ("plan_import", {INSTANCE: HOST.instance_id, GROUP: "sg-1"}),
        ("apply_import",),
    ]
    assert it.state.exchanged == ["recovered"]
    assert it.reporter.said[:2] == [
        f"takes over the host {HOST.instance_id} (g4dn.xlarge, running, since )",
        "  security group sg-1",
    ]
    assert it.reporter.said[2:] == [
        f"Terraform knows the host {HOST.instance_id} again; the old state is kept in {it.state.kept}"
    ]
    tags = {"Name": "gpuinfra-default", "team": "blue", **SETTINGS.tags.as_dict()}
    assert it.cloud.tags == {"vol-1": tags}


@pytest.mark.parametrize(
    ("case", "says", "hint"),
    [
        ("type", "instance_type = g4dn.2xlarge", 'instance_type = "g4dn.xlarge"'),
        ("size", "root_volume_size_gb = 256", "root_volume_size_gb = 128"),
        ("zone", "availability_zone = us-east-1b", 'availability_zone = "us-east-1a"'),
    ],
)
def test_a_host_that_would_not_stay_is_not_taken_over(
    case: str, says: str, hint: str, tmp_path: Path
) -> None:
    """Replaced, restarted or its disk changed: the value that terraform.tfvars lacks is named."""
    changes = plan_json.changes(PLANS[case])
    it = scene(tmp_path, *changes)
    it.refused(ConfigError, says, f"set {hint} in terraform.tfvars   # then: gpuinfra recover")


def test_what_holds_the_host_is_not_made_anew(tmp_path: Path) -> None:
    """Its group in another network: the cause is said."""
    moved = AttributeChange(name="vpc_id", before="vpc-1", after="vpc-2", forces_replacement=True)
    group = Change(address=GROUP, action="replace", attributes=(moved,))
    hint = "compare access, subnet_id and private_network in terraform.tfvars   # then: gpuinfra recover"
    scene(tmp_path, IMPORTED, group).refused(ConfigError, "security group .*vpc_id: vpc-1 -> vpc-2", hint)


def test_ssh_to_a_host_without_an_address_is_refused_at_once(tmp_path: Path) -> None:
    """It would need another network; Terraform is not asked."""
    it = scene(tmp_path, hosts=(dataclasses.replace(HOST, public_ip=""),))
    hint = 'set access = "ssm" in terraform.tfvars   # then the same command again'
    it.refused(ConfigError, 'access is "ssh"', hint)
    assert it.terraform.calls == []


def test_ctrl_c_while_it_is_applied_leaves_the_old_state(tmp_path: Path) -> None:
    """What was begun is worth nothing: AWS has all that is in it."""
    it = scene(tmp_path, applied=Outcome(ok=False, interrupted=True))
    with pytest.raises(Interrupted, match=GONE) as caught:
        it.recover()
    assert (it.state.exchanged, caught.value.hint) == ([], "gpuinfra recover")


def test_rules_that_nobody_asked_for_go(tmp_path: Path) -> None:
    """An address that terraform.tfvars no longer has would stay let in; what costs money is told."""
    rule = dataclasses.replace(RULE, part_of="sg-1")
    it = scene(tmp_path, things=(rule, GATEWAY))
    it.recover()
    assert it.cloud.removed == ["sgr-1"]
    assert "removes what terraform.tfvars does not say: ingress rule sgr-1" in it.reporter.said
    assert any("nat-1" in line and "costs money" in line for line in it.reporter.said)
