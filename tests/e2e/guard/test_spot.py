"""EC2 takes a spot host back: with a notice, without one, and from one whose metadata service is silent."""

import json
from typing import Any

import pytest

from tests.e2e.guard.guarded_host import GuardedHost
from tests.simulator.lab.instances import LabInstances
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

SPOT: Any = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}
HOOK = "#!/bin/sh\\necho $GPUINFRA_BY $GPUINFRA_REASON > /var/tmp/hooked; echo the hook was here\\n"
DRILL = "sudo python3 -I -B /usr/local/lib/gpuinfra/renewed/gpuinfra/host/guard/end_host.py drill 60"


def spot_host(instances: LabInstances) -> GuardedHost:
    """Launch a spot host with an on_stop and the whole guard."""
    host = GuardedHost.launch(instances, limits="off", InstanceMarketOptions=SPOT)
    host.deliver()
    host.guest.ssh(f"printf '{HOOK}' | sudo install -m755 /dev/stdin /etc/gpuinfra/on_stop")
    wait_until(lambda: host.control("status")["spot"], "the watcher", more=host.journal)
    return host


def test_a_notice_runs_the_hook_and_is_told_after_the_host_is_gone(instances: LabInstances) -> None:
    """Through the one ending, once; EC2 ends the host; the console tells how that went."""
    host = spot_host(instances)
    instances.lab.simulator.interrupt(host.guest.id, notice_s=20)
    wait_until(
        lambda: "spot interruption: terminate at" in host.guest.console, "the ending", more=host.journal
    )
    assert host.guest.state == "running"
    assert host.guest.ssh("cat /var/tmp/hooked").startswith("EC2 spot interruption: terminate at 20")
    host.guest.wait_for_state("terminated")
    host.guest.wait_until_off()
    assert host.guest.api["StateReason"]["Code"] == "Server.SpotInstanceTermination"
    console = host.guest.console
    assert console.count('"kind": "on_stop"') == 1
    assert "the hook was here" in console
    assert console.count('"kind": "end"') == 1


def test_a_drill_a_silence_and_a_power_cut(instances: LabInstances) -> None:
    """A drill ends nothing; a service that is silent is no notice; a host without a notice says nothing."""
    host = spot_host(instances)
    told = json.loads(host.guest.ssh(DRILL).splitlines()[-1])
    assert (told["hook"]["exit_code"], told["jobs"]) == (0, [])
    assert told["seen_s"] < 5
    instances.lab.simulator.metadata_silent(host.guest.id)
    events = "var/lib/gpuinfra/events.jsonl"
    wait_until(lambda: "would not be seen" in host.file(events), "the silence to be told", more=host.journal)
    assert host.guest.state == "running"
    instances.lab.simulator.metadata_silent()
    wait_until(lambda: "answers again" in host.file(events), "the service", more=host.journal)
    instances.lab.simulator.interrupt(host.guest.id, with_notice=False)
    host.guest.wait_for_state("terminated")
    log = instances.lab.directory / "lab.log"
    wait_until(lambda: f"{host.guest.id}: kill it" in log.read_text(encoding="utf-8"), "the power cut")
    assert '"kind": "end"' not in host.guest.console
