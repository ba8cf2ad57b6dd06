"""What somebody may do who works on a host that a person made, and whom nobody watches: an agent. Pure.

It looks, starts and stops the host, and reads its console. All else is left out: it makes and deletes
nothing, sets no tag, hands no role on, and cannot move the schedules that end the host. There are no
wildcards in the actions: what AWS invents later is not in it either.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from gpuinfra.features.policy.chosen import Chosen
from gpuinfra.features.policy.document import Document, Statement, packed, statements, wanted
from gpuinfra.features.policy.rights import OURS, OWN_SESSIONS, SESSION, Right
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import SPOT, markets_of

HOST = ("{ec2}instance/*",)
ALL_OF_IAM = ("{iam}*",)
OWN_IDENTITY = ("{iam}instance-profile/{prefix}*", "{iam}role/{prefix}*")
# What Terraform reads to renew its record after a start or a stop.
READS = re.compile(r"[a-z0-9]+:(Describe|Get|List|View)")
NOT_FOR_AGENTS = {"ssm:GetCommandInvocation", "tag:GetResources"}
# A way in by ssh to this host alone, and nobody else's session; not SendCommand, which is root by itself.
SESSION_RIGHTS = (
    Right(sid="Session", actions="ssm:StartSession", on=HOST, where=SESSION),
    Right(sid="SessionBy", actions="ssm:StartSession", on=("{ssm}document/AWS-StartSSHSession",)),
    OWN_SESSIONS,
)


def documents(chosen: Chosen, *, until: datetime | None) -> list[Document]:
    """Return the policies of an agent. until: the end of all of it.

    Raises:
        ConfigError: nothing at AWS would end the host, or its own power button would delete its disk.
    """
    _require_a_ceiling(chosen)
    rights = [*_reads(chosen), Right(sid="Stop", actions="ec2:StopInstances", on=HOST, where=OURS)]
    if "ssm" in chosen.options:
        rights += SESSION_RIGHTS
    return packed([*statements(rights, chosen), _start(chosen), *([_end(until)] if until else [])])


def _require_a_ceiling(chosen: Chosen) -> None:
    again = command("up", chosen.settings.stack)
    if "lease" not in chosen.options:
        message = (
            "an agent needs a host with a lease: without max_usd or max_hours nothing at AWS would end it"
        )
        raise ConfigError(message, hint=f"set max_usd = 20 in terraform.tfvars   # then: {again}")
    if SPOT in markets_of(chosen.settings.market):
        named = f"market is {chosen.settings.market!r}"
        message = f"{named}: with `sudo poweroff` an agent would delete a spot host's disk"
        raise ConfigError(message, hint=f'set market = "on-demand" in terraform.tfvars   # then: {again}')
    if chosen.values.get("shutdown_behavior") == "terminate":
        message = 'shutdown_behavior is "terminate": with `sudo poweroff` an agent would delete host and disk'
        raise ConfigError(
            message, hint=f'set shutdown_behavior = "stop" in terraform.tfvars   # then: {again}'
        )


def _reads(chosen: Chosen) -> Iterator[Right]:
    """Yield what only reads, of all rights of this stack."""
    for right in wanted(chosen):
        actions = [it for it in right.actions.split() if READS.match(it) and it not in NOT_FOR_AGENTS]
        on = OWN_IDENTITY if right.on == ALL_OF_IAM else right.on
        if actions:
            yield replace(right, actions=" ".join(actions), on=on)


def _start(chosen: Chosen) -> Statement:
    """Return the right to start the host as one of the types that its owner wrote down, and as no other."""
    (start,) = statements([Right(sid="Start", actions="ec2:StartInstances", on=HOST, where=OURS)], chosen)
    start["Condition"]["StringEquals"]["ec2:InstanceType"] = list(chosen.types)
    return start


def _end(until: datetime) -> Statement:
    condition = {"DateGreaterThan": {"aws:CurrentTime": until.isoformat()}}
    return {"Sid": "End", "Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition}
