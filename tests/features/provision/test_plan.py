"""`plan`: shows, changes nothing, leaves nothing."""

from pathlib import Path

import pytest

from gpuinfra.features.provision.outcome import INSTANCE
from gpuinfra.features.provision.plan import plan
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Change, Outcome, Plan
from tests.fakes.host import ports
from tests.fakes.world import FakeNarrator, FakeTerraform

NEW = Change(address=INSTANCE, action="create")


def test_it_is_shown_and_deleted(tmp_path: Path) -> None:
    """The plan file holds user-data in clear: it does not outlive the command; nothing is applied."""
    terraform, narrator = FakeTerraform(Outcome(ok=True, changes=(NEW,))), FakeNarrator()
    found = plan(ports(tmp_path, terraform=terraform, narrator=narrator))
    assert found == Plan(changes=(NEW,))
    assert narrator.plans == [(NEW,)]
    assert terraform.calls == [("init",), ("plan", ())]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_no_plan_either(tmp_path: Path) -> None:
    """Not even a plan that Terraform wrote before it failed."""
    with pytest.raises(GpuInfraError):
        plan(ports(tmp_path, terraform=FakeTerraform(Outcome(ok=False))))
    assert list(tmp_path.iterdir()) == []
