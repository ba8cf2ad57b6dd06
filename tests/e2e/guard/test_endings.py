"""How an unused host ends, before and after anybody has connected, and what comes after."""

import pytest

from tests.e2e.guard.guarded_host import GuardedHost
from tests.simulator.lab.instances import LabInstances

pytestmark = pytest.mark.e2e


def test_a_host_that_nobody_has_connected_to_ends_by_itself(instances: LabInstances) -> None:
    """What came with user-data is enough; the laptop is off."""
    host = GuardedHost.launch(instances)
    host.wait_until_stopped()
    assert host.guest.api["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    assert "the host stops" in host.guest.console
