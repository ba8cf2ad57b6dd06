"""`down` and `up` meet what Terraform does not know of: removed, asked for, or said."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.closing import Destroyed
from gpuinfra.features.provision.down import destroy
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.ground.errors import AlreadyExists, HostError
from gpuinfra.ground.model import Diagnostic, Outcome, Record
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeReporter, FakeState, FakeTerraform
from tests.features.provision.test_leftovers import ADDRESS, DISK, GATEWAY, KEY, NETWORK, ROLE, RULE, thing

GONE = dataclasses.replace(RUNNING, state="terminated")


def test_down_removes_them_before_terraform_meets_them(tmp_path: Path) -> None:
    """A gateway that Terraform does not know would hold its network; the proof is asked afterwards."""
    cloud, reporter = FakeCloud(instance=GONE, things=(GATEWAY,)), FakeReporter()
    terraform = FakeTerraform(Outcome(ok=True))
    destroy(fake_world(tmp_path, cloud=cloud, terraform=terraform, reporter=reporter), yes=True)
    assert cloud.removed == ["nat-1"]
    assert ("destroy",) in terraform.calls
    assert reporter.view.lines == ["NAT gateway nat-1: deleted"]


def test_down_asks_before_a_disk_goes(tmp_path: Path) -> None:
    """It may hold somebody's work: --yes leaves it, says so and is no success; a yes to its name does it."""
    cloud = FakeCloud(instance=GONE, things=(DISK,))
    with pytest.raises(HostError, match=r"AWS still shows disk \(EBS volume\) vol-1"):
        destroy(fake_world(tmp_path, cloud=cloud), yes=True)
    assert cloud.removed == []
    reporter = FakeReporter(answer=True)
    destroy(fake_world(tmp_path, cloud=cloud, reporter=reporter), yes=False)
    assert "vol-1, which Terraform lost track of" in reporter.asked[0]
    assert cloud.removed == ["vol-1"]


def test_down_without_a_record_finds_them(tmp_path: Path) -> None:
    """No state, no host: what a killed run has left is removed all the same."""
    cloud = FakeCloud(things=(KEY, ROLE))
    destroy(fake_world(tmp_path, cloud=cloud, records=(Record(),)), yes=True)
    assert cloud.removed == [KEY.resource_id, ROLE.resource_id]


def _without_a_state(tmp_path: Path, cloud: FakeCloud, reporter: FakeReporter, *, lost: bool) -> World:
    state = FakeState(Record())
    state.path = tmp_path / "terraform.tfstate"
    if not lost:
        state.path.touch()
    return fake_world(tmp_path, cloud=cloud, reporter=reporter, state=state)


def test_a_host_under_another_owner_is_said(tmp_path: Path) -> None:
    """The state is lost, the tag was edited: it may be ours, so "nothing to destroy" would be a lie.

    Where Terraform's record says that all was destroyed it is a colleague's: told, and no error.
    """
    bobs = thing("aws_instance", "i-0bob", owner="bob")
    cloud, reporter = FakeCloud(things=(bobs,)), FakeReporter()
    with pytest.raises(HostError, match=r"with this stack's name and another owner: .* i-0bob"):
        destroy(_without_a_state(tmp_path, cloud, reporter, lost=True), yes=True)
    assert destroy(_without_a_state(tmp_path, cloud, reporter, lost=False), yes=True) == Destroyed()
    assert reporter.said[-1] == "left, with another owner in its tags: host (EC2 instance) i-0bob"
    assert cloud.removed == []


def test_what_could_not_be_asked_is_said(tmp_path: Path) -> None:
    """A caller without rights in IAM can end the cost; nothing is claimed that was not looked for."""
    reporter = FakeReporter()
    cloud = FakeCloud(instance=GONE, unasked=("iam:ListRoles",))
    destroy(fake_world(tmp_path, cloud=cloud, reporter=reporter), yes=True)
    assert reporter.said[-2:] == [
        "AWS did not let us look whether anything else is left (iam:ListRoles)",
        "AWS shows no instance of this stack in us-east-1 any more",
    ]


def test_up_makes_anew_what_a_killed_run_has_left(tmp_path: Path) -> None:
    """What has no worth is removed, in one line; a disk is never touched; Terraform runs then."""
    reporter, terraform = FakeReporter(), FakeTerraform(Outcome(ok=True, added=2))
    cloud = FakeCloud(things=(DISK, GATEWAY, ADDRESS))
    world = fake_world(
        tmp_path, cloud=cloud, reporter=reporter, terraform=terraform, records=(NETWORK, RECORDED)
    )
    apply(world, Consent(yes=True))
    assert cloud.removed == ["nat-1", "eipalloc-1"]
    assert reporter.said[0].startswith("left behind by an earlier run, and made anew: NAT gateway")
    assert any(call[0] == "apply" for call in terraform.calls)


def test_what_was_made_without_an_answer_does_not_fail_again(tmp_path: Path) -> None:
    """Beside a living host nothing is looked for, until AWS says that a thing exists: then it goes."""
    said = "operation error EC2: Authorize, api error InvalidPermission.Duplicate: the rule already exists"
    failed = Outcome(ok=False, diagnostics=(Diagnostic(severity="error", summary=said),))
    group = str(RECORDED.host and RECORDED.host.security_group_id)
    cloud = FakeCloud(things=(dataclasses.replace(RULE, part_of=group), DISK))
    world = fake_world(tmp_path, cloud=cloud, terraform=FakeTerraform(failed))
    with pytest.raises(AlreadyExists) as caught:
        apply(world, Consent(yes=True))
    assert cloud.removed == ["sgr-1"]
    assert caught.value.hint == "gpuinfra up"
