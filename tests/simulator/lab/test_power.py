"""Power: off and on, from inside and from the API, and what the other side then says."""

import subprocess

import pytest

from tests.simulator.lab.instances import Guest, LabInstances
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

STARTED = 'systemctl show -P UserspaceTimestampMonotonic; date -d "$(uptime -s)" +%s'


def restarted(guest: Guest, before: str, address: str) -> str:
    """Wait until the host has booted again; returns its new time of start."""

    def started() -> str:
        said = guest.try_ssh(STARTED, address).stdout.strip()
        return "" if said == before else said

    return wait_until(started, "a new boot", poll_s=1.0)


def packets_vanish(guest: Guest, address: str) -> bool:
    """Tell whether a connection is neither made nor refused."""
    done = guest.instances.lab.run(["timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{address}/22"])
    return done.returncode == 124


def test_reboot_keeps_disk_and_address(instances: LabInstances) -> None:
    """A reboot, from the API or from inside, keeps disk and address; cloud-init does not run again."""
    guest = instances.launch(InstanceType="t3.medium").wait_until_booted()
    address, first = guest.address, guest.ssh(STARTED)
    guest.ssh("sudo rm /var/lib/guest-runcmd; sudo touch /kept")
    instances.ec2.reboot_instances(InstanceIds=[guest.id])
    second = restarted(guest, first, address)
    guest.try_ssh("sudo systemctl reboot")
    restarted(guest, second, address)
    assert guest.state == "running"
    assert guest.ssh("test -e /kept && test ! -e /var/lib/guest-runcmd && echo kept") == "kept"


def test_poweroff_stops_the_instance(instances: LabInstances) -> None:
    """A host that powers itself off is stopped in the API, which says who did it; its packets vanish."""
    guest = instances.launch(InstanceType="t3.medium").wait_until_booted()
    address = guest.address
    guest.try_ssh("sudo poweroff")
    guest.wait_for_state("stopped")
    assert guest.api["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    assert "PublicIpAddress" not in guest.api
    assert packets_vanish(guest, address)


def test_poweroff_terminates_if_told_so(instances: LabInstances) -> None:
    """With the shutdown behaviour `terminate`, a host that powers itself off is gone, disk and all."""
    guest = instances.launch(InstanceType="t3.medium", InstanceInitiatedShutdownBehavior="terminate")
    guest.wait_until_booted()
    guest.try_ssh("sudo shutdown -h now")
    guest.wait_for_state("terminated")
    wait_until(lambda: not (instances.lab.host(guest.id) / "upper").exists(), "the disk to be deleted")
    assert "guest-was-here" in guest.console


def test_stop_and_start_keep_the_disk(instances: LabInstances) -> None:
    """Stopped and started by the API a host has its disk and a new public address; the old one is dead."""
    guest = instances.launch(InstanceType="t3.medium").wait_until_booted()
    old, private = guest.address, guest.api["PrivateIpAddress"]
    guest.ssh("echo data | sudo tee /data; sync")
    instances.ec2.stop_instances(InstanceIds=[guest.id])
    guest.wait_until_off()
    assert packets_vanish(guest, old)
    instances.ec2.start_instances(InstanceIds=[guest.id])
    guest.wait_for_login()
    assert guest.address != old
    assert guest.api["PrivateIpAddress"] == private
    assert guest.ssh("cat /data") == "data"
    assert packets_vanish(guest, old)


def test_stop_during_boot(instances: LabInstances) -> None:
    """A host that is stopped before it can hear the power button is off soon all the same."""
    guest = instances.launch(InstanceType="t3.medium")
    wait_until(lambda: cgroups_of(instances.lab.directory.name, guest.id), "the host to begin", poll_s=0.01)
    instances.ec2.stop_instances(InstanceIds=[guest.id])
    instances.ec2.start_instances(InstanceIds=[guest.id])
    instances.ec2.stop_instances(InstanceIds=[guest.id])
    instances.ec2.terminate_instances(InstanceIds=[guest.id])
    wait_until(lambda: not cgroups_of(instances.lab.directory.name, guest.id), "the host to end")


def cgroups_of(lab: str, host: str) -> str:
    """List the cgroup of a host, if it is there."""
    return subprocess.run(
        ["find", "/sys/fs/cgroup", "-path", f"*{lab}/{host}"], capture_output=True, text=True, check=False
    ).stdout
