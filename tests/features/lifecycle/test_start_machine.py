"""What starts a host later: no start after a stop, in any order of what may happen; and it does start it."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from gpuinfra.simulator.api.state_machine import StateMachineRun
from gpuinfra.tools.aws.start_machine import NO_CAPACITY, definition

HOST, HOUR_S = "i-0123456789abcdef0", 3600.0
BEGAN = 1_800_000_000.0


def started_at(number: int) -> str:
    """Return when the host was started for the n-th time, as EC2 tells it."""
    return datetime.fromtimestamp(BEGAN - 100 + number, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Ec2:
    """One host, its capacity, and who did what to it; a stop by anybody is deliberate."""

    def __init__(self) -> None:
        self.now, self.launched, self.state, self.reason = BEGAN, 1, "stopped", "Client.UserInitiatedShutdown"
        self.has_capacity = self.is_late = self.is_revoked = self.is_deleted = self.wants_it_off = False
        self.starts: list[str] = []  # by whom
        self.bad: list[str] = []

    def call(self, service: str, action: str, given: dict[str, Any]) -> Any:
        """Answer the machine."""
        if action == "deleteStateMachine":
            self.is_deleted = True
            return {}
        if action == "describeInstances":
            return self._described()
        if self.is_revoked:
            raise PermissionError("UnauthorizedOperation")
        if self.state == "running":
            return {}
        if not self.has_capacity:
            raise RuntimeError("InsufficientInstanceCapacity")
        if self.wants_it_off:
            self.bad.append(f"started at {self.now - BEGAN:.0f} s, after a stop")
        self._started("machine")
        if self.is_late:  # EC2 says yes, and finds out afterwards
            self.state, self.reason, self.is_late = "stopped", NO_CAPACITY, False
        return {}

    def stopped_by(self, who: str) -> None:
        """Stop it deliberately; `gpuinfra stop` ends what waits first, running or not."""
        if who == "gpuinfra stop":
            self.is_revoked = True
        if self.state == "running" or who == "gpuinfra stop":
            self.wants_it_off = True
            self.state, self.reason = "stopped", f"Client.{who}"

    def started_by(self, who: str) -> None:
        """Start it from elsewhere: the console, a colleague."""
        if self.state == "stopped" and self.has_capacity:
            self._started(who)
            self.wants_it_off = False

    def _started(self, who: str) -> None:
        self.starts.append(who)
        self.state, self.reason = "running", ""
        self.launched += 1

    def _described(self) -> dict[str, Any]:
        why = {"StateReason": {"Code": self.reason}} if self.reason else {}
        host = {"State": {"Name": self.state}, "LaunchTime": started_at(self.launched), **why}
        return {"Reservations": [{"Instances": [host]}]}


def machine(ec2: Ec2, hours: float = 12) -> StateMachineRun:
    """Return an execution that tries for so many hours."""
    text = definition(
        partition="aws",
        instance_id=HOST,
        launched=started_at(ec2.launched),
        until=BEGAN + hours * HOUR_S,
        now=BEGAN,
    )
    return StateMachineRun(text, given="{}", arn="arn:machine", began=BEGAN)


def run_on(ec2: Ec2, run: StateMachineRun, seconds: float) -> None:
    """Let time pass in steps of half a minute, as Step Functions would."""
    end = ec2.now + seconds
    while ec2.now < end:
        run.step(ec2.call, ec2.now)
        ec2.now += 30
    run.step(ec2.call, ec2.now)


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


STEPS = (
    "wait", "wait", "wait", "capacity", "no capacity", "late", "guard", "lease", "user at the console",
    "gpuinfra stop", "colleague",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(300))
def test_no_start_after_a_stop_in_any_order(seed: int) -> None:
    """300 random days of capacity, guard, lease, users and the machine; each with 60 things that happen."""
    chance = random.Random(seed)
    ec2 = Ec2()
    run = machine(ec2)
    for step in chance.choices(STEPS, k=60):
        if step == "wait":
            run_on(ec2, run, chance.choice((0, 30, 60, 120, 299, 301, 1200)))
        elif step in ("capacity", "no capacity"):
            ec2.has_capacity = step == "capacity"
        elif step == "late":
            ec2.is_late = True
        elif step == "colleague":
            ec2.started_by(step)
        else:
            ec2.stopped_by(step)
    run_on(ec2, run, 13 * HOUR_S)
    assert ec2.bad == []
    assert run.status == "SUCCEEDED"
    assert ec2.is_deleted
