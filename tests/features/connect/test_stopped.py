"""A host that is stopped, or of another stack: what a command that needs it does then."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.connect import connect
from gpuinfra.ground.errors import HostError, Stopped
from gpuinfra.ground.model import Record
from tests.fakes.host import MOVED_TO, FakeCloud, FakeSshClient, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeReporter, FakeTime
from tests.features.connect.test_connect import block, key
from tests.samples import host


def test_a_stopped_host_is_offered_to_be_started(tmp_path: Path, token: str) -> None:
    """At a terminal: after a yes it is started, waited for at its new address, and connected to."""
    stopped = dataclasses.replace(RUNNING, state="stopped", public_ip="")
    cloud = FakeCloud(instance=stopped, consoles=[block(key(), token=token)])
    moved = dataclasses.replace(RECORDED, host=host(public_ip=MOVED_TO))
    ssh, time = FakeSshClient(answers_at=[MOVED_TO], looks=[None, None, ""]), FakeTime()
    reporter = FakeReporter(at_terminal=True)
    records = [RECORDED, RECORDED, moved]
    found = connect.connect(
        fake_world(tmp_path, cloud=cloud, ssh=ssh, reporter=reporter, time=time, records=records)
    )
    assert (found.public_ip, cloud.calls, len(reporter.asked)) == (MOVED_TO, [("start",)], 1)
    assert time.now_s == 2 * connect.START_POLL_S


def test_a_stopped_host_is_not_started_without_a_yes(tmp_path: Path) -> None:
    """It costs money: no means no, and where nobody can be asked nothing is started."""
    for reporter in (FakeReporter(answer=False, at_terminal=True), FakeReporter(answer=True)):
        cloud = FakeCloud(instance=dataclasses.replace(RUNNING, state="stopped"))
        with pytest.raises(Stopped):
            connect.connect(fake_world(tmp_path, cloud=cloud, reporter=reporter))
        assert cloud.calls == []


def test_a_host_of_another_stack_is_named(tmp_path: Path) -> None:
    """Who forgot --stack is not told to buy a second host."""
    with pytest.raises(HostError, match="has no host; there is one in the stack 'nb'") as caught:
        connect.connect(fake_world(tmp_path, records=[Record()], others=("nb",)))
    assert caught.value.hint == "gpuinfra list"
