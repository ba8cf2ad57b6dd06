"""A spot host is never stopped: it would be ended, and its disk with it."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import power, resize
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING, FakeReporter

SPOT = dataclasses.replace(RUNNING, market="spot")


def stop(world: World) -> None:
    """Stop it."""
    power.stop(world, yes=False, running=lambda _: [])


def bigger(world: World) -> None:
    """Give it another type, which stops it."""
    resize.resize(world, "g5.xlarge", yes=True, running=lambda _: [])


@pytest.mark.parametrize("command", [stop, bigger])
def test_it_is_refused_before_aws_is_asked(tmp_path: Path, command: object) -> None:
    """Before on_stop runs, too, and before any question."""
    cloud, reporter, ended = FakeCloud(instance=SPOT), FakeReporter(), []
    world = fake_world(tmp_path, cloud=cloud, reporter=reporter, end_host=lambda *_: ended.append(1))
    with pytest.raises(ConfigError, match="it cannot be stopped, only ended, its disk with it") as caught:
        command(world)  # type: ignore[operator]
    assert (cloud.calls, reporter.asked, ended) == ([], [], [])
    assert caught.value.hint == "gpuinfra down"
