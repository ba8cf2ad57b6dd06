"""The user's own tags, of a state."""

import json
from typing import Any

import pytest

from gpuinfra.tools.terraform.recorded import record
from gpuinfra.tools.terraform.recorded_tags import users_tags
from tests import samples

OURS = {"Name": "gpuinfra-default", "gpuinfra:stack": "default", "gpuinfra:guard": "idle=60"}


def test_the_users_tags_are_those_of_all_resources_together() -> None:
    """A key with a / is on everything but the host; ours, and those of AWS, are not the user's."""
    host = {"tags_all": {**OURS, "team": "vision", "aws:ec2:x": "y"}}
    group = {"tags_all": {**OURS, "team": "vision", "cost/center": "4711"}}
    assert users_tags(
        [({}, [{"attributes": host}, {}]), ({}, [{"attributes": group}, {"attributes": None}])]
    ) == {"team": "vision", "cost/center": "4711"}


@pytest.mark.parametrize(
    "odd", [None, [], "team", {"team": "vision"}, {**OURS, "team": 3}, {**OURS, "team": None}]
)
def test_what_is_odd_or_not_ours_is_left_out(odd: Any) -> None:
    """A subnet of somebody else's, which is only read, says nothing of this stack."""
    assert users_tags([({}, [{"attributes": {"tags_all": odd}}])]) == {}


def test_a_state_tells_them() -> None:
    """With ours they are all that everything of the stack bears."""
    raw = json.loads(samples.STATE)
    marks = {"gpuinfra:project": "gpuinfra", "gpuinfra:stack": "default", "gpuinfra:owner": "tester"}
    raw["resources"][0]["instances"][0]["attributes"]["tags_all"] = {**marks, "team": "vision"}
    assert record(raw).all_tags == {"Name": "gpuinfra-default", **marks, "team": "vision"}
