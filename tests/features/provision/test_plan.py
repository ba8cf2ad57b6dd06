"""`plan`: shows, changes nothing, leaves nothing."""

from pathlib import Path

import pytest

from gpuinfra.features.money import disk_copies
from gpuinfra.features.provision.agree import Consent
from gpuinfra.features.provision.plan import plan
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.up import apply
from gpuinfra.ground.errors import Declined, GpuInfraError
from gpuinfra.ground.model import Change, Diagnostic, Outcome, Record
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING, FakeReporter, FakeTerraform
from tests.features.money.test_disk_copies import copy_of
from tests.features.provision.test_init import never as unset

NEW = Change(address=INSTANCE, action="create")


def test_it_is_shown_and_deleted(tmp_path: Path) -> None:
    """The plan file holds user-data in clear: it does not outlive the command; nothing is applied."""
    terraform, reporter = FakeTerraform(Outcome(ok=True, changes=(NEW,))), FakeReporter()
    found = plan(fake_world(tmp_path, terraform=terraform, reporter=reporter), unset())
    assert (found.changes, found.outputs_changed) == ((NEW,), False)
    assert "cost" in found.plain()
    assert "    + host (EC2 instance)" in reporter.said
    assert terraform.calls == [("init",), ("plan", ())]
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_the_state_does_not_know_is_told(tmp_path: Path) -> None:
    """On another machine, or after a kill: `up` makes none beside it."""
    terraform, reporter = FakeTerraform(Outcome(ok=True, changes=(NEW,))), FakeReporter()
    cloud = FakeCloud(tagged=[[RUNNING]])
    world = fake_world(tmp_path, terraform=terraform, reporter=reporter, cloud=cloud, records=(Record(),))
    plan(world, unset())
    assert any(RUNNING.instance_id in it and it.startswith("! a host of this stack") for it in reporter.said)
    assert any("next: gpuinfra recover" in it for it in reporter.said)


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_copy_of_the_lost_disk_is_told_before_an_empty_host_is_made(is_kept: bool, tmp_path: Path) -> None:
    """`start` makes the host again from that: an empty one is not what its user wants."""
    terraform, reporter = FakeTerraform(Outcome(ok=True, changes=(NEW,))), FakeReporter(answer=False)
    world = fake_world(tmp_path, terraform=terraform, reporter=reporter, cloud=FakeCloud(instance=None))
    if is_kept:
        disk_copies.note(world.files, copy_of(RUNNING.instance_id, "ami-1"), 0.0)
    plan(world, unset())
    with pytest.raises(Declined):
        apply(world, Consent(yes=False))
    line = "! what was on the disk is in the copy ami-1: gpuinfra start makes the host again from that"
    assert reporter.said.count(line) == 2 * is_kept


def test_a_failure_leaves_no_plan_either(tmp_path: Path) -> None:
    """Not even a plan that Terraform wrote before it failed."""
    with pytest.raises(GpuInfraError):
        plan(fake_world(tmp_path, terraform=FakeTerraform(Outcome(ok=False))), unset())
    assert list(tmp_path.iterdir()) == []


def test_warnings_of_terraform_are_told(tmp_path: Path) -> None:
    """All but those about what gpuinfra itself asks of Terraform."""
    new = Diagnostic(severity="warning", summary="Deprecated", detail="Use x.", where="mine.tf:3")
    ours = Diagnostic(severity="warning", summary="Some objects will no longer be managed by Terraform")
    reporter = FakeReporter()
    terraform = FakeTerraform(Outcome(ok=True, diagnostics=(new, ours)))
    plan(fake_world(tmp_path, terraform=terraform, reporter=reporter), unset())
    assert [it for it in reporter.said if "warning" in it] == [
        "warning of Terraform: mine.tf:3: Deprecated\nUse x."
    ]
