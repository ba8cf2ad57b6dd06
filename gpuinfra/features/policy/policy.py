"""`policy`: what IAM must allow for a stack, as JSON that IAM takes. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gpuinfra.features.policy import agent, document
from gpuinfra.features.policy.chosen import Chosen
from gpuinfra.features.policy.document import Document, size
from gpuinfra.ground.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Policies:
    """One policy, or several where one would be longer than AWS allows."""

    documents: Sequence[Document]
    told: str  # beside the result

    def text(self) -> str:
        """Return the policy as JSON; several as a list."""
        found = self.documents
        return json.dumps(found[0] if len(found) == 1 else found, indent=2)

    def plain(self) -> dict[str, object]:
        """Return what --json prints."""
        return {"policies": self.documents, "characters": [size(one) for one in self.documents]}


def policies(chosen: Chosen, *, for_agent: bool, until: str, now: datetime) -> Policies:
    """Return the policies for whoever makes the host, or for an agent who works on it.

    until: when an agent's rights end, an ISO time with its zone; empty: never.

    Raises:
        ConfigError: the time is none or over, or an agent would have no ceiling.
    """
    if until and not for_agent:
        raise ConfigError("--until ends the rights of an agent", hint="gpuinfra policy --agent --until TIME")
    end = _time(until, now) if until else None
    found = agent.documents(chosen, until=end) if for_agent else document.documents(chosen)
    return Policies(documents=found, told=_told(found))


def _time(text: str, now: datetime) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    example = (now + timedelta(days=1)).strftime("%Y-%m-%dT18:00:00+00:00")
    hint = f"gpuinfra policy --agent --until {example}"
    if time is None or time.tzinfo is None:
        message = f"--until is {text!r}; it must be a time with its zone, such as {example}"
        raise ConfigError(message, hint=hint)
    if time <= now:
        raise ConfigError(f"--until is {text!r}, which is over: the agent could do nothing", hint=hint)
    return time


def _told(found: Sequence[Document]) -> str:
    sizes = " and ".join(f"{size(one):,}" for one in found)
    if len(found) == 1:
        return f"{sizes} of the {document.MOST_CHARACTERS:,} characters of a managed policy; see docs/iam.md"
    most = f"AWS takes {document.MOST_CHARACTERS:,} in one"
    return f"{len(found)} policies, of {sizes} characters: {most}; attach all of them"
