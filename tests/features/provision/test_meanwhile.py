"""What another terminal does while a host is asked for, maybe for hours: nothing is asked on top of that."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuinfra.features.provision.resource_names import SECURITY_GROUP
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError
from gpuinfra.ground.model import Record
from tests.features.provision.search_scene import G4, G5, NO_CAPACITY, Scene

ASKED_FOR = Record(resources={f"{SECURITY_GROUP}.aws_security_group.this": "sg-1"})


def removed(scene: Scene) -> None:
    """Let `down` remove the stack."""
    scene.state.records = [Record()]


def edited(scene: Scene) -> None:
    """Let the user take the first type out of the list."""
    scene.values.settings = dataclasses.replace(scene.values.settings, instance_types=("g4dn.xlarge",))


@pytest.mark.parametrize(
    ("does", "kind", "says"),
    [(removed, HostError, "removed meanwhile, by gpuinfra down"), (edited, ConfigError, "was edited while")],
)
def test_nothing_is_asked_after_that(
    does: Callable[[Scene], None], kind: type[GpuInfraError], says: str, tmp_path: Path
) -> None:
    """Else `down` says that nothing is left, and a host is made after it; or one that nobody agreed to."""
    scene = Scene(tmp_path, {G5: NO_CAPACITY, G4: NO_CAPACITY}, before=ASKED_FOR)
    clock = dataclasses.replace(scene.world.clock, sleep=lambda seconds: does(scene))
    scene.world = dataclasses.replace(scene.world, clock=clock)
    error = scene.refusal(kind, wait_s=3600.0)
    assert says in error.message
    assert error.hint.startswith("gpuinfra up   # asks")
    assert scene.terraform.asked == [G5, G4]
