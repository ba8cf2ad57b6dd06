"""Over 200 lines: a model of AWS beside our code. Random lives of a host never cost more than its lease.

AWS's scheduler is a model here, as its pages describe it: each call comes up to a minute late, is repeated
each minute, and one may get lost. Who ends and starts the host is our code, a console, or the guard.
"""

import dataclasses
import random
from dataclasses import dataclass, field

import pytest

from gpuinfra.features.money import lease as leases
from gpuinfra.features.money import lease_use
from gpuinfra.features.money.lease import Lease, LeaseUse
from gpuinfra.features.money.lease_account import LeaseAccount
from gpuinfra.features.money.rates import HOUR_S, RUNNING, STOPPED, Item, Price, Rate, Span
from gpuinfra.ground.model import ScheduleStart

MINUTE_S = 60.0
LATE_S = 59.9  # https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
TYPES = {"small": 0.1, "g4dn": 0.526, "g5": 1.006, "p5": 55.04}
DISK_USD_H = 0.0143
ACTIONS = (
    *("cli start", "cli stop", "cli resize", "cli up", "guard stops", "console start", "console stop"),
    *("cheaper", "dearer", "extend", "crash before start"),
)


@dataclass(kw_only=True)
class Life:
    """One host, its bill and its schedule; times in seconds."""

    dice: random.Random
    lease: Lease
    now: float = 0.0
    state: str = STOPPED
    type: str = "g4dn"
    factor: float = 1.0  # of the price list
    bill: float = 0.0
    over: float = 0.0  # what it cost while it ran with nothing left
    allowed: float = 0.0  # of that: an explicit start after the end
    began: float = 0.0
    begins: float = 0.0  # the schedule
    next_call: float = 0.0
    swallow: bool = False
    spans: list[Span] = field(default_factory=list)
    account: LeaseAccount | None = None
    dearest: float = 0.0

    # --- what AWS bills ---

    def usd_h(self) -> float:
        """Return the price of now."""
        running = TYPES[self.type] * self.factor if self.state == RUNNING else 0.0
        self.dearest = max(self.dearest, running + DISK_USD_H)
        return DISK_USD_H + running

    def pass_until(self, then: float) -> None:
        """Let time pass, and AWS's calls come."""
        while self.state == RUNNING and self.next_call <= then:
            self._bill_until(self.next_call)
            if self.swallow:
                self.swallow = False
                self.next_call += MINUTE_S
            else:
                self.turn(STOPPED)
        self._bill_until(then)

    def _bill_until(self, then: float) -> None:
        cost = self.usd_h() * max(0.0, then - self.now) / HOUR_S
        self.bill += cost
        if self.state == RUNNING:
            self.over += min(cost, max(0.0, self.bill - self.lease.limit))
        self.now = max(self.now, then)

    def turn(self, state: str, new_type: str = "") -> None:
        """Start, or stop; EC2 bills a start with a minute at least."""
        if self.state == state:
            return
        if self.now > self.began:
            self.spans.append(dataclasses.replace(self._span(), ended=self.now))
        if self.state == RUNNING and self.now - self.began < MINUTE_S:
            short_usd = TYPES[self.type] * self.factor * (MINUTE_S - self.now + self.began) / HOUR_S
            self.bill += short_usd
            self.allowed += short_usd  # started and stopped at once: no schedule can know
        self.state, self.began, self.type = state, self.now, new_type or self.type

    # --- our code ---

    def use(self, new_type: str = "") -> LeaseUse:
        """Return what is used, as the product counts it, and remembers it."""
        rates = {name: rate(name, self.factor) for name in (self.type, new_type) if name}
        used = lease_use.usd([*self.spans, self._span()], self._rate_of, self.now, self.account)
        self.account = LeaseAccount(
            instance_id="i-1", at=self.now, used=used or 0.0, usd_h=lease_use.known_prices(rates)
        )
        now = rates[new_type or self.type]
        return LeaseUse(used=used, an_hour=now.usd_h(RUNNING))

    def _rate_of(self, span: Span) -> Rate:
        return rate(span.instance_type, self.factor)

    def _span(self) -> Span:
        return Span(
            state=self.state, instance_type=self.type, market="on-demand", began=self.began, ended=None
        )

    def move(self, new_type: str = "") -> None:
        """Move the end as the product does."""
        end = leases.end(self.lease, self.use(new_type), now=self.now)
        assert end is not None
        if leases.stays(ScheduleStart(begins=self.begins, now=self.now), end):
            return
        self.begins = max(end, self.now)
        self.next_call = self.begins + self.dice.uniform(0, LATE_S)
        self.swallow = self.dice.random() < 0.3

    def cli_start(self, new_type: str = "") -> None:
        """Start, if the lease lets us; the end is moved first."""
        if self.state == STOPPED and not leases.is_used_up(self.lease, self.use(new_type)):
            self.move(new_type)
            self.turn(RUNNING, new_type)

    def cli_resize(self) -> None:
        """Stop, move, start as another type."""
        runs, new_type = self.state == RUNNING, self.dice.choice(list(TYPES))
        if runs and leases.is_used_up(self.lease, self.use(new_type)):
            return
        self.turn(STOPPED)
        self.pass_until(self.now + self.dice.uniform(1, 90))
        if runs:
            self.cli_start(new_type)
        else:
            self.move(new_type)
            self.type = new_type

    def console_start(self) -> None:
        """Start past us: an end that is over is not moved, its next call comes within two minutes."""
        if self.state == STOPPED:
            if self.begins <= self.now:
                self.allowed += (TYPES[self.type] * self.factor + DISK_USD_H) * 2 * MINUTE_S / HOUR_S
                self.next_call = self.now + self.dice.uniform(0, MINUTE_S) + self.dice.uniform(0, LATE_S)
                self.swallow = False
            self.turn(RUNNING)

    def act(self, action: str) -> None:
        """Do one thing."""
        if action in ("cli stop", "guard stops", "console stop"):
            self.turn(STOPPED)
        elif action == "cli start":
            self.cli_start()
        elif action == "crash before start" and self.state == STOPPED:
            if not leases.is_used_up(self.lease, self.use()):
                self.move()  # and the laptop dies before it asks EC2 to start the host
        elif action == "cli resize":
            self.cli_resize()
        elif action == "cli up":
            self.move()
        elif action == "console start":
            self.console_start()
        elif action == "extend":
            more = (self.lease.max_usd or 0.0) + self.dice.uniform(0.1, 5)
            self.lease = dataclasses.replace(self.lease, max_usd=more)
            self.over = 0.0  # each sum has a minute of its own
            self.allowed = self.allowed if self.state == RUNNING else 0.0
            self.move()
        elif action == "cheaper":
            self.factor *= self.dice.uniform(0.5, 1)
        elif action == "dearer":
            was, self.factor = self.factor, self.factor * self.dice.uniform(1, 2)
            if self.state == RUNNING and self.begins <= self.now + MINUTE_S:  # the last calls are under way
                self.allowed += TYPES[self.type] * (self.factor - was) * 3 * MINUTE_S / HOUR_S
            self.move()  # somebody comes by; what nobody knows of, nobody can end sooner


def rate(instance_type: str, factor: float) -> Rate:
    """Return what the host costs, disk included."""
    disk = Price(usd_h=DISK_USD_H)
    host = Item(name="host", running=Price(usd_h=TYPES[instance_type] * factor), stopped=Price(usd_h=0.0))
    return Rate(items=(host, Item(name="disk", running=disk, stopped=disk)))


def live(seed: int) -> Life:
    """Let a host live through a random history."""
    dice = random.Random(seed)
    life = Life(
        dice=dice, lease=Lease(max_usd=dice.choice([0.5, 2.0, 20.0, 100.0])), type=dice.choice(list(TYPES))
    )
    life.cli_start()
    for _ in range(dice.randint(1, 25)):
        life.pass_until(life.now + dice.choice([5.0, 120.0, HOUR_S, 24 * HOUR_S]) * dice.random())
        life.act(dice.choice(ACTIONS))
    life.pass_until(life.now + 10_000 * 24 * HOUR_S)
    return life


@pytest.mark.parametrize("block", range(10))
def test_no_history_costs_more_than_the_lease_and_one_minute(block: int) -> None:
    """300 histories each: at the end every host is stopped, and none ran on with nothing left."""
    for seed in range(block * 300, block * 300 + 300):
        life = live(seed)
        minute = life.dearest * MINUTE_S / HOUR_S
        assert life.state == STOPPED, f"history {seed} runs for ever"
        assert life.over <= minute + life.allowed + 1e-6, f"history {seed}: {life.over} over {life.lease}"


def test_the_model_can_fail() -> None:
    """A product that never moved the end before a start of a dearer type would be found."""
    life = Life(dice=random.Random(1), lease=Lease(max_usd=2.0), type="small")
    life.cli_start()
    life.pass_until(60.0)
    life.turn(STOPPED)
    life.turn(RUNNING, "p5")  # past the product: the end is that of the cheap type
    life.pass_until(40 * 24 * HOUR_S)
    assert life.over > 100
