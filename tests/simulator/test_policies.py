"""Calls of a key that is held to a policy: refused as AWS refuses, for the resource and its tags."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import NVIDIA, client, launch

KEY = "held"
OURS, THEIRS = {"gpuinfra:stack": "default"}, {"gpuinfra:stack": "other"}
ROLE = {"RoleName": "gpuinfra-default-x", "AssumeRolePolicyDocument": "{}"}


def hold(sim: Simulator, *statements: dict[str, Any]) -> None:
    """Hold the key to these statements."""
    whole = [{"Effect": "Allow", "Resource": "*", **one} for one in statements]
    sim.allow({"Version": "2012-10-17", "Statement": whole}, access_key=KEY)


def held(service: str, sim: Simulator) -> Any:
    """Return a client that calls with the key."""
    return client(service, sim, key=KEY)


def specification(kind: str, tags: dict[str, str]) -> dict[str, Any]:
    """Return tags as EC2 takes them with what is made."""
    return {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Make a call that must be refused; return code and message."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def hosts(sim: Simulator) -> Sequence[str]:
    """One host of ours, one of somebody else."""
    ec2 = client("ec2", sim)
    return [
        launch(ec2, TagSpecifications=[specification("instance", tags)])["InstanceId"]
        for tags in (OURS, THEIRS)
    ]


def test_a_key_without_a_policy_may_do_all(sim: Simulator, hosts: Sequence[str]) -> None:
    """As before; and again when its policy is taken away, or all is reset."""
    hold(sim)
    stop = held("ec2", sim).stop_instances
    assert refused(stop, InstanceIds=hosts)[0] == "UnauthorizedOperation"
    sim.allow(None, access_key=KEY)
    assert stop(InstanceIds=hosts)
    hold(sim)
    sim.reset()
    assert held("ec2", sim).describe_instances()


def test_ec2_refuses_in_its_words(sim: Simulator, hosts: Sequence[str]) -> None:
    """The action, the resource, and whether it was forbidden or not allowed; a dry run tells the same."""
    hold(sim, {"Action": "ec2:StartInstances"}, {"Action": "ec2:RebootInstances", "Effect": "Deny"})
    ec2, ours = held("ec2", sim), {"InstanceIds": [hosts[0]]}
    arn = f"arn:aws:ec2:us-east-1:123456789012:instance/{hosts[0]}"
    code, said = refused(ec2.stop_instances, **ours)
    assert code == "UnauthorizedOperation"
    assert f"user/{KEY} is not authorized to perform: ec2:StopInstances on resource: {arn} because no" in said
    assert "with an explicit deny in an identity-based policy" in refused(ec2.reboot_instances, **ours)[1]
    assert refused(ec2.stop_instances, **ours, DryRun=True)[0] == "UnauthorizedOperation"
    assert refused(ec2.start_instances, **ours, DryRun=True)[0] == "DryRunOperation"


def test_other_services_refuse_in_theirs(sim: Simulator) -> None:
    """AccessDenied in XML, AccessDeniedException in JSON; who one is may always be asked."""
    hold(sim)
    assert refused(held("iam", sim).create_role, **ROLE)[0] == "AccessDenied"
    assert refused(held("scheduler", sim).list_schedules)[0] == "AccessDeniedException"
    assert refused(held("ssm", sim).get_parameter, Name="/a")[0] == "AccessDeniedException"
    assert held("sts", sim).get_caller_identity()["Account"] == "123456789012"


def test_a_host_is_told_from_others_by_its_tags_and_type(sim: Simulator, hosts: Sequence[str]) -> None:
    """All resources of a call must be allowed, each with its own tags."""
    condition = {
        "StringEquals": {"aws:ResourceTag/gpuinfra:stack": "default", "ec2:InstanceType": "g4dn.xlarge"}
    }
    hold(sim, {"Action": "ec2:StopInstances", "Condition": condition})
    stop = held("ec2", sim).stop_instances
    assert hosts[1] in refused(stop, InstanceIds=[hosts[1]])[1]
    assert hosts[1] in refused(stop, InstanceIds=hosts)[1]
    assert stop(InstanceIds=[hosts[0]])
    small = {"StringEquals": {"ec2:InstanceType": "t3.micro"}}
    hold(sim, {"Action": "ec2:StopInstances", "Condition": small})
    refused(stop, InstanceIds=[hosts[0]])


def test_a_launch_needs_its_tags_and_the_right_to_tag(sim: Simulator) -> None:
    """By RequestTag on the new host; ec2:CreateTags on top, for this launch only."""
    tagged = {"StringEquals": {"aws:RequestTag/gpuinfra:stack": "default"}}
    by_launch = {"StringEquals": {"ec2:CreateAction": "RunInstances"}}
    parts = ["image/*", "subnet/*", "network-interface/*", "volume/*", "key-pair/*", "security-group/*"]
    run: list[dict[str, Any]] = [
        {"Action": "ec2:RunInstances", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": tagged},
        {"Action": "ec2:RunInstances", "Resource": [f"arn:aws:ec2:*:*:{part}" for part in parts]},
    ]
    asked = {"ImageId": NVIDIA, "InstanceType": "g4dn.xlarge", "MinCount": 1, "MaxCount": 1}
    ours, theirs = ([specification("instance", tags)] for tags in (OURS, THEIRS))
    launch_held = held("ec2", sim).run_instances
    hold(sim, *run)
    assert "ec2:CreateTags" in refused(launch_held, **asked, TagSpecifications=ours)[1]
    hold(sim, *run, {"Action": "ec2:CreateTags", "Condition": by_launch})
    made = launch_held(**asked, TagSpecifications=ours)["Instances"][0]["InstanceId"]
    assert "instance/*" in refused(launch_held, **asked, TagSpecifications=theirs)[1]
    assert "instance/*" in refused(launch_held, **asked)[1]
    tag = held("ec2", sim).create_tags
    assert made in refused(tag, Resources=[made], Tags=[{"Key": "gpuinfra:guard", "Value": "off"}])[1]


def test_a_role_is_handed_on_only_to_whom_the_policy_says(sim: Simulator) -> None:
    """iam:PassRole for a profile with a role, for a host with a profile, for a schedule with a role."""
    iam = client("iam", sim)
    iam.create_role(**ROLE)
    iam.create_instance_profile(InstanceProfileName="p")
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    hold(sim, {"Action": ["iam:AddRole*", "ec2:*", "scheduler:*"]})
    put = {"InstanceProfileName": "p", "RoleName": ROLE["RoleName"]}
    assert "iam:PassRole" in refused(held("iam", sim).add_role_to_instance_profile, **put)[1]
    hold(
        sim,
        {"Action": ["iam:AddRole*", "ec2:*", "scheduler:*"]},
        {"Action": "iam:PassRole", "Condition": to_ec2},
    )
    held("iam", sim).add_role_to_instance_profile(**put)
    host = {"ImageId": NVIDIA, "InstanceType": "g4dn.xlarge", "MinCount": 1, "MaxCount": 1}
    assert held("ec2", sim).run_instances(**host, IamInstanceProfile={"Name": "p"})
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
        "RoleArn": "arn:aws:iam::123456789012:role/x",
    }
    schedule = {"Name": "s", "ScheduleExpression": "rate(1 days)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    code, said = refused(held("scheduler", sim).create_schedule, **schedule, Target=target)
    assert (code, "iam:PassRole on resource: arn:aws:iam::123456789012:role/x" in said) == (
        "AccessDeniedException",
        True,
    )


def test_schedules_are_told_apart_by_group_and_name(sim: Simulator) -> None:
    """The scheduler is called by paths: the group is a parameter, the name a part of the path."""
    ours = "arn:aws:scheduler:us-east-1:123456789012:schedule/gpuinfra-default-*/*"
    hold(sim, {"Action": "scheduler:DeleteSchedule", "Resource": ours})
    delete = held("scheduler", sim).delete_schedule
    assert refused(delete, Name="stop-1", GroupName="gpuinfra-default-1")[0] == "ResourceNotFoundException"
    code, said = refused(delete, Name="stop-1", GroupName="gpuinfra-other-1")
    assert (code, "schedule/gpuinfra-other-1/stop-1" in said) == ("AccessDeniedException", True)


def test_what_calls_needed_is_kept(sim: Simulator) -> None:
    """Also of a key that is held to nothing, and over a reset; each different need once."""
    ec2 = client("ec2", sim, key="counted")
    for _ in range(2):
        ec2.describe_regions()
    sim.reset()
    ((need,),) = sim.needs("counted")
    assert (need.action, need.resource, need.context["aws:requestedregion"]) == (
        "ec2:DescribeRegions",
        "*",
        ("us-east-1",),
    )


def test_a_policy_that_is_not_understood_is_refused_at_once(sim: Simulator) -> None:
    """Not at the first call."""
    with pytest.raises(GpuInfraError, match="no such condition operator here: StringMatches"):
        hold(sim, {"Action": "*", "Condition": {"StringMatches": {"a": "b"}}})
