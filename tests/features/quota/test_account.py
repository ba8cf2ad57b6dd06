"""`quota show`, `quota request`."""

from typing import Any

import pytest

from gpuinfra.features.quota.account import AccountQuotas
from gpuinfra.ground.errors import CloudError, ConfigError, Declined, NotReached
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.quota import RunningVcpus
from tests.fakes.quotas import FakeQuotas, denied
from tests.fakes.world import FakeReporter, FakeTime

G, G_SPOT, P5_SPOT = "L-DB2E81BA", "L-3819A6DF", "L-C4BD4855"
ONE_G5 = [RunningVcpus(instance_type="g5.xlarge", market="on-demand", vcpus=4)]


def account(
    source: FakeQuotas, *places: Pool, reporter: FakeReporter | None = None, time: Any = None
) -> AccountQuotas:
    """Return the quotas of us-east-1; without places, of a g5.xlarge."""
    return AccountQuotas(
        source,
        region="us-east-1",
        places=places or (Pool(instance_type="g5.xlarge"),),
        stack="default",
        reporter=reporter or FakeReporter(),
        clock=(time or FakeTime()).clock(),
    )


def test_the_stacks_own_quota_comes_first() -> None:
    """Then the other market, then the other families with GPUs, then the rest; one row for each quota."""
    source, reporter = FakeQuotas(limits={P5_SPOT: 192, G: 4}, hosts=ONE_G5), FakeReporter()
    found = account(source, Pool(instance_type="p5.48xlarge", market="spot"), reporter=reporter).show()
    lines = found.text().splitlines()
    assert lines[0].split() == [
        "family",
        "market",
        "limit",
        "in",
        "use",
        "free",
        "one",
        "host",
        "needs",
        "code",
    ]
    assert lines[1].split()[:5] == ["P5", "spot", "192", "0", "192"]
    assert "192 for p5.48xlarge" in lines[1]
    assert [" ".join(line.split()[:2]) for line in lines[2:3]] == ["P on-demand"]
    (g,) = [line for line in lines if line.startswith("G and VT") and "on-demand" in line]
    assert g.split()[3:8] == ["on-demand", "4", "4", "0", "-"]
    assert len({line.split()[-1] for line in lines[1:]}) == len(lines) - 1 == 7
    assert reporter.said == []


def test_what_is_missing_is_told_with_the_command() -> None:
    """In the row, too; and a script finds it."""
    reporter = FakeReporter()
    found = account(FakeQuotas(limits={G: 4}, hosts=ONE_G5), reporter=reporter).show()
    assert "4 for g5.xlarge (4 missing)" in found.text()
    assert reporter.said == [
        "g5.xlarge on-demand: 4 vCPUs are missing: gpuinfra quota request --type g5.xlarge"
    ]
    quotas: Any = found.plain()["quotas"]
    assert quotas[0]["hosts"] == [{"instance_type": "g5.xlarge", "needed": 4, "missing": 4.0}]
    assert (quotas[0]["limit"], quotas[0]["in_use"], quotas[0]["free"], quotas[0]["code"]) == (4, 4, 0, G)


def test_two_types_of_one_family_share_a_row() -> None:
    """They share the quota."""
    places = [Pool(instance_type="g5.xlarge"), Pool(instance_type="g5.2xlarge")]
    row = account(FakeQuotas(limits={G: 4}), *places).show().text().splitlines()[1]
    assert "4 for g5.xlarge, 8 for g5.2xlarge (4 missing)" in row


def test_a_missing_right_leaves_the_rest_and_says_what_to_allow() -> None:
    """Never a number that nobody told."""
    reporter = FakeReporter()
    refusals = {"limit": denied("servicequotas:GetServiceQuota")}
    found = account(FakeQuotas(hosts=ONE_G5, refusals=refusals), reporter=reporter).show()
    assert found.text().splitlines()[1].split()[3:7] == ["on-demand", "unknown", "4", "unknown"]
    assert reporter.said == ["not sure: allow servicequotas:GetServiceQuota"]


def test_p6_on_spot_is_shown_as_not_published() -> None:
    """AWS names no quota for it."""
    place = Pool(instance_type="p6-b200.48xlarge", market="spot")
    assert account(FakeQuotas(), place).show().text().splitlines()[1].endswith("not published")


def test_a_type_that_the_region_does_not_have_is_refused() -> None:
    """Mostly it is mistyped: no table of "unknown", no way to a quota that there is not."""
    asked, reporter = Pool(instance_type="g5.xlage"), FakeReporter()
    with pytest.raises(ConfigError, match="us-east-1 has no instance type") as why:
        account(FakeQuotas(), asked).show()
    assert why.value.hint == "gpuinfra prices --region us-east-1   # what there is"
    with pytest.raises(ConfigError, match="us-east-1 has no instance type"):
        account(FakeQuotas(), asked).request(None, yes=True)
    account(FakeQuotas(), asked, Pool(instance_type="g5.xlarge"), reporter=reporter).show()
    assert reporter.said[0] == "! us-east-1 has no instance type g5.xlage"


def test_nothing_told_at_all_is_an_error() -> None:
    """A table of "unknown" with exit code 0 would pass for an answer."""
    refusals = {name: NotReached("AWS cannot be reached") for name in ("limit", "running", "vcpus")}
    with pytest.raises(CloudError, match="nothing of the quotas of us-east-1: AWS cannot be reached") as why:
        account(FakeQuotas(refusals=refusals)).show()
    assert why.value.hint == "gpuinfra doctor"


def test_large_numbers_are_told_in_full() -> None:
    """1234567, not 1.23457e+06: who asks for a wrong number must see it."""
    source, reporter = FakeQuotas(limits={G: 1234567}), FakeReporter()
    account(source, reporter=reporter).request(12345678, yes=True)
    assert "12345678 vCPUs" in reporter.said[0]
    assert "1234567 " in account(source).show().text()


def test_a_request_asks_for_what_is_missing() -> None:
    """The new limit: what is in use and one more host."""
    source, reporter = FakeQuotas(limits={G: 4}, hosts=ONE_G5), FakeReporter()
    made = account(source, reporter=reporter).request(None, yes=False)
    assert (made.code, made.vcpus) == (G, 8)
    assert reporter.asked == [
        "Ask AWS for a quota of 8 vCPUs of G and VT on-demand in us-east-1 (now 4, 4 in use)?"
    ]
    assert reporter.said[-1] == "next: gpuinfra quota history --follow; AWS takes minutes to days"


def test_a_request_goes_to_the_place_that_lacks() -> None:
    """Of a stack that takes spot, then on-demand: the one that does not fit."""
    places = [Pool(instance_type="g5.xlarge"), Pool(instance_type="g5.xlarge", market="spot")]
    assert account(FakeQuotas(limits={G: 8}), *places).request(None, yes=True).code == G_SPOT


def test_a_request_for_a_number() -> None:
    """Without a question where --yes was said; also where AWS does not tell what there is."""
    reporter = FakeReporter(answer=False)
    assert account(FakeQuotas(), reporter=reporter).request(64, yes=True).vcpus == 64
    assert reporter.asked == []
    source = FakeQuotas(refusals={"limit": denied("servicequotas:GetServiceQuota")})
    assert account(source).request(64, yes=True).vcpus == 64


def test_no_means_no() -> None:
    """Nothing is asked for."""
    source = FakeQuotas()
    with pytest.raises(Declined):
        account(source, reporter=FakeReporter(answer=False)).request(None, yes=False)
    assert source.requests == []


@pytest.mark.parametrize("vcpus", [1, 4, 8])
def test_a_number_that_is_no_more_is_refused(vcpus: int) -> None:
    """With what there is, and a number that would do."""
    with pytest.raises(ConfigError, match=f"is 8 vCPUs; {vcpus} are no more") as why:
        account(FakeQuotas(limits={G: 8})).request(vcpus, yes=True)
    assert why.value.hint == "gpuinfra quota request --type g5.xlarge 72"


def test_nothing_is_missing() -> None:
    """Who wants more says how many."""
    with pytest.raises(ConfigError, match="nothing is missing for one more host: quota 8 vCPUs") as why:
        account(FakeQuotas(limits={G: 8})).request(None, yes=True)
    assert why.value.hint == "gpuinfra quota request --type g5.xlarge 72"


def test_what_is_missing_is_not_known() -> None:
    """Who may not see the quota has to say a number."""
    source = FakeQuotas(refusals={"limit": denied("servicequotas:GetServiceQuota")})
    with pytest.raises(CloudError, match="not known: allow servicequotas:GetServiceQuota"):
        account(source).request(None, yes=True)


def test_a_quota_that_aws_does_not_publish_cannot_be_asked_for() -> None:
    """The console may have it."""
    with pytest.raises(ConfigError, match="publishes no quota") as why:
        account(FakeQuotas(), Pool(instance_type="p6-b200.48xlarge", market="spot")).request(9, yes=True)
    assert "us-east-1.console.aws.amazon.com/servicequotas" in why.value.hint


def test_without_a_stack_and_a_type_nothing_is_asked_for() -> None:
    """It says how to name one."""
    made = AccountQuotas(
        FakeQuotas(), region="us-east-1", places=(), stack="default", reporter=FakeReporter(),
        clock=FakeTime().clock(),
    )  # fmt: skip
    with pytest.raises(ConfigError) as why:
        made.request(None, yes=True)
    assert why.value.hint == "gpuinfra quota request --type g5.xlarge"
    assert len(made.show().rows) == 7
