"""Prices are kept in files that may be damaged, shared, or not to be had."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuinfra.features.money import questions
from gpuinfra.features.money.price_cache import PriceCache, TypesCache
from gpuinfra.features.money.prices import Prices
from gpuinfra.ground.price_list import GpuType
from tests.fakes.prices import FakePriceList

Book = Callable[..., Prices]
EURO = "eu-central-1"
L4 = GpuType(name="g6.xlarge", gpu="L4", gpus=1, gpu_memory_mib=22888, vcpus=4, memory_mib=16384)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"gp3 GB-month": 3}',
        '{"address": {"at": "x", "amount": 1}}',
        '{"address": {"at": 1e30, "amount": 1}}',
        '{"address": {"at": 1, "amount": NaN}}',
        '{"address": {"at": 1, "amount": -5}}',
        '{"address": {"at": 1, "amount": 1, "unit": 7}}',
        '{"spot g5.xlarge": {"at": 1, "amount": 1, "zones": "x"}}',
        '{"spot g5.xlarge": {"at": 1, "amount": 1, "zones": {"us-east-1a": "x"}}}',
    ],
)
def test_a_damaged_cache_is_as_none(text: str, book: Book, tmp_path: Path) -> None:
    """It is asked for again, and written anew."""
    path = tmp_path / "us-east-1.json"
    path.write_text(text)
    cache = PriceCache(tmp_path, "us-east-1")
    assert (cache.get("address"), cache.get("spot g5.xlarge")) == (None, None)
    assert book(FakePriceList()).address().usd_h == 0.005
    assert json.loads(path.read_text())["address"]["amount"] == 0.005
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "value"), [("gpus", 0), ("gpus", "x"), ("vcpus", None), ("gpu", 5)])
def test_a_damaged_list_of_types_is_as_none(name: str, value: object, tmp_path: Path) -> None:
    """A table that divides by no GPU would end in a traceback; EC2 is asked again."""
    cache, path = TypesCache(tmp_path, EURO), tmp_path / f"{EURO}-types.json"
    cache.put([L4], 1000.0)
    assert cache.get(1001.0) == [L4]
    raw = json.loads(path.read_text())
    raw["types"][0][name] = value
    path.write_text(json.dumps(raw))
    assert cache.get(1001.0) is None


def test_two_commands_keep_what_each_has_asked(book: Book) -> None:
    """The later one does not throw away what the earlier one has written meanwhile."""
    one, other = book(FakePriceList()), book(FakePriceList())
    assert one.due([questions.ADDRESS])
    assert other.due([questions.ADDRESS])
    one.on_demand("g5.xlarge")
    other.address()
    assert book(None).on_demand("g5.xlarge").usd_h == 1.006


def test_what_cannot_be_kept_is_told_all_the_same(tmp_path: Path) -> None:
    """A full disk, or a directory that is none, costs only the next call."""
    (tmp_path / "file").write_text("")
    prices = Prices(region=EURO, cache=PriceCache(tmp_path / "file", EURO), ask=FakePriceList())
    assert prices.address().usd_h == 0.005
