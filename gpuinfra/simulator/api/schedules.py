"""EventBridge Scheduler as AWS carries it out: what is due is called, by a caller of its own.

moto keeps schedules and calls nobody. A schedule of rate(...) calls first at its start date, then each time a
rate later; one of at(...) once. All that calls EC2 is carried out; another target is told in the log.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.config import Config

from gpuinfra.simulator.api.state import SCHEDULER, SimulatorState

TICK_S = 0.5
UNIT_S = {"minute": 60, "hour": 3600, "day": 86400}
TARGET = re.compile(r"arn:[\w-]+:scheduler:::aws-sdk:ec2:(\w+)")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class DueCall:
    """A call of EC2 that a schedule makes: an action in camel case, and its input."""

    region: str
    action: str
    given: dict[str, Any]


def first_at(schedule: Any) -> float:
    """Return when a schedule calls first, in seconds since 1970."""
    one_time = re.fullmatch(r"at\((.+)\)", schedule.schedule_expression)
    if one_time:
        return datetime.fromisoformat(one_time[1]).replace(tzinfo=UTC).timestamp()
    return float(schedule.start_date or schedule.creation_date)


def every_s(schedule: Any) -> float | None:
    """Return after how many seconds it calls again; None: never."""
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", schedule.schedule_expression)
    return int(rate[1]) * UNIT_S[rate[2]] if rate else None


def is_due(schedule: Any, *, now: float, last: float | None) -> bool:
    """Tell whether it has to call now; last: when it did so before, by its present start date."""
    ended = schedule.end_date is not None and now > float(schedule.end_date)
    if schedule.state != "ENABLED" or ended or now < first_at(schedule):
        return False
    again = every_s(schedule)
    return last is None or (again is not None and now - last >= again)


class ScheduleRunner:
    """Looks at all schedules again and again, in a thread of its own."""

    def __init__(self, state: SimulatorState, schedules: Callable[[], Iterator[tuple[str, Any]]]) -> None:
        """schedules: yields the region and moto's object of each."""
        self._state, self._schedules = state, schedules
        self._last: dict[tuple[str, float], float] = {}  # arn and start date -> when it called
        self._clients: dict[str, Any] = {}

    def start(self, url: str) -> None:
        """Begin; calls go to the simulator's own address, so that faults and the call log see them."""

        def run() -> None:
            while True:
                self._state.ticked.wait(TICK_S)
                self._state.ticked.clear()
                for call in self.due():
                    self._call(call, url)

        threading.Thread(target=run, name="schedules", daemon=True).start()

    def due(self) -> list[DueCall]:
        """Return what has to be called now; it is taken as done."""
        now = self._state.schedules_now()
        with self._state.moto_lock:
            found = [(region, one) for region, one in self._schedules() if self._take(one, now)]
        return [call for region, one in found if (call := _call_of(region, one))]

    def _take(self, schedule: Any, now: float) -> bool:
        key = (schedule.arn, first_at(schedule))
        if not is_due(schedule, now=now, last=self._last.get(key)):
            return False
        self._last[key] = now
        return True

    def _call(self, call: DueCall, url: str) -> None:
        try:
            client = self._clients.setdefault(call.region, _client(call.region, url))
            getattr(client, re.sub(r"(?<!^)(?=[A-Z])", "_", call.action).lower())(**call.given)
        except Exception as error:  # what a schedule calls may fail; the next call comes
            _log.warning("schedule: %s in %s: %s", call.action, call.region, error)


def _call_of(region: str, schedule: Any) -> DueCall | None:
    target = TARGET.fullmatch(schedule.target["Arn"])
    if target is None:
        _log.warning("schedule %s: the simulator does not call %s", schedule.name, schedule.target["Arn"])
        return None
    return DueCall(region=region, action=target[1], given=json.loads(schedule.target.get("Input") or "{}"))


def _client(region: str, url: str) -> Any:
    """Return EC2, called as the scheduler; a lost call is not made again."""
    session = botocore.session.Session()
    return session.create_client(
        "ec2",
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=SCHEDULER,
        aws_secret_access_key=SCHEDULER,
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
