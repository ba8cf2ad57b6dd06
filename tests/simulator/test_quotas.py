"""Quotas as EC2 and Service Quotas keep them: enforced by family and market, asked for, answered."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import client, describe, launch, refusal

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

G, G_SPOT, P = "L-DB2E81BA", "L-3819A6DF", "L-417A185B"
SPOT: dict[str, Any] = {"InstanceMarketOptions": {"MarketType": "spot"}}


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return the code of a refusal."""
    return str(error.value.response["Error"]["Code"])


def test_a_launch_above_the_quota_is_refused_in_aws_words(ec2: "EC2Client", sim: Simulator) -> None:
    """The second host of 4 vCPUs does not fit into 7; another family's does."""
    sim.quota(G, 7)
    launch(ec2)
    with pytest.raises(
        ClientError, match="more vCPU capacity than your current vCPU limit of 7 allows"
    ) as why:
        launch(ec2)
    assert code(why) == "VcpuLimitExceeded"
    launch(ec2, InstanceType="t3.large")


def test_spot_is_a_bucket_of_its_own(ec2: "EC2Client", sim: Simulator) -> None:
    """On-demand hosts take nothing of it, and its refusal is another one."""
    sim.quota(G, 4)
    sim.quota(G_SPOT, 4)
    launch(ec2)
    launch(ec2, **SPOT)
    assert refusal(ec2, **SPOT) == "MaxSpotInstanceCountExceeded"
    assert refusal(ec2) == "VcpuLimitExceeded"


def test_a_stopped_host_takes_nothing_and_its_start_is_held_to_the_quota(
    ec2: "EC2Client", sim: Simulator
) -> None:
    """Its place can be taken by another one: then it does not start again."""
    sim.quota(G, 4)
    first = launch(ec2)["InstanceId"]
    ec2.stop_instances(InstanceIds=[first])
    other = launch(ec2)["InstanceId"]
    with pytest.raises(ClientError) as why:
        ec2.start_instances(InstanceIds=[first])
    assert (code(why), describe(ec2, first)["State"]["Name"]) == ("VcpuLimitExceeded", "stopped")
    ec2.terminate_instances(InstanceIds=[other])
    ec2.start_instances(InstanceIds=[first])
    assert describe(ec2, first)["State"]["Name"] == "running"


def test_a_pending_host_counts(ec2: "EC2Client", sim: Simulator) -> None:
    """It will be running."""
    sim.quota(G, 4)
    sim.pending(60)
    assert launch(ec2)["State"]["Name"] == "pending"
    assert refusal(ec2) == "VcpuLimitExceeded"


def test_a_dry_run_says_nothing_of_quotas(ec2: "EC2Client", sim: Simulator) -> None:
    """As on AWS: it looks at rights and parameters."""
    sim.quota(G, 0)
    assert refusal(ec2, DryRun=True) == "DryRunOperation"


def test_a_lost_answer_is_not_counted_twice(ec2: "EC2Client", sim: Simulator) -> None:
    """The retry of a launch that was carried out is the same launch."""
    sim.quota(G, 4)
    made = [launch(ec2, ClientToken="one")["InstanceId"] for _ in range(2)]
    assert made[0] == made[1]


def test_fewer_threads_take_less_of_the_quota(ec2: "EC2Client", sim: Simulator) -> None:
    """What counts is what the instance has, and EC2 tells it."""
    sim.quota(G, 4)
    one = {"CpuOptions": {"CoreCount": 2, "ThreadsPerCore": 1}}
    assert launch(ec2, **one)["CpuOptions"] == {"CoreCount": 2, "ThreadsPerCore": 1}
    launch(ec2, **one)
    assert refusal(ec2, **one) == "VcpuLimitExceeded"


def test_what_was_never_applied_has_its_default(sim: Simulator) -> None:
    """GetServiceQuota knows nothing of it."""
    quotas = client("service-quotas", sim)
    sim.quota(G, None)
    with pytest.raises(ClientError) as why:
        quotas.get_service_quota(ServiceCode="ec2", QuotaCode=G)
    assert code(why) == "NoSuchResourceException"
    for asked, value in ((G, 0), ("L-1216C47A", 5)):
        found = quotas.get_aws_default_service_quota(ServiceCode="ec2", QuotaCode=asked)["Quota"]
        assert (found["Value"], found["QuotaCode"]) == (value, asked)


def test_one_request_is_open_at_a_time_and_what_is_approved_holds(ec2: "EC2Client", sim: Simulator) -> None:
    """A second one is refused until AWS has answered the first."""
    quotas = client("service-quotas", sim)
    sim.quota(P, 0)
    ask = {"ServiceCode": "ec2", "QuotaCode": P}
    made = quotas.request_service_quota_increase(**ask, DesiredValue=192)["RequestedQuota"]
    assert (made["Status"], made["DesiredValue"], "CaseId" in made) == ("PENDING", 192, False)
    with pytest.raises(ClientError) as why:
        quotas.request_service_quota_increase(**ask, DesiredValue=384)
    assert code(why) == "ResourceAlreadyExistsException"
    assert refusal(ec2, InstanceType="p5.48xlarge") == "VcpuLimitExceeded"
    sim.quota_answer(P, "CASE_OPENED", case="1234")
    sim.quota_answer(P, "APPROVED")
    (found,) = quotas.list_requested_service_quota_change_history_by_quota(**ask)["RequestedQuotas"]
    assert (found["Status"], found["CaseId"]) == ("APPROVED", "1234")
    launch(ec2, InstanceType="p5.48xlarge")
    assert quotas.get_service_quota(**ask)["Quota"]["Value"] == 192


@pytest.mark.parametrize(
    ("quota", "value", "refused"),
    [
        (G, 768, "IllegalArgumentException"),
        (G, 4, "IllegalArgumentException"),
        ("L-0", 4, "NoSuchResourceException"),
    ],
)
def test_a_request_that_makes_no_sense(quota: str, value: float, refused: str, sim: Simulator) -> None:
    """No more than there is, or of no quota; nothing is kept of it."""
    quotas = client("service-quotas", sim)
    with pytest.raises(ClientError) as why:
        quotas.request_service_quota_increase(ServiceCode="ec2", QuotaCode=quota, DesiredValue=value)
    assert code(why) == refused
    found = quotas.list_requested_service_quota_change_history(ServiceCode="ec2")
    assert found["RequestedQuotas"] == []
