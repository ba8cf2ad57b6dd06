"""What starts a host later: no start after a stop, in any order of what may happen; and it does start it."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from gpuinfra.simulator.api.state_machine import StateMachineRun
from tests.features.lifecycle.waiting_host import HOUR_S, Ec2, machine, run_on


def test_it_starts_the_host_once_there_is_capacity_and_is_gone() -> None:
    """Within five minutes."""
    ec2 = Ec2()
    run = machine(ec2)
    run_on(ec2, run, 2 * HOUR_S)
    assert (ec2.state, run.status) == ("stopped", "RUNNING")
    ec2.has_capacity = True
    run_on(ec2, run, 300)
    assert (ec2.state, ec2.starts) == ("running", ["machine"])
    run_on(ec2, run, 300)
    assert (run.status, ec2.is_deleted) == ("SUCCEEDED", True)


def test_it_ends_at_its_time() -> None:
    """Without capacity: nothing is left that could start the host a day later."""
    ec2 = Ec2()
    run = machine(ec2, hours=1)
    run_on(ec2, run, HOUR_S + 600)
    assert (run.status, ec2.is_deleted, ec2.starts) == ("SUCCEEDED", True, [])


def test_a_lack_that_ec2_finds_late_is_no_stop() -> None:
    """Nobody has stopped the host: it is tried again."""
    ec2 = Ec2()
    ec2.has_capacity = ec2.is_late = True
    run = machine(ec2)
    run_on(ec2, run, 900)
    assert (ec2.state, ec2.starts) == ("running", ["machine", "machine"])


def test_an_error_of_aws_is_tried_again() -> None:
    """A look that fails says nothing."""
    ec2 = Ec2()
    run = machine(ec2)
    run.step(ec2.call, ec2.now)

    def broken(*_: Any) -> Any:
        raise RuntimeError("InternalError")

    ec2.now += 300
    run.step(broken, ec2.now)
    ec2.has_capacity = True
    ec2.now += 300
    run.step(ec2.call, ec2.now)
    assert ec2.state == "running"


@pytest.mark.parametrize("who", ["guard", "lease", "user at the console", "gpuinfra stop"])
@pytest.mark.parametrize("after_s", [0, 30, 90, 150, 300, 900, 7200])
def test_a_stop_after_the_start_is_the_end_of_it(who: str, after_s: float) -> None:
    """However soon after, and however long there is capacity then."""
    ec2 = Ec2()
    ec2.has_capacity = True
    run = machine(ec2)
    run.step(ec2.call, ec2.now)
    assert ec2.state == "running"
    run_on(ec2, run, after_s)
    ec2.stopped_by(who)
    run_on(ec2, run, 13 * HOUR_S)
    assert (ec2.state, ec2.starts, ec2.bad) == ("stopped", ["machine"], [])


def test_a_host_that_a_colleague_has_started_and_stopped_stays_stopped() -> None:
    """The machine never started it, and EC2's start time tells that it has run."""
    ec2 = Ec2()
    run = machine(ec2)
    run_on(ec2, run, 400)
    ec2.has_capacity = True
    ec2.started_by("colleague")
    ec2.stopped_by("user at the console")
    run_on(ec2, run, 13 * HOUR_S)
    assert (ec2.state, ec2.starts, run.status) == ("stopped", ["colleague"], "SUCCEEDED")


# What they all stop the machine with is rarer than what it has to see by itself.
STEPS = (
    *("wait",) * 6, *("capacity", "late", "guard", "lease", "user at the console", "colleague") * 2,
    *("start --when-available",) * 3, "no capacity", "gpuinfra stop", "gpuinfra start", "resize",
)  # fmt: skip


class Days:
    """A host, and what befalls it; more of it comes between any two calls of the machine that waits."""

    def __init__(self, seed: int) -> None:
        self.chance, self.ec2 = random.Random(seed), Ec2()
        self.run = machine(self.ec2)
        self.ended: list[StateMachineRun] = []
        self.ec2.before_call = self._between_calls

    def befalls(self, step: str) -> None:
        """Let one thing happen."""
        if step == "wait":
            self._wait(self.chance.choice((0, 30, 60, 90, 120, 299, 301, 1200)))
        elif step in ("capacity", "no capacity"):
            self.ec2.has_capacity = step == "capacity"
        elif step == "late":
            self.ec2.is_late = True
        elif step in ("gpuinfra start", "start --when-available"):
            self._start(waits=step != "gpuinfra start")
        elif step == "resize":
            self._end(self.ec2.resized)
        elif step == "gpuinfra stop":
            self._end(lambda: self.ec2.stopped_by(step))
        elif step == "down":
            self._end(self.ec2.removed)
        elif step == "colleague":
            self.ec2.started_by(step)
        else:
            self.ec2.stopped_by(step)

    def _wait(self, seconds: float) -> None:
        run_on(self.ec2, self.run, seconds)

    def _end(self, then: Callable[[], None]) -> None:
        """Let nothing wait any more for a host that is stopped, as all our commands do; then go on."""
        if self.ec2.state != "running":
            self.ec2.is_revoked = True
            if self.run.status == "RUNNING":
                self.run.status = "ABORTED"
        then()

    def _start(self, *, waits: bool) -> None:
        """`gpuinfra start`: now, or where there is no capacity by a machine of its own."""
        if self.ec2.state != "stopped":
            return
        self.ec2.started_by("gpuinfra start")
        if self.ec2.state == "running":  # what waited is removed after that; one refused lets it live on
            self.ec2.is_revoked = True
            self.run.status = "ABORTED" if self.run.status == "RUNNING" else self.run.status
        elif waits:
            self._end(lambda: None)
            self.ended.append(self.run)
            self.ec2.is_revoked = self.ec2.wants_it_off = False
            self.run = machine(self.ec2)

    def _between_calls(self) -> None:
        self.ec2.before_call = lambda: None  # nothing comes between its own
        if self.chance.random() < 0.2:
            self.befalls(self.chance.choice([step for step in STEPS if step != "wait"]))
        self.ec2.before_call = self._between_calls


@pytest.mark.parametrize("seed", range(300))
def test_no_start_after_a_stop_in_any_order(seed: int) -> None:
    """300 random days of capacity, guard, lease, users and machines; each with 60 things that happen."""
    days = Days(seed)
    for step in days.chance.choices(STEPS, k=60):
        days.befalls(step)
    if seed % 3 == 0:
        days.befalls("down")
    days.ec2.before_call = lambda: None
    run_on(days.ec2, days.run, 25 * HOUR_S)
    assert days.ec2.bad == []
    assert {it.status for it in (days.run, *days.ended)} <= {"SUCCEEDED", "ABORTED"}
    assert seed % 3 or days.ec2.state == "terminated"
