"""`cost`: what a host has cost since it was made, what this month will cost, and what goes on."""

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gpuinfra.features.money import disk_copies, history, ledger, lived, prices, spent
from gpuinfra.features.money.history import Boot
from gpuinfra.features.money.hourly import HourlyCost, cents, hourly
from gpuinfra.features.money.prices import Prices
from gpuinfra.features.money.rate import PAID_AHEAD, SPOT_MARKET, rate_of, recorded, without_host
from gpuinfra.features.money.rates import HOUR_S, RUNNING, STOPPED, Rate, Span, iso, seconds
from gpuinfra.features.money.spent import SpentOn
from gpuinfra.ground import when
from gpuinfra.ground.model import Host, Instance, Record
from gpuinfra.ground.names import command
from gpuinfra.ground.text import duration, pairs
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True)
class HostCost:
    """The cost of one host until `now` (seconds since 1970), all at today's prices.

    spans: its times. items: what each thing has cost. month_usd: since the first of the month (UTC).
    """

    stack: str
    instance_id: str
    state: str
    now: float
    spans: tuple[Span, ...]
    items: tuple[SpentOn, ...]
    month_usd: float | None
    hourly: HourlyCost

    @property
    def usd(self) -> float | None:
        """Return all that it has cost; None: a price is unknown."""
        return spent.total_usd(self.items)

    @property
    def rate_usd_h(self) -> float | None:
        """Return what it costs an hour as it is now; None: a price is unknown, or was paid in advance."""
        return self._now.rate.usd_h(self._state)

    @property
    def going_on(self) -> str:
        """Return what a host that is gone still costs, in words; empty for nothing."""
        if self.state not in history.GONE or self.rate_usd_h == 0:
            return ""
        return f"{self._now.summary(STOPPED)}, until {command('down', self.stack)}"

    @property
    def _now(self) -> HourlyCost:
        """Return the cost an hour of what there is now."""
        if self.state not in history.GONE:
            return self.hourly
        return dataclasses.replace(self.hourly, rate=without_host(self.hourly.rate))

    @property
    def _state(self) -> str:
        return RUNNING if self.state in history.ON else STOPPED

    @property
    def month_end_usd(self) -> float | None:
        """Return what the month will have cost if nothing changes."""
        usd_h = self._now.rate.rest_usd_h(self._state)
        if self.month_usd is None or usd_h is None:
            return None
        return self.month_usd + usd_h * (spent.month_ends(self.now) - self.now) / HOUR_S

    @property
    def paid_ahead(self) -> list[str]:
        """Return what was paid in advance, for all or some of the time: it is in no sum here."""
        return [item.name for item in self.items if item.is_paid_ahead]

    @property
    def unseen_s(self) -> float:
        """Return for how long nobody saw whether it ran; counted as running."""
        return sum((span.ended or self.now) - span.began for span in self.spans if span.unseen)

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "stack": self.stack,
            "instance_id": self.instance_id,
            "state": self.state,
            "usd": self.usd,
            "usd_h": self.rate_usd_h,
            "items": {item.name: item.usd for item in self.items},
            "paid_ahead": self.paid_ahead,
            "running_s": seconds(self.spans, RUNNING, until=self.now),
            "stopped_s": seconds(self.spans, STOPPED, until=self.now),
            "unseen_s": self.unseen_s,
            "since": iso(self.spans[0].began) if self.spans else "",
            "until": iso(self.now),
            "month_usd": self.month_usd,
            "month_end_usd": self.month_end_usd,
            "hourly": self.hourly.plain(),
            "spans": [span.plain() for span in self.spans],
        }

    def text(self) -> str:
        """Return it as lines of "name  value"."""
        host = f"{self.instance_id}, {self.state}"
        rows: list[tuple[str, object]] = [("host", host), ("so far", self._so_far())]
        rows += [
            ("", f"{cents(item.usd):>9}  {item.name}{f', {PAID_AHEAD}' if item.is_paid_ahead else ''}")
            for item in self.items
        ]
        if lost := duration(int(self.unseen_s)) if self.unseen_s else "":
            rows.append(("unseen", f"{lost} of it: nobody saw whether it ran; counted as running"))
        end = f"{cents(self.month_end_usd)} by its end if it stays as it is"
        rows.append(("this month", f"{cents(self.month_usd)} USD so far; {end}"))
        return pairs(rows + self._rates())

    def _rates(self) -> list[tuple[str, object]]:
        if self.state in history.GONE:
            return [("goes on", self.going_on)] if self.going_on else []
        is_stoppable = self.hourly.things.market != SPOT_MARKET  # EC2 stops no spot host, it ends it
        states = (RUNNING, STOPPED) if is_stoppable else (RUNNING,)
        return [(state, self.hourly.summary(state)) for state in states]

    def _so_far(self) -> str:
        if not self.spans:
            return "unknown: AWS does not say when it was started"
        since = when.local(iso(self.spans[0].began), datetime.fromtimestamp(self.now, when.HERE))
        times = [
            f"{duration(int(length))} {state}"
            for state in (RUNNING, STOPPED)
            if (length := seconds(self.spans, state, until=self.now)) >= 1
        ]
        lived_so = f": {', '.join(times)}" if times else ""
        why = "" if self.usd is not None else f" ({self.hourly.unknown(RUNNING)})"
        beside = ", beside its Capacity Block," if self.paid_ahead else ""
        return f"{cents(self.usd)} USD{why}{beside} since {since}{lived_so}"


def cost(world: World, *, boots: Sequence[Boot] = ()) -> HostCost:
    """Return the cost of the recorded host; EC2 is asked how it is, AWS for the prices.

    boots: what the host itself knows, see `history.spans`.

    Raises:
        HostError: there is no host.
        CloudError: EC2 refuses.
    """
    host, record = world.recorded_host(), world.state.read()
    now = world.cloud(host.region, None).instance(host.instance_id)
    return _of(world, host, record, now, prices.of(world, host.region), boots)


def cached(world: World, record: Record, host: Host, now: Instance | None) -> HostCost:
    """Return the same by the prices that are kept: nobody is asked."""
    return _of(world, host, record, now, prices.of(world, host.region, asks=False), ())


def brief(found: HostCost) -> str:
    """Return it in one line."""
    so_far = f"; {cents(found.usd)} USD since it was made" if found.usd is not None and found.spans else ""
    if found.state in history.ON:
        return found.hourly.brief() + so_far
    return f"{found.going_on or found.hourly.summary(STOPPED)}{so_far}"


def _of(
    world: World, host: Host, record: Record, now: Instance | None, book: Prices, boots: Sequence[Boot]
) -> HostCost:
    ledger.seen(world, host, now)
    disk_copies.look(world, record, host)
    times = lived.spans(world, host.instance_id, boots=boots)
    at = max([time.time(), *(span.began for span in times)])  # a slow clock: it starts in the future
    things = recorded(record, host, now)

    def rate(instance_type: str, market: str) -> Rate:
        return rate_of(dataclasses.replace(things, instance_type=instance_type, market=market), book)

    def items(since: float = 0.0) -> list[SpentOn]:
        copies = disk_copies.spent_on(world.files, host, book, now=at, since=since)
        return [*spent.with_rest(times, rate, now=at, since=since), *copies]

    return HostCost(
        stack=host.stack,
        instance_id=host.instance_id,
        state=now.state if now else "terminated",
        now=at,
        spans=tuple(times),
        items=tuple(items()),
        month_usd=spent.total_usd(items(spent.month_began(at))),
        hourly=hourly(things, book),
    )
