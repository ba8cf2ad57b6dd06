"""The quotas asked for beside all else: what lacks for certain ends `up` before anything is made."""

import dataclasses
import threading
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.provision.plan import plan
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.features.quota.ahead import QuotaCheck, needed_for
from gpuinfra.ground.errors import CloudError, NotAccepted
from gpuinfra.ground.model import Change, Outcome, Record
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.quota import RunningVcpus
from tests.fakes.host import fake_world
from tests.fakes.quotas import FakeQuotas, denied
from tests.fakes.world import RECORDED, SETTINGS, FakeReporter, FakeTerraform
from tests.features.provision.test_init import never as unset
from tests.waiting import PATIENCE_S

G, G_SPOT = "L-DB2E81BA", "L-3819A6DF"
MADE = Outcome(ok=True, added=1, changes=(Change(address="aws_instance.x", action="create"),))
BOTH = dataclasses.replace(SETTINGS, market="spot-then-on-demand")


def checked(tmp_path: Path, source: FakeQuotas, settings: Any = SETTINGS, **parts: Any) -> QuotaCheck:
    """Return the check of a stack without a host."""
    made = fake_world(tmp_path, quota_source=lambda *_: source, **parts)
    return QuotaCheck(made, settings, Record())


def test_up_ends_before_anything_is_made(tmp_path: Path) -> None:
    """With the sum in words and the command that asks for more; Terraform is not started."""
    terraform = FakeTerraform(MADE)
    made = fake_world(
        tmp_path, terraform=terraform, records=(Record(),), quota_source=lambda *_: FakeQuotas()
    )
    with pytest.raises(CloudError) as why:
        apply(made, Consent(yes=True))
    assert why.value.message == (
        "the account cannot have this host: quota 0 vCPUs of G and VT on-demand, 0 in use,"
        " 4 needed for g4dn.xlarge"
    )
    assert why.value.hint == "gpuinfra quota request --type g4dn.xlarge"
    assert terraform.calls == []


def test_the_plan_says_it_and_goes_on(tmp_path: Path) -> None:
    """It is worth seeing what it would cost."""
    reporter = FakeReporter()
    terraform = FakeTerraform(MADE)
    made = fake_world(
        tmp_path, terraform=terraform, records=(Record(),), reporter=reporter,
        quota_source=lambda *_: FakeQuotas(),
    )  # fmt: skip
    plan(made, unset())
    assert [line for line in reporter.said if "quota" in line] == [
        "! AWS would refuse this: quota 0 vCPUs of G and VT on-demand, 0 in use, 4 needed for g4dn.xlarge;"
        " more: gpuinfra quota request --type g4dn.xlarge"
    ]


def test_a_place_that_fits_is_enough(tmp_path: Path) -> None:
    """The others are named: they are no use waiting for."""
    reporter = FakeReporter()
    checked(tmp_path, FakeQuotas(limits={G: 8}), BOTH, reporter=reporter).refuse()
    (line,) = reporter.said
    assert "G and VT spot" in line
    assert line.endswith("gpuinfra quota request --type g4dn.xlarge --spot")


def test_no_place_fits(tmp_path: Path) -> None:
    """The first one is asked for; the sum of each is told."""
    hosts = [RunningVcpus(instance_type="g5.xlarge", market="on-demand", vcpus=4)]
    made = checked(tmp_path, FakeQuotas(limits={G: 4}, hosts=hosts), BOTH)
    with pytest.raises(
        CloudError, match=r"G and VT spot.*; quota 4 vCPUs of G and VT on-demand, 4 in"
    ) as why:
        made.refuse()
    assert why.value.hint == "gpuinfra quota request --type g4dn.xlarge --spot"


def test_a_stack_that_has_a_host_is_not_asked_about(tmp_path: Path) -> None:
    """Its vCPUs are in use by itself."""
    source = FakeQuotas()
    made = fake_world(tmp_path, quota_source=lambda *_: source)
    QuotaCheck(made, SETTINGS, RECORDED).refuse()
    assert source.asked == []


@pytest.mark.parametrize(
    "source",
    [
        FakeQuotas(limits={G: 4}),
        FakeQuotas(refusals={"limit": denied("servicequotas:GetServiceQuota")}),
        FakeQuotas(limits={G: 4}, refusals={"running": denied("ec2:DescribeInstances")}),
    ],
)
def test_what_fits_or_is_not_known_goes_on_in_silence(tmp_path: Path, source: FakeQuotas) -> None:
    """AWS itself refuses what does not fit."""
    reporter = FakeReporter()
    checked(tmp_path, source, reporter=reporter).refuse()
    assert reporter.said == []


def test_who_has_no_credentials_is_told_where_the_host_is_asked_for(tmp_path: Path) -> None:
    """Not by a check that only saves time."""

    def nobody(*_: object) -> FakeQuotas:
        raise NotAccepted("no credentials")

    QuotaCheck(fake_world(tmp_path, quota_source=nobody), SETTINGS, Record()).refuse()


def test_an_answer_that_does_not_come_holds_nobody_up(tmp_path: Path) -> None:
    """For a moment, and no longer."""
    answered = threading.Event()

    class Slow(FakeQuotas):
        def limit(self, code: str) -> float:
            answered.wait(PATIENCE_S)
            return 0.0

    made = fake_world(tmp_path, quota_source=lambda *_: Slow())
    QuotaCheck(made, SETTINGS, Record(), patience_s=0.01).refuse()
    answered.set()


def test_the_places_are_types_by_markets() -> None:
    """In the order in which they are asked for; spot first where it is wanted first."""
    settings = dataclasses.replace(BOTH, instance_types=("g5.xlarge", "g6.xlarge"), zones=("a", "b"))
    assert needed_for(settings) == (
        Pool(instance_type="g5.xlarge", market="spot"),
        Pool(instance_type="g6.xlarge", market="spot"),
        Pool(instance_type="g5.xlarge"),
        Pool(instance_type="g6.xlarge"),
    )
