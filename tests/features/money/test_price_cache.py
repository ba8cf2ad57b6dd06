"""Prices are kept in files that may be damaged, shared, or not to be had."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuinfra.features.money import questions
from gpuinfra.features.money.price_cache import PriceCache
from gpuinfra.features.money.prices import Prices
from tests.fakes.prices import FakePriceList

Book = Callable[..., Prices]
EURO = "eu-central-1"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"gp3 GB-month": 3}', '{"address": {"at": "x", "amount": 1}}']
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
