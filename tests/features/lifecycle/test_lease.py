"""`lease` and `lease extend`: what is shown, what is asked, and that no means no."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import lease
from gpuinfra.ground.errors import ConfigError, Declined, HostError, TerraformError
from gpuinfra.ground.model import Host
from gpuinfra.ground.world import World
from tests.fakes.world import RECORDED
from tests.features.money.lease_scene import Scene, recorded, running
from tests.samples import host


def applied(world: World) -> Host:
    """Stand for an apply that the user agrees to."""
    return host()


def refused(world: World) -> Host:
    """Stand for one that they do not."""
    raise Declined("nothing was changed in AWS")


def test_more_is_written_and_applied(tmp_path: Path) -> None:
    """20 dollars and 10 are 30, as people write it."""
    scene = Scene(tmp_path, running(4))
    lease.extend(scene.world, usd=10, hours=0, apply=applied)
    assert scene.values.written == [{"max_usd": 30}]


def test_no_means_no(tmp_path: Path) -> None:
    """terraform.tfvars says again what it said: else the next `up` would extend the lease."""
    scene = Scene(tmp_path, running(4))
    with pytest.raises(Declined):
        lease.extend(scene.world, usd=2.5, hours=0, apply=refused)
    assert scene.values.written == [{"max_usd": 22.5}, {"max_usd": 20}]


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), TerraformError("another run works on this stack")])
def test_what_did_not_come_about_is_not_in_the_file(failure: BaseException, tmp_path: Path) -> None:
    """Ctrl-C at the question, a lock: the next `up --yes` would extend the lease with nobody asked."""

    def fails(_: World) -> Host:
        raise failure

    scene = Scene(tmp_path, running(4))
    with pytest.raises(type(failure)):
        lease.extend(scene.world, usd=10, hours=0, apply=fails)
    assert scene.values.written == [{"max_usd": 30}, {"max_usd": 20}]


def test_a_host_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    """An apply would buy another one."""
    gone = dataclasses.replace(running(4), state="terminated")
    scene = Scene(tmp_path, gone)
    with pytest.raises(HostError, match="is gone"):
        lease.extend(scene.world, usd=10, hours=0, apply=applied)
    assert scene.values.written == []


@pytest.mark.parametrize(
    ("usd", "hours"), [(0, 0), (-5, 0), (0, 5), (10, 5), (float("nan"), 0), (float("inf"), 0)]
)
def test_nonsense_is_refused(usd: float, hours: float, tmp_path: Path) -> None:
    """No sum, a negative one, hours of a lease in dollars."""
    scene = Scene(tmp_path, running(4))
    with pytest.raises(ConfigError, match=r"20\.00 USD") as caught:
        lease.extend(scene.world, usd=usd, hours=hours, apply=applied)
    assert caught.value.hint == "gpuinfra lease extend --usd 10"
    assert scene.values.written == []


def test_an_edit_that_is_not_applied_is_no_ground_to_add_to(tmp_path: Path) -> None:
    """Which sum would be meant, that of the file or that in force?"""
    scene = Scene(tmp_path, running(4), settings={"max_usd": 50.0})
    with pytest.raises(ConfigError, match=r"terraform.tfvars says 50.00 USD, and 20.00 USD are in force"):
        lease.extend(scene.world, usd=10, hours=0, apply=applied)
    assert scene.values.written == []


def test_a_lease_in_hours_grows_by_hours(tmp_path: Path) -> None:
    """Its own unit."""
    record = recorded(max_hours=10.0)
    scene = Scene(tmp_path, running(4), record=record, settings={"max_usd": None, "max_hours": 10.0})
    lease.extend(scene.world, usd=0, hours=5, apply=applied)
    assert scene.values.written == [{"max_hours": 15}]


def test_a_host_without_a_lease_is_told_so(tmp_path: Path) -> None:
    """With what to write to have one."""
    scene = Scene(tmp_path, running(4), record=RECORDED, settings={"max_usd": None})
    for act in (lease.lease, lambda world: lease.extend(world, usd=1, hours=0, apply=applied)):
        with pytest.raises(ConfigError, match="has no lease") as caught:
            act(scene.world)
        assert caught.value.hint.startswith("set max_usd = 20 in terraform.tfvars")
