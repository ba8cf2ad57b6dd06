"""The sum of a quota: limit, in use, needed, missing; by family and market."""

import pytest

from gpuinfra.features.quota.sums import QuotaSum, check
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.quota import RunningVcpus
from tests.fakes.quotas import FakeQuotas, denied

G, G_SPOT = "L-DB2E81BA", "L-3819A6DF"


def on(name: str, vcpus: int, market: str = "on-demand") -> RunningVcpus:
    """Return a running instance."""
    return RunningVcpus(instance_type=name, market=market, vcpus=vcpus)


def one(source: FakeQuotas, name: str = "g5.xlarge", market: str = "on-demand") -> QuotaSum:
    """Return the sum of one place."""
    (found,) = check(source, [Pool(instance_type=name, market=market)])
    return found


def test_a_new_account_lacks_all_of_it() -> None:
    """The sum says it in words, and the missing vCPUs are what a request has to ask for."""
    found = one(FakeQuotas())
    assert found.text == "quota 0 vCPUs of G and VT on-demand, 0 in use, 4 needed for g5.xlarge"
    assert (found.is_lacking, found.missing, found.free) == (True, 4, 0)


def test_what_runs_counts_by_family_and_market() -> None:
    """Another family's hosts, and spot ones, take nothing from on-demand G."""
    hosts = [on("g4dn.xlarge", 4), on("p5.48xlarge", 192), on("g5.2xlarge", 8, "spot"), on("t3.large", 2)]
    source = FakeQuotas(limits={G: 8, G_SPOT: 8}, hosts=hosts)
    assert (one(source).in_use, one(source).missing) == (4, 0)
    assert (one(source, market="spot").in_use, one(source, market="spot").missing) == (8, 4)


@pytest.mark.parametrize(("limit", "missing"), [(7, 1), (8, 0), (9, 0)])
def test_a_host_fits_to_the_last_vcpu(limit: float, missing: float) -> None:
    """4 in use and 4 needed: 8 are enough, 7 are not."""
    assert one(FakeQuotas(limits={G: limit}, hosts=[on("g5.xlarge", 4)])).missing == missing


def test_a_quota_that_was_lowered_below_what_runs() -> None:
    """Free is below 0, and the missing ones count that."""
    found = one(FakeQuotas(limits={G: 2}, hosts=[on("g5.xlarge", 4)]))
    assert (found.free, found.missing) == (-2, 6)


def test_a_part_of_a_gpu_counts_as_its_family() -> None:
    """The type g6f has no whole GPU, and its vCPUs are of G."""
    found = one(FakeQuotas(limits={G: 1}), "g6f.large")
    assert (found.code, found.needed, found.missing) == (G, 2, 1)


def test_p6_on_spot_is_not_known() -> None:
    """AWS names no quota for it: nobody is told a wrong one, and AWS is asked whether there is the type."""
    source = FakeQuotas()
    found = one(source, "p6-b200.48xlarge", "spot")
    assert (found.code, found.missing, found.is_lacking) == (None, None, False)
    assert "not sure" in found.text
    assert source.asked == ["vcpus"]


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("limit", "servicequotas:GetServiceQuota"),
        ("running", "ec2:DescribeInstances"),
        ("vcpus", "ec2:DescribeInstanceTypes"),
    ],
)
def test_without_the_right_the_answer_is_not_sure(method: str, action: str) -> None:
    """It says what to allow, and is no refusal."""
    found = one(FakeQuotas(limits={G: 8}, refusals={method: denied(action)}))
    assert (found.unsure, found.is_lacking) == (f"allow {action}", False)


def test_too_small_for_one_host_is_certain_whatever_else_runs() -> None:
    """A quota of 0 needs no count of what is in use."""
    found = one(FakeQuotas(refusals={"running": denied("ec2:DescribeInstances")}))
    assert (found.in_use, found.is_lacking, found.missing) == (None, True, 4)
    assert found.text.startswith("quota 0 vCPUs of G and VT on-demand, how many are in use is not known")


def test_aws_that_cannot_be_reached_is_not_sure() -> None:
    """No error of this ends a command that would work without it."""
    found = one(FakeQuotas(refusals={"limit": ConfigError("the network is down")}))
    assert (found.limit, found.unsure) == (None, "the network is down")


def test_a_type_that_the_region_does_not_sell() -> None:
    """How many vCPUs it would need nobody knows."""
    found = one(FakeQuotas(limits={G: 8}), "g9.xlarge")
    assert (found.needed, found.is_lacking, found.unsure) == (
        None,
        False,
        "the region does not sell g9.xlarge",
    )


def test_each_thing_is_asked_for_once() -> None:
    """Six places of two quotas: two limits, what runs, what the types need."""
    source = FakeQuotas()
    pools = [
        Pool(instance_type=name, market=market, zone=zone)
        for name in ("g5.xlarge", "g5.2xlarge")
        for market in ("spot", "on-demand")
        for zone in ("us-east-1a", "us-east-1b")
    ]
    found = check(source, pools)
    assert [(it.instance_type, it.market) for it in found] == [
        ("g5.xlarge", "spot"),
        ("g5.xlarge", "on-demand"),
        ("g5.2xlarge", "spot"),
        ("g5.2xlarge", "on-demand"),
    ]
    assert sorted(source.asked) == [f"limit {G_SPOT}", f"limit {G}", "running", "vcpus"]
