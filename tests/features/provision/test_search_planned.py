"""A place whose zone does not have the type: the plan knows it, and is made for the next one."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.plan import plan
from gpuinfra.features.provision.up import apply
from gpuinfra.ground.errors import TerraformError
from gpuinfra.ground.pool import Pool
from tests.fakes.world import SETTINGS
from tests.features.provision.search_scene import ASK, Scene
from tests.features.provision.test_init import never as unset

IN_E, IN_A, IN_B = (Pool(instance_type="g4dn.xlarge", zone=f"us-east-1{zone}") for zone in "eab")
THREE = dataclasses.replace(SETTINGS, zones=("us-east-1e", "us-east-1a", "us-east-1b"))
FALLEN_AWAY = f"{IN_E}: not offered there; next: {IN_A}"


def scene(directory: Path, *lacking: Pool) -> Scene:
    """Return a world in which some zones lack the type."""
    it = Scene(directory, {}, settings=THREE)
    it.terraform.lacking = set(lacking)
    return it


def test_a_plan_is_that_of_the_first_place_that_has_the_type(tmp_path: Path) -> None:
    """The others are told, and are not shown as places that are asked; nothing is recorded by a plan."""
    it = scene(tmp_path, IN_E)
    plan(it.world, unset())
    said = it.reporter.said
    assert FALLEN_AWAY in said
    shown = "\n".join(said[said.index(FALLEN_AWAY) + 1 :])
    assert "us-east-1e" not in shown
    assert shown.index("1  g4dn.xlarge  on-demand  us-east-1a") < shown.index("2  g4dn.xlarge")
    assert it.values.settings.pool is None


def test_what_is_agreed_upon_is_made_there(tmp_path: Path) -> None:
    """One question, after it is known where; where the host is is recorded."""
    it = scene(tmp_path, IN_E)
    apply(it.world, ASK)
    assert it.terraform.asked == [IN_A]
    assert len(it.reporter.asked) == 1
    assert it.values.settings.pool == IN_A


def test_one_place_that_is_left_is_recorded_too(tmp_path: Path) -> None:
    """The next plan would be about the first place."""
    it = scene(tmp_path, IN_E, IN_A)
    apply(it.world, ASK)
    assert it.terraform.asked == [IN_B]
    assert it.values.settings.pool == IN_B


def test_no_place_has_it(tmp_path: Path) -> None:
    """What Terraform said of the last; nothing was asked for."""
    it = scene(tmp_path, IN_E, IN_A, IN_B)
    with pytest.raises(TerraformError, match="Zone us-east-1b does not offer"):
        apply(it.world, ASK)
    assert it.terraform.asked == []
