"""How an unused host ends, before and after anybody has connected, and what comes after."""

import re

import pytest

from tests.e2e.guard.guarded_host import MAIN, GuardedHost
from tests.simulator.lab.instances import LabInstances
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e


def test_a_host_that_nobody_has_connected_to_ends_by_itself(instances: LabInstances) -> None:
    """What came with user-data is enough; the laptop is off."""
    host = GuardedHost.launch(instances)
    host.wait_until_stopped()
    assert host.guest.api["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    assert "the host stops" in host.guest.console


def test_a_reboot_goes_on_and_a_start_begins_anew_and_the_end_is_told(instances: LabInstances) -> None:
    """Idle time counts over a reboot; the last words are on the console, as events, and in the state."""
    host = GuardedHost.launch(instances, limits="idle=40 warn=6")
    host.deliver()
    host.wait_until_idle(8)
    before = host.idle_minutes
    instances.ec2.reboot_instances(InstanceIds=[host.guest.id])
    wait_until(lambda: host.decisions("reboot"), "the reboot", more=lambda: host.state)
    # what it goes on from; on a slow machine the boot's own work is activity to it right afterwards
    (words,) = host.decisions("reboot")
    assert int(re.findall(r"goes on: idle for (\d+) min before", words)[0]) >= int(before)
    host.wait_until_stopped()
    assert host.guest.api["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    (words,) = host.decisions("end")
    assert re.match(r"idle for 4\d min \(GPU 0 %, CPU 0\.", words)  # a slow machine misses a tick
    idle = words.partition(" (")[0]
    assert "gpuinfra-event" in host.guest.console
    assert idle in host.guest.console
    assert idle in host.file("var/lib/gpuinfra/events.jsonl")
    instances.ec2.start_instances(InstanceIds=[host.guest.id])
    wait_until(lambda: host.decisions("start"), "the start", more=lambda: host.state)
    assert host.idle_minutes < 10
    kinds = [boot["is_start"] for boot in host.boots]
    assert kinds == [True, False, True]  # the first one as the whole guard has found it


def test_extend_off_on_and_a_changed_tag_act_at_once(instances: LabInstances) -> None:
    """As root on the host, as our commands do it; a minute of the guard is a second here."""
    host = GuardedHost.launch(instances, limits="idle=30 warn=6")
    host.deliver()
    assert host.control("extend", "7200")["state"]["extended_s"] > 7000
    told = host.control("off", "-1")
    assert (told["state"]["off_s"], told["runs"]) == (-1, True)
    host.wait_until_idle(45)
    assert host.guest.state == "running"
    assert host.control("on")["state"]["off_s"] == 0
    assert host.idle_minutes < 10
    host.set_tag("idle=100000 warn=6")
    wait_until(lambda: host.state["limits"] == "idle=100000 warn=6", "the tag", more=lambda: host.state)
    host.wait_until_idle(40)
    assert host.guest.state == "running"
    host.set_tag("idle=20 warn=6")
    host.wait_until_stopped()


def test_a_killed_guard_is_restarted_and_two_never_run(instances: LabInstances) -> None:
    """The second waits for the first one's end; what was counted is kept."""
    host = GuardedHost.launch(instances, limits="off")
    host.deliver()
    host.wait_until_idle(5)
    pid = "systemctl show --value --property=MainPID gpuinfra-guard"
    first = host.guest.ssh(pid)
    second = f"sudo timeout 3 {MAIN} run; echo $?"
    assert host.guest.ssh(second) == "124"
    assert host.guest.ssh(pid) == first
    host.guest.ssh(f"sudo kill -9 {first}")
    wait_until(lambda: host.guest.try_ssh(pid).stdout.strip() not in ("", "0", first), "a new guard")
    at = host.state["boot_s"]
    wait_until(lambda: host.state["boot_s"] > at, "a tick of the new guard")
    assert host.state["state"]["up_s"] > 300
    assert host.decisions("reboot") == []


FULL_DISK = (
    "sudo mount -t tmpfs -o size=64k none /var/lib/gpuinfra/guard;"
    " sudo sh -c 'cat /dev/zero >/var/lib/gpuinfra/guard/full' 2>/dev/null; true"
)
HANGING = (
    "printf '#!/bin/sh\\nsleep 1000\\n' | sudo tee /usr/local/bin/nvidia-smi;"
    " sudo chmod +x /usr/local/bin/nvidia-smi"
)


def test_a_full_disk_does_not_stop_a_busy_host_nor_keep_an_idle_one(instances: LabInstances) -> None:
    """What is counted lives in /run meanwhile."""
    host = GuardedHost.launch(instances, limits="idle=30 warn=6")
    host.deliver()
    host.guest.ssh("sudo systemd-run --quiet --unit=gpuinfra-job-abcd sleep 45")
    host.guest.ssh(FULL_DISK)
    wait_until(lambda: host.control("status")["state"]["on_s"] > 45 * 60, "45 minutes", poll_s=1.0)
    assert host.control("status")["seen"]["job"]["busy"]
    host.wait_until_stopped()


def test_a_hanging_nvidia_smi_holds_a_host_for_six_hours_and_no_longer(instances: LabInstances) -> None:
    """It is told, counts as busy, is not started at each tick; then it counts no more."""
    host = GuardedHost.launch(instances, limits="idle=20 warn=6")
    host.deliver()
    host.guest.ssh(HANGING)
    wait_until(lambda: host.state["seen"]["gpu"]["busy"] is None, "no answer", more=lambda: host.state)
    idle = host.idle_minutes
    ticks = host.state["state"]["failing_s"]["gpu"]
    wait_until(lambda: host.state["state"]["failing_s"]["gpu"] > ticks + 300, "five minutes more")
    assert host.idle_minutes == idle
    assert host.state["seen"]["gpu"]["words"].startswith("nvidia-smi has not answered")
    host.set_failing("gpu", 6 * 3600)
    host.wait_until_stopped()


def test_a_host_from_before_only_watches_until_its_tag_is_set(instances: LabInstances) -> None:
    """A connection brings the guard; nobody asked it to end this host. An apply does."""
    host = GuardedHost.launch(instances, limits="", with_guard=False)
    host.deliver()
    host.wait_until_idle(70)
    assert (host.guest.state, host.state["limits"], host.state["older"]) == ("running", "off", True)
    host.set_tag("idle=20 warn=6")
    host.wait_until_stopped()
