"""The receipt never stops a `down`, and is told before an error says what is left."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from gpuinfra.features.provision.down import destroy
from gpuinfra.ground.errors import CloudError, HostError
from gpuinfra.ground.model import Instance, Outcome
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING, FakeReporter, FakeTerraform
from tests.features.provision.test_leftovers import DISK

GONE = dataclasses.replace(RUNNING, state="terminated")
DESTROYED = Outcome(ok=True, destroyed=2)


@pytest.mark.parametrize(
    ("cloud", "left"),
    [
        (FakeCloud(instance=RUNNING), RUNNING.instance_id),
        (FakeCloud(instance=GONE, things=(DISK,)), "disk (EBS volume) vol-1"),
    ],
)
def test_what_is_left_is_in_the_receipt_before_the_error(cloud: FakeCloud, left: str, tmp_path: Path) -> None:
    """With the command that removes it; it is not among what is gone."""
    reporter = FakeReporter()
    made = fake_world(tmp_path, cloud=cloud, terraform=FakeTerraform(DESTROYED), reporter=reporter)
    with pytest.raises(HostError, match=f"AWS still shows {re.escape(left)}") as caught:
        destroy(made, yes=True)
    assert caught.value.hint == "gpuinfra destroy"
    assert any(line.startswith(f"  still there  {left}") for line in reporter.said)
    kept = json.loads((tmp_path / "receipts.jsonl").read_text())
    assert [it["is_ours"] for it in kept["kept"]] == [True]
    assert not [gone for gone in kept["gone"] if gone.rpartition(" ")[2] in left]


def test_without_prices_the_sum_is_a_least(tmp_path: Path) -> None:
    """A caller without pricing:GetProducts can end the cost all the same."""
    launched = dataclasses.replace(
        GONE, launched="2026-11-01T10:00:00Z", since="2026-11-01T12:00:00Z", market="on-demand"
    )
    cloud, reporter = FakeCloud(instance=launched), FakeReporter()
    made = fake_world(tmp_path, cloud=cloud, terraform=FakeTerraform(DESTROYED), reporter=reporter)
    receipt = destroy(made, yes=True).receipt
    assert receipt
    assert (receipt.usd, receipt.unknown) == (0.0, ("host", "disk", "address"))
    assert "  at least           0.00 USD  without traffic and tax" in reporter.said


class Silent(FakeCloud):
    """An EC2 that does not say how the host is until Terraform has destroyed it."""

    def __init__(self) -> None:
        super().__init__(instance=GONE)
        self.refused = 0

    def instance(self, instance_id: str) -> Instance | None:
        """Refuse twice."""
        self.refused += 1
        if self.refused <= 2:
            raise CloudError("you may not do ec2:DescribeInstances")
        return super().instance(instance_id)


def test_who_may_not_ask_can_end_the_cost(tmp_path: Path) -> None:
    """What it cost is unknown then."""
    reporter = FakeReporter()
    made = fake_world(tmp_path, cloud=Silent(), terraform=FakeTerraform(DESTROYED), reporter=reporter)
    assert destroy(made, yes=True).destroyed == DESTROYED.destroyed
    assert "  cost         unknown: AWS does not say when the host was started" in reporter.said
