"""What only a launch reads of terraform.tfvars: plain values; what Terraform evaluates is left to it."""

import pytest

from gpuinfra.ground.account_facts import LaunchValues
from gpuinfra.tools.terraform import launch_values
from gpuinfra.tools.terraform.kept_values import read

PLAIN = """
tags              = { "cost center" = "42", team : "ml" }
kms_key_id        = "alias/mine"
availability_zone = "us-east-1b"
private_network   = "nat"
"""


def test_plain_values() -> None:
    """Both ways of HCL to write a map, with and without quotes."""
    assert launch_values.of(read(PLAIN)) == LaunchValues(
        tags={"cost center": "42", "team": "ml"},
        kms_key_id="alias/mine",
        zone="us-east-1b",
        private_network="nat",
    )


@pytest.mark.parametrize("text", ["", "availability_zone = null", "kms_key_id = 3", "tags = {}"])
def test_what_is_not_set_is_empty(text: str) -> None:
    """Nor is what is no text."""
    assert launch_values.of(read(text)) == LaunchValues()
