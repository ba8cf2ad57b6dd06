"""`up` proves the key first: a host that lets nobody in costs as much as one that does."""

from pathlib import Path

import pytest

from gpuinfra.features.provision.init import InitValues
from gpuinfra.features.provision.up import Consent, up
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Change, Outcome, Record
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.world import RECORDED, FakeReporter, FakeTerraform

NONE_NEEDED = InitValues(region=str, owner=str, cidr=str, public_key=Path)
MADE = Outcome(ok=True, added=1, changes=(Change(address="host", action="create"),))


@pytest.mark.parametrize("wait", [True, False])
def test_a_key_that_ssh_cannot_use_is_told_before_a_host_is_paid_for(wait: bool, tmp_path: Path) -> None:
    """Who waits for a login is refused at once; who does not is told, and has the host."""
    ssh, terraform, reporter = FakeSshClient(), FakeTerraform(MADE), FakeReporter()
    ssh.trouble = ConfigError("the key has mode 0644", hint="chmod 600 key")
    records = (Record(), RECORDED)
    made = fake_world(tmp_path, terraform=terraform, ssh=ssh, reporter=reporter, records=records)
    if wait:
        with pytest.raises(ConfigError, match="mode 0644"):
            up(made, NONE_NEEDED, Consent(yes=True), wait=wait)
        assert terraform.calls == []
    else:
        up(made, NONE_NEEDED, Consent(yes=True), wait=wait)
        assert "no login from this machine: the key has mode 0644 (chmod 600 key)" in reporter.said
