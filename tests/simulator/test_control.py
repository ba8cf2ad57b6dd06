"""Faults, the call log and the other control calls, on a running simulator."""

import time
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator, simulator_env
from tests.simulator.aws import client, describe, group, launch
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


def test_an_injected_error_arrives_with_code_status_and_message(sim: Simulator, ec2: "EC2Client") -> None:
    """And the next call goes through."""
    message = "We currently do not have sufficient capacity & so on."
    sim.fault(Fault(match="RunInstances", status=500, code="InsufficientInstanceCapacity", message=message))
    with pytest.raises(ClientError) as caught:
        launch(ec2)
    assert caught.value.response["Error"]["Code"] == "InsufficientInstanceCapacity"
    assert caught.value.response["Error"]["Message"] == message
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert sim.leftovers() == {}
    launch(ec2)


def test_throttling_is_retried_by_the_sdk(sim: Simulator) -> None:
    """A 503 is what EC2 throttles with."""
    sim.fault(Fault(match="DescribeRegions", status=503, code="RequestLimitExceeded", count=2))
    assert client("ec2", sim, attempts=4).describe_regions()["Regions"]
    assert [call.status for call in sim.calls("DescribeRegions")] == [503, 503, 200]


def test_a_lost_answer_and_its_retry_make_one_instance(sim: Simulator) -> None:
    """The connection drops after RunInstances was carried out; the token of the retry is the same."""
    sim.fault(Fault(match="RunInstances", drop=True, after=True))
    launch(client("ec2", sim, attempts=3))
    calls = sim.calls("RunInstances")
    assert [(call.status, call.fault) for call in calls] == [(0, "drop"), (200, "")]
    assert len({call.params["ClientToken"] for call in calls}) == 1
    assert len(sim.leftovers()["instances"]) == 1


def test_a_drop_before_the_action_leaves_nothing(sim: Simulator, ec2: "EC2Client") -> None:
    """The client sees a broken connection, and nothing was done."""
    sim.fault(Fault(match="RunInstances", drop=True))
    with pytest.raises((HTTPClientError, EndpointConnectionError)):
        launch(ec2)
    assert sim.leftovers() == {}


def test_a_delay_holds_up_one_call_and_no_other(sim: Simulator, ec2: "EC2Client") -> None:
    """The call is answered as late as told, the next one is not held up."""
    sim.fault(Fault(match="DescribeRegions", delay_s=0.5))
    began = time.monotonic()
    ec2.describe_regions()
    assert time.monotonic() - began >= 0.5
    ec2.describe_regions()
    assert [call.fault for call in sim.calls("DescribeRegions")] == ["delay", ""]


def test_the_log_has_the_decoded_parameters(sim: Simulator, ec2: "EC2Client") -> None:
    """What a host was asked to be, with the names of the wire."""
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "IpRanges": [{"CidrIp": "203.0.113.7/32"}],
    }
    ec2.authorize_security_group_ingress(GroupId=group(ec2), IpPermissions=[permission])  # type: ignore[list-item]
    (call,) = sim.calls("AuthorizeSecurityGroupIngress")
    assert call.params["IpPermissions.1.IpRanges.1.CidrIp"] == "203.0.113.7/32"
    assert (call.service, call.region, call.status) == ("ec2", "us-east-1", 200)


def test_wait_for_sees_a_call_arrive_and_gives_up_in_time(sim: Simulator, ec2: "EC2Client") -> None:
    """It returns with the log, or names what was seen instead."""
    ec2.describe_regions()
    assert sim.wait_for(lambda calls: len(calls) == 1)[0].action == "DescribeRegions"
    with pytest.raises(TimeoutError, match="actions seen: DescribeRegions"):
        sim.wait_for(lambda calls: False, timeout_s=0.1)


def test_leftovers_name_everything_in_all_regions(sim: Simulator) -> None:
    """By kind; what every account has is not counted."""
    abroad = client("ec2", sim, region="eu-central-1")
    group_id, key = group(abroad), abroad.create_key_pair(KeyName="k")["KeyName"]
    instance_id = launch(abroad)["InstanceId"]
    client("iam", sim).create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    left = sim.leftovers()
    assert (left["security_groups"], left["key_pairs"], left["iam_roles"]) == ([group_id], [key], ["r"])
    assert left["instances"] == [instance_id]
    abroad.terminate_instances(InstanceIds=[instance_id])
    assert set(sim.leftovers()) == {"security_groups", "key_pairs", "iam_roles"}


def test_reset_forgets_all_but_the_seed(sim: Simulator, ec2: "EC2Client") -> None:
    """Instances, calls, faults, settings and a removed VPC."""
    ec2.create_key_pair(KeyName="k")
    sim.fault(Fault(match="*", count=None, code="Nope"))
    sim.pending(60)
    sim.remove_default_vpc()
    sim.reset()
    assert (sim.leftovers(), sim.calls(), sim.events()) == ({}, [], [])
    assert launch(ec2)["State"]["Name"] == "running"


def test_back_is_as_it_was_at_keep(sim: Simulator, ec2: "EC2Client") -> None:
    """What was made goes, what was removed is there again; as often as asked, and after a reset, too."""
    ec2.create_key_pair(KeyName="k")
    instance_id = launch(ec2)["InstanceId"]
    sim.keep()
    before = sim.leftovers()
    for again in (sim.back, sim.reset, sim.reset):
        ec2.terminate_instances(InstanceIds=[instance_id])
        ec2.create_key_pair(KeyName="other")
        client("iam", sim).create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        client("ec2", sim, region="eu-west-1").create_key_pair(KeyName="abroad")
        again()
        sim.back()
        assert sim.leftovers() == before
        assert describe(ec2, instance_id)["State"]["Name"] == "running"


def test_several_moments_are_kept_by_name(sim: Simulator, ec2: "EC2Client") -> None:
    """Each is gone back to, whichever was kept last."""
    for name in ("one", "two"):
        ec2.create_key_pair(KeyName=name)
        sim.keep(name)
    for name, pairs in (("one", ["one"]), ("two", ["one", "two"]), ("one", ["one"])):
        sim.reset()
        sim.back(name)
        assert sim.leftovers() == {"key_pairs": pairs}


def test_checkip_answers_a_bare_address(sim: Simulator) -> None:
    """In plain text; a test may move the caller."""
    url = sim.env({})["GPUINFRA_CHECKIP_URL"]
    assert urlopen(url, timeout=PATIENCE_S).read() == b"52.94.76.10"
    sim.caller_ip("198.51.100.9")
    assert urlopen(url, timeout=PATIENCE_S).read() == b"198.51.100.9"


def test_a_wrong_control_call_says_what_is_wrong(sim: Simulator) -> None:
    """The test's own mistakes are named, not swallowed."""
    with pytest.raises(GpuInfraError, match="list indices"):
        sim._call("POST", "console", ["not a mapping"])
    with pytest.raises(GpuInfraError, match="no such setting: pendings"):
        sim._call("POST", "settings", {"pendings": 1})
    with pytest.raises(GpuInfraError, match="no such control call: POST /_sim/nothing"):
        sim._call("POST", "nothing", {})


def test_the_environment_has_no_aws_setting_of_the_users() -> None:
    """A developer's profile, session or endpoint cannot leak into a simulated run."""
    theirs = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t", "AWS_ENDPOINT_URL_EC2": "x", "PATH": "/bin"}
    env = simulator_env("http://127.0.0.1:1", theirs | {"NO_PROXY": "corp"})
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_EC2"} & env.keys() == set()
    assert (env["PATH"], env["NO_PROXY"]) == ("/bin", "corp,127.0.0.1")
    assert (env["AWS_ENDPOINT_URL"], env["AWS_REGION"]) == ("http://127.0.0.1:1", "us-east-1")
