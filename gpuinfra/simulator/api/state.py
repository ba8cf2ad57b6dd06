"""All state of a running simulator that is not moto's own."""

import threading
import time
from collections.abc import Callable
from typing import Any

from gpuinfra.simulator.api.account_settings import AccountSettings
from gpuinfra.simulator.api.call_log import CallLog
from gpuinfra.simulator.api.capacity import CapacityRules
from gpuinfra.simulator.api.faults import FaultBook
from gpuinfra.simulator.api.given import GivenAnswers
from gpuinfra.simulator.api.iam_gate import IamGate
from gpuinfra.simulator.api.quota_book import QuotaBook
from gpuinfra.simulator.api.reservations import Reservations
from gpuinfra.simulator.api.seed import Seed
from gpuinfra.simulator.hosts import Hosts, InstanceEvent, NoHosts

CALLER_IP = "52.94.76.10"
# Who changes an instance: a caller of the API, a schedule (its calls have this access key), its own host, or
# EC2 itself.
API, SCHEDULER, HOST, EC2 = "api", "scheduler", "host", "ec2"


class SimulatorState:
    """Seed, faults, calls, settings, and the hosts under the instances; one for each process.

    moto_lock: held around every call into moto, whose backends are not made for several threads.
    """

    def __init__(
        self, *, seed: Seed, hosts: Hosts | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self.seed = seed
        self.hosts: Hosts = hosts or NoHosts()
        self.now = now
        self.moto_lock = threading.RLock()
        self.faults = FaultBook()
        self.capacity = CapacityRules()
        self.reservations = Reservations()
        self.calls = CallLog()
        self.given = GivenAnswers()
        self.quotas = QuotaBook(seed.quotas, now)
        self.gate = IamGate()
        self.ticked = threading.Event()  # there may be something new for the schedules to do
        self.clear()

    def clear(self) -> None:
        """Back to the state of a fresh start."""
        self.faults.clear()
        self.capacity.clear()
        self.reservations.clear()
        self.without_capacity: set[str] = set()  # pending instances that EC2 will end for lack of it
        self.calls.clear()
        self.quotas.clear()
        self.gate.clear()
        self.caller_ip = CALLER_IP
        self.pending_s = 0.0
        self.image_s = 0.0
        self.schedules_ahead_s = 0.0
        self.hung: set[str] = set()  # instances whose hosts do not hear that they shall shut down
        self.silent: set[str] = set()  # instances whose metadata service does not answer
        self.notices: dict[str, dict[str, Any]] = {}  # by instance: spot-action, rebalance
        # USD an hour by type and zone, where a test sets it
        self.spot_prices: dict[tuple[str, str], float] = {}
        self.acting = API
        self.account = AccountSettings()
        self.consoles: dict[str, str] = {}
        self.events: list[InstanceEvent] = []

    def schedules_now(self) -> float:
        """Return the time by which schedules are carried out, in seconds since 1970."""
        return self.now() + self.schedules_ahead_s

    def spot_usd_h(self, instance_type: str, zone: str) -> float:
        """Return the spot price of a type in a zone: the one that was set, else a synthetic one."""
        from gpuinfra.simulator.api import synthetic_prices  # it imports moto, whose settings must come first

        found = self.spot_prices.get((instance_type, zone))
        return synthetic_prices.spot_usd_h(instance_type, zone) if found is None else found

    def instance_changed(self, *, region: str, instance_id: str, state: str) -> None:
        """Record an event, and tell the hosts."""
        event = InstanceEvent(
            time=self.now(), region=region, instance_id=instance_id, state=state, by=self.acting
        )
        self.events.append(event)
        self.hosts.changed(event)

    def console(self, instance_id: str) -> str:
        """Return the text that was set for this instance, else what its host has written."""
        return self.consoles.get(instance_id) or self.hosts.console(instance_id)
