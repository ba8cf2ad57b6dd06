"""Prices: asked once, kept with their date, never guessed."""

from collections.abc import Callable

import pytest

from gpuinfra.features.money import price_asker, questions
from gpuinfra.features.money.prices import Prices, total
from gpuinfra.features.money.rates import Price
from gpuinfra.ground.errors import CloudError
from tests.fakes.prices import DENIED, FakePriceList, product
from tests.features.money.conftest import NOW

DAY_S = 24 * 3600


Book = Callable[..., Prices]


def test_each_thing_has_its_price_an_hour(book: Book) -> None:
    """Of a month 730 hours; what a gp3 volume has without paying is free."""
    prices = book(FakePriceList())
    assert prices.on_demand("g5.xlarge").usd_h == 1.006
    assert prices.disk(100).usd_h == pytest.approx(8 / 730)
    assert prices.disk(100, iops=3000, throughput_mib_s=125).usd_h == pytest.approx(8 / 730)
    more = prices.disk(100, iops=5000, throughput_mib_s=225).usd_h
    assert more == pytest.approx((8 + 10 + 4) / 730)
    assert (prices.address().usd_h, prices.endpoint().usd_h) == (0.005, 0.01)
    assert prices.nat_gateway().usd_h == 0.045
    assert prices.snapshot(100).usd_h == pytest.approx(5 / 730)
    assert prices.alarm().usd_h == pytest.approx(0.1 / 730)


def test_a_disk_of_which_terraform_alone_knows_the_iops(book: Book) -> None:
    """An expression in terraform.tfvars is not evaluated, and no price is made up for it."""
    price = book(FakePriceList()).disk(100, iops=None)
    assert price.usd_h is None
    assert "no plain number" in price.why


def test_a_price_is_asked_for_with_all_filters(book: Book) -> None:
    """Without one of them a p5 costs nothing, or what Windows costs."""
    source = FakePriceList()
    book(source).on_demand("g5.xlarge")
    (_, filters), *_ = source.asked
    assert {name: value[0] for name, value in filters.items()} == {
        "operatingSystem": "Linux",
        "preInstalledSw": "NA",
        "licenseModel": "No License required",
        "tenancy": "Shared",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
        "instanceType": "g5.xlarge",
    }  # and the region, which the adapter adds


def test_what_costs_nothing_is_another_product() -> None:
    """A reservation's row of 0.00 beside the true one changes nothing; two prices are none."""
    true, zero = product("BoxUsage:g5.xlarge", 1.006), product("Reservation:g5.xlarge", 0.0)
    assert questions.the_price([zero, true, true]) == (1.006, "USD", "Hrs")
    assert "2 prices" in str(questions.the_price([true, product("BoxUsage:g5.xlarge", 1.2)]))
    assert "2 prices" in str(questions.the_price([product("DataTransfer-Out-Bytes", 0.09, 0.085)]))
    assert questions.the_price([zero]) == questions.the_price([]) == questions.NO_PRICE


@pytest.mark.parametrize("prefix", ["", "EUC1-", "USE1-"])
def test_a_usage_type_is_known_by_its_end(prefix: str) -> None:
    """Regions put something before it; a regional NAT gateway is another thing."""
    assert questions.has_usage_type(product(f"{prefix}NatGateway-Hours", 1.0), "NatGateway-Hours")
    assert not questions.has_usage_type(product(f"{prefix}RegionalNatGateway-Hours", 1.0), "NatGateway-Hours")


def test_two_prices_are_unknown(book: Book) -> None:
    """Which of them AWS would bill nobody knows."""
    price = book(FakePriceList(more=[product("BoxUsage:g5.xlarge", 9.0, name="g5.xlarge")])).on_demand(
        "g5.xlarge"
    )
    assert (price.usd_h, price.why) == (None, "AWS's price list has 2 prices of it")


def test_a_price_is_asked_for_once_a_day(book: Book) -> None:
    """The second command does not ask, with the date of the first answer; a day later one asks again."""
    first = FakePriceList()
    told = book(first).on_demand("g5.xlarge")
    assert told.asked_at == "2026-11-30T00:53:20+00:00"
    again = FakePriceList(types={"g5.xlarge": 0.9})
    assert book(again, at=NOW + DAY_S - 1).on_demand("g5.xlarge") == told
    assert again.asked == []
    assert book(again, at=NOW + DAY_S).on_demand("g5.xlarge").usd_h == 0.9


def test_an_old_price_serves_with_its_date(book: Book) -> None:
    """Without permission, or offline, the last answer is better than none, and says how old it is."""
    book(FakePriceList()).on_demand("g5.xlarge")
    price = book(FakePriceList(refusal=DENIED), at=NOW + 9 * DAY_S).on_demand("g5.xlarge")
    assert (price.usd_h, price.asked_at[:10], price.why) == (1.006, "2026-11-30", "allow pricing:GetProducts")


def test_no_permission_is_no_price(book: Book) -> None:
    """What to allow is said; AWS is not asked again for each thing that needs the same answer."""
    source = FakePriceList(refusal=DENIED)
    prices = book(source)
    assert prices.on_demand("g5.xlarge") == Price(usd_h=None, why="allow pricing:GetProducts")
    prices.on_demand("g5.xlarge")
    assert len(source.asked) == 1


def test_another_failure_is_told_as_it_is(book: Book) -> None:
    """A network that is away is not a lack of permission."""
    price = book(FakePriceList(refusal=CloudError("AWS cannot be reached"))).address()
    assert (price.usd_h, price.why) == (None, "AWS cannot be reached")


def test_who_may_not_ask_reads_what_is_kept(book: Book) -> None:
    """`status` costs no call more than before."""
    assert book(None).on_demand("g5.xlarge").why.startswith("not asked for yet")
    book(FakePriceList()).on_demand("g5.xlarge")
    assert book(None, at=NOW + 9 * DAY_S).on_demand("g5.xlarge").usd_h == 1.006


def test_chinese_prices_are_not_dollars(book: Book) -> None:
    """They are told as what they are, spot prices too, of which EC2 does not say the currency."""
    yuan = product("BoxUsage:g5.xlarge", 7.0, name="g5.xlarge", currency="CNY")
    source = FakePriceList(types={}, more=[yuan], spot={"g5.xlarge": {"cn-north-1a": 3.0}})
    prices = book(source, region="cn-north-1")
    assert (prices.on_demand("g5.xlarge").usd_h, prices.on_demand("g5.xlarge").cny_h) == (None, 7.0)
    assert prices.on_demand("g5.xlarge").why == "billed in CNY: 7.000 an hour"
    assert (prices.spot("g5.xlarge").usd_h, prices.spot("g5.xlarge", "cn-north-1a").cny_h) == (None, 3.0)


def test_a_price_in_another_currency_is_unknown(book: Book) -> None:
    """No rate of exchange is made up."""
    euro = product("BoxUsage:g5.xlarge", 7.0, name="g5.xlarge", currency="EUR")
    assert book(FakePriceList(types={}, more=[euro])).on_demand("g5.xlarge").usd_h is None


def test_spot_prices_are_those_of_zones(book: Book) -> None:
    """The cheapest zone where none is named; a type, or a zone, without spot has no price."""
    prices = book(FakePriceList(spot={"g5.xlarge": {"us-east-1a": 0.4, "us-east-1b": 0.3}}))
    assert prices.spot("g5.xlarge").usd_h == 0.3
    assert prices.spot("g5.xlarge", "us-east-1a").usd_h == 0.4
    assert prices.spot("g5.xlarge", "us-east-1c").why == "no spot price in us-east-1c"
    assert prices.spot("g4dn.xlarge").why == price_asker.NO_SPOT


def test_spot_prices_are_old_after_an_hour(book: Book) -> None:
    """They change several times a day."""
    book(FakePriceList(spot={"g5.xlarge": {"us-east-1a": 0.4}})).spot("g5.xlarge")
    later = FakePriceList(spot={"g5.xlarge": {"us-east-1a": 0.5}})
    assert book(later, at=NOW + 3599).spot("g5.xlarge").usd_h == 0.4
    assert book(later, at=NOW + 3600).spot("g5.xlarge").usd_h == 0.5


def test_much_is_asked_for_at_the_same_time(book: Book) -> None:
    """Seventy types are one call, and each kind of thing is one."""
    source = FakePriceList()
    types = [f"g5.{n}xlarge" for n in range(70)]
    names = [make(t) for t in types for make in (price_asker.on_demand_name, price_asker.spot_name)]
    prices = book(source)
    prices.fetch([*names, questions.DISK_GB, questions.DISK_IOPS, questions.ADDRESS])
    assert len(source.asked) == 4
    prices.disk(1, iops=9000)
    assert len(source.asked) == 4


def test_who_has_waited_long_enough_asks_no_more(book: Book) -> None:
    """`plan` does not hang on a price."""
    source = FakePriceList()
    price = book(source).close().on_demand("g5.xlarge")
    assert (price.usd_h, price.why, source.asked) == (None, "AWS did not answer in time", [])


def test_a_sum_is_unknown_where_one_part_is() -> None:
    """And as old as its oldest part."""
    old, new = Price(usd_h=1.0, asked_at="2026-01-01"), Price(usd_h=2.0, asked_at="2026-01-02")
    assert total([new, old]) == Price(usd_h=3.0, asked_at="2026-01-01")
    assert total([new, Price(usd_h=None, why="x")]) == Price(usd_h=None, asked_at="2026-01-02", why="x")
