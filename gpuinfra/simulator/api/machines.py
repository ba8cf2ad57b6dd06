"""State machines of Step Functions carried out: moto keeps them, and lets an execution run for ever.

Time is that of the schedules, so that a test need not wait; calls go to the simulator as the scheduler's do.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import botocore.session
from botocore.config import Config

from gpuinfra.simulator.api.state import SCHEDULER, SimulatorState
from gpuinfra.simulator.api.state_machine import StateMachineRun

TICK_S = 0.5
SERVICES = {"sfn": "stepfunctions"}
_log = logging.getLogger(__name__)


class MachineRunner:
    """Looks at all executions again and again, in a thread of its own."""

    def __init__(
        self, state: SimulatorState, executions: Callable[[], Iterator[tuple[str, Any, Any]]]
    ) -> None:
        """executions: yields the region, and moto's objects of the machine and of each of its executions."""
        self._state, self._executions = state, executions
        self._runs: dict[int, StateMachineRun] = {}
        self._clients: dict[tuple[str, str], Any] = {}

    def start(self, url: str) -> None:
        """Begin; calls go to the simulator's own address, so that faults and the call log see them."""

        def run() -> None:
            while True:
                threading.Event().wait(TICK_S)
                for region, machine, execution in self._running():
                    try:
                        self._step(region, machine, execution, url)
                    except Exception:  # a machine that we cannot carry out is told, and runs for ever
                        _log.exception("state machine %s", machine.name)

        threading.Thread(target=run, name="machines", daemon=True).start()

    def _running(self) -> list[tuple[str, Any, Any]]:
        with self._state.moto_lock:
            return [it for it in self._executions() if it[2].status == "RUNNING"]

    def _step(self, region: str, machine: Any, execution: Any, url: str) -> None:
        now = self._state.schedules_now()
        if id(execution) not in self._runs:
            self._runs[id(execution)] = StateMachineRun(
                machine.definition, given=execution.execution_input, arn=machine.arn, began=now
            )
        run = self._runs[id(execution)]

        def call(service: str, action: str, given: dict[str, Any]) -> Any:
            if execution.status != "RUNNING":
                raise RuntimeError("stopped")
            return _plain(self._call(service, action, given, region, url))

        run.step(call, now)
        if run.status != "RUNNING" and execution.status == "RUNNING":
            execution.status = run.status

    def _call(self, service: str, action: str, given: dict[str, Any], region: str, url: str) -> Any:
        name = SERVICES.get(service, service)
        if (name, region) not in self._clients:
            self._clients[name, region] = _client(name, region, url)
        client = self._clients[name, region]
        named = {
            key[0].lower() + key[1:] if name == "stepfunctions" else key: it for key, it in given.items()
        }
        return getattr(client, re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower())(**named)


def _plain(value: Any) -> Any:
    """Return an answer as the JSON that Step Functions makes of it."""
    if isinstance(value, dict):
        return {key: _plain(it) for key, it in value.items()}
    if isinstance(value, list):
        return [_plain(it) for it in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _client(service: str, region: str, url: str) -> Any:
    session = botocore.session.Session()
    return session.create_client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=SCHEDULER,
        aws_secret_access_key=SCHEDULER,
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
