"""Holds the callers to policies that a test gave their keys, and keeps what each call needed.

Whose key has no policy may do everything, as before. Policies that somebody attaches by calls of IAM are not
looked at: the test says which one counts.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from gpuinfra.simulator.api.aws_protocol import ApiAnswer, AwsRequest, error_answer
from gpuinfra.simulator.api.iam_call import Facts
from gpuinfra.simulator.api.iam_policy import Decision, Need, Policy, check, decide
from gpuinfra.simulator.api.iam_services import needs_of

FORBIDDEN = 403
WHY = {
    "implicitDeny": "because no identity-based policy allows the {action} action",
    "explicitDeny": "with an explicit deny in an identity-based policy",
}


class IamGate:
    """The policies by access key, and the needs of the calls of each key."""

    def __init__(self) -> None:
        self._policies: dict[str, list[Policy]] = {}
        self._needed: dict[str, dict[tuple[Any, ...], tuple[Need, ...]]] = {}

    def allow(self, policies: list[Policy] | None, access_key: str) -> None:
        """Hold a key to policies from now on, None: to none; ValueError for one that cannot be judged."""
        for policy in policies or ():
            check(policy)
        if policies is None:
            self._policies.pop(access_key, None)
        else:
            self._policies[access_key] = policies

    def clear(self) -> None:
        """Hold nobody to anything; what was needed stays known."""
        self._policies.clear()

    def needed(self) -> list[dict[str, Any]]:
        """Return what calls needed since the start, each different one once."""
        return [
            {"access_key": key, "needs": [it.to_json() for it in needs]}
            for key, found in self._needed.items()
            for needs in found.values()
        ]

    def refusal(self, request: AwsRequest, facts: Facts) -> ApiAnswer | None:
        """Return how AWS refuses a call; None: the call may be made."""
        needs = needs_of(request, facts)
        seen = tuple((it.action, it.resource, tuple(it.context.items())) for it in needs)
        self._needed.setdefault(request.access_key, {})[seen] = needs
        for need in needs:
            decision = self.decision(request.access_key, need)
            if decision != "allowed":
                return _refused(request, need, decision, facts.account)
        return None

    def decision(self, access_key: str, need: Need) -> Decision:
        """Judge a need of the caller whose key it is."""
        policies = self._policies.get(access_key)
        caller = {
            "aws:currenttime": (datetime.now(UTC).isoformat(),),
            "aws:username": (access_key,),
            "aws:userid": (access_key,),
        }
        if policies is None:
            return "allowed"
        return decide(policies, replace(need, context={**need.context, **caller}))


def _refused(request: AwsRequest, need: Need, decision: Decision, account: str) -> ApiAnswer:
    """Refuse in AWS's words: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""
    why = WHY[decision].format(action=need.action)
    said = (
        f"User: arn:aws:iam::{account}:user/{request.access_key} is not authorized to perform:"
        f" {need.action} on resource: {need.resource} {why}"
    )
    code = "AccessDenied" if request.is_query or request.service == "s3" else "AccessDeniedException"
    if request.service == "ec2":
        code = "UnauthorizedOperation"
        said = (
            f"You are not authorized to perform this operation. {said}. Encoded authorization failure"
            f" message: {uuid4().hex}"
        )
    return error_answer(request, status=FORBIDDEN, code=code, message=said)


def from_json(raw: Mapping[str, Any]) -> tuple[list[Policy] | None, str]:
    """Read the control call: one policy, several, or none, and the key."""
    given = raw["policy"]
    policies = None if given is None else given if isinstance(given, list) else [given]
    return policies, str(raw["access_key"])
