"""The receipt never stops a `down`, and is told before an error says what is left."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from gpuinfra.features.provision.down import destroy
from gpuinfra.ground.errors import CloudError, HostError, TerraformError
from gpuinfra.ground.model import Diagnostic, Instance, Outcome, Record
from tests import samples
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeReporter, FakeState, FakeTerraform
from tests.features.provision.test_leftovers import DISK

RECORDED_GROUP = str(samples.OUTPUTS["security_group_id"])
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


KEY = "module.host.module.key_pair.aws_key_pair.this"
GATEWAY = 'module.host.module.network["own"].aws_nat_gateway.this["own"]'
CUT_OFF = Outcome(ok=False, diagnostics=(Diagnostic(severity="error", summary="denied", detail=""),))


def test_a_host_that_is_gone_has_its_receipt_though_the_rest_stays(tmp_path: Path) -> None:
    """Terraform records it no more: the `down` that goes on could not tell what it cost."""
    before = dataclasses.replace(RECORDED, resources={**RECORDED.resources, KEY: "k-1", GATEWAY: "nat-1"})
    state, reporter = FakeState(before, Record(resources={KEY: "k-1", GATEWAY: "nat-1"})), FakeReporter()
    made = fake_world(
        tmp_path,
        state=state,
        cloud=FakeCloud(instance=GONE),
        terraform=FakeTerraform(CUT_OFF),
        reporter=reporter,
    )
    with pytest.raises(TerraformError):
        destroy(made, yes=True)
    kept = json.loads((tmp_path / "receipts.jsonl").read_text())
    assert [it["what"] for it in kept["kept"]] == ["NAT gateway nat-1"]
    assert {it.rpartition(" ")[2] for it in kept["gone"]} >= {RUNNING.instance_id, RECORDED_GROUP}
    assert not {"k-1", "nat-1"} & {it.rpartition(" ")[2] for it in kept["gone"]}


def test_a_host_that_still_is_has_no_receipt(tmp_path: Path) -> None:
    """The next `down` tells it."""
    made = fake_world(
        tmp_path,
        state=FakeState(RECORDED),
        cloud=FakeCloud(instance=RUNNING),
        terraform=FakeTerraform(CUT_OFF),
    )
    with pytest.raises(TerraformError):
        destroy(made, yes=True)
    assert not (tmp_path / "receipts.jsonl").exists()


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
