"""A launch that is only tried: refused for what the real one would be refused for."""

from typing import Any

import pytest

from gpuinfra.ground.account_facts import HostRequest
from gpuinfra.ground.errors import MayNot
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.doctor import AwsAccount
from tests.simulator.aws import NVIDIA, client

KEY = "held"
LAUNCH: dict[str, Any] = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
PASS: dict[str, Any] = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}


@pytest.fixture
def account(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> AwsAccount:
    """Our adapter, pointed at the simulator, with a key that is held to a policy."""
    for name, value in (sim.env({}) | {"AWS_ACCESS_KEY_ID": KEY}).items():
        monkeypatch.setenv(name, value)
    return AwsAccount(REGION)


def tried(account: AwsAccount, **arguments: Any) -> Any:
    """Return why a host would be refused."""
    return account.launch(
        HostRequest(image_id=NVIDIA, instance_type="g4dn.xlarge", disk_gb=128, tags={"a": "b"}, **arguments)
    )


def test_a_profile_of_ones_own_has_to_be_passed_on(account: AwsAccount, sim: Simulator) -> None:
    """It is there already, so that the right to pass its role on can be tried; so can the key pair."""
    iam = client("iam", sim)
    iam.create_role(RoleName="ml", AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName="ml")
    iam.add_role_to_instance_profile(InstanceProfileName="ml", RoleName="ml")
    client("ec2", sim).create_key_pair(KeyName="team")
    for statements, refusal in (([LAUNCH], MayNot), ([LAUNCH, PASS], type(None))):
        sim.allow({"Version": "2012-10-17", "Statement": statements}, access_key=KEY)
        assert isinstance(tried(account, instance_profile="ml", key_name="team"), refusal)
        assert tried(account) is None
