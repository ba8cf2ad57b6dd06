"""What AWS must allow: `gpuinfra policy`; and what a coding agent has to know: `gpuinfra skill`."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.factory import money_parts
from gpuinfra.factory import policy as parts
from gpuinfra.ground.names import DEFAULT_STACK


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    lines = ("policy > policy.json", "policy --agent > agent.json")
    app.command(epilog=examples(*lines))(policy)
    app.command(epilog=examples("skill > .claude/skills/gpuinfra/SKILL.md"))(skill)


def policy(
    agent: Annotated[
        bool, typer.Option("--agent", help="Of somebody who works on the host, and cannot lift its ceiling.")
    ] = False,
    until: Annotated[
        str, typer.Option(metavar="TIME", help="When an agent's rights end: 2026-12-01T18:00:00+00:00.")
    ] = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Print the IAM policy that this stack's options need, and nothing more."""
    from gpuinfra.features.policy.policy import policies

    chosen, now = parts.chosen(factory.world(stack, os.environ)), datetime.now(UTC)
    found = policies(chosen, for_agent=agent, until=until, now=now)
    money_parts.tell([found.told])
    result(found.text(), found.plain(), as_json)


def skill(as_json: Json = False) -> None:
    """Print what a coding agent has to know, as a SKILL.md."""
    from gpuinfra.features.policy import skill as file

    result(file.text(), {"skill": file.text()}, as_json)
