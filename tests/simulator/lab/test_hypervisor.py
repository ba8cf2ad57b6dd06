"""The hypervisor's decisions, with an API and hosts that are only on paper."""

from dataclasses import dataclass, field

import pytest

from gpuinfra.simulator.lab.machines.host import POWER_BUTTON, RESET_BUTTON, End
from gpuinfra.simulator.lab.machines.hypervisor import CUT_AFTER_S, PRESS_AGAIN_S, Hypervisor
from gpuinfra.simulator.machine import Machine
from tests.simulator.lab.machines import machine


@dataclass(kw_only=True)
class FakeVm:
    """A host that ends when the test says so."""

    machine: Machine
    pressed: list[int] = field(default_factory=list)
    was_cut: bool = False
    end: End | None = None

    def press(self, button: int) -> None:
        """Note it."""
        self.pressed.append(button)

    def cut(self) -> None:
        """Note it."""
        self.was_cut = True

    def ended(self) -> End | None:
        """Return what the test has set."""
        return self.end


@dataclass(kw_only=True)
class HypervisorUnderTest:
    """A reconciler over paper; `hosts` holds every boot so far."""

    listed: list[Machine] = field(default_factory=list)
    hosts: list[FakeVm] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    clock: float = 0.0

    def __post_init__(self) -> None:
        self.reconciler = Hypervisor(
            api=self, boot=self._boot, forget=self.forgotten.append, now=lambda: self.clock
        )

    def machines(self) -> list[Machine]:
        """Return what the API lists."""
        return self.listed

    def powered_off(self, instance_id: str) -> None:
        """Note it."""
        self.told.append(instance_id)

    def show(self, *machines: Machine) -> FakeVm:
        """Let the API list these, tick, and return the last host that was booted."""
        self.listed = list(machines)
        self.reconciler.tick()
        return self.hosts[-1]

    def _boot(self, machine: Machine) -> FakeVm:
        self.hosts.append(FakeVm(machine=machine))
        return self.hosts[-1]


@pytest.fixture
def rack() -> HypervisorUnderTest:
    """An empty rack."""
    return HypervisorUnderTest()


def test_running_boots_once(rack: HypervisorUnderTest) -> None:
    """A running instance gets one host, however often it is looked at."""
    for _ in range(3):
        rack.show(machine())
    assert len(rack.hosts) == 1
    assert rack.reconciler.machine_at("127.0.0.1") == machine()


def test_stop_presses_the_button_now_and_then(rack: HypervisorUnderTest) -> None:
    """A stopped instance's host is asked to power off, again after a while, and never too fast."""
    host = rack.show(machine())
    for rack.clock in (0.0, 1.0, PRESS_AGAIN_S, PRESS_AGAIN_S + 1):
        rack.show(machine(state="stopped"))
    assert host.pressed == [POWER_BUTTON, POWER_BUTTON]


def test_deaf_host_is_cut(rack: HypervisorUnderTest) -> None:
    """A host that does not power off in time is cut; the API is not told, for it said so."""
    host = rack.show(machine())
    rack.show(machine(state="stopped"))
    rack.clock = CUT_AFTER_S + 1
    rack.show(machine(state="stopped"))
    assert host.was_cut
    host.end = End.CRASH
    rack.show(machine(state="stopped"))
    assert rack.told == []


def test_poweroff_from_inside_is_told(rack: HypervisorUnderTest) -> None:
    """The API hears of a host that powered itself off, once; it is not booted again meanwhile."""
    rack.show(machine()).end = End.POWEROFF
    rack.show(machine())
    rack.show(machine(state="stopped"))
    assert rack.told == ["i-1"]
    assert len(rack.hosts) == 1


def test_asked_poweroff_is_not_told(rack: HypervisorUnderTest) -> None:
    """What the API asked for it is not told."""
    host = rack.show(machine())
    rack.show(machine(state="stopped"))
    host.end = End.POWEROFF
    rack.show(machine(state="stopped"))
    assert rack.told == []


def test_start_boots_with_the_new_address(rack: HypervisorUnderTest) -> None:
    """A start boots again, at the address that the API now gives."""
    rack.show(machine()).end = End.POWEROFF
    rack.show(machine(state="stopped", public_ip=""))
    host = rack.show(machine(starts=2, public_ip="54.214.0.2"))
    assert (len(rack.hosts), host.machine.public_ip) == (2, "54.214.0.2")


def test_stop_and_start_between_two_looks(rack: HypervisorUnderTest) -> None:
    """Stopped and started faster than is looked, a host still goes off and on again, and tells nobody."""
    host = rack.show(machine())
    again = machine(starts=2, public_ip="54.214.0.2")
    rack.show(again)
    assert host.pressed == [POWER_BUTTON]
    host.end = End.POWEROFF
    rack.show(again)
    assert rack.show(again).machine == again
    assert rack.told == []


def test_reboot_from_inside_boots_again(rack: HypervisorUnderTest) -> None:
    """A host that reboots is booted again; the API is not told."""
    rack.show(machine()).end = End.REBOOT
    rack.show(machine())
    rack.show(machine())
    assert (len(rack.hosts), rack.told) == (2, [])


def test_reboot_by_the_api_presses_reset(rack: HypervisorUnderTest) -> None:
    """RebootInstances presses reset once; the new boot has heard of it."""
    host = rack.show(machine())
    rack.show(machine(reboots=1))
    rack.show(machine(reboots=1))
    assert host.pressed == [RESET_BUTTON]
    host.end = End.REBOOT
    for _ in range(3):
        rack.show(machine(reboots=1))
    assert (len(rack.hosts), rack.hosts[-1].pressed) == (2, [])


def test_crash_stays_off_until_started(rack: HypervisorUnderTest) -> None:
    """A host that crashed is not tried again and again; the next start tries it."""
    rack.show(machine()).end = End.CRASH
    for _ in range(3):
        rack.show(machine())
    assert (len(rack.hosts), rack.told) == (1, [])
    rack.show(machine(starts=2))
    assert len(rack.hosts) == 2


def test_terminated_loses_its_disk_when_off(rack: HypervisorUnderTest) -> None:
    """A terminated instance's disk is deleted after its host has ended, once."""
    host = rack.show(machine())
    rack.show(machine(state="terminated"))
    assert rack.forgotten == []
    host.end = End.POWEROFF
    for _ in range(3):
        rack.show(machine(state="terminated"))
    assert rack.forgotten == ["i-1"]


def test_address_is_free_before_it_is_taken(rack: HypervisorUnderTest) -> None:
    """After a reset of the API a new instance at the old address waits until the old host is gone."""
    host, new = rack.show(machine()), machine(id="i-2")
    rack.show(new)
    assert host.was_cut
    assert len(rack.hosts) == 1
    host.end = End.CRASH
    rack.show(new)
    assert rack.show(new).machine.id == "i-2"
    assert rack.forgotten == ["i-1"]
