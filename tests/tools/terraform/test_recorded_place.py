"""Where a host is, of a state whose outputs are those of an apply that failed."""

from typing import Any

import pytest

from gpuinfra.tools.terraform.recorded_place import true_outputs

PLANNED = {
    "instance_id": "i-0123456789abcdef0",
    "instance_type": "g5.xlarge",
    "market": "spot",
    "availability_zone": "us-east-1b",
    "owner": "tester",
}
LIVES = {"id": PLANNED["instance_id"], "instance_type": "g6.xlarge", "availability_zone": "us-east-1a"}


def test_the_host_that_the_outputs_name_says_where_it_is() -> None:
    """Type, zone and market; all else is as in the outputs."""
    true = {"instance_type": "g6.xlarge", "market": "on-demand", "availability_zone": "us-east-1a"}
    assert true_outputs(PLANNED, [{"attributes": {"id": "i-1"}}, {"attributes": LIVES}]) == PLANNED | true


@pytest.mark.parametrize(
    "hosts", [[], [{}], [{"attributes": None}], [{"attributes": {"id": PLANNED["instance_id"], "market": 3}}]]
)
def test_without_it_the_outputs_stay(hosts: list[dict[str, Any]]) -> None:
    """As does what is odd; a market that nobody recorded is no spot."""
    assert true_outputs(PLANNED, hosts)["instance_type"] == "g5.xlarge"


def test_a_state_of_before_there_was_a_market_gets_none() -> None:
    """Its host has the default."""
    old = {name: value for name, value in PLANNED.items() if name != "market"}
    assert "market" not in true_outputs(old, [{"attributes": LIVES}])
