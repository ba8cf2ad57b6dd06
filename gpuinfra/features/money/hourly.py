"""What a host costs an hour and a month, in words and as plain values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from gpuinfra.features.money.prices import Prices
from gpuinfra.features.money.rate import HOST, SPOT_MARKET, BilledThings, rate_of
from gpuinfra.features.money.rates import HOURS_A_MONTH, RUNNING, STOPPED, Item, Price, Rate

WITHOUT_NAT = "private_network = null makes a host without its NAT gateway; what goes through it costs more"


@dataclass(frozen=True, kw_only=True)
class HourlyCost:
    """The rate of a host; other: the price of its type on the other market, for comparison.

    dearest_usd_h: what a spot host may cost an hour where its zone is not known yet; rate: the cheapest.
    """

    things: BilledThings
    rate: Rate
    other: Price
    dearest_usd_h: float | None = None

    def plain(self) -> dict[str, object]:
        """Return it as plain values; what nobody told is None, with the reason in `unknown`."""
        is_spot = self.things.market == SPOT_MARKET
        return {
            "market": self.things.market,
            "usd_h": self.rate.usd_h(RUNNING),
            "stopped_usd_h": self.rate.usd_h(STOPPED),
            "on_demand_usd_h" if is_spot else "spot_usd_h": self.other.usd_h,
            "items": {
                it.name: {"usd_h": it.running.usd_h, "stopped_usd_h": it.stopped.usd_h}
                for it in self.rate.items
            },
            "asked_at": min((p.asked_at for p in _prices(self.rate, RUNNING) if p.asked_at), default=""),
            "unknown": {it.name: it.running.why for it in self.rate.items if _is_unknown(it.running)},
            "paid_ahead": self.rate.paid_ahead(RUNNING),
        }

    def plan_lines(self) -> list[str]:
        """Return it as a plan shows it, before anybody agrees."""
        other = "on demand" if self.things.market == SPOT_MARKET else "spot"
        beside = f"; {other} {usd(self.other.usd_h)}" if self.other.usd_h is not None else ""
        lines = [f"  cost: {self.summary(RUNNING)}{beside}"]
        if self.dearest_usd_h is not None:
            lines.append(f"  that is the cheapest zone; spot goes up to {usd(self.dearest_usd_h)} in another")
        is_stoppable = self.things.market != SPOT_MARKET  # EC2 stops no spot host, it ends it
        if is_stoppable and any(it.running.usd_h is not None for it in self.rate.items):
            lines.append(f"  cost while stopped: {self.summary(STOPPED)}")
        return [*lines, f"  {WITHOUT_NAT}"] if self.things.nat_gateways else lines

    def summary(self, state: str) -> str:
        """Return a state's sum by the hour and by the month, and of what it is made."""
        prices = [(it, price) for it in self.rate.items if (price := _in(it, state)).usd_h != 0]
        known = [f"{self._name(it)} {usd(price.usd_h)}" for it, price in prices if price.usd_h is not None]
        parts, why = ", ".join(known), self.unknown(state)
        total, ahead = self.rate.rest_usd_h(state), self._paid_ahead(state)
        if total is None:
            return f"{ahead}unknown: {why}" + (f"; known: {parts} USD an hour" if parts else "")
        text = ahead + f"{usd(total)} USD an hour, {total * HOURS_A_MONTH:.2f} a month"
        return text + (f" ({parts})" if parts else "") + self._age(state)

    def going_on(self) -> list[str]:
        """Return what costs money while the host is stopped, whether its price is known or not."""
        return [it.name for it in self.rate.items if it.stopped.usd_h != 0]

    def brief(self) -> str:
        """Return it for one line of `status`."""
        total, ahead = self.rate.rest_usd_h(RUNNING), self._paid_ahead(RUNNING)
        if total is None:
            return f"{ahead}unknown: {self.unknown(RUNNING)}"
        billed = [it for it in self.rate.items if not it.running.is_paid_ahead]
        parts = ", ".join(f"{self._name(it)} {usd(it.running.usd_h)}" for it in billed)
        return f"{ahead}{usd(total)} USD an hour ({parts})"

    def unknown(self, state: str) -> str:
        """Return what is not known, and why; empty if all is."""
        by_why: dict[str, list[str]] = {}
        for it in self.rate.items:
            if _is_unknown(price := _in(it, state)):
                by_why.setdefault(price.why, []).append(self._name(it))
        return "; ".join(f"{', '.join(names)} ({why})" for why, names in by_why.items())

    def _paid_ahead(self, state: str) -> str:
        """Return what was paid in advance, before what is billed by the hour; empty for nothing."""
        ahead = [
            f"{self._name(it)} {price.why}; "
            for it in self.rate.items
            if (price := _in(it, state)).is_paid_ahead
        ]
        return "".join(ahead) + ("beside it " if ahead else "")

    def _name(self, item: Item) -> str:
        market = "" if self.things.market != SPOT_MARKET else " spot"
        return f"{self.things.instance_type}{market}" if item.name == HOST else item.name

    def _age(self, state: str) -> str:
        """Return the date of prices that AWS could not be asked for anew."""
        old = [price for price in _prices(self.rate, state) if price.usd_h is not None and price.why]
        return f", as of {min(price.asked_at for price in old)[:10]}: {old[0].why}" if old else ""


def hourly(things: BilledThings, prices: Prices) -> HourlyCost:
    """Return what some things cost; all that has to be asked for is asked at the same time."""
    prices.fetch(things.names())
    is_spot = things.market == SPOT_MARKET
    spot = prices.spot(things.instance_type, things.zone)
    other = prices.on_demand(things.instance_type) if is_spot else spot
    rate = rate_of(things, prices)
    return HourlyCost(things=things, rate=rate, other=other, dearest_usd_h=_dearest_usd_h(things, prices))


def _dearest_usd_h(things: BilledThings, prices: Prices) -> float | None:
    """Return what a spot host costs in the dearest zone, where it may come to be in that one."""
    if things.market != SPOT_MARKET or things.zone:
        return None
    cheapest, dearest = (
        prices.spot(things.instance_type).usd_h,
        prices.dearest_spot_usd_h(things.instance_type),
    )
    return dearest if cheapest is not None and dearest is not None and dearest > cheapest else None


def usd(amount: float | None) -> str:
    """Return an amount by the hour: as many digits as AWS's prices have."""
    return "unknown" if amount is None else f"{amount:.3f}"


def cents(amount: float | None) -> str:
    """Return a sum: to the cent, a smaller one as an amount by the hour."""
    return usd(amount) if amount is None or 0 < amount < 0.01 else f"{amount:.2f}"


def _in(item: Item, state: str) -> Price:
    return item.running if state == RUNNING else item.stopped


def _is_unknown(price: Price) -> bool:
    return price.usd_h is None and not price.is_paid_ahead


def _prices(rate: Rate, state: str) -> Sequence[Price]:
    return [_in(it, state) for it in rate.items]
