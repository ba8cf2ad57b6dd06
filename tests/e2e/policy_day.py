"""Days of a stack under exactly the policy that `gpuinfra policy` prints for it."""

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gpuinfra.features.policy.rights import RIGHTS
from gpuinfra.simulator.api.iam_policy import Need, decide
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.running_provider import running_provider

FORBIDDEN = 403
OURS = "simulator"  # the key of whoever runs gpuinfra beside a simulator
# The provider asks the first of images, too, and goes on when it is refused: of others' hosts it would tell
# secrets. The others are ways by which `doctor` looks, if it may; a KMS key is for EC2 to use alone.
NOT_ALLOWED = {"GetInstanceUefiData", "SimulatePrincipalPolicy", "DescribeKey"}
# What tests do themselves: the tree of an earlier version (test_old_states), a user's own root module that
# takes a role (test_module).
NOT_OURS = {"AssumeRole", "AttachRolePolicy", "MonitorInstances"}
# Of commands that no day here has: `start` elsewhere, `start --when-available`, another instance_profile for
# a host that lives, `leaks --delete`, `dlc list`; their own tests call them.
# And what is asked only where a quota has no value of its own, an image is hidden, a host was a spot host, a
# rule was changed by hand, a host or its role is of an earlier version.
NOT_IN_A_DAY = {
    "ec2:CancelSpotInstanceRequests",
    "ec2:DeleteLaunchTemplate",
    "ec2:DeleteNetworkInterface",
    "ec2:ModifySecurityGroupRules",
    "ec2:UnmonitorInstances",
    "ecr:DescribeImages",
    "iam:DetachRolePolicy",
    "ec2:DescribeIamInstanceProfileAssociations",
    "ec2:DescribeSpotInstanceRequests",
    "ec2:GetAllowedImagesSettings",
    "servicequotas:GetAWSDefaultServiceQuota",
    "ec2:CreateImage",
    "ec2:DeleteSnapshot",
    "ec2:DeregisterImage",
    "ec2:ReplaceIamInstanceProfileAssociation",
    "states:CreateStateMachine",
    "states:DeleteStateMachine",
    "states:ListExecutions",
    "states:ListStateMachines",
    "states:StartExecution",
    "states:StopExecution",
    "states:TagResource",
}
Policies = Sequence[Mapping[str, Any]]


@contextmanager
def held(
    cli: Cli, sim: Simulator, installed: Path, *options: str, key: str
) -> Iterator[tuple[Cli, Policies]]:
    """Yield the command line and its policies, as somebody whom AWS allows no more than these."""
    policies: Policies = cli.json("policy", *options)["policies"]
    sim.allow(policies, access_key=key)
    name = {"AWS_ACCESS_KEY_ID": key}
    with running_provider(installed, {**sim.env(os.environ), **name}) as provider:
        yield dataclasses.replace(cli, env={**cli.env, **provider, **name}), policies


def refused(sim: Simulator, key: str) -> list[str]:
    """Return what AWS refused to a key, dry runs too: `doctor` tries no more than the stack needs."""
    made = [*sim.calls(), *sim.dry_runs()]
    calls = [call for call in made if call.access_key == key and call.status == FORBIDDEN]
    return [f"{call.service}:{call.action}" for call in calls if call.action not in NOT_ALLOWED]


def beyond(sim: Simulator) -> list[str]:
    """Return what gpuinfra and its Terraform called in all tests so far, and no policy would allow."""
    known = {action for right in RIGHTS for action in right.actions.split()}
    called = {need.action for needs in sim.needs(OURS) for need in needs}
    return sorted(it for it in called - known if it.partition(":")[2] not in NOT_ALLOWED | NOT_OURS)


def not_needed(policies: Policies, needed: Sequence[Sequence[Need]], *, key: str) -> list[str]:
    """Return the actions of policies without which each call would still be allowed."""
    actions = sorted({action for one in policies for it in one["Statement"] for action in it["Action"]})
    caller = {"aws:username": (key,), "aws:userid": (key,)}
    needs = [
        dataclasses.replace(need, context={**need.context, **caller}) for group in needed for need in group
    ]
    return [it for it in actions if it not in NOT_IN_A_DAY and not _missed(it, policies, needs)]


def _missed(action: str, policies: Policies, needs: Sequence[Need]) -> bool:
    """Tell whether a call that is allowed would be refused without an action."""
    without = [
        {
            **policy,
            "Statement": [
                {**it, "Action": [a for a in it["Action"] if a != action]} for it in policy["Statement"]
            ],
        }
        for policy in policies
    ]
    return any(
        need.action == action and decide(policies, need) == "allowed" != decide(without, need)
        for need in needs
    )
