"""Prices are kept in files that may be damaged, shared, or not to be had."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuinfra.features.money import questions
from gpuinfra.features.money.price_cache import FRESH_S, PriceCache, TypesCache
from gpuinfra.features.money.prices import Prices
from gpuinfra.ground.price_list import GpuType
from tests.fakes.prices import FakePriceList

Book = Callable[..., Prices]
EURO = "eu-central-1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"gp3 GB-month": 3}',
        '{"address": {"at": "x", "amount": 1}}',
        '{"address": {"at": 1, "amount": NaN}}',
        '{"address": {"at": 1, "amount": 1, "zones": ["a"]}}',
        '{"address": {"at": 1, "amount": 1, "zones": {"a": "x"}}}',
        '{"address": {"at": 1, "amount": 1, "why": 5}}',
        '{"address": {"at": 1, "amount": 1, "other": 5}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_cache_is_as_none(text: str, book: Book, tmp_path: Path) -> None:
    """It is asked for again, and written anew."""
    path = tmp_path / "us-east-1.json"
    path.write_text(text)
    assert book(FakePriceList()).address().usd_h == 0.005
    assert json.loads(path.read_text())["address"]["amount"] == 0.005
    assert path.stat().st_mode & 0o777 == 0o600


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


@pytest.mark.parametrize(
    "changed",
    [{"at": "x"}, {"at": None}, {"types": None}, {"types": [5]}, {"types": [{"name": "g5.xlarge"}]}],
)
def test_damaged_types_are_as_none(changed: dict[str, object], tmp_path: Path) -> None:
    """And those of yesterday."""
    kept = TypesCache(tmp_path, "us-east-1")
    types = [GpuType(name="g5.xlarge", gpu="A10G", gpus=1, gpu_memory_mib=24, vcpus=4, memory_mib=16)]
    kept.put(types, 1000.0)
    assert (kept.get(1000.0), kept.get(1000.0 + FRESH_S), kept.get(999.0)) == (types, None, None)
    path = tmp_path / "us-east-1-types.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    assert kept.get(1000.0) is None
