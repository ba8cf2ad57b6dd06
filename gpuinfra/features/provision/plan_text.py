"""A plan in words. Pure."""

from collections.abc import Sequence

from gpuinfra.features.provision.consequences import difference
from gpuinfra.features.provision.resource_names import NAMES, label, listed
from gpuinfra.ground.model import UNKNOWN, Change, Settings
from gpuinfra.ground.names import DEFAULT_STACK, command
from gpuinfra.ground.pool import ON_DEMAND

SIGNS = {"create": "+", "update": "~", "replace": "-/+", "delete": "-"}

# Its schedules are made anew for another sum, which is told with the sum.
LEASE = ".aws_scheduler_schedule."

# Nothing to say of each but its name.
PLAIN = ("create", "delete")


def plan_lines(changes: Sequence[Change], settings: Settings, costs: Sequence[str] = ()) -> list[str]:
    """Return a plan as lines: what, where, for whom, the host, edits, all the rest, and what it costs."""
    if not changes:
        return ["up to date: nothing would be changed"]
    head = [
        f"Plan for the stack {settings.stack!r} in {settings.region}:",
        f"  host {_bought(settings)}, image {settings.image}, disk {settings.root_volume_size_gb} GB",
        *(f"  {line}" for line in _ways(settings)),
    ]
    ordered = sorted(changes, key=_rank)
    whole = [c for c in ordered if c.action not in PLAIN or ".aws_instance." in c.address]
    body = [line for change in whole for line in _change_lines(change)]
    for action in PLAIN:
        if rest := [c.address for c in ordered if c.action == action and c not in whole]:
            body.append(f"  {SIGNS[action]:>3} {listed(rest)}")
    counts = ", ".join(f"{n} to {verb}" for verb in SIGNS if (n := sum(c.action == verb for c in changes)))
    return [
        *head,
        *body,
        *costs,
        f"{counts}. The host and its disk cost money until `{_down(settings.stack)}`.",
    ]


def _bought(settings: Settings) -> str:
    market = settings.place.market
    return settings.instance_type if market == ON_DEMAND else f"{settings.instance_type} {market}"


def _down(stack: str) -> str:
    return "make down" if stack == DEFAULT_STACK else command("down", stack)


def _ways(settings: Settings) -> list[str]:
    """Return who gets in, and what of the account's own decides that, and what the host may do."""
    is_private, groups = settings.access == "ssm", ", ".join(settings.security_group_ids)
    lines = [f"ssh from {', '.join(settings.allowed_cidrs) or 'nowhere'} only"]
    if is_private:
        lines = ["no open port, nobody is let in; ssh through Session Manager only (experimental)"]
    if groups:
        lines = [f"who gets in and out: the rules of {groups}, which are not gpuinfra's"]
    if profile := settings.instance_profile:
        need = "; it must let Session Manager in" if is_private else ""
        lines.append(f"may do in AWS what the role of the instance profile {profile} may{need}")
    return lines


def _rank(change: Change) -> tuple[int, str]:
    """Order the host first, then the rest in the order of NAMES."""
    kinds = [n for n, kind in enumerate(NAMES) if f".{kind}." in f".{change.address}"]
    return (kinds[0] if kinds else len(NAMES), change.address)


def _change_lines(change: Change) -> list[str]:
    lines = [f"  {SIGNS[change.action]:>3} {label(change.address)}"]
    if change.action in ("update", "replace") and LEASE not in change.address:
        lines += [
            f"        {difference(a)}" + ("   (this replaces it)" if a.forces_replacement else "")
            for a in change.attributes
            if a.forces_replacement or not (change.action == "replace" and a.after == UNKNOWN)
        ]
    return lines
