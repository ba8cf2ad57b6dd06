"""Instance tags in the metadata service: what EC2 refuses, and options that stay."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import client, describe, launch

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

READABLE: Any = {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "InstanceMetadataTags": "enabled"}


def tagged(key: str) -> Any:
    """Return the tags of an instance to launch."""
    return [{"ResourceType": "instance", "Tags": [{"Key": key, "Value": "v"}]}]


@pytest.mark.parametrize("key", ["Cost Center", "acme/stage", "."])
def test_a_key_that_no_path_can_hold_is_refused(ec2: "EC2Client", key: str) -> None:
    """While an instance can read its tags, EC2 takes such a key neither at the launch nor later."""
    with pytest.raises(ClientError, match="is not a valid tag key"):
        launch(ec2, MetadataOptions=READABLE, TagSpecifications=tagged(key))
    made = launch(ec2, MetadataOptions=READABLE, TagSpecifications=tagged("team"))["InstanceId"]
    with pytest.raises(ClientError, match="is not a valid tag key"):
        ec2.create_tags(Resources=[made], Tags=[{"Key": key, "Value": "v"}])


def test_reading_tags_cannot_be_switched_on_over_such_a_key(ec2: "EC2Client") -> None:
    """An instance that does not read its tags takes any key, and cannot read them from then on."""
    made = launch(ec2, TagSpecifications=tagged("Cost Center"))["InstanceId"]
    with pytest.raises(ClientError, match="is not a valid tag key"):
        ec2.modify_instance_metadata_options(InstanceId=made, InstanceMetadataTags="enabled")
    ec2.delete_tags(Resources=[made], Tags=[{"Key": "Cost Center"}])
    ec2.modify_instance_metadata_options(InstanceId=made, InstanceMetadataTags="enabled")
    assert describe(ec2, made)["MetadataOptions"]["InstanceMetadataTags"] == "enabled"


def test_options_that_are_not_named_stay(ec2: "EC2Client") -> None:
    """A call changes what it names and nothing else."""
    made = launch(ec2, MetadataOptions=READABLE)["InstanceId"]
    ec2.modify_instance_metadata_options(InstanceId=made, InstanceMetadataTags="disabled")
    options = describe(ec2, made)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)
    assert options["InstanceMetadataTags"] == "disabled"


def test_the_call_log_says_whose_key_signed(sim: Simulator) -> None:
    """A key that AssumeRole gave belongs to the account of the role."""
    role = "arn:aws:iam::111122223333:role/deployer"
    lent = client("sts", sim).assume_role(RoleArn=role, RoleSessionName="law")["Credentials"]
    client("ec2", sim, key=lent["AccessKeyId"]).describe_vpcs()
    client("ec2", sim).describe_vpcs()
    theirs, ours = sim.calls("DescribeVpcs")
    assert (theirs.access_key, theirs.account) == (lent["AccessKeyId"], "111122223333")
    assert (ours.access_key, ours.account) == ("tester", "123456789012")
