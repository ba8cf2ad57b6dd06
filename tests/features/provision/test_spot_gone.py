"""A host that EC2 itself has ended is no surprise: the next one needs no other consent than the first."""

from dataclasses import replace

import pytest

from gpuinfra.features.provision import consequences
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.model import Change
from tests.fakes.world import RECORDED, RUNNING

MADE = (Change(address=INSTANCE, action="create"),)


@pytest.mark.parametrize(
    ("market", "is_loss"), [("spot", False), ("capacity-block", False), ("on-demand", True)]
)
def test_what_is_gone_is_said_and_asked_of_on_demand_alone(market: str, is_loss: bool) -> None:
    """Somebody has ended an on-demand host; whether a new one is wanted, its user says."""
    record = replace(RECORDED, outputs={**RECORDED.outputs, "market": market})
    assert bool(consequences.loss(MADE, record)) is is_loss
    (line,) = consequences.lines(MADE, record)
    assert f"{RUNNING.instance_id} is gone" in line


def test_a_living_spot_host_is_a_loss_as_any_other() -> None:
    """Its disk is deleted by this apply, not by EC2."""
    record = replace(RECORDED, outputs={**RECORDED.outputs, "market": "spot"})
    assert "deletes its disk" in consequences.loss((Change(address=INSTANCE, action="replace"),), record)
