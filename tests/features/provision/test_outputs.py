"""`ip`: the newest address that is known anywhere, or the reason why there is none."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.outputs import ip
from gpuinfra.ground.errors import HostError, Stopped
from gpuinfra.ground.model import Instance
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.world import RECORDED, RUNNING
from tests.samples import host

BARE = dataclasses.replace(RECORDED, host=host(public_ip=""))
MOVED = dataclasses.replace(RUNNING, public_ip="52.9.9.9")


def test_where_ssh_met_the_host_since_is_its_address(tmp_path: Path) -> None:
    """`run` and `ip` never name two addresses."""
    ssh = FakeSshClient()
    ssh.met = "52.9.9.9"
    assert ip(fake_world(tmp_path, ssh=ssh)) == "52.9.9.9"


def test_ec2_is_asked_where_none_was_recorded(tmp_path: Path) -> None:
    """A host that was stopped when it was recorded, and started by somebody else since."""
    assert ip(fake_world(tmp_path, records=(BARE,), cloud=FakeCloud(instance=MOVED))) == "52.9.9.9"


@pytest.mark.parametrize(
    ("now", "error", "hint"),
    [
        (dataclasses.replace(MOVED, state="stopped", public_ip=""), Stopped, "gpuinfra start"),
        (None, HostError, "gpuinfra status"),
    ],
)
def test_no_address_has_a_reason(
    now: Instance | None, error: type[HostError], hint: str, tmp_path: Path
) -> None:
    """An empty line would go into a script as if it were one."""
    with pytest.raises(error) as caught:
        ip(fake_world(tmp_path, records=(BARE,), cloud=FakeCloud(instance=now)))
    assert caught.value.hint == hint
