"""What a receipt says of the price of what is left."""

import pytest

from gpuinfra.features.money.rates import Price
from gpuinfra.features.money.receipt import kept
from tests.features.money.test_receipt import made, usd_h


class SomePrices:
    """Some prices."""

    def disk(self, size_gb: int) -> Price:
        """Return that of a gp3 volume."""
        return usd_h(size_gb / 1000)

    def address(self) -> Price:
        """Return that of an address."""
        return usd_h(0.1)

    def nat_gateway(self) -> Price:
        """Return that of a NAT gateway."""
        return usd_h(0.2)


@pytest.mark.parametrize(
    ("what", "usd_month"),
    [
        ("volume vol-1, 500 GB", 365.0),
        ("volume vol-1, 500 GB (io2)", None),
        ("address 52.1.1.1", 73.0),
        ("NAT gateway nat-1", 146.0),
        ("network interface eni-1", None),
    ],
)
def test_what_is_left_has_its_price_a_month(what: str, usd_month: float | None) -> None:
    """As far as its words tell what it is."""
    found = kept(what, SomePrices(), is_ours=False)
    assert found.usd_month == (usd_month if usd_month is None else pytest.approx(usd_month))
    price = "unknown price" if usd_month is None else f"{usd_month:.2f} USD a month"
    assert f"  still there  {what}: {price}" in made(left=(found,)).text()
