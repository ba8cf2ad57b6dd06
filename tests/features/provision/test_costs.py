"""What plan and up tell of costs, whoever asks and whatever AWS answers."""

import dataclasses
from pathlib import Path

from gpuinfra.features.provision.plan import plan
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.ground.model import Change, Outcome, Record
from tests.fakes.host import fake_world
from tests.fakes.prices import DENIED, FakePriceList
from tests.fakes.world import RECORDED, SETTINGS, FakeReporter, FakeTerraform, FakeValues
from tests.features.provision.test_init import never as unset

NEW = Change(address=INSTANCE, action="create")
MADE = Outcome(ok=True, added=1, changes=(NEW,))
YES, ASK = Consent(yes=True), Consent(yes=False)


def test_yes_tells_what_a_network_of_our_own_costs(tmp_path: Path) -> None:
    """No plan is shown, so the price is said all the same."""
    nat = Change(address='module.host.module.network["own"].aws_nat_gateway.this["nat"]', action="create")
    terraform, reporter = FakeTerraform(dataclasses.replace(MADE, changes=(NEW, nat))), FakeReporter()
    values = FakeValues(dataclasses.replace(SETTINGS, access="ssm"))
    told = {"reporter": reporter, "price_source": FakePriceList()}
    apply(fake_world(tmp_path, terraform=terraform, values=values, **told), YES)
    assert ["NAT gateway 0.050" in it for it in reporter.said if "USD an hour" in it] == [True, True]


def test_who_is_asked_has_read_the_price(tmp_path: Path) -> None:
    """It stands before the question."""
    reporter = FakeReporter(answer=True)
    told = {"reporter": reporter, "price_source": FakePriceList(), "records": (Record(), RECORDED)}
    apply(fake_world(tmp_path, terraform=FakeTerraform(MADE), **told), ASK)
    assert any(it.startswith("  cost: 0.545 USD an hour") for it in reporter.said)
    assert reporter.asked == ["Apply this plan?"]


def test_a_plan_never_fails_for_a_price(tmp_path: Path) -> None:
    """Without permission it says what to allow."""
    reporter = FakeReporter()
    told = {"reporter": reporter, "price_source": FakePriceList(refusal=DENIED)}
    found = plan(fake_world(tmp_path, terraform=FakeTerraform(MADE), **told), unset())
    assert found.changes == (NEW,)
    assert "  cost: unknown: g4dn.xlarge, disk, address (allow pricing:GetProducts)" in reporter.said


def test_a_plan_that_changes_nothing_has_no_cost(tmp_path: Path) -> None:
    """Scripts compare it with nothing."""
    found = plan(fake_world(tmp_path, price_source=FakePriceList()), unset())
    assert found.plain() == {"changes": (), "outputs_changed": False}
