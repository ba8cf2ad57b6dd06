"""A living host is replaced, or restarted, only when its user has read so and agreed."""

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.provision import consequences
from gpuinfra.features.provision.plan import forced
from gpuinfra.features.provision.resource_names import INSTANCE, KEY_PAIR
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.ground.errors import ConfigError, Declined
from gpuinfra.ground.model import Change, Outcome, Record
from gpuinfra.tools.terraform import plan_json
from tests.fakes.host import fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeReporter, FakeTerraform, FakeValues

PLANS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "plans.json").read_text())
YES = Consent(yes=True)
REPLACED = f"this replaces the host {RUNNING.instance_id} and deletes its disk (128 GB): "
GONE = f"the host {RUNNING.instance_id} is gone, terminated outside of gpuinfra, and its disk with it"
# Case of tests.plans -> what its user reads.
LOSSES = {
    "zone": REPLACED + "availability_zone: us-east-1a -> us-east-1b",
    "subnet": REPLACED + "subnet_id: subnet-",
    "access": REPLACED + "subnet_id: subnet-",
    "architecture": REPLACED + "instance_type: g4dn.xlarge -> g5g.xlarge",
    "architecture outside": REPLACED
    + "instance_type: g5g.xlarge -> g4dn.xlarge (changed outside of gpuinfra)",
    "asked for": REPLACED + "a new host on the newest image was asked for",
    "tainted": REPLACED + "Terraform has it marked as damaged",
    "gone": GONE,
}
RESTARTS = {
    "type": "this stops and restarts the host: instance_type: g4dn.xlarge -> g4dn.2xlarge",
    "type outside": "this stops and restarts the host: instance_type: g4dn.2xlarge -> g4dn.xlarge"
    " (changed outside of gpuinfra)",
}
HARMLESS = ("nothing", "size", "tags", "comment", "key", "key pair deleted", "EBS optimisation off")
# Every argument of aws_instance that the provider cannot change on an instance (provider 5.100, ForceNew).
FORCE_NEW = (
    *("ami", "associate_public_ip_address", "availability_zone", "cpu_options.core_count"),
    *("cpu_options.amd_sev_snp", "cpu_options.threads_per_core", "ebs_block_device.encrypted"),
    *("ebs_block_device.volume_size", "ebs_optimized", "enclave_options.enabled"),
    *("ephemeral_block_device.virtual_name", "hibernation", "host_id", "instance_type", "ipv6_addresses"),
    *("ipv6_address_count", "key_name", "launch_template.version", "network_interface.device_index"),
    *("placement_group", "placement_partition_number", "private_dns_name_options.hostname_type"),
    *("private_ip", "root_block_device.encrypted", "root_block_device.kms_key_id", "security_groups"),
    *("subnet_id", "tenancy", "user_data", "user_data_base64"),
)


def plan_of(case: str) -> tuple[Change, ...]:
    """Return the changes of a kept plan."""
    return plan_json.changes(PLANS[case])


def made_up(argument: str, how: str) -> dict[str, Any]:
    """Return the kept plan of another zone as it would be if another argument had changed."""
    plan: dict[str, Any] = copy.deepcopy(PLANS["zone"])
    (host,) = (r for r in plan["resource_changes"] if r["address"] == INSTANCE)
    block, _, leaf = argument.rpartition(".")
    old, new = ({block: [{leaf: v}]} if block else {leaf: v} for v in ("old", "new"))
    unknown: Any = {block: [{leaf: True}]} if block else {leaf: True}
    path = [block, 0, leaf] if block else [leaf]
    host["change"] |= {"before": old, "after": new, "after_unknown": {}, "replace_paths": [path]}
    if how == "unknown":
        host["change"] |= {"after": {}, "after_unknown": unknown}
    drift = {"before": new, "after": old, "actions": ["update"]}
    plan["resource_drift"] = [{**host, "change": drift}] if how == "drift" else []
    return plan


def refused_by(changes: tuple[Change, ...], consent: Consent, tmp_path: Path) -> FakeReporter:
    """Apply these changes where the user says no; nothing may be applied. Return what was asked and told."""
    terraform, reporter = FakeTerraform(Outcome(ok=True, changes=changes)), FakeReporter(answer=False)
    world = fake_world(tmp_path, terraform=terraform, reporter=reporter)
    with pytest.raises(Declined, match="nothing was changed"):
        apply(world, consent)
    assert [call[0] for call in terraform.calls if call[0] == "apply"] == []
    return reporter


@pytest.mark.parametrize("case", LOSSES)
def test_a_real_plan_that_loses_the_host_is_asked_about(case: str, tmp_path: Path) -> None:
    """With --yes, too, the host, its disk and the cause are named, and only the typed word is a yes."""
    for consent in (YES, Consent(yes=False), Consent(yes=False, replace=True)):
        (question,) = refused_by(plan_of(case), consent, tmp_path).asked
        assert question.startswith(LOSSES[case])
        assert question.endswith('. Type "replace"')


@pytest.mark.parametrize("case", LOSSES)
def test_consent_to_replace_is_named_and_done(case: str, tmp_path: Path) -> None:
    """--yes --replace asks nothing and says what it does."""
    terraform, reporter = FakeTerraform(Outcome(ok=True, changed=1, changes=plan_of(case))), FakeReporter()
    world = fake_world(tmp_path, terraform=terraform, reporter=reporter)
    apply(world, Consent(yes=True, replace=True, running=lambda _: ["python train.py"]))
    assert (terraform.calls[-1][0], reporter.asked) == ("apply", [])
    assert any(line.startswith(f"! {LOSSES[case]}") for line in reporter.said)
    assert "! running on the host, and lost then: python train.py" in reporter.said


@pytest.mark.parametrize("how", ["edit", "drift", "unknown"])
@pytest.mark.parametrize("argument", FORCE_NEW)
def test_every_argument_that_forces_a_new_host_is_named(argument: str, how: str, tmp_path: Path) -> None:
    """Edited, changed outside, or not known yet: --yes alone does nothing, and the cause is told."""
    (question,) = refused_by(plan_json.changes(made_up(argument, how)), YES, tmp_path).asked
    end = {"edit": "new", "drift": "new (changed outside of gpuinfra)", "unknown": "a new one"}[how]
    assert question == f'{REPLACED}{argument}: old -> {end}. Type "replace"'


def test_access_is_named_as_the_cause_it_is() -> None:
    """Its edit replaces the host by way of a note in the state; the user reads the value that was edited."""
    assert "access: ssh -> ssm" in consequences.loss(plan_of("access"), RECORDED)


@pytest.mark.parametrize("case", HARMLESS)
def test_nothing_else_replaces_or_restarts(case: str, tmp_path: Path) -> None:
    """A comment, a key, a lost key pair, tags, a larger disk, EBS optimisation: the host goes on."""
    assert consequences.lines(plan_of(case), RECORDED) == []
    if case in ("nothing", "comment", "EBS optimisation off"):
        assert plan_of(case) == ()


@pytest.mark.parametrize("case", RESTARTS)
def test_a_restart_is_named_before_it_happens(case: str, tmp_path: Path) -> None:
    """Nothing is lost but what runs there: it is told with its jobs, and --yes is enough."""
    terraform, reporter = FakeTerraform(Outcome(ok=True, changed=1, changes=plan_of(case))), FakeReporter()
    world = fake_world(tmp_path, terraform=terraform, reporter=reporter)
    apply(world, Consent(yes=True, running=lambda _: ["python train.py"]))
    assert (terraform.calls[-1][0], reporter.asked) == ("apply", [])
    told = reporter.said.index(f"! {RESTARTS[case]}")
    assert reporter.said[told + 1] == "! running on the host, and lost then: python train.py"


NOTE = {"module.host.module.instance.terraform_data.image": "1"}


@pytest.mark.parametrize(
    "refreshed",
    [dataclasses.replace(RECORDED, resources={}), Record(resources=NOTE)],
    ids=["outputs", "note"],
)
def test_a_host_that_a_refresh_took_out_of_the_state_is_gone_too(refreshed: Record, tmp_path: Path) -> None:
    """It is not made anew unasked either: what is made after a host still tells that there was one."""
    terraform, reporter = FakeTerraform(Outcome(ok=True, changes=plan_of("gone"))), FakeReporter(answer=False)
    world = fake_world(tmp_path, terraform=terraform, reporter=reporter, records=(refreshed,))
    with pytest.raises(Declined, match="nothing was changed"):
        apply(world, YES)
    assert "is gone, terminated outside of gpuinfra, and its disk with it" in reporter.asked[0]


@pytest.mark.parametrize("case", ["tainted", "gone"])
def test_a_host_that_was_never_finished_has_nothing_to_lose(case: str, tmp_path: Path) -> None:
    """After a first `up` that was interrupted the next one goes on, without more questions than before."""
    half = Record(resources={INSTANCE: "i-0half"})
    terraform = FakeTerraform(Outcome(ok=True, changes=plan_of(case)))
    apply(fake_world(tmp_path, terraform=terraform, records=(half, RECORDED)), YES)
    assert terraform.calls[-1][0] == "apply"
    said = ["! the half-made host of an earlier run is replaced"] if case == "tainted" else []
    assert consequences.lines(plan_of(case), half) == said


def test_a_larger_disk_is_not_planned_away(tmp_path: Path) -> None:
    """A disk grown in the console: AWS cannot shrink it, so both sizes and the edit are told, before all."""
    terraform = FakeTerraform(Outcome(ok=True, changes=plan_of("disk grown outside")))
    with pytest.raises(
        ConfigError, match="is 128, and the host's disk has 300 GB: it was made larger"
    ) as told:
        apply(fake_world(tmp_path, terraform=terraform), Consent(yes=True, replace=True))
    assert told.value.hint == "set root_volume_size_gb = 300 in terraform.tfvars"
    assert "apply" not in [call[0] for call in terraform.calls]


@pytest.mark.parametrize(
    ("key", "replaced"),
    [("ssh-ed25519 new", [KEY_PAIR]), ("ssh-ed25519 same", []), ("", [])],
    ids=["another", "same", "gone"],
)
def test_another_key_makes_the_pair_anew(key: str, replaced: list[str], tmp_path: Path) -> None:
    """Terraform leaves a pair alone until told; a file that has gone is told by its own condition."""
    record, values = dataclasses.replace(RECORDED, public_key="ssh-ed25519 same"), FakeValues()
    values.key = key
    assert forced(fake_world(tmp_path, values=values), record) == replaced


def test_an_earlier_host_that_waits_to_be_deleted_is_no_loss() -> None:
    """A replacement that was interrupted leaves the old host to be deleted: that was agreed upon."""
    assert consequences.lines([Change(address=INSTANCE, action="delete")], RECORDED) == []
