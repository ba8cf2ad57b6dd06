"""Situations to look at: sound, but for what a test changes."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gpuinfra.features.doctor.finding import Finding
from gpuinfra.features.doctor.situation import Situation
from gpuinfra.ground.errors import MayNot
from tests.fakes.account import FakeAccount, FakeMachine
from tests.fakes.quotas import FakeQuotas
from tests.fakes.world import SETTINGS

Check = Callable[[Situation], Finding]
Case = tuple[Check, Situation, str, str, str]
G_QUOTA = "L-DB2E81BA"


def situation(account: FakeAccount | None = None, **parts: Any) -> Situation:
    """Return a sound project on a sound account; what a part names of the settings is set there."""
    fields = {field.name for field in dataclasses.fields(SETTINGS)}
    changed = {name: parts.pop(name) for name in list(parts) if name in fields}
    return Situation(
        settings=dataclasses.replace(SETTINGS, **changed),
        account=account or FakeAccount(),
        quotas=parts.pop("quotas", None) or FakeQuotas(limits={G_QUOTA: 32.0}),
        machine=parts.pop("machine", None) or FakeMachine(),
        file=parts.pop("file", Path("terraform.tfvars")),
        python="3.11.7",
        **parts,
    )


def denied(action: str) -> MayNot:
    """Return what the table of errors makes of a missing right."""
    return MayNot(f"your AWS user or role may not do {action}: no", hint=f"ask ... to allow {action}")


def asked(**parts: Any) -> Situation:
    """Return a situation with another account."""
    return situation(FakeAccount(**parts))


def told(check: Check, it: Situation, state: str, text: str, hint: str) -> None:
    """See what a check tells: the state, what was found, the next step where there is one."""
    found = check(it)
    assert (found.state, text in found.text) == (state, True), found
    assert found.hint.startswith(hint), found
    assert bool(found.hint) == bool(hint), found


def named(cases: Sequence[Case]) -> list[str]:
    """Return a name for each case."""
    return [f"{check.__name__}-{text[:30]}" for check, _, _, text, _ in cases]
