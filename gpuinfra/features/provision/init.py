"""`init`: write a stack's terraform.tfvars with the caller's own address and key."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.protocols import Reporter, Values


@dataclass(frozen=True, kw_only=True)
class InitValues:
    """What to write; each is found out only if the user did not say it."""

    region: Callable[[], str]
    owner: Callable[[], str]
    cidr: Callable[[], str]
    public_key: Callable[[], Path]


def init(values: Values, reporter: Reporter, *, stack: str, answers: InitValues, force: bool) -> Path:
    """Write the file, never over an existing one without asking.

    Raises:
        ConfigError: the user keeps the existing file.
    """
    if (
        values.exists()
        and not force
        and not reporter.confirm("terraform.tfvars exists; write a new one over it?")
    ):
        raise ConfigError("terraform.tfvars was left as it is", hint="gpuinfra plan")
    chosen = {
        "stack": stack,
        "owner": answers.owner(),
        "region": answers.region(),
        "allowed_cidrs": [answers.cidr()],
        "public_key_path": str(answers.public_key()),
    }
    path = values.create(chosen)
    reporter.say(f"wrote {path}")
    reporter.say(f"  region {chosen['region']}, ssh from {answers_text(chosen['allowed_cidrs'])} only")
    reporter.say(f"  key {chosen['public_key_path']}")
    return path


def answers_text(value: object) -> str:
    """Return a list of addresses as a sentence shows it."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
