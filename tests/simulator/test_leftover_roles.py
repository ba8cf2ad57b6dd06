"""IAM has one list for all regions: whose host a role serves is told by who may use it."""

import json

import pytest

from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.ec2 import Aws
from tests.fakes.world import SETTINGS
from tests.simulator.aws import client

TAGS = [{"Key": key, "Value": value} for key, value in SETTINGS.tags.as_dict().items()]


@pytest.fixture
def aws(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return Aws(region=REGION, settings=SETTINGS, sleep=lambda _: None)


@pytest.mark.parametrize("service", ["scheduler", "states"])
def test_a_role_that_ends_or_starts_a_host_elsewhere_says_so(aws: Aws, sim: Simulator, service: str) -> None:
    """A stack of the same names in another region: without its role nothing at AWS would end its host."""
    iam = client("iam", sim)
    for name, region in (("gpuinfra-default-here", REGION), ("gpuinfra-default-there", "eu-west-1")):
        source = f"arn:aws:{service}:{region}:123456789012:schedule-group/gpuinfra-default-1"
        allowed = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceArn": source}},
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=TAGS)
    found = {one.resource_id: one.used_by for one in aws.inventory(SETTINGS.tags, ()).found}
    assert found == {"gpuinfra-default-here": "", "gpuinfra-default-there": f"{service} in eu-west-1"}
