"""GPU types compared."""

from pathlib import Path

import pytest

from gpuinfra.features.money.rates import Price
from gpuinfra.features.money.table import PriceTable, TypeFilter, TypePrice, sold_gb
from gpuinfra.features.money.type_prices import TypePrices
from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.price_list import GpuType
from tests.fakes.prices import DENIED, FakePriceList, product
from tests.fakes.world import FakeReporter

NOW = 1_796_000_000.0


def gpu(name: str, model: str, mib: int, gpus: float = 1) -> GpuType:
    """Return a type."""
    return GpuType(name=name, gpu=model, gpus=gpus, gpu_memory_mib=mib, vcpus=4, memory_mib=16384)


GPUS = (
    gpu("g4dn.xlarge", "T4", 16384),
    gpu("g6.12xlarge", "L4", 22888, 4),
    gpu("g6.xlarge", "L4", 22888),
    gpu("g6e.xlarge", "L40S", 45776),
    gpu("g6f.xlarge", "L4", 2861, 0.125),
    gpu("p5e.48xlarge", "H200", 144384, 8),
)
USD = {"g4dn.xlarge": 0.526, "g6.12xlarge": 4.6, "g6.xlarge": 0.8, "g6e.xlarge": 1.861, "g6f.xlarge": 0.2}
SPOT = {"g6.xlarge": {"us-east-1b": 0.31, "us-east-1a": 0.3}}


def prices(source: FakePriceList, directory: Path, at: float = NOW) -> TypePrices:
    """Return the prices of us-east-1."""
    return TypePrices("us-east-1", directory=directory, ask=source, reporter=FakeReporter(), now=lambda: at)


def market() -> FakePriceList:
    """Return a price list with all of them."""
    return FakePriceList(types=USD, gpus=GPUS, spot=SPOT)


def table(directory: Path, **wanted: object) -> PriceTable:
    """Return the types that a user asks for."""
    return prices(market(), directory).table(TypeFilter(**wanted))  # type: ignore[arg-type]


def names(found: PriceTable) -> list[str]:
    """Return the types in order."""
    return [row.name for row in found.rows]


def test_the_cheapest_gpu_comes_first(tmp_path: Path) -> None:
    """By what a whole GPU costs: an eighth of one for 0.20 is dear; what has no price comes last."""
    found = table(tmp_path)
    assert names(found) == [
        "g4dn.xlarge",
        "g6.xlarge",
        "g6.12xlarge",
        "g6f.xlarge",
        "g6e.xlarge",
        "p5e.48xlarge",
    ]
    assert [row.usd_gpu_h for row in found.rows][:4] == [0.526, 0.8, 1.15, 1.6]


def test_it_reads_as_a_table(tmp_path: Path) -> None:
    """What is not sold is no row, but named beside it."""
    found = table(tmp_path)
    lines = found.text().splitlines()
    assert lines[0].split("  ")[0] == "type"
    cells = [line.split() for line in lines[1:]]
    assert " ".join(cells[1]) == "g6.xlarge 1 x L4 24 4 16 0.800 0.300 us-east-1a 0.800"
    assert " ".join(cells[3]) == "g6f.xlarge 1/8 L4 3 4 16 0.200 - - 1.600"
    assert len(cells) == 5
    assert found.notes() == [
        "USD an hour in us-east-1, as told on 2026-11-30 00:53 UTC",
        "p5e.48xlarge: AWS's price list has no on-demand price of it in this region",
    ]


@pytest.mark.parametrize(
    ("mib", "gb"), [(22888, 24), (16384, 16), (15360, 15), (45776, 48), (40960, 40), (144384, 141), (2861, 3)]
)
def test_memory_is_that_under_which_a_gpu_is_sold(mib: int, gb: int) -> None:
    """EC2 tells 22,888 MiB of an L4, which are 24 GB; and 16,384 MiB of a T4, which are 16 GiB."""
    assert sold_gb(mib) == gb


def test_filters(tmp_path: Path) -> None:
    """A model is not another one that begins alike; 24 GB are what is sold as such; names are all."""
    assert names(table(tmp_path, gpu="l4")) == ["g6.xlarge", "g6.12xlarge", "g6f.xlarge"]
    assert names(table(tmp_path, gpu="L4", min_gpu_memory_gb=24)) == ["g6.xlarge", "g6.12xlarge"]
    assert names(table(tmp_path, min_gpu_memory_gb=25)) == ["g6e.xlarge", "p5e.48xlarge"]
    assert names(table(tmp_path, names=("g6.xlarge", "g4dn.xlarge", "g6.xlarge"))) == [
        "g4dn.xlarge",
        "g6.xlarge",
    ]


def test_a_type_without_a_gpu_has_a_price(tmp_path: Path) -> None:
    """One may be asked for by name, and is told without what it does not have."""
    source = FakePriceList(types={"t3.large": 0.08}, gpus=GPUS)
    found = prices(source, tmp_path).table(TypeFilter(names=("t3.large",)))
    assert " ".join(found.text().splitlines()[1].split()) == "t3.large - - - - 0.080 - - -"
    assert found.rows[0].plain()["gpus"] == 0


def test_no_such_type(tmp_path: Path) -> None:
    """What there is is named."""
    with pytest.raises(
        ConfigError, match=r"no such type: A11G, at least 8 GB each; .* L4 \(24 GB\)"
    ) as caught:
        table(tmp_path, gpu="A11G", min_gpu_memory_gb=8)
    assert caught.value.hint == "gpuinfra prices --region us-east-1"


def test_nothing_is_asked_twice_a_day(tmp_path: Path) -> None:
    """Types and prices are kept; nothing is shown then but the table."""
    first = prices(market(), tmp_path).table(TypeFilter())
    source = market()
    assert prices(source, tmp_path, NOW + 3000).table(TypeFilter()) == first
    assert source.asked == []
    prices(source, tmp_path, NOW + 24 * 3600).table(TypeFilter())
    assert [what for what, _ in source.asked].count("types") == 1


def test_a_damaged_list_of_types_is_asked_for_again(tmp_path: Path) -> None:
    """As any cache."""
    (tmp_path / "us-east-1-types.json").write_text('{"at": 1')
    assert len(table(tmp_path).rows) == len(GPUS)


def test_without_permission_the_types_are_told_without_prices(tmp_path: Path) -> None:
    """And what to allow; who may not even ask for types is told that."""
    table(tmp_path)
    for path in tmp_path.glob("us-east-1.json"):
        path.unlink()
    found = prices(FakePriceList(refusal=DENIED), tmp_path).table(TypeFilter(names=("g6.xlarge",)))
    assert " ".join(found.text().splitlines()[1].split()) == "g6.xlarge 1 x L4 24 4 16 - - - -"
    assert found.notes() == ["g6.xlarge: allow pricing:GetProducts"]
    nobody_told = TypePrice(
        name="g6.xlarge",
        gpu=None,
        on_demand=Price(usd_h=1.0),
        spot=Price(usd_h=None, why="allow ec2:DescribeSpotPriceHistory"),
        zone="",
    )
    notes = PriceTable(region="us-east-1", rows=(nobody_told,)).notes()
    assert notes == ["g6.xlarge: allow ec2:DescribeSpotPriceHistory"]  # else it would read as not sold
    with pytest.raises(CloudError, match="may not"):
        prices(FakePriceList(refusal=DENIED), tmp_path / "none").table(TypeFilter())


def test_chinese_prices_are_shown_as_such(tmp_path: Path) -> None:
    """Never in a column of dollars without a word."""
    yuan = product("BoxUsage:g6.xlarge", 7.0, name="g6.xlarge", currency="CNY")
    source = FakePriceList(types={}, more=[yuan], gpus=GPUS)
    found = prices(source, tmp_path).table(TypeFilter(names=("g6.xlarge",)))
    assert "7.000 CNY" in found.text()
    assert found.rows[0].usd_gpu_h is None
    assert found.rows[0].plain()["on_demand_usd_h"] is None
