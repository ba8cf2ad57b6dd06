"""IAM's judgement, as AWS's evaluation logic has it."""

from typing import Any

import pytest

from gpuinfra.simulator.api.iam_policy import Need, check, decide

HOST = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy; what a statement does not say is Allow, of everything."""
    whole = [{"Effect": "Allow", "Action": "*", "Resource": "*", **one} for one in statements]
    return {"Version": "2012-10-17", "Statement": whole}


def need(action: str = "ec2:StopInstances", resource: str = HOST, **context: str) -> Need:
    """Return a need; `__` in a name stands for `:`."""
    return Need(
        action=action,
        resource=resource,
        context={name.replace("__", ":").lower(): (value,) for name, value in context.items()},
    )


def test_nothing_is_allowed_by_itself_and_a_deny_beats_every_allow() -> None:
    """No statement: refused; one Allow: allowed; one Deny beside it: refused, and told apart."""
    deny = policy({"Effect": "Deny", "Action": "ec2:Stop*"})
    assert decide([], need()) == "implicitDeny"
    assert decide([policy({"Action": "ec2:StartInstances"})], need()) == "implicitDeny"
    assert decide([policy({})], need()) == "allowed"
    assert decide([policy({}), deny], need()) == "explicitDeny"
    assert decide([policy({}), deny], need("ec2:StartInstances")) == "allowed"


@pytest.mark.parametrize(
    ("statement", "applies"),
    [
        ({"Action": "EC2:stopinstances"}, True),
        ({"Action": ["iam:*", "ec2:?topInstances"]}, True),
        ({"Action": "ec2:Stop"}, False),
        ({"Resource": "arn:aws:ec2:*:*:instance/*"}, True),
        ({"Resource": ["arn:aws:ec2:*:*:volume/*", "arn:aws:ec2:eu-*:*:instance/*"]}, False),
        ({"Resource": "ARN:AWS:EC2:*"}, False),
    ],
)
def test_names_and_wildcards(statement: dict[str, Any], *, applies: bool) -> None:
    """Actions in any case, ARNs in theirs; * and ? and nothing else."""
    assert (decide([policy(statement)], need()) == "allowed") is applies


def test_not_action_and_not_resource_are_all_the_others() -> None:
    """They apply to what they do not name."""
    others = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:ec2:*:*:volume/*"}
    found = {"Version": "2012-10-17", "Statement": others}
    assert decide([found], need()) == "allowed"
    assert decide([found], need("iam:PassRole")) == "implicitDeny"
    assert decide([found], need(resource=HOST.replace("instance", "volume"))) == "implicitDeny"


@pytest.mark.parametrize(
    ("condition", "holds", "without_the_key"),
    [
        ({"StringEquals": {"AWS:RequestedRegion": "us-east-1"}}, True, False),
        ({"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}, True, False),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-*"}}, False, False),
        ({"StringLike": {"aws:RequestedRegion": "us-east-*"}}, True, False),
        ({"StringEqualsIfExists": {"aws:RequestedRegion": "eu-west-1"}}, False, True),
        ({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}, False, True),
        ({"StringNotLike": {"aws:RequestedRegion": "eu-*"}}, True, True),
        ({"Null": {"aws:RequestedRegion": True}}, False, True),
        ({"Null": {"aws:RequestedRegion": "false"}}, True, False),
        ({"ForAllValues:StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True, True),
        ({"ForAnyValue:StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True, False),
    ],
)
def test_conditions_and_a_key_that_is_not_there(
    condition: dict[str, Any], *, holds: bool, without_the_key: bool
) -> None:
    """A missing key fails a condition, but for IfExists, ForAllValues, Null and the negated operators."""
    judged = policy({"Condition": condition})
    assert (decide([judged], need(aws__RequestedRegion="us-east-1")) == "allowed") is holds
    assert (decide([judged], need()) == "allowed") is without_the_key


def test_all_conditions_must_hold() -> None:
    """Several operators and keys are joined by "and"."""
    both = {"StringEquals": {"a:x": "1", "a:y": "2"}, "NumericLessThan": {"a:z": "3"}}
    assert decide([policy({"Condition": both})], need(a__x="1", a__y="2", a__z="2.5")) == "allowed"
    assert decide([policy({"Condition": both})], need(a__x="1", a__y="2", a__z="3")) == "implicitDeny"
    assert decide([policy({"Condition": both})], need(a__x="1", a__z="2")) == "implicitDeny"


def test_times() -> None:
    """A right that ends."""
    until = policy({"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-12-01T18:00:00Z"}}})
    assert decide([until], need(aws__CurrentTime="2026-12-01T17:59:59+00:00")) == "allowed"
    assert decide([until], need(aws__CurrentTime="2026-12-01T18:00:00+00:00")) == "implicitDeny"


@pytest.mark.parametrize(
    "statement",
    [
        {"Condition": {"StringMatches": {"a:b": "c"}}},
        {"Condition": {"ForSomeValues:StringEquals": {"a:b": "c"}}},
        {"Resource": "arn:aws:iam::*:user/${aws:PrincipalTag/team}"},
        {"Principal": "*"},
        {"Effect": "allow"},
        {"NotAction": "ec2:*"},
    ],
)
def test_what_cannot_be_judged_is_refused_when_it_is_set(statement: dict[str, Any]) -> None:
    """Better than a judgement that AWS would not pass."""
    with pytest.raises(ValueError, match=r"statement|operator|variables"):
        check(policy(statement))
