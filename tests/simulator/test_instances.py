"""The life of an instance after its launch."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import client, describe, group, launch

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


def state(ec2: "EC2Client", instance_id: str) -> str:
    """Return the state that DescribeInstances shows."""
    return describe(ec2, instance_id)["State"]["Name"]


def found(ec2: "EC2Client", name: str, *values: str) -> list[str]:
    """Return the ids of instances that pass one filter."""
    chosen = ec2.describe_instances(Filters=[{"Name": name, "Values": list(values)}])
    return [it["InstanceId"] for each in chosen["Reservations"] for it in each["Instances"]]


def test_monitoring_can_be_switched(ec2: "EC2Client") -> None:
    """Monitoring is read back as it was set, at launch and later."""
    instance_id = launch(ec2, Monitoring={"Enabled": True})["InstanceId"]
    assert describe(ec2, instance_id)["Monitoring"] == {"State": "enabled"}
    ec2.unmonitor_instances(InstanceIds=[instance_id])
    assert describe(ec2, instance_id)["Monitoring"] == {"State": "disabled"}
    answer = ec2.monitor_instances(InstanceIds=[instance_id])["InstanceMonitorings"]
    assert answer == [{"InstanceId": instance_id, "Monitoring": {"State": "pending"}}]
    assert describe(ec2, instance_id)["Monitoring"] == {"State": "enabled"}


def test_stop_and_start_give_a_new_public_address(ec2: "EC2Client") -> None:
    """A stopped instance has no public address, a started one another."""
    instance = launch(ec2)
    instance_id = instance["InstanceId"]
    ec2.stop_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "stopped"
    assert "PublicIpAddress" not in describe(ec2, instance_id)
    ec2.start_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "running"
    assert describe(ec2, instance_id)["PublicIpAddress"] != instance["PublicIpAddress"]


def test_a_new_instance_is_pending_as_long_as_asked(sim: Simulator, ec2: "EC2Client") -> None:
    """Then running; filters see the same state as the answer."""
    sim.pending(3600)
    instance_id = launch(ec2)["InstanceId"]
    assert state(ec2, instance_id) == "pending"
    assert found(ec2, "instance-state-name", "running") == []
    assert found(ec2, "instance-state-name", "pending") == [instance_id]
    assert ec2.describe_instance_status()["InstanceStatuses"] == []
    sim.pending(0)
    assert state(ec2, instance_id) == "running"


def test_the_type_changes_only_while_stopped(ec2: "EC2Client") -> None:
    """As on AWS, which is why Terraform stops and starts the host."""
    instance_id = launch(ec2)["InstanceId"]
    change: Any = {"InstanceId": instance_id, "InstanceType": {"Value": "g5.xlarge"}}
    with pytest.raises(ClientError, match="IncorrectInstanceState"):
        ec2.modify_instance_attribute(**change)
    ec2.stop_instances(InstanceIds=[instance_id])
    ec2.modify_instance_attribute(**change)
    assert describe(ec2, instance_id)["InstanceType"] == "g5.xlarge"


def test_setting_an_attribute_leaves_the_security_groups_alone(ec2: "EC2Client") -> None:
    """Moto takes attributes that it does not know for an empty list of groups."""
    instance_id = launch(ec2, SecurityGroupIds=[group(ec2)])["InstanceId"]
    ec2.modify_instance_attribute(
        InstanceId=instance_id, InstanceInitiatedShutdownBehavior={"Value": "terminate"}
    )
    assert [it["GroupName"] for it in describe(ec2, instance_id)["SecurityGroups"]] == ["law"]
    other = group(ec2, "other")
    ec2.modify_instance_attribute(InstanceId=instance_id, Groups=[other])
    assert [it["GroupId"] for it in describe(ec2, instance_id)["SecurityGroups"]] == [other]


def test_instances_are_found_by_tag_state_and_group(ec2: "EC2Client") -> None:
    """The filters by which orphans and stuck groups are looked for."""
    tags = [{"Key": "gpuinfra:stack", "Value": "law"}]
    group_id = group(ec2)
    specification = [{"ResourceType": "instance", "Tags": tags}]
    mine = launch(ec2, SecurityGroupIds=[group_id], TagSpecifications=specification)["InstanceId"]
    launch(ec2)
    assert found(ec2, "tag:gpuinfra:stack", "law") == [mine]
    assert found(ec2, "instance.group-id", group_id) == [mine]
    ec2.terminate_instances(InstanceIds=[mine])
    assert found(ec2, "instance-state-name", "terminated") == [mine]


def test_a_group_in_use_cannot_be_deleted(ec2: "EC2Client") -> None:
    """DependencyViolation until the instance is gone."""
    group_id = group(ec2)
    instance_id = launch(ec2, SecurityGroupIds=[group_id])["InstanceId"]
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_security_group(GroupId=group_id)
    ec2.terminate_instances(InstanceIds=[instance_id])
    ec2.delete_security_group(GroupId=group_id)


def test_the_console_is_what_was_set(sim: Simulator, ec2: "EC2Client") -> None:
    """Nothing at first, then the last 64 KB of the text."""
    instance_id = launch(ec2)["InstanceId"]
    assert "Output" not in ec2.get_console_output(InstanceId=instance_id)
    sim.console(instance_id, "x" * 70_000 + "\r\nlogin: é\r\n")
    output = ec2.get_console_output(InstanceId=instance_id)["Output"]
    assert output.endswith("\r\nlogin: é\r\n")
    assert len(output.encode()) == 65_536


def test_hosts_are_told_of_every_change_of_state(sim: Simulator, ec2: "EC2Client") -> None:
    """What real hosts need of the API to follow it."""
    instance_id = launch(ec2)["InstanceId"]
    ec2.reboot_instances(InstanceIds=[instance_id])
    ec2.stop_instances(InstanceIds=[instance_id])
    ec2.stop_instances(InstanceIds=[instance_id])
    ec2.start_instances(InstanceIds=[instance_id])
    ec2.terminate_instances(InstanceIds=[instance_id])
    events = sim.events()
    assert {event["instance_id"] for event in events} == {instance_id}
    states = ["running", "rebooted", "stopped", "running", "terminated"]
    assert [event["state"] for event in events] == states


def test_an_instance_shows_the_profile_that_replaced_its_own(ec2: "EC2Client", sim: Simulator) -> None:
    """As on EC2, and Terraform's provider waits for it: a profile deleted by hand is made anew by `up`."""
    iam = client("iam", sim)
    for name in ("old", "new"):
        iam.create_instance_profile(InstanceProfileName=name)
    host = launch(ec2, IamInstanceProfile={"Name": "old"})["InstanceId"]
    (tie,) = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    iam.delete_instance_profile(InstanceProfileName="old")
    ec2.replace_iam_instance_profile_association(
        AssociationId=tie["AssociationId"], IamInstanceProfile={"Name": "new"}
    )
    assert describe(ec2, host)["IamInstanceProfile"]["Arn"].endswith("/new")
