"""The policies that are printed: narrow, within AWS's limits, and no ceiling lifted."""

import dataclasses
import itertools
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from gpuinfra.features.policy.chosen import Chosen
from gpuinfra.features.policy.document import MOST_CHARACTERS, packed, size
from gpuinfra.features.policy.policy import policies
from gpuinfra.features.policy.rights import RIGHTS
from gpuinfra.ground.errors import ConfigError
from gpuinfra.simulator.api.iam_policy import Need, check, decide
from tests.fakes.world import SETTINGS

LEASE = {"max_usd": 20.0}
HOST = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0"
# All that an agent may do beside reading.
WORK = {"ec2:StartInstances", "ec2:StopInstances"}
SESSIONS = {"ssm:ResumeSession", "ssm:StartSession", "ssm:TerminateSession"}
OPTIONS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({}, {}),
    ({"access": "ssm", "image": "aws-nvidia"}, {"private_network": "nat", "dlc_access": True}),
    (LEASE, {"elastic_ip": True, "budget_usd": 100}),
    (
        {**LEASE, "market": "spot", "instance_types": ("g5.xlarge", "t3.large")},
        {"kms_key_id": "arn:aws:kms:k", "capacity_reservation_id": "cr-1"},
    ),
    ({"key_name": "team", "security_group_ids": ("sg-1",), "instance_profile": "ml"}, {}),
)

NOW, OVER = datetime(2026, 11, 30, tzinfo=UTC), "2026-11-30T00:30:00+01:00"


def chosen(settings: dict[str, Any] | None = None, values: dict[str, Any] | None = None) -> Chosen:
    """Return a stack's choice."""
    return Chosen(settings=dataclasses.replace(SETTINGS, **(settings or {})), values=values or {})


def made(it: Chosen, *, for_agent: bool = False, until: str = "") -> list[dict[str, Any]]:
    """Return the policies of a stack."""
    return list(policies(it, for_agent=for_agent, until=until, now=NOW).documents)


def actions(found: list[dict[str, Any]]) -> set[str]:
    """Return all actions of policies."""
    return {action for one in found for it in one["Statement"] for action in it["Action"]}


@pytest.mark.parametrize(("settings", "values"), OPTIONS)
def test_no_action_is_a_wildcard_and_none_of_what_changes_is_on_everything(
    settings: dict[str, Any], values: dict[str, Any]
) -> None:
    """What reads may be on everything; the rest is on our region, our names, our tags."""
    for statement in (it for one in made(chosen(settings, values)) for it in one["Statement"]):
        for action in statement["Action"]:
            assert "*" not in action
            if not re.match(r"[a-z0-9-]+:(Describe|Get|List|Search|View)", action):
                assert statement["Resource"] != ["*"], action


@pytest.mark.parametrize(("settings", "values"), OPTIONS)
def test_each_policy_is_one_that_aws_takes(settings: dict[str, Any], values: dict[str, Any]) -> None:
    """In length, in its names, and in its elements."""
    for one in made(chosen(settings, values)):
        check(one)
        assert size(one) <= MOST_CHARACTERS
        names = [it["Sid"] for it in one["Statement"]]
        assert len(names) == len(set(names))
        assert all(re.fullmatch("[A-Za-z0-9]+", name) for name in names)


def test_what_is_too_long_for_one_policy_becomes_two() -> None:
    """In their order, none lost; the user is told that all are needed."""
    statements = [{"Sid": f"A{n}", "Action": ["ec2:X" * 100]} for n in range(30)]
    found = packed(statements)
    assert len(found) > 1
    assert list(itertools.chain(*(one["Statement"] for one in found))) == statements
    assert all(size(one) <= MOST_CHARACTERS for one in found)
    everything = chosen(
        {**LEASE, "access": "ssm", "image": "aws-nvidia", "market": "spot"},
        {"private_network": "nat", "budget_usd": 1, "kms_key_id": "arn:aws:kms:us-east-1:1:key/1"},
    )
    whole = policies(everything, for_agent=False, until="", now=NOW)
    assert len(whole.documents) == 2
    assert "attach all of them" in whole.told
    assert json.loads(whole.text()) == list(whole.documents)


def test_an_option_that_is_not_chosen_needs_no_right() -> None:
    """Neither lease nor role nor network: nothing of the scheduler, of roles, of networks."""
    given = {"key_name": "team", "security_group_ids": ("sg-1",), "instance_profile": "ml"}
    found = actions(made(chosen(given)))
    assert not {it for it in found if re.search("Schedule$|CreateRole|Vpc$|KeyPair$|kms:|ssm:", it)}
    assert "iam:PassRole" in found, "the profile's own role is handed to the host"
    assert {"scheduler:CreateSchedule", "iam:CreateRole"} <= actions(made(chosen({**given, **LEASE})))


def test_others_of_the_same_stack_name_are_not_ours() -> None:
    """Two people call their stack default: the owner tells them apart."""
    stop = made(chosen())
    mine = {
        "aws:resourcetag/gpuinfra:stack": (SETTINGS.stack,),
        "aws:resourcetag/gpuinfra:owner": (SETTINGS.owner,),
    }
    assert decide(stop, Need(action="ec2:StopInstances", resource=HOST, context=mine)) == "allowed"
    theirs = {**mine, "aws:resourcetag/gpuinfra:owner": ("bob",)}
    assert decide(stop, Need(action="ec2:StopInstances", resource=HOST, context=theirs)) == "implicitDeny"


def test_the_partition_follows_the_region() -> None:
    """China and GovCloud have ARNs of their own."""
    text = json.dumps(made(chosen({"region": "cn-north-1"})))
    assert "arn:aws-cn:ec2:cn-north-1:*:instance/*" in text
    assert "arn:aws:" not in text


@pytest.mark.parametrize(("settings", "values"), OPTIONS)
def test_an_agent_reads_starts_and_stops_and_nothing_else(
    settings: dict[str, Any], values: dict[str, Any]
) -> None:
    """By the list of actions, so that no call of any service of AWS is forgotten here."""
    on_demand = {**settings, **LEASE, "market": "on-demand"}  # a spot host has no such policy, see below
    found = actions(made(chosen(on_demand, values), for_agent=True))
    changing = {it for it in found if not re.match(r"[a-z0-9-]+:(Describe|Get|List|Search|View)", it)}
    assert changing == WORK | (SESSIONS if settings.get("access") == "ssm" else set())


def test_an_agent_reads_no_secrets_of_others() -> None:
    """Neither user data nor consoles of others' hosts, nor parameters."""
    found = made(chosen(LEASE), for_agent=True)
    for action in ("DescribeInstanceAttribute", "GetConsoleOutput", "GetPasswordData"):
        assert decide(found, Need(action=f"ec2:{action}", resource=HOST)) == "implicitDeny"
    assert not {it for it in actions(found) if it.startswith(("ssm:", "s3:", "secretsmanager:"))}


def test_an_agent_starts_only_types_that_the_owner_wrote_down() -> None:
    """A host that somebody has made dearer stays off."""
    found = made(chosen({**LEASE, "instance_types": ("g4dn.xlarge", "g5.xlarge")}), for_agent=True)
    ours = {
        "aws:resourcetag/gpuinfra:stack": (SETTINGS.stack,),
        "aws:resourcetag/gpuinfra:owner": (SETTINGS.owner,),
    }

    def may_start(instance_type: str) -> bool:
        context = {**ours, "ec2:instancetype": (instance_type,)}
        return decide(found, Need(action="ec2:StartInstances", resource=HOST, context=context)) == "allowed"

    assert [may_start(it) for it in ("g4dn.xlarge", "g5.xlarge", "p5.48xlarge")] == [True, True, False]


def test_an_agents_rights_can_end() -> None:
    """All of them, at a time with its zone."""
    found = made(chosen(LEASE), for_agent=True, until="2026-12-01T18:00:00+01:00")
    look = Need(action="ec2:DescribeInstances", context={"aws:currenttime": ("2026-12-01T16:59:00+00:00",)})
    assert decide(found, look) == "allowed"
    later = dataclasses.replace(look, context={"aws:currenttime": ("2026-12-01T17:01:00+00:00",)})
    assert decide(found, later) == "explicitDeny"


@pytest.mark.parametrize("until", ["tomorrow", "2026-12-01T18:00:00", "18:00", OVER])
def test_a_time_that_is_none_is_refused(until: str) -> None:
    """A time without a zone would be AWS's, not the user's; after one that is over nothing is allowed."""
    with pytest.raises(ConfigError, match=r"a time with its zone|which is over") as why:
        made(chosen(LEASE), for_agent=True, until=until)
    assert why.value.hint == "gpuinfra policy --agent --until 2026-12-01T18:00:00+00:00"
    with pytest.raises(ConfigError, match="of an agent"):
        made(chosen(LEASE), until="2026-12-01T18:00:00+01:00")


@pytest.mark.parametrize(
    ("settings", "values", "says"),
    [
        ({}, {}, "needs a host with a lease"),
        (LEASE, {"shutdown_behavior": "terminate"}, "would delete host and disk"),
        ({**LEASE, "market": "spot-then-on-demand"}, {}, "would delete a spot host's disk"),
    ],
)
def test_an_agent_without_a_ceiling_gets_no_policy(
    settings: dict[str, Any], values: dict[str, Any], says: str
) -> None:
    """AWS has to end the host, and the host's own power button must not delete its disk."""
    with pytest.raises(ConfigError, match=says):
        made(chosen(settings, values), for_agent=True)


def test_the_table_names_each_option_that_there_is() -> None:
    """A word in the table that no option has would give no right at all, in silence."""
    every: set[str] = set()
    for settings, values in OPTIONS:
        every |= chosen(settings, values).options
    words = {word for right in RIGHTS for word in right.when}
    assert words <= every
