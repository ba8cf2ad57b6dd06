"""What a refusal means for the places that are left."""

import dataclasses

import pytest

from gpuinfra.features.capacity.told import nothing_left
from gpuinfra.features.capacity.verdict import Verdict, verdict
from gpuinfra.features.capacity.walk import NothingLeftError
from gpuinfra.ground.errors import TerraformError
from gpuinfra.ground.pool import Pool
from tests.features.capacity.places import (
    G5,
    G5_SPOT,
    G6,
    G6_SPOT,
    Region,
    exhausted,
    in_zone,
    walked,
)

HOUR_S = 3600.0


@pytest.mark.parametrize("code", ["VcpuLimitExceeded", "MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow"])
def test_a_quota_or_a_price_is_never_waited_for(code: str) -> None:
    """Such a place is asked once; where all ended so, the wait ends at once."""
    assert len(exhausted(Region({G5_SPOT: code}), [G5_SPOT], wait_s=HOUR_S)) == 1


def test_a_quota_rules_out_all_of_its_family_and_market_that_is_no_smaller() -> None:
    """G5 and G6 share a quota; a smaller type may still fit, and so may another market or family."""
    large, p4 = Pool(instance_type="g5.12xlarge"), Pool(instance_type="p4d.24xlarge")
    region = Region({large: "VcpuLimitExceeded", G5: "VcpuLimitExceeded"})
    exhausted(region, [large, Pool(instance_type="g6.24xlarge"), G5, G6, G6_SPOT, p4])
    assert region.asked == [large, G5, G6_SPOT, p4]


def test_a_price_rules_out_the_type_as_spot_in_all_zones() -> None:
    """max_price is one for all zones, and for no on-demand host."""
    zones = [in_zone(G5_SPOT, "us-east-1a"), in_zone(G5_SPOT, "us-east-1b")]
    region = Region({zones[0]: "SpotMaxPriceTooLow"})
    exhausted(region, [*zones, G6_SPOT, G5])
    assert region.asked == [zones[0], G6_SPOT, G5]


def test_unsupported_rules_out_one_zone_for_ever() -> None:
    """In the next round the other one is asked alone."""
    a, b = in_zone(G5, "us-east-1a"), in_zone(G5, "us-east-1b")
    region = Region({a: "Unsupported"})
    exhausted(region, [a, b], wait_s=29.0)
    assert region.asked == [a, b, b]


def test_zones_that_aws_names_go_next_once() -> None:
    """Of an unpinned try and of one in a zone, before all other places; not again in a later round."""
    region = Region({})
    region.words[G5] = "You can currently get g5.xlarge capacity by choosing us-east-1b, us-east-1c."
    b, c = in_zone(G5, "us-east-1b"), in_zone(G5, "us-east-1c")
    exhausted(region, [G5, G6], wait_s=29.0)
    assert region.asked == [G5, b, c, G6, G5, G6]


def test_zones_that_the_user_did_not_name_are_not_gone_to() -> None:
    """`zones` is what may be; among them the one that AWS names goes first. Nor where a subnet is set."""
    a, b, c = (in_zone(G5, f"us-east-1{it}") for it in "abc")
    region = Region({})
    region.words[a] = (
        "by not specifying an Availability Zone in your request or choosing us-east-1c, us-east-1d."
    )
    exhausted(region, [a, b, c])
    assert region.asked == [a, c, b]
    region = Region({})
    region.words[G5] = "choosing us-east-1b."
    with pytest.raises(NothingLeftError):
        walked(region, [G5], may_pin=False)
    assert region.asked == [G5]


def test_a_zone_that_terraform_knows_not_to_have_the_type_rules_out_that_zone() -> None:
    """As EC2's own refusal does; no other word of Terraform's is passed over."""
    said = "Zone us-east-1e does not offer g4dn.xlarge to this account; these do: us-east-1a."
    assert verdict(TerraformError(said)) is Verdict.NOT_OFFERED
    assert verdict(TerraformError("Subnet subnet-1 is a private one")) is Verdict.STOP
    (one,) = exhausted(Region({in_zone(G5, "us-east-1e"): "Unsupported"}), [in_zone(G5, "us-east-1e")])
    alone = dataclasses.replace(one, error=TerraformError(said))
    assert nothing_left([alone], stack="default", waited=True) is alone.error
