"""boto3 pointed at the simulator, and the few steps that most tests begin with."""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from gpuinfra.simulator.client import REGION, Simulator
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

TESTER = "tester"  # whose calls are a test's own, and none of gpuinfra's
NVIDIA = "ami-0a1b2c3d4e5f60002"
UBUNTU_ARM = "ami-0a1b2c3d4e5f60008"


def client(
    service: Any, sim: Simulator, *, region: str = REGION, attempts: int = 1, key: str | None = None
) -> Any:
    """Return a client that knows nothing of this machine's AWS settings."""
    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=PATIENCE_S)
    given: Any = {"aws_access_key_id": key, "aws_secret_access_key": "simulator"} if key else {}
    return session().client(service, region_name=region, endpoint_url=sim.url, config=config, **given)


@cache
def session() -> boto3.Session:
    """Return the one session: its models of AWS take half a second to read."""
    return boto3.Session(aws_access_key_id=TESTER, aws_secret_access_key="simulator")


def launch(ec2: "EC2Client", **arguments: Any) -> "InstanceTypeDef":
    """Launch one instance; returns what DescribeInstances says of it."""
    given = {"ImageId": NVIDIA, "InstanceType": "g4dn.xlarge", "MinCount": 1, "MaxCount": 1, **arguments}
    made = ec2.run_instances(**given)["Instances"][0]
    return describe(ec2, made["InstanceId"])


def describe(ec2: "EC2Client", instance_id: str) -> "InstanceTypeDef":
    """Return what DescribeInstances says of one instance."""
    return ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]


def group(ec2: "EC2Client", name: str = "law") -> str:
    """Make a security group in the default VPC."""
    return ec2.create_security_group(GroupName=name, Description=name)["GroupId"]


def refusal(ec2: "EC2Client", **arguments: Any) -> str:
    """Launch in vain; returns the error code."""
    with pytest.raises(ClientError) as caught:
        launch(ec2, **arguments)
    return str(caught.value.response["Error"]["Code"])
