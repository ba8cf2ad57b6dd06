"""What is looked at of the caller's rights: dry runs of EC2, IAM's own simulation, reads."""

import re
from collections.abc import Callable, Mapping
from functools import partial

from gpuinfra.features.doctor import account, given, image, place
from gpuinfra.features.doctor.finding import BAD, Finding, bad, ok, unsure, warn
from gpuinfra.features.doctor.situation import AccountSituation
from gpuinfra.ground import threads
from gpuinfra.ground.account_facts import FoundImage, HostRequest, Simulation, StackOfTries
from gpuinfra.ground.errors import CloudError, GpuInfraError, MayNot
from gpuinfra.tools.aws.doctor_rights import GROUP, KEY_PAIR, ON_A_HOST

ASK = "ask your AWS administrator to allow "
# The end of AWS's own sentence: a policy may allow the action, and not on this.
ON_WHAT = re.compile(r"on resource: .*", re.S)
# What a launch into the default VPC is about, and EC2's codes where there is none.
OF_A_NETWORK = re.compile(r":(?:subnet|network-interface|security-group|vpc)/")
NO_DEFAULT_VPC = ("VPCIdNotSpecified", "DefaultVpcDoesNotExist", "MissingInput")
MADE = "by dry run with the arguments of your host, nothing was made"
# IAM takes name prefixes of at most 38 characters (terraform/modules/host/modules/instance/iam.tf).
IAM_PREFIX = 37
LATER = "; whether you may stop and end a host can be told once there is one"
# What the Terraform module does to a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create.html
# and to an instance profile; IAM judges each by the ARN of its own kind.
IAM_ACTIONS = {
    "role": ("iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy"),
    "instance-profile": ("iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"),
}
# Whatever of these is bad makes EC2 refuse the dry run, too.
OTHER_CAUSES: tuple[Callable[[AccountSituation], Finding], ...] = (
    account.state,
    account.plan,
    place.type_offered,
    place.network,
    image.there,
    image.disk,
    given.all_there,
)


def hosts(it: AccountSituation) -> Finding:
    """Dry-run what `up`, `stop` and `down` ask of EC2, with the arguments of a real host."""
    name, found = "EC2 rights", it.image()
    of = stack_of(it)
    launch = it.launch(request(it, found)) if found else None
    unlike = _why_unlike(launch, it)
    denied = {"ec2:RunInstances": launch} if isinstance(launch, MayNot) and not unlike else {}
    denied |= _denied(it, of)
    if denied:
        why, hint = _why_denied(denied)
        return bad(name, f"you may not do {', '.join(denied)}{why}", hint)
    if found is None:
        return unsure(name, "ec2:RunInstances was not tried: there is no image to try it with")
    if launch is None:
        return ok(name, MADE if of.host_id else MADE + LATER)
    if unlike:
        return unsure(name, f"ec2:RunInstances: {unlike}")
    if any(_is_bad(check, it) for check in OTHER_CAUSES):
        return unsure(name, "EC2 refuses the host for another reason, told here, before it looks at rights")
    return bad(name, f"EC2 would refuse this host: {launch.message}", launch.hint)


def stack_of(it: AccountSituation) -> StackOfTries:
    """Return whose things are tried: named and tagged as a policy for this stack wants it."""
    return StackOfTries(
        name=f"gpuinfra-{it.settings.stack}",
        tags=_tags(it),
        host_id=next(iter(it.record.ids_of("aws_instance")), ""),
    )


def _why_denied(denied: Mapping[str, MayNot]) -> tuple[str, str]:
    """Return on what and by which rule AWS refused the first of them, and whom to ask for what."""
    lifted = next((why.hint for why in denied.values() if " explicit deny " in why.hint), "")
    found = {name: ON_WHAT.search(why.message) for name, why in denied.items()}
    told = [(name, one[0].rstrip(".")) for name, one in found.items() if one]
    of = f"; {told[0][0]}" if told and len(denied) > 1 else ""
    return f"{of} {told[0][1]}" if told else "", lifted or f"{ASK}{', '.join(denied)}"


def _denied(it: AccountSituation, of: StackOfTries) -> dict[str, MayNot]:
    """Return what the caller may not do beside a launch, of what this stack needs."""
    tried = [
        *([] if it.settings.security_group_ids else [GROUP]),
        *([] if it.settings.key_name else [KEY_PAIR]),
        *(ON_A_HOST if of.host_id else ()),
    ]
    asked = {one: threads.begin(partial(it.account.dry_run, one, of)) for one in tried}
    found = {f"ec2:{one}": why.result() for one, why in asked.items()}
    return {name: why for name, why in found.items() if isinstance(why, MayNot)}


def _why_unlike(launch: GpuInfraError | None, it: AccountSituation) -> str:
    """Return why EC2 may have refused the dry run, and not the launch; empty where they are alike.

    Where no group or network is named a dry run gets those of the default VPC, for ours are not there yet.
    """
    if not isinstance(launch, CloudError):
        return ""
    may_not, has_none = isinstance(launch, MayNot), launch.code in NO_DEFAULT_VPC
    if place.makes_network(it) and (has_none or (may_not and OF_A_NETWORK.search(launch.message))):
        return "a dry run has the default VPC, and `up` makes a network"
    if may_not and ":security-group/" in launch.message and not it.settings.security_group_ids:
        return "a dry run has the VPC's default group, which `up` does not use"
    return ""


def _tags(it: AccountSituation) -> dict[str, str]:
    return {**it.others.tags, **it.settings.tags.as_dict(), "Name": f"gpuinfra-{it.settings.stack}"}


def _is_bad(check: Callable[[AccountSituation], Finding], it: AccountSituation) -> bool:
    try:
        return check(it).state == BAD
    except GpuInfraError:
        return False


def request(it: AccountSituation, found: FoundImage) -> HostRequest:
    """Return what the Terraform module would ask EC2 for."""
    settings, offer = it.settings, it.first_offer()
    return HostRequest(
        image_id=found.image_id,
        instance_type=offer.name if offer else it.types[0],
        disk_gb=settings.root_volume_size_gb,
        tags=_tags(it),
        kms_key_id=it.others.kms_key_id,
        subnet_id=settings.subnet_id or "",
        zone=it.others.zone,
        spot=settings.market == "spot",
        security_group_ids=settings.security_group_ids,
        key_name=settings.key_name,
        instance_profile=settings.instance_profile,
    )


def role(it: AccountSituation) -> Finding:
    """Ask IAM whether the caller may make the host's role; many may not ask that."""
    name = "IAM rights"
    if it.settings.instance_profile:
        return ok(name, f"none are needed: the host gets {it.settings.instance_profile}")
    told: dict[str, str] = {}
    try:
        for one in _simulations(it):
            told |= it.account.simulate(it.caller().arn, one)
    except GpuInfraError as error:
        return unsure(name, f"whether you may make a role for the host: {error.message}")
    if denied := [action for action, decision in told.items() if decision.endswith("Deny")]:
        hint = (
            f"{ASK}{', '.join(denied)}   # or set instance_profile in terraform.tfvars to one that is there"
        )
        return bad(name, f"IAM says that you may not do {', '.join(denied)}", hint)
    if untold := [action for action, decision in told.items() if not decision]:
        return unsure(name, f"whether you may do {', '.join(untold)} hangs on what IAM's simulation lacks")
    return ok(name, "as IAM simulates it, a role for the host may be made")


def _simulations(it: AccountSituation) -> list[Simulation]:
    """Return what is asked of IAM: by the names, tags and boundary of this stack's role."""
    caller, settings = it.caller(), it.settings
    partition = (caller.arn.split(":")[1:2] or ["aws"])[0]  # none of a caller whom AWS does not know
    start = f"arn:{partition}:iam::{caller.account}"
    said = {
        **{f"aws:RequestTag/{key}": value for key, value in _tags(it).items()},
        "iam:PassedToService": "ec2.amazonaws.com",
    }
    if settings.permissions_boundary_arn:
        said["iam:PermissionsBoundary"] = settings.permissions_boundary_arn
    name = f"gpuinfra-{settings.stack}"[:IAM_PREFIX] + "-doctor"
    return [
        Simulation(actions=actions, resource=f"{start}:{kind}/{name}", context=said)
        for kind, actions in IAM_ACTIONS.items()
    ]


def reads(it: AccountSituation) -> Finding:
    """Make the reads that the chosen options need; without them a price or a limit is missing, no host."""
    name, settings = "other rights", it.settings
    wanted = [] if it.region.startswith("us-gov-") else ["pricing:GetProducts"]
    if settings.max_usd or settings.max_hours or settings.stopped_days:
        wanted.append("scheduler:ListScheduleGroups")
    refused = {action: why for action in wanted if (why := _why_not(it, action))}
    if denied := [action for action, why in refused.items() if isinstance(why, MayNot)]:
        return warn(name, f"you may not do {', '.join(denied)}", f"{ASK}{', '.join(denied)}")
    if refused:
        return unsure(name, "; ".join(why.message for why in refused.values()))
    return ok(name, ", ".join(wanted) or "none are needed")


def _why_not(it: AccountSituation, action: str) -> GpuInfraError | None:
    try:
        it.account.read(action)
    except GpuInfraError as error:
        return error
    return None
