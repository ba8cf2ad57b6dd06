"""An edit that a living host cannot follow is said: "up to date" alone would be taken for done."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.provision.agree import Consent
from gpuinfra.features.provision.plan import plan
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.up import apply
from gpuinfra.ground.model import Change, Outcome
from tests.fakes.host import fake_world
from tests.fakes.world import SETTINGS, FakeReporter, FakeTerraform, FakeValues
from tests.features.provision.test_init import never as unset

WAY = "gpuinfra up --upgrade-image replaces it, and deletes its disk"


@pytest.mark.parametrize(
    ("edited", "line"),
    [
        ({}, ""),
        ({"image": "ubuntu"}, f"! image 'ubuntu' is for the next host, this one has 'nvidia': {WAY}"),
        ({"ami_id": "ami-9"}, f"! ami_id ami-9 is for the next host, this one has 'nvidia': {WAY}"),
    ],
)
def test_an_edited_image_is_told(edited: dict[str, Any], line: str, tmp_path: Path) -> None:
    """By plan and up; nothing of the host changes."""
    reporter, values = FakeReporter(), FakeValues(dataclasses.replace(SETTINGS, **edited))
    terraform = FakeTerraform(Outcome(ok=True))
    world = fake_world(tmp_path, terraform=terraform, reporter=reporter, values=values)
    plan(world, unset())
    apply(world, Consent(yes=True))
    told = [it for it in reporter.said if "is for the next host" in it]
    assert told == ([line] * 2 if line else [])


def test_a_plan_that_makes_the_next_host_needs_no_word(tmp_path: Path) -> None:
    """It has that image."""
    reporter, values = FakeReporter(), FakeValues(dataclasses.replace(SETTINGS, image="ubuntu"))
    terraform = FakeTerraform(Outcome(ok=True, changes=(Change(address=INSTANCE, action="replace"),)))
    plan(fake_world(tmp_path, terraform=terraform, reporter=reporter, values=values), unset())
    assert not any("is for the next host" in it for it in reporter.said)
