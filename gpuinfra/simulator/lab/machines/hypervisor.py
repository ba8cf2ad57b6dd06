"""The hypervisor: makes the hosts match what the API says, and tells it of a host that ended by itself."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from gpuinfra.simulator.lab.machines.host import POWER_BUTTON, RESET_BUTTON, End
from gpuinfra.simulator.machine import Machine

TICK_S = 0.2
PRESS_AGAIN_S = 3.0  # a host that is still booting does not notice the first time
CUT_AFTER_S = 60.0  # EC2 gives some minutes

_log = logging.getLogger(__name__)


class Action(Enum):
    """What to do with one host now."""

    NOTHING = "nothing"
    BOOT = "boot"
    POWER = "press the power button"
    RESET = "press the reset button"
    CUT = "cut the power"
    FORGET = "delete the disk"


class RunningHost(Protocol):
    """What is needed of host.Host."""

    def press(self, button: int) -> None:
        """Signal its init."""

    def cut(self) -> None:
        """End it at once."""

    def ended(self) -> End | None:
        """Return how it ended, or None while it runs."""


class InstanceApi(Protocol):
    """What is needed of the simulated AWS."""

    def machines(self) -> Sequence[Machine]:
        """Describe every instance."""

    def powered_off(self, instance_id: str) -> None:
        """Say that a host has shut itself down."""


@dataclass(kw_only=True)
class VmState:
    """One instance's place in the rack.

    machine: as it was when the host was last booted.
    crashed: the last boot ended in no good order; it is not tried again before the API starts it again.
    asked_at, pressed_at: seconds on the clock; when the host was first, and last, asked to end.
    """

    machine: Machine
    host: RunningHost | None = None
    crashed: bool = False
    step: Action = Action.NOTHING
    asked_at: float = 0.0
    pressed_at: float = 0.0


def decide(machine: Machine | None, slot: VmState | None, now: float) -> Action:
    """Return the next step for one instance; `machine` is None for one that the API has forgotten."""
    wanted = machine is not None and machine.state == "running"
    same_start = machine is not None and slot is not None and machine.starts == slot.machine.starts
    if slot is None:
        return Action.BOOT if wanted else Action.NOTHING
    if slot.host is None:
        if wanted:
            return Action.NOTHING if slot.crashed and same_start else Action.BOOT
        return Action.FORGET if machine is None or machine.state == "terminated" else Action.NOTHING
    if machine is None:
        return Action.CUT
    if slot.step in (Action.POWER, Action.RESET) and now - slot.asked_at > CUT_AFTER_S:
        return Action.CUT
    if not (wanted and same_start):
        return Action.POWER
    return Action.RESET if machine.reboots != slot.machine.reboots else Action.NOTHING


class Hypervisor:
    """The rack: one slot an instance; tick() is called again and again, by one thread."""

    def __init__(
        self,
        *,
        api: InstanceApi,
        boot: Callable[[Machine], RunningHost],
        forget: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._boot = boot
        self._forget = forget
        self._now = now
        self._slots: dict[str, VmState] = {}
        self._by_ip: Mapping[str, Machine] = {}

    def machine_at(self, private_ip: str) -> Machine | None:
        """Return the instance that has this address now; for other threads to ask."""
        return self._by_ip.get(private_ip)

    def tick(self) -> None:
        """Look at the API and at all hosts once, and take every step that is due."""
        machines = {it.id: it for it in self._api.machines()}
        self._by_ip = {it.private_ip: it for it in machines.values() if it.state != "terminated"}
        for instance_id in machines.keys() | self._slots.keys():
            machine, slot = machines.get(instance_id), self._slots.get(instance_id)
            if slot and slot.host and (end := slot.host.ended()):
                self._note_end(end, machine, slot)
            else:
                self._take(decide(machine, slot, self._now()), instance_id, machine)

    def _occupied(self, private_ip: str) -> bool:
        """Tell whether a host that still runs has this address; the API gives it away sooner."""
        return any(slot.host and slot.machine.private_ip == private_ip for slot in self._slots.values())

    def _note_end(self, end: End, machine: Machine | None, slot: VmState) -> None:
        _log.info("%s %s", slot.machine.id, end.value)
        by_itself = slot.step is not Action.POWER and slot.step is not Action.CUT
        slot.host = None
        slot.crashed = end is End.CRASH and by_itself
        same_start = machine is not None and machine.starts == slot.machine.starts
        if end is End.POWEROFF and by_itself and same_start:
            self._api.powered_off(slot.machine.id)

    def _take(self, step: Action, instance_id: str, machine: Machine | None) -> None:
        slot = self._slots.get(instance_id)
        if step is Action.BOOT and machine and not self._occupied(machine.private_ip):
            _log.info("%s boots at %s %s", machine.id, machine.private_ip, machine.public_ip)
            self._slots[instance_id] = VmState(machine=machine, host=self._boot(machine))
        elif step is Action.FORGET:
            del self._slots[instance_id]
            self._forget(instance_id)
        elif slot and slot.host and step is not Action.NOTHING:
            self._ask(step, slot, slot.host)

    def _ask(self, step: Action, slot: VmState, host: RunningHost) -> None:
        now = self._now()
        if step is slot.step and now - slot.pressed_at < PRESS_AGAIN_S:
            return
        _log.info("%s: %s", slot.machine.id, step.value)
        slot.asked_at = now if step is not slot.step else slot.asked_at
        slot.step, slot.pressed_at = step, now
        if step is Action.CUT:
            host.cut()
        else:
            host.press(POWER_BUTTON if step is Action.POWER else RESET_BUTTON)
