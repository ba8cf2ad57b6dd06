"""A stopped host at EC2 that a state machine is to start, and all who stop and start it; pure."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

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
        self.before_call: Callable[[], None] = lambda: None  # what comes between two calls of the machine

    def call(self, service: str, action: str, given: dict[str, Any]) -> Any:
        """Answer the machine."""
        self.before_call()
        if action == "deleteStateMachine":
            self.is_deleted = True
            return {}
        if action == "describeInstances":
            return self._described()
        if self.is_revoked:
            raise PermissionError("UnauthorizedOperation")
        if self.state == "running":
            return {}
        if self.state == "terminated":
            raise RuntimeError("IncorrectInstanceState")
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
        if self.state == "running" or (who == "gpuinfra stop" and self.state == "stopped"):
            self.wants_it_off = True
            self.state, self.reason = "stopped", f"Client.{who}"

    def started_by(self, who: str) -> None:
        """Start it from elsewhere: the console, a colleague."""
        if self.state == "stopped" and self.has_capacity:
            self._started(who)
            self.wants_it_off = False

    def resized(self) -> None:
        """`gpuinfra resize`: one that runs is stopped and started; one that is stopped waits no longer."""
        was_running = self.state == "running"
        self.stopped_by("gpuinfra stop")
        if was_running:
            self.started_by("gpuinfra resize")

    def removed(self) -> None:
        """`gpuinfra down`."""
        self.is_revoked = self.wants_it_off = True
        self.state, self.reason = "terminated", "Client.UserInitiatedShutdown"

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
        until=ec2.now + hours * HOUR_S,
        now=ec2.now,
    )
    return StateMachineRun(text, given="{}", arn="arn:machine", began=ec2.now)


def run_on(ec2: Ec2, run: StateMachineRun, seconds: float) -> None:
    """Let time pass in steps of half a minute, as Step Functions would."""
    end = ec2.now + seconds
    while ec2.now < end:
        run.step(ec2.call, ec2.now)
        ec2.now += 30
    run.step(ec2.call, ec2.now)
