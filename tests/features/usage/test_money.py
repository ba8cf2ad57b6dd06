"""The money so far, beside what a host does."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gpuinfra.features.usage.money import MoneySoFar
from gpuinfra.ground.errors import CloudError
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.prices import DENIED, FakePriceList
from tests.fakes.world import RUNNING


def launched(hours_ago: float) -> FakeCloud:
    """Return EC2 with a host that was made and started so long ago."""
    at = (datetime.now(UTC) - timedelta(hours=hours_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return FakeCloud(instance=replace(RUNNING, launched=at, made=at))


class Refusing(FakeCloud):
    """EC2 that may not be asked."""

    def instance(self, instance_id: str) -> None:
        """Refuse."""
        raise CloudError("AWS refuses: no ec2:DescribeInstances")


def test_what_it_has_cost_and_costs_is_one_line_and_asked_for_once(tmp_path: Path) -> None:
    """A screen that is drawn every two seconds does not ask AWS every two seconds."""
    told = FakePriceList()
    money = MoneySoFar(fake_world(tmp_path, cloud=launched(2), price_source=told, price_cache=tmp_path / "p"))
    first = money.text()
    asked = len(told.asked)
    assert re.fullmatch(r"1\.\d\d USD so far, 0\.5\d\d USD an hour", first), first
    assert money.text() == first
    assert 0.526 < (money.usd_h() or 0) < 0.6
    assert len(told.asked) == asked


def test_a_price_that_may_not_be_asked_is_unknown_with_the_reason(tmp_path: Path) -> None:
    """Never a number that nobody told."""
    denied = FakePriceList(refusal=DENIED)
    money = MoneySoFar(
        fake_world(tmp_path, cloud=launched(2), price_source=denied, price_cache=tmp_path / "p")
    )
    assert money.text().startswith("cost unknown: ")
    assert "pricing:GetProducts" in money.text()
    assert money.usd_h() is None


def test_an_aws_that_cannot_be_asked_does_not_end_the_look(tmp_path: Path) -> None:
    """What the host does is shown all the same."""
    money = MoneySoFar(fake_world(tmp_path, cloud=Refusing()))
    assert money.text() == "cost unknown: AWS refuses: no ec2:DescribeInstances"
    assert money.usd_h() is None
