"""`quota history`: what was asked for, and what AWS says to it; a request that it does not take."""

import dataclasses
from datetime import UTC, datetime

import pytest

from gpuinfra.ground.errors import CloudError, Interrupted, NotReached
from gpuinfra.ground.quota import QuotaRequest
from tests.fakes.quotas import FakeQuotas, denied
from tests.fakes.world import FakeReporter, FakeTime
from tests.features.quota.test_account import G, account

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def asked(status: str, vcpus: float = 8, number: str = "1") -> QuotaRequest:
    """Return a request."""
    made = "2026-11-29T11:00:00Z"
    return QuotaRequest(code=G, vcpus=vcpus, status=status, made=made, case="77", request_id=number)


def test_history_is_a_table() -> None:
    """By family, not by AWS's code; and a script sees what is open."""
    found = account(FakeQuotas(requests=[asked("CASE_OPENED"), asked("DENIED", 4)])).history()
    head, first, second = found.text(NOW).splitlines()
    assert head.split() == ["asked", "family", "market", "vCPUs", "status", "case"]
    assert first.split()[-6:] == ["and", "VT", "on-demand", "8", "CASE_OPENED", "77"]
    assert second.split()[-2] == "DENIED"
    assert [it["is_open"] for it in found.plain()] == [True, False]


def test_no_history_is_said() -> None:
    """An empty answer would look like a failure."""
    reporter = FakeReporter()
    assert account(FakeQuotas(), reporter=reporter).history().text(NOW) == ""
    assert reporter.said == ["nothing was asked for in us-east-1"]


class Answering(FakeTime):
    """AWS answers while time passes."""

    def __init__(self, source: FakeQuotas, *statuses: str) -> None:
        super().__init__()
        self.source, self.statuses = source, list(statuses)

    def sleep(self, seconds: float) -> None:
        """Let the request get its next status."""
        super().sleep(seconds)
        if not self.statuses:
            raise KeyboardInterrupt
        self.source.requests = [dataclasses.replace(self.source.requests[0], status=self.statuses.pop(0))]


def test_follow_ends_with_the_answer() -> None:
    """Each change is told once."""
    source, reporter = FakeQuotas(requests=[asked("PENDING")]), FakeReporter()
    time = Answering(source, "PENDING", "CASE_OPENED", "APPROVED")
    found = account(source, reporter=reporter, time=time).history(follow=True)
    assert [it.status for it in found.requests] == ["APPROVED"]
    assert reporter.said == [
        "G and VT on-demand, 8 vCPUs: CASE_OPENED",
        "G and VT on-demand, 8 vCPUs: APPROVED",
    ]
    assert time.now_s == 180


def test_who_follows_waits_for_the_network_as_well() -> None:
    """A laptop that sleeps for a minute does not end days of waiting."""

    class Away(FakeQuotas):
        def history(self) -> list[QuotaRequest]:
            self._note("history")
            if len(self.asked) == 2:
                raise NotReached("AWS cannot be reached")
            return self.requests

    source, reporter = Away(requests=[asked("PENDING")]), FakeReporter()
    time = Answering(source, "PENDING", "APPROVED")
    found = account(source, reporter=reporter, time=time).history(follow=True)
    assert [it.status for it in found.requests] == ["APPROVED"]
    assert reporter.said[0] == "AWS cannot be reached; asked again in a minute"


def test_ctrl_c_leaves_the_request_open() -> None:
    """It says where to look again."""
    source = FakeQuotas(requests=[asked("PENDING")])
    with pytest.raises(Interrupted) as why:
        account(source, time=Answering(source)).history(follow=True)
    assert why.value.hint == "gpuinfra quota history"


def test_a_number_that_aws_does_not_take_leads_to_the_quota_and_not_to_the_plan() -> None:
    """Who may not see the quota may ask for less than there is; no edit of terraform.tfvars mends that."""

    error = CloudError("must be above the present value 768", hint="gpuinfra plan")
    error.code = "IllegalArgumentException"
    refusals = {"limit": denied("servicequotas:GetServiceQuota"), "request": error}
    with pytest.raises(CloudError, match="present value 768") as why:
        account(FakeQuotas(refusals=refusals)).request(8, yes=True)
    assert why.value.hint.startswith("the same command with a larger number; what holds: https://us-east-1.")
