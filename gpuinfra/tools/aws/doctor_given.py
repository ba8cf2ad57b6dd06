"""The account's own things that a host is asked for with: whether they are there, and in which state."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.account_facts import GROUP, KEY_PAIR, KMS_KEY, PROFILE
from gpuinfra.tools.aws.asking import code

Make = Callable[[str], Any]
SERVICES = {PROFILE: "iam", KMS_KEY: "kms"}  # all else: ec2
GONE = (
    "InvalidKeyPair.NotFound",
    "InvalidGroup.NotFound",
    "InvalidGroupId.Malformed",
    "NoSuchEntity",
    "NotFoundException",
)


def find(make: Make, kind: str, name: str) -> str | None:
    """Return how a thing is; None: the account has none of this name.

    A group: its VPC. A profile: its role, empty without one. A KMS key: its state, by DescribeKey.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
    """
    try:
        return FINDERS[kind](make, name)
    except boto.ClientError as error:
        if code(error) in GONE:
            return None
        raise


def _key_pair(make: Make, name: str) -> str:
    return str(make("ec2").describe_key_pairs(KeyNames=[name])["KeyPairs"][0]["KeyName"])


def _group(make: Make, name: str) -> str:
    return str(make("ec2").describe_security_groups(GroupIds=[name])["SecurityGroups"][0].get("VpcId", ""))


def _profile(make: Make, name: str) -> str:
    roles = make("iam").get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]
    return str(roles[0]["RoleName"]) if roles else ""


def _kms_key(make: Make, name: str) -> str:
    return str(make("kms").describe_key(KeyId=name)["KeyMetadata"]["KeyState"])


FINDERS: Mapping[str, Callable[[Make, str], str]] = {
    KEY_PAIR: _key_pair,
    GROUP: _group,
    PROFILE: _profile,
    KMS_KEY: _kms_key,
}
