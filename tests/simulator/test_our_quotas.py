"""The calls of our own to Service Quotas, against the simulated API."""

from typing import TYPE_CHECKING

import pytest

from gpuinfra.features.quota.sums import check
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.quota import RunningVcpus
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.quotas import Quotas
from tests.fakes.world import SETTINGS
from tests.simulator.aws import launch

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

G, G_SPOT = "L-DB2E81BA", "L-3819A6DF"


@pytest.fixture
def quotas(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Quotas:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return Quotas(REGION, SETTINGS)


def test_the_accounts_value_else_that_of_every_account(quotas: Quotas, sim: Simulator) -> None:
    """A new account has no value of its own: that is no error."""
    sim.quota(G, 8)
    assert quotas.limit(G) == 8
    sim.quota(G, None)
    assert quotas.limit(G) == 0
    sim.quota("L-1216C47A", None)
    assert quotas.limit("L-1216C47A") == 5


def test_what_runs_is_told_by_market_and_by_the_threads_that_it_has(
    quotas: Quotas, sim: Simulator, ec2: "EC2Client"
) -> None:
    """A stopped host is not told, a pending one is."""
    stopped = launch(ec2)["InstanceId"]
    ec2.stop_instances(InstanceIds=[stopped])
    g5 = launch(ec2, InstanceType="g5.xlarge", CpuOptions={"CoreCount": 2, "ThreadsPerCore": 1})
    spot = launch(ec2, InstanceMarketOptions={"MarketType": "spot"})
    sim.pending(60)
    t3 = launch(ec2, InstanceType="t3.large")
    g4dn_id, g5_id, t3_id = (it["InstanceId"] for it in (spot, g5, t3))
    assert sorted(quotas.running(), key=lambda it: it.instance_type) == [
        RunningVcpus(instance_type="g4dn.xlarge", market="spot", vcpus=4, instance_id=g4dn_id),
        RunningVcpus(instance_type="g5.xlarge", market="on-demand", vcpus=2, instance_id=g5_id),
        RunningVcpus(instance_type="t3.large", market="on-demand", vcpus=2, instance_id=t3_id),
    ]


def test_the_sum_is_what_ec2_goes_by(quotas: Quotas, sim: Simulator, ec2: "EC2Client") -> None:
    """What is said to fit is launched, what is said to lack is refused: at each step up to the limit."""
    sim.quota(G, 10)
    pool = Pool(instance_type="g4dn.xlarge")
    for _ in range(2):
        assert not check(quotas, [pool])[0].is_lacking
        launch(ec2)
    (full,) = check(quotas, [pool])
    assert full.text == "quota 10 vCPUs of G and VT on-demand, 8 in use, 4 needed for g4dn.xlarge"
    with pytest.raises(ec2.exceptions.ClientError, match="VcpuLimitExceeded"):
        launch(ec2)


def test_a_request_and_its_history(quotas: Quotas, sim: Simulator) -> None:
    """AWS's number of the case comes later."""
    sim.quota(G, 0)
    made = quotas.request(G, 8)
    assert (made.code, made.vcpus, made.status, made.is_open) == (G, 8, "PENDING", True)
    sim.quota_answer(G, "CASE_OPENED", case="77")
    sim.quota_answer(G, "DENIED")
    quotas.request(G, 4)
    newest, oldest = quotas.history()
    assert (newest.status, newest.vcpus) == ("PENDING", 4)
    assert (oldest.status, oldest.case, oldest.is_open) == ("DENIED", "77", False)


@pytest.mark.parametrize(
    ("match", "method", "action"),
    [
        ("servicequotas:GetServiceQuota", "limit", "servicequotas:GetServiceQuota"),
        ("DescribeInstances", "running", "ec2:DescribeInstances"),
        ("servicequotas:ListRequested*", "history", "servicequotas:ListRequestedServiceQuotaChangeHistory"),
    ],
)
def test_a_missing_right_names_itself_as_iam_does(
    match: str, method: str, action: str, quotas: Quotas, sim: Simulator
) -> None:
    """So that an administrator can allow it."""
    sim.fault(Fault(match=match, status=400, code="AccessDeniedException", message="no", count=None))
    call = getattr(quotas, method)
    with pytest.raises(CloudError) as why:
        call(G) if method == "limit" else call()
    assert why.value.hint == f"ask your AWS administrator to allow {action}"


def test_without_the_right_the_sum_is_not_sure(quotas: Quotas, sim: Simulator) -> None:
    """It says what to allow; no refusal is made of it."""
    sim.fault(Fault(match="servicequotas:*", status=400, code="AccessDeniedException", count=None))
    (found,) = check(quotas, [Pool(instance_type="g5.xlarge")])
    assert (found.unsure, found.is_lacking) == ("allow servicequotas:GetServiceQuota", False)
