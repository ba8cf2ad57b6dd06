"""`plan`: shows, changes nothing, leaves nothing."""

from pathlib import Path

import pytest

from gpuinfra.features.provision.outcome import INSTANCE
from gpuinfra.features.provision.plan import plan
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Change, Outcome, TerraformPlan
from tests.fakes.host import fake_world
from tests.fakes.world import FakeReporter, FakeTerraform

NEW = Change(address=INSTANCE, action="create")


def test_it_is_shown_and_deleted(tmp_path: Path) -> None:
    """The plan file holds user-data in clear: it does not outlive the command; nothing is applied."""
    terraform, reporter = FakeTerraform(Outcome(ok=True, changes=(NEW,))), FakeReporter()
    found = plan(fake_world(tmp_path, terraform=terraform, reporter=reporter))
    assert found == TerraformPlan(changes=(NEW,))
    assert reporter.plans == [(NEW,)]
    assert terraform.calls == [("init",), ("plan", ())]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_no_plan_either(tmp_path: Path) -> None:
    """Not even a plan that Terraform wrote before it failed."""
    with pytest.raises(GpuInfraError):
        plan(fake_world(tmp_path, terraform=FakeTerraform(Outcome(ok=False))))
    assert list(tmp_path.iterdir()) == []
