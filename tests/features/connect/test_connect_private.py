"""The way to a private host: by its instance id, never by an address."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.connect import connect
from gpuinfra.ground.errors import HostError, Unreachable
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.world import RECORDED, RUNNING
from tests.features.connect.test_connect import key
from tests.samples import host


def private_ports(directory: Path, ssh: FakeSshClient, **parts: object) -> World:
    """Return ports with a recorded private host whose key is pinned."""
    record = dataclasses.replace(RECORDED, host=host(access="ssm", public_ip="52.9.9.9"))
    ssh.pin(host(), [key()])
    return fake_world(directory, ssh=ssh, records=[record], **parts)


def test_a_private_host_needs_no_address(tmp_path: Path) -> None:
    """Its instance id is its address; nothing is knocked at; what it goes out by may be another one today."""
    ssh = FakeSshClient(looks=[""])
    assert connect.connect(private_ports(tmp_path, ssh)).is_private
    assert ssh.addresses == [RUNNING.instance_id]


def test_a_private_host_that_session_manager_does_not_reach(tmp_path: Path) -> None:
    """The reason, and no word of the user's address; a stopped one is told as such."""
    with pytest.raises(Unreachable, match="ssh does not get in: Connection timed out") as caught:
        connect.connect(private_ports(tmp_path, FakeSshClient(looks=[None])))
    assert "allow" not in caught.value.hint
    stopped = FakeCloud(instance=dataclasses.replace(RUNNING, state="stopped"))
    with pytest.raises(HostError, match="is stopped"):
        connect.connect(private_ports(tmp_path, FakeSshClient(looks=[None]), cloud=stopped))
