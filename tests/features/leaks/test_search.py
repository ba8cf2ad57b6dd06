"""All regions are looked through; one that refuses is told; the result is shown and kept in short."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gpuinfra.features.leaks import find, leaks_text
from gpuinfra.features.leaks.leak import Leaks
from gpuinfra.features.leaks.search import search
from gpuinfra.features.money import last_leaks
from gpuinfra.features.provision.status import status
from gpuinfra.ground.errors import CloudError, ConfigError
from tests.fakes.host import fake_world
from tests.fakes.world import FakeReporter
from tests.features.leaks.scene import (
    DISK,
    DISK_OF_HOST,
    GROUP,
    HERE,
    HOST,
    KEY,
    KNOWN,
    ROLE,
    THERE,
    FakeSearcher,
    FixedPrices,
    leaks,
)

DENIED = CloudError("an explicit deny in a service control policy")
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def found_by(searcher: FakeSearcher, *only: str, usd_h: float | None = 1.0) -> Leaks:
    """Search with these prices."""
    return search(searcher, lambda _: FixedPrices(usd_h), KNOWN, FakeReporter(), only=only)


def test_all_regions_and_the_account_are_looked_through() -> None:
    """What costs most comes first, what is unknown before all."""
    searcher = FakeSearcher({HERE: [HOST, DISK_OF_HOST], THERE: [GROUP], "": [ROLE]})
    found = found_by(searcher)
    assert sorted(searcher.asked) == ["", THERE, HERE]
    assert [it.thing for it in found.found] == [HOST, DISK_OF_HOST, ROLE, GROUP]
    assert (found.regions, found.refused) == ((THERE, HERE), {})


def test_a_region_alone() -> None:
    """What has no region is left out then: whether a host uses it is not known."""
    searcher = FakeSearcher({HERE: [KEY], THERE: [GROUP], "": [ROLE]})
    assert [it.thing for it in found_by(searcher, HERE).found] == [KEY]
    assert searcher.asked == [HERE]


def test_a_region_that_the_account_does_not_have() -> None:
    """Named, with those that there are."""
    with pytest.raises(ConfigError, match=f"'us-est-1'; the account has {THERE}, {HERE}"):
        found_by(FakeSearcher({}), "us-est-1")


def test_a_region_that_refuses_is_told_and_no_end() -> None:
    """An organisation may forbid regions."""
    found = found_by(FakeSearcher({HERE: [KEY]}, refusing={THERE: DENIED}))
    assert [it.thing for it in found.found] == [KEY]
    assert leaks_text.refusals(found) == [f"not looked through: {THERE}: {DENIED.message}"]
    assert not found_by(FakeSearcher({"": [ROLE]}, refusing={THERE: DENIED})).found[0].may_be_deleted


def test_an_account_that_refuses_everywhere_is_an_error() -> None:
    """Nothing was looked through: "no leaks" would be a lie."""
    with pytest.raises(CloudError, match="service control policy"):
        found_by(FakeSearcher({}, refusing={HERE: DENIED, THERE: DENIED, "": DENIED}))


def test_the_table_names_what_costs_and_sums_up_the_rest() -> None:
    """One row for each thing that costs, one a stack for those that do not."""
    shown = leaks_text.text(found_by(FakeSearcher({HERE: [DISK, GROUP, KEY]})), NOW)
    assert "1 thing, 93.44 USD a month, tagged as a stack of this project, and recorded by none" in shown
    assert "      93.44  disk: 128 GB  vol-2  us-east-1  default  tester  -" in shown
    assert "2 things, 0.00 USD a month, of stacks that are not set up in this project" in shown
    assert "0.00  2 that cost nothing: key pair, security group" in shown


def test_a_price_that_nobody_told_is_no_zero() -> None:
    """The sum says "at least", and what would tell the price is named once."""
    found = found_by(FakeSearcher({HERE: [HOST, DISK_OF_HOST]}), usd_h=None)
    assert "2 things, at least 0.00 USD a month, of stacks" in leaks_text.text(found, NOW)
    assert leaks_text.refusals(found) == ["unknown price: allow pricing:GetProducts"]
    assert found.plain()["unknown_prices"] == 0  # they belong to a stack with a host


def test_nothing_is_said_as_nothing() -> None:
    """With where was looked."""
    assert leaks_text.text(leaks(), NOW) == (
        "no leaks: the stacks here record all that carries a stack's tag in us-east-1"
    )


def test_status_shows_what_the_last_search_found(tmp_path: Path) -> None:
    """In one line, with its day; from a file, without a call; nothing once nothing is left."""
    world = fake_world(tmp_path)
    (tmp_path / "gpuinfra").mkdir()
    assert status(world).leaks == ""
    find.find(world, [world], FakeSearcher({HERE: [DISK, GROUP]}))
    line = status(world).leaks
    assert line.startswith("2 things that no stack records, at least 0.00 USD a month (seen 20")
    assert line.endswith("): gpuinfra leaks")
    assert world.project.last_leaks.stat().st_mode & 0o777 == 0o600
    find.find(world, [world], FakeSearcher({HERE: [DISK]}), only=[THERE])  # tells nothing of the others
    assert status(world).leaks == line
    find.find(world, [world], FakeSearcher({}))
    assert status(world).leaks == ""


@pytest.mark.parametrize("text", ["", "[]", "{", '{"things": 2}', '"text"', "\x00"])
def test_a_damaged_file_is_no_line(text: str, tmp_path: Path) -> None:
    """It stops no command."""
    path = tmp_path / "last-leaks.json"
    path.write_text(text)
    assert last_leaks.seen(path) == ""
