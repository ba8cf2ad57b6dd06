"""A receipt: the seconds of each thing times its price, what is gone, and what is left at which price."""

import dataclasses

import pytest

from gpuinfra.features.money.rate import PAID_AHEAD
from gpuinfra.features.money.rates import FREE, RUNNING, STOPPED, Item, Price, Rate, Span
from gpuinfra.features.money.receipt import Kept, Receipt, receipt
from gpuinfra.features.money.receipt_line import clock

HOUR = 3600.0


def usd_h(amount: float | None) -> Price:
    """Return a price."""
    return Price(usd_h=amount, why="" if amount is not None else "allow pricing:GetProducts")


def rate(instance_type: str, market: str) -> Rate:
    """Return one and a half dollars for a host, a tenth for all else; another type costs double."""
    host = 3.0 if instance_type == "g5.2xlarge" else 1.5
    return Rate(
        items=(
            Item(name="host", running=usd_h(host), stopped=FREE),
            Item(name="disk", running=usd_h(0.1), stopped=usd_h(0.1)),
            Item(name="address", running=usd_h(0.1), stopped=FREE),
            Item(name="NAT gateway", running=usd_h(0.1), stopped=usd_h(0.1)),
        )
    )


def unknown_host(instance_type: str, market: str) -> Rate:
    """Return the same without a price of the host."""
    items = rate(instance_type, market).items
    return Rate(items=(Item(name="host", running=usd_h(None), stopped=FREE), *items[1:]))


def span(state: str, began: float, ended: float | None, *, kind: str = "g5.xlarge") -> Span:
    """Return a time."""
    return Span(state=state, instance_type=kind, market="on-demand", began=began, ended=ended)


def made(*spans: Span, rate_of: object = rate, now: float = 6 * HOUR, left: tuple[Kept, ...] = ()) -> Receipt:
    """Return a receipt."""
    return receipt(
        stack="default",
        region="us-east-1",
        host="i-1 (g5.xlarge, on-demand)",
        spans=spans,
        rate_of=rate_of,  # type: ignore[arg-type]
        gone=("host i-1", "disk vol-1", "key pair k"),
        kept=left,
        now=now,
    )


def usd_of(found: Receipt) -> dict[str, float | None]:
    """Return what each thing has cost."""
    return {line.name: line.usd for line in found.lines}


def test_every_second_has_its_price() -> None:
    """A host while it runs, its disk always; a gateway goes after the host, and costs until then."""
    found = made(span(RUNNING, 0, 2 * HOUR), span(STOPPED, 2 * HOUR, 5 * HOUR), now=6 * HOUR)
    assert usd_of(found) == pytest.approx({"host": 3.0, "disk": 0.5, "address": 0.2, "NAT gateway": 0.6})
    assert found.usd == pytest.approx(4.3)
    gateway = found.lines[-1]
    assert (gateway.running_s, gateway.stopped_s) == (2 * HOUR, 4 * HOUR)
    assert not found.has_short_starts


def test_a_resized_host_costs_what_it_was() -> None:
    """Each time by the type that it had."""
    found = made(span(RUNNING, 0, HOUR), span(RUNNING, HOUR, 2 * HOUR, kind="g5.2xlarge"), now=2 * HOUR)
    assert usd_of(found)["host"] == pytest.approx(4.5)
    assert found.text()[1] == (
        "  host               4.50 USD  2 h running: 1 h as g5.xlarge, on-demand, at 1.500 USD an hour,"
        " 1 h as g5.2xlarge, on-demand, at 3.000 USD an hour"
    )
    assert [it.running_s for it in found.lines[0].ran] == [HOUR, HOUR]


def test_a_minute_at_least_is_billed_and_said() -> None:
    """Who multiplies must come to the same sum."""
    found = made(span(RUNNING, 0, 10), now=10)
    assert usd_of(found)["host"] == pytest.approx(60 * 1.5 / HOUR)
    assert "  60 s at least are billed for each start" in found.text()


def test_the_text_adds_up() -> None:
    """One line a thing with its time and its price, then the sum."""
    text = made(span(RUNNING, 0, 2 * HOUR), span(STOPPED, 2 * HOUR, 5 * HOUR), now=5 * HOUR).text()
    assert text == [
        "receipt: stack 'default', i-1 (g5.xlarge, on-demand) in us-east-1, since 1970-01-01T00:00:00Z",
        "  host               3.00 USD  2 h running at 1.500 USD an hour, 3 h stopped at 0.000",
        "  disk               0.50 USD  2 h running at 0.100 USD an hour, 3 h stopped at 0.100",
        "  address            0.20 USD  2 h running at 0.100 USD an hour, 3 h stopped at 0.000",
        "  NAT gateway        0.50 USD  2 h running at 0.100 USD an hour, 3 h stopped at 0.100",
        "  together           4.20 USD  without traffic and tax",
        "  gone         host i-1, disk vol-1 and 1 thing that cost nothing",
    ]


@pytest.mark.parametrize(
    ("gone", "shown"),
    [
        (("host i-1", "disk vol-1"), "host i-1, disk vol-1"),
        (("key pair k",), "1 thing that cost nothing"),
    ],
)
def test_what_is_gone_names_no_empty_kind(gone: tuple[str, ...], shown: str) -> None:
    """Neither "and 0 things" nor "and" alone."""
    found = dataclasses.replace(made(span(RUNNING, 0, HOUR), now=HOUR), gone=gone)
    assert found.text()[-1] == f"  gone         {shown}"


def test_a_price_that_nobody_told_makes_the_sum_a_least() -> None:
    """No guess; what would tell it is named."""
    found = made(span(RUNNING, 0, HOUR), rate_of=unknown_host, now=HOUR)
    assert (usd_of(found)["host"], found.unknown) == (None, ("host",))
    assert found.usd == pytest.approx(0.3)
    assert "  at least           0.30 USD  without traffic and tax" in found.text()
    assert "  unknown price: host (allow pricing:GetProducts)" in found.text()


def test_why_a_price_is_unknown_is_that_of_the_thing() -> None:
    """China is billed in CNY: no right that is missing tells a price."""

    def in_cny(instance_type: str, market: str) -> Rate:
        told = Price(usd_h=None, why="AWS bills it in CNY")
        items = rate(instance_type, market).items
        return Rate(items=(Item(name="host", running=told, stopped=FREE), *items[1:]))

    found = made(span(RUNNING, 0, HOUR), rate_of=in_cny, now=HOUR)
    assert "  unknown price: host (AWS bills it in CNY)" in found.text()


def in_a_block(instance_type: str, market: str) -> Rate:
    """Return the same where the host runs in a Capacity Block."""
    host = Price(usd_h=None, why=PAID_AHEAD, is_paid_ahead=True) if market == "capacity-block" else usd_h(1.5)
    items = rate(instance_type, market).items
    return Rate(items=(Item(name="host", running=host, stopped=FREE), *items[1:]))


def test_a_host_in_a_block_has_been_paid() -> None:
    """No right tells what it cost; the other things have their prices, and are the sum."""
    block = dataclasses.replace(span(RUNNING, 0, HOUR), market="capacity-block")
    found = made(block, rate_of=in_a_block, now=HOUR)
    plain = found.plain()
    assert (plain["unknown"], plain["paid_ahead"], plain["usd"]) == ([], ["host"], pytest.approx(0.3))
    assert found.text()[1:3] == [
        "  host         in advance USD  1 h running paid in advance, with its Capacity Block",
        "  disk               0.10 USD  1 h running at 0.100 USD an hour",
    ]
    assert found.text()[5] == (
        "  together           0.30 USD  without traffic and tax, and without what its Capacity Block cost"
    )
    assert not any("allow" in line for line in found.text())


def test_the_hours_outside_of_a_block_are_counted() -> None:
    """A stopped host goes on after its block, on demand."""
    block = dataclasses.replace(span(RUNNING, 0, HOUR), market="capacity-block")
    found = made(block, span(RUNNING, HOUR, 3 * HOUR), rate_of=in_a_block, now=3 * HOUR)
    assert usd_of(found)["host"] == pytest.approx(3.0)
    assert found.paid_ahead == ("host",)


def test_a_host_of_which_nobody_knows_since_when() -> None:
    """No sum of nothing: it would read as free."""
    found = made()
    assert found.text()[1] == "  cost         unknown: AWS does not say when the host was started"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (11525, "3 h 12 min 5 s"), (90000.4, "25 h")])
def test_times_to_the_second(seconds: float, text: str) -> None:
    """Hours are not rounded to days: they are multiplied by a price."""
    assert clock(seconds) == text
