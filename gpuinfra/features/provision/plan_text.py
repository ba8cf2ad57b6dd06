"""How Terraform's addresses and changes are called towards the user. Pure."""

import re
from collections.abc import Sequence

from gpuinfra.features.money import network_costs
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.hints import command
from gpuinfra.ground.model import Change, Progress, Settings

NAMES = {
    "aws_instance": "host (EC2 instance)",
    "aws_nat_gateway": "NAT gateway",
    "aws_vpc_endpoint": "endpoint of AWS",
    "aws_security_group": "security group",
    "aws_vpc_security_group_ingress_rule": "ingress rule",
    "aws_vpc_security_group_egress_rule": "egress rule",
    "aws_key_pair": "key pair",
    "aws_iam_role": "role of the host",
    "aws_iam_role_policy_attachment": "role policy (SSM core)",
    "aws_iam_role_policy": "role policy (Deep Learning Containers)",
    "aws_iam_instance_profile": "instance profile",
    "aws_vpc": "private network (VPC)",
    "aws_default_security_group": "default security group, emptied",
    "aws_subnet": "subnet",
    "aws_route_table": "route table",
    "aws_route_table_association": "routes of a subnet",
    "aws_route": "route",
    "aws_internet_gateway": "internet gateway",
    "aws_eip": "public address of the NAT gateway",
}
SIGNS = {"create": "+", "update": "~", "replace": "-/+", "delete": "-"}
VERBS = {"create": "creating", "update": "changing", "delete": "deleting"}
DONE = {"create": "created", "update": "changed", "delete": "deleted"}
MAX_VALUE = 60


def label(address: str) -> str:
    """Return a resource address in plain words, its key included."""
    found = re.search(r"(aws_\w+)\.\w+", address)
    key = re.search(r'\["?([^"\]]+)"?\]$', address)
    if not found:
        return address
    name = NAMES.get(found.group(1), found.group(1))
    return f"{name} {key.group(1)}" if key else name


def progress_line(step: Progress) -> str:
    """Return one step as a line; nothing for what needs no telling."""
    name = label(step.address)
    if step.phase == "start":
        return f"{name}: {VERBS.get(step.action, step.action)} ..."
    if step.phase == "busy":
        return f"{name}: still {VERBS.get(step.action, step.action)} ({step.elapsed_s} s)"
    if step.phase == "done":
        identity = f" {step.resource_id}" if step.resource_id.startswith(("i-", "sg-")) else ""
        return f"{name}:{identity} {DONE.get(step.action, 'done')}"
    return f"{name}: failed" if step.phase == "failed" else ""


def plan_lines(changes: Sequence[Change], settings: Settings) -> list[str]:
    """Return a plan as lines: what, where, for whom, then every resource."""
    head = [
        f"Plan for the stack {settings.stack!r} in {settings.region}:",
        f"  host {settings.instance_type}, image {settings.image}, disk {settings.root_volume_size_gb} GB",
        f"  {_way_in(settings)}",
    ]
    body = [line for change in sorted(changes, key=_rank) for line in _change_lines(change)]
    counts = ", ".join(f"{n} to {verb}" for verb in SIGNS if (n := sum(c.action == verb for c in changes)))
    return [
        *head,
        *body,
        *network_costs.lines(changes),
        f"{counts}. The host and its disk cost money until `make down`.",
    ]


def _way_in(settings: Settings) -> str:
    if settings.access == "ssm":
        return "no public address, no open port; ssh through Session Manager only (experimental)"
    return f"ssh from {', '.join(settings.allowed_cidrs) or 'nowhere'} only"


def _rank(change: Change) -> tuple[int, str]:
    """Order the host first, then the rest in the order of NAMES."""
    kinds = [n for n, kind in enumerate(NAMES) if f".{kind}." in f".{change.address}"]
    return (kinds[0] if kinds else len(NAMES), change.address)


def _change_lines(change: Change) -> list[str]:
    lines = [f"  {SIGNS[change.action]:>3} {label(change.address)}"]
    if change.action in ("update", "replace"):
        lines += [
            f"        {a.name}: {_short(a.before)} -> {_short(a.after)}"
            + ("   (this replaces it)" if a.forces_replacement else "")
            for a in change.attributes
            if not (change.action == "replace" and a.after == "(known after apply)")
        ]
    return lines


def _short(text: str) -> str:
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 3] + "..."


STEP_NAMES = {
    "preflight": "check the host and its disk",
    "gpu": "GPU and driver",
    "apt": "system packages",
    "download": "download the installer",
    "install": "install conda",
    "configure": "configure conda",
    "env-conda": "conda environment",
    "env-pip": "pip packages",
    "shell": "make conda known to every shell",
    "verify": "prove the environment",
    "requirements": "requirements.txt",
    "startup": "startup script",
}


def not_ready(boot: Boot, stack: str) -> str:
    """Return what to tell who comes onto a host that is not ready; nothing for one that is."""
    if boot.state == "done":
        return ""
    if boot.ended:
        return f"its bootstrap failed in the step {boot.step!r}: {command('logs --boot', stack)}"
    return f"the host still sets itself up: {command('status --watch', stack)}   # shows how far it is"


def boot_rows(boot: Boot) -> list[tuple[str, str]]:
    """Return a boot as rows of (mark, text): what is done with its seconds, what goes on, what is to come."""
    rows = []
    for step in boot.steps:
        name = STEP_NAMES.get(step.name, step.name)
        if step.seconds is not None:
            rows.append(("done", f"{name}  {step.seconds:.1f} s"))
        elif step.name == boot.step:
            mark = boot.state if boot.state in ("failed", "interrupted") else "now"
            attempt = f"attempt {boot.attempt}" if boot.attempt > 1 else ""
            told = "; ".join(filter(None, (attempt, "" if boot.message == "start" else boot.message)))
            rows.append((mark, f"{name}  ({told})" if told else name))
        else:
            rows.append(("later", name))
    return rows or [("now", boot.message or "starting up")]
