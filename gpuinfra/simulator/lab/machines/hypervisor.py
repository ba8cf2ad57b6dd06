"""The hypervisor: boots and ends the hosts as the API says, and tells it of a host that shut itself down."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from gpuinfra.simulator.lab.machines.disks import DiskCopies
from gpuinfra.simulator.lab.machines.host import POWER_BUTTON, RESET_BUTTON, End
from gpuinfra.simulator.lab.machines.protocols import InstanceApi, RunningHost
from gpuinfra.simulator.machine import Machine

TICK_S = 0.4  # each is a call of the API; half of what a lab costs that only waits
PRESS_AGAIN_S = 3.0  # a host that is still booting does not notice the first time
KILL_AFTER_S = 60.0  # EC2 gives some minutes

_log = logging.getLogger(__name__)


class Action(Enum):
    """What to do with one host now."""

    NOTHING = "nothing"
    BOOT = "boot"
    POWER = "press the power button"
    RESET = "press the reset button"
    KILL = "kill it, as if the power failed"
    DELETE_DISK = "delete the disk"


class Power(IntEnum):
    """What the host of an instance does now; ABSENT: it has never booted."""

    ABSENT = 0
    OFF = 1
    CRASHED = 2  # it ended by itself, in no good order
    ON = 3


class Wish(Enum):
    """What the API wants of the host of an instance."""

    RUN = "run on"
    RESTART = "run; since its last boot it was stopped and started"
    REBOOT = "run; since its last boot it was rebooted"
    STOP = "be off"
    TERMINATE = "be off, for good"
    FORGET = "be gone at once: the API was reset"


# A host that crashed is not booted again and again, only after the next start.
# A restart powers off first: once the host is off, the next look boots it with its new address.
# Each row by power:  absent, off, crashed, on
_ACTIONS: Mapping[Wish, tuple[Action, Action, Action, Action]] = {
    Wish.RUN: (Action.BOOT, Action.BOOT, Action.NOTHING, Action.NOTHING),
    Wish.RESTART: (Action.BOOT, Action.BOOT, Action.BOOT, Action.POWER),
    Wish.REBOOT: (Action.BOOT, Action.BOOT, Action.NOTHING, Action.RESET),
    Wish.STOP: (Action.NOTHING, Action.NOTHING, Action.NOTHING, Action.POWER),
    Wish.TERMINATE: (Action.NOTHING, Action.DELETE_DISK, Action.DELETE_DISK, Action.POWER),
    Wish.FORGET: (Action.NOTHING, Action.DELETE_DISK, Action.DELETE_DISK, Action.KILL),
}


@dataclass(kw_only=True)
class VmState:
    """The virtual machine of one instance.

    machine: the instance as it was when the host was last booted. action: the last one, to end the host.
    asked_at, pressed_at: seconds on the clock; when the host was first, and last, asked to end.
    """

    machine: Machine
    host: RunningHost | None = None
    crashed: bool = False
    action: Action = Action.NOTHING
    asked_at: float = 0.0
    pressed_at: float = 0.0

    @property
    def power(self) -> Power:
        """Tell what the host does."""
        return Power.ON if self.host else Power.CRASHED if self.crashed else Power.OFF

    def ignores_buttons(self, now: float) -> bool:
        """Tell whether the host was asked to end and has not, for too long."""
        return self.action in (Action.POWER, Action.RESET) and now - self.asked_at > KILL_AFTER_S


def wish_of(machine: Machine | None, vm: VmState | None) -> Wish:
    """Return what the API wants; `machine` is None for an instance that it does not know any more."""
    if machine is None:
        return Wish.FORGET
    if machine.state != "running":
        return Wish.TERMINATE if machine.state == "terminated" else Wish.STOP
    if vm and machine.starts != vm.machine.starts:
        return Wish.RESTART
    return Wish.REBOOT if vm and machine.reboots != vm.machine.reboots else Wish.RUN


def decide(machine: Machine | None, vm: VmState | None, now: float) -> Action:
    """Return the next action for one instance."""
    power, wish = vm.power if vm else Power.ABSENT, wish_of(machine, vm)
    is_cut = machine and machine.power_cut and wish in (Wish.STOP, Wish.TERMINATE)
    if vm and power is Power.ON and (is_cut or vm.ignores_buttons(now)):
        return Action.KILL
    return _ACTIONS[wish][power]


class Hypervisor:
    """One virtual machine for each instance; tick() is called again and again, by one thread."""

    def __init__(
        self,
        *,
        api: InstanceApi,
        boot: Callable[[Machine], RunningHost],
        delete_disk: Callable[[str], None],
        copy_disk: Callable[[str, str], None],
        let_in: Callable[[Sequence[Machine]], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._let_in = api, let_in
        self._boot, self._delete_disk = boot, delete_disk
        self._disks = DiskCopies(api.images, copy_disk)
        self._now = now
        self._vms: dict[str, VmState] = {}
        self._by_ip: Mapping[str, Machine] = {}

    def machine_at(self, private_ip: str) -> Machine | None:
        """Return the instance that has this address now; for other threads to ask."""
        return self._by_ip.get(private_ip)

    def tick(self) -> None:
        """Look at the API and at all hosts once, and take every action that is due."""
        machines = {it.id: it for it in self._api.machines()}
        self._by_ip = {it.private_ip: it for it in machines.values() if it.state != "terminated"}
        self._disks.take(self._is_off)
        self._let_in([it for it in machines.values() if it.state == "running"])
        for instance_id in machines.keys() | self._vms.keys():
            machine, vm = machines.get(instance_id), self._vms.get(instance_id)
            if vm and vm.host and (end := vm.host.ended()):
                self._record_end(end, machine, vm)
            else:
                self._take(decide(machine, vm, self._now()), instance_id, machine)

    def _is_off(self, instance_id: str) -> bool:
        """Tell whether a host has booted and does not run now."""
        vm = self._vms.get(instance_id)
        return vm is not None and vm.host is None

    def _is_taken(self, private_ip: str) -> bool:
        """Tell whether a host that still runs has this address; the API gives it away sooner."""
        return any(vm.host and vm.machine.private_ip == private_ip for vm in self._vms.values())

    def _record_end(self, end: End, machine: Machine | None, vm: VmState) -> None:
        _log.info("%s %s", vm.machine.id, end.value)
        by_itself = vm.action not in (Action.POWER, Action.KILL)
        vm.host = None
        vm.crashed = end is End.CRASH and by_itself
        same_start = machine is not None and machine.starts == vm.machine.starts
        if end is End.POWEROFF and by_itself and same_start:
            self._api.powered_off(vm.machine.id)

    def _take(self, action: Action, instance_id: str, machine: Machine | None) -> None:
        vm = self._vms.get(instance_id)
        may_boot = machine and self._disks.is_ready(machine) and not self._is_taken(machine.private_ip)
        if action is Action.BOOT and machine and may_boot:
            _log.info("%s boots at %s %s", machine.id, machine.private_ip, machine.public_ip)
            self._vms[instance_id] = VmState(machine=machine, host=self._boot(machine))
        elif action is Action.DELETE_DISK:
            del self._vms[instance_id]
            self._delete_disk(instance_id)
        elif vm and vm.host and action is not Action.NOTHING:
            self._end(action, vm, vm.host)

    def _end(self, action: Action, vm: VmState, host: RunningHost) -> None:
        now = self._now()
        if action is vm.action and now - vm.pressed_at < PRESS_AGAIN_S:
            return
        _log.info("%s: %s", vm.machine.id, action.value)
        vm.asked_at = now if action is not vm.action else vm.asked_at
        vm.action, vm.pressed_at = action, now
        if action is Action.KILL:
            host.kill()
        else:
            host.press(POWER_BUTTON if action is Action.POWER else RESET_BUTTON)
