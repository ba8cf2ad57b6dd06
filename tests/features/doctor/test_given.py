"""The account's own things that terraform.tfvars names: what is not there or does not fit is told."""

import dataclasses

import pytest

from gpuinfra.features.doctor import given
from gpuinfra.features.doctor.finding import BAD, OK, UNSURE
from gpuinfra.ground.account_facts import LaunchValues
from tests.fakes.account import PLACE, FakeAccount
from tests.features.doctor.situations import Case, denied, named, situation, told

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
ENCRYPTED = LaunchValues(kms_key_id=KEY)
IN_VPC = FakeAccount(places=[dataclasses.replace(PLACE, vpc_id="vpc-1")], things={"sg-1": "vpc-2"})
CASES: list[Case] = [
    (given.all_there, situation(key_name="team", instance_profile="ml"), OK, "key pair team, instance", ""),
    (
        given.all_there,
        situation(FakeAccount(things={"team": None}), key_name="team"),
        BAD,
        "there is no key pair team in us-east-1",
        "aws ec2 describe-key-pairs --region us-east-1   # set key_name in",
    ),
    (
        given.all_there,
        situation(FakeAccount(things={"sg-2": None}), security_group_ids=("sg-1", "sg-2")),
        BAD,
        "no security group sg-2",
        "aws ec2 describe-security-groups",
    ),
    (
        given.all_there,
        situation(IN_VPC, security_group_ids=("sg-1",)),
        BAD,
        "sg-1 is in vpc-2, and the host would be in vpc-1",
        "aws ec2 describe-security-groups",
    ),
    (
        given.all_there,
        situation(FakeAccount(things={"ml": ""}), instance_profile="ml"),
        BAD,
        "has no role in it",
        "aws iam list-instance-profiles",
    ),
    (
        given.all_there,
        situation(FakeAccount(things={KEY: "PendingDeletion"}), others=ENCRYPTED),
        BAD,
        "its state is PendingDeletion",
        "aws kms list-keys --region us-east-1   # set kms_key_id",
    ),
    (
        given.all_there,
        situation(FakeAccount(refuses={f"KMS key {KEY}": denied("kms:DescribeKey")}), others=ENCRYPTED),
        UNSURE,
        "kms:DescribeKey",
        "ask ... to allow kms:DescribeKey",
    ),
    (given.profile, situation(), OK, "no instance profile is named", ""),
    (
        given.profile,
        situation(FakeAccount(things={"ml": None}), instance_profile="ml"),
        BAD,
        "no instance profile ml",
        "aws iam list-instance-profiles   # set instance_profile",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=named(CASES))
def test_a_check(case: Case) -> None:
    """It tells the state, what was found, and the next step where there is one."""
    told(*case)


def test_it_is_looked_at_only_where_something_is_named() -> None:
    """A line about nothing is none."""
    assert not given.is_any(situation())
    assert given.is_any(situation(others=ENCRYPTED))
