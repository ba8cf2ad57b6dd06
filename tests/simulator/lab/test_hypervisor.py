"""The hypervisor's decisions, with a fake API and fake hosts."""

import pytest

from gpuinfra.simulator.lab.machines.host import POWER_BUTTON, RESET_BUTTON, End
from gpuinfra.simulator.lab.machines.hypervisor import KILL_AFTER_S, PRESS_AGAIN_S
from tests.simulator.lab.fake_vms import HypervisorUnderTest
from tests.simulator.lab.machines import machine


@pytest.fixture
def hypervisor() -> HypervisorUnderTest:
    """An empty lab."""
    return HypervisorUnderTest()


def test_running_boots_once(hypervisor: HypervisorUnderTest) -> None:
    """A running instance gets one host, however often it is looked at."""
    for _ in range(3):
        hypervisor.show(machine())
    assert len(hypervisor.hosts) == 1
    assert hypervisor.tested.machine_at("127.0.0.1") == machine()


def test_stop_presses_the_button_now_and_then(hypervisor: HypervisorUnderTest) -> None:
    """A stopped instance's host is asked to power off, again after a while, and never too fast."""
    host = hypervisor.show(machine())
    for hypervisor.clock in (0.0, 1.0, PRESS_AGAIN_S, PRESS_AGAIN_S + 1):
        hypervisor.show(machine(state="stopped"))
    assert host.pressed == [POWER_BUTTON, POWER_BUTTON]


def test_deaf_host_is_killed(hypervisor: HypervisorUnderTest) -> None:
    """A host that does not power off in time is killed; the API is not told, for it said so."""
    host = hypervisor.show(machine())
    hypervisor.show(machine(state="stopped"))
    hypervisor.clock = KILL_AFTER_S + 1
    hypervisor.show(machine(state="stopped"))
    assert host.was_killed
    host.end = End.CRASH
    hypervisor.show(machine(state="stopped"))
    assert hypervisor.told == []


def test_poweroff_from_inside_is_told(hypervisor: HypervisorUnderTest) -> None:
    """The API hears of a host that powered itself off, once; it is not booted again meanwhile."""
    hypervisor.show(machine()).end = End.POWEROFF
    hypervisor.show(machine())
    hypervisor.show(machine(state="stopped"))
    assert hypervisor.told == ["i-1"]
    assert len(hypervisor.hosts) == 1


def test_asked_poweroff_is_not_told(hypervisor: HypervisorUnderTest) -> None:
    """What the API asked for it is not told."""
    host = hypervisor.show(machine())
    hypervisor.show(machine(state="stopped"))
    host.end = End.POWEROFF
    hypervisor.show(machine(state="stopped"))
    assert hypervisor.told == []


def test_start_boots_with_the_new_address(hypervisor: HypervisorUnderTest) -> None:
    """A start boots again, at the address that the API now gives."""
    hypervisor.show(machine()).end = End.POWEROFF
    hypervisor.show(machine(state="stopped", public_ip=""))
    host = hypervisor.show(machine(starts=2, public_ip="54.214.0.2"))
    assert (len(hypervisor.hosts), host.machine.public_ip) == (2, "54.214.0.2")


def test_stop_and_start_between_two_looks(hypervisor: HypervisorUnderTest) -> None:
    """Stopped and started faster than is looked, a host still goes off and on again, and tells nobody."""
    host = hypervisor.show(machine())
    again = machine(starts=2, public_ip="54.214.0.2")
    hypervisor.show(again)
    assert host.pressed == [POWER_BUTTON]
    host.end = End.POWEROFF
    hypervisor.show(again)
    assert hypervisor.show(again).machine == again
    assert hypervisor.told == []


def test_reboot_from_inside_boots_again(hypervisor: HypervisorUnderTest) -> None:
    """A host that reboots is booted again; the API is not told."""
    hypervisor.show(machine()).end = End.REBOOT
    hypervisor.show(machine())
    hypervisor.show(machine())
    assert (len(hypervisor.hosts), hypervisor.told) == (2, [])


def test_reboot_by_the_api_presses_reset(hypervisor: HypervisorUnderTest) -> None:
    """RebootInstances presses reset once; the new boot has heard of it."""
    host = hypervisor.show(machine())
    hypervisor.show(machine(reboots=1))
    hypervisor.show(machine(reboots=1))
    assert host.pressed == [RESET_BUTTON]
    host.end = End.REBOOT
    for _ in range(3):
        hypervisor.show(machine(reboots=1))
    assert (len(hypervisor.hosts), hypervisor.hosts[-1].pressed) == (2, [])


def test_crash_stays_off_until_started(hypervisor: HypervisorUnderTest) -> None:
    """A host that crashed is not tried again and again; the next start tries it."""
    hypervisor.show(machine()).end = End.CRASH
    for _ in range(3):
        hypervisor.show(machine())
    assert (len(hypervisor.hosts), hypervisor.told) == (1, [])
    hypervisor.show(machine(starts=2))
    assert len(hypervisor.hosts) == 2


def test_terminated_loses_its_disk_when_off(hypervisor: HypervisorUnderTest) -> None:
    """A terminated instance's disk is deleted after its host has ended, once."""
    host = hypervisor.show(machine())
    hypervisor.show(machine(state="terminated"))
    assert hypervisor.deleted_disks == []
    host.end = End.POWEROFF
    for _ in range(3):
        hypervisor.show(machine(state="terminated"))
    assert hypervisor.deleted_disks == ["i-1"]


def test_address_is_free_before_it_is_taken(hypervisor: HypervisorUnderTest) -> None:
    """After a reset of the API a new instance at the old address waits until the old host is gone."""
    host, new = hypervisor.show(machine()), machine(id="i-2")
    hypervisor.show(new)
    assert host.was_killed
    assert len(hypervisor.hosts) == 1
    host.end = End.CRASH
    hypervisor.show(new)
    assert hypervisor.show(new).machine.id == "i-2"
    assert hypervisor.deleted_disks == ["i-1"]


def test_an_image_has_the_disk_of_a_host_that_is_off(hypervisor: HypervisorUnderTest) -> None:
    """Not while it still shuts down; before it is deleted; and who is made from it boots only then."""
    host = hypervisor.show(machine())
    hypervisor.of_instances = {"ami-2": "i-1"}
    new = machine(id="i-2", image_id="ami-2", private_ip="127.0.0.2")
    hypervisor.show(machine(state="stopped"), new)
    assert (hypervisor.copied, len(hypervisor.hosts)) == ([], 1)
    host.end = End.POWEROFF
    hypervisor.show(machine(state="terminated"), new)
    assert (hypervisor.copied, len(hypervisor.hosts)) == ([], 1)
    assert hypervisor.show(machine(state="terminated"), new).machine == new
    assert (hypervisor.copied, hypervisor.deleted_disks) == ([("i-1", "ami-2")], ["i-1"])
