"""What `cost` says: of a host that started in the future of a slow clock, and of a spot host."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.money import cost
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.prices import FakePriceList
from tests.fakes.world import RECORDED, RUNNING

TOMORROW = dataclasses.replace(
    RUNNING, launched="2090-01-01T00:00:00Z", since="2090-01-01T00:00:00Z", market="on-demand"
)


def test_a_slow_clock_makes_no_time_negative(tmp_path: Path) -> None:
    """Neither in the values nor as a sentence without its end."""
    found = cost.cost(fake_world(tmp_path, cloud=FakeCloud(instance=TOMORROW)))
    assert found.plain()["running_s"] == 0
    assert found.plain()["until"] == "2090-01-01T00:00:00Z"
    so_far = next(line for line in found.text().splitlines() if line.startswith("so far"))
    assert not so_far.endswith(": ")


def test_a_spot_host_is_not_told_what_it_would_cost_while_stopped(tmp_path: Path) -> None:
    """EC2 stops none: it ends it, with its disk."""
    on_demand, spot = (
        cost.cost(fake_world(tmp_path, cloud=FakeCloud(instance=dataclasses.replace(RUNNING, market=market))))
        for market in ("on-demand", "spot")
    )
    assert "\nstopped " in on_demand.text()
    assert "\nstopped " not in spot.text()


def test_what_goes_on_when_the_host_is_gone_is_told(tmp_path: Path) -> None:
    """EC2 took it back, or somebody terminated it: a NAT gateway costs on until `down`."""
    source = FakePriceList()
    gone = dataclasses.replace(
        RUNNING, state="terminated", launched="2026-01-01T00:00:00Z", since="2026-01-01T01:00:00Z"
    )

    def found(*more: str) -> cost.HostCost:
        ids = {**RECORDED.resources, **dict.fromkeys(more, "nat-1")}
        record = dataclasses.replace(RECORDED, resources=ids)
        world = fake_world(
            tmp_path,
            cloud=FakeCloud(instance=gone),
            records=(record,),
            price_source=lambda _: source,
            price_cache=tmp_path / "prices",
        )
        return cost.cost(world)

    nothing, gateway = found(), found('module.host.module.network["own"].aws_nat_gateway.this["own"]')
    assert (nothing.rate_usd_h, nothing.going_on, nothing.month_end_usd) == (0.0, "", nothing.month_usd)
    assert "goes on" not in nothing.text()
    assert gateway.rate_usd_h == pytest.approx(0.05)
    assert (
        "goes on    0.050 USD an hour, 36.50 a month (NAT gateway 0.050), until gpuinfra down"
        in gateway.text()
    )
    hours = (gateway.now - gateway.spans[0].began) / 3600
    assert {it.name: it.usd for it in gateway.items}["NAT gateway"] == pytest.approx(0.05 * hours)
    assert gateway.month_usd is not None
    assert (gateway.month_end_usd or 0) > gateway.month_usd
