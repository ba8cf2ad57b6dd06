"""A host in a Capacity Block: the one ending runs before EC2 ends it, with the guard off, after a reboot."""

import time
from typing import Any

import pytest

from gpuinfra.host.guard import block_end
from tests.e2e.guard.guarded_host import GuardedHost
from tests.simulator.lab.instances import LabInstances
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
NAME = "cr-0123456789abcdef0"
BLOCK: Any = {
    "CapacityReservationSpecification": {"CapacityReservationTarget": {"CapacityReservationId": NAME}},
    "InstanceMarketOptions": {"MarketType": "capacity-block"},
}
TAG = "gpuinfra:block-ends"
HOOK = "#!/bin/sh\\necho $GPUINFRA_BY $GPUINFRA_REASON >> /var/tmp/hooked; echo the hook was here\\n"
EVENTS = "var/lib/gpuinfra/events.jsonl"


def tell(host: GuardedHost, ends_in_s: float) -> str:
    """Tell the host the end of its block, as `up` does; return it."""
    ends = time.strftime(block_end.FORMAT, time.gmtime(time.time() + ends_in_s))
    host.guest.instances.ec2.create_tags(Resources=[host.guest.id], Tags=[{"Key": TAG, "Value": ends}])
    return ends


def test_work_is_saved_before_the_block_ends(instances: LabInstances) -> None:
    """An end that was moved is taken; the hook runs once, EC2 terminates the host, the console tells it."""
    simulator = instances.lab.simulator
    simulator.reserve(NAME, block=True, ends_in_s=86400)
    host = GuardedHost.launch(instances, limits="off", **BLOCK)
    host.deliver()
    host.guest.ssh(f"printf '{HOOK}' | sudo install -m755 /dev/stdin /etc/gpuinfra/on_stop")
    first = tell(host, 86400)
    wait_until(lambda: f"the Capacity Block ends {first}" in host.file(EVENTS), "the end", more=host.journal)
    instances.ec2.reboot_instances(InstanceIds=[host.guest.id])
    wait_until(lambda: "reboot" in host.file(EVENTS), "the guard after a reboot")
    ends = tell(host, block_end.EC2_S + block_end.LEAD_S + 65)  # read within 60 s
    reason = f"ended with its Capacity Block, which ends {ends}"
    wait_until(lambda: reason in host.guest.console, "the ending", more=host.journal)
    assert host.guest.state == "running"
    assert host.guest.ssh("cat /var/tmp/hooked") == f"EC2 {reason}"
    simulator.reserve(NAME, block=True, ends_in_s=block_end.EC2_S)
    host.guest.wait_for_state("terminated")
    host.guest.wait_until_off()
    console = host.guest.console
    assert [console.count(f'"kind": "{kind}"') for kind in ("on_stop", "end")] == [1, 1]
    assert "the hook was here" in console
    assert "EC2 terminates this host, with its disk, from" in host.file(EVENTS)
