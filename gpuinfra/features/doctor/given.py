"""What is looked at of the account's own things that terraform.tfvars names in place of ours."""

from collections.abc import Iterator

from gpuinfra.features.doctor.finding import BAD, UNSURE, Finding, bad, ok, unsure
from gpuinfra.features.doctor.situation import AccountSituation
from gpuinfra.ground.account_facts import GROUP, KEY_PAIR, KMS_KEY, PROFILE
from gpuinfra.ground.errors import GpuInfraError

NAME = "your own things"
# Where a thing is written, and how to see what there is.
WRITTEN = {
    KEY_PAIR: ("key_name", "aws ec2 describe-key-pairs --region {region}"),
    GROUP: ("security_group_ids", "aws ec2 describe-security-groups --region {region}"),
    PROFILE: ("instance_profile", "aws iam list-instance-profiles"),
    KMS_KEY: ("kms_key_id", "aws kms list-keys --region {region}"),
}


def is_any(it: AccountSituation) -> bool:
    """Tell whether any is named."""
    return any(_named(it))


def all_there(it: AccountSituation) -> Finding:
    """Look for each: whether it is there, and whether a host could be made with it."""
    found = [_look(it, kind, name) for kind, name in _named(it)]
    for state in (BAD, UNSURE):
        if first := next((one for one in found if one.state == state), None):
            return first
    return ok(NAME, ", ".join(one.text for one in found))


def profile(it: AccountSituation) -> Finding:
    """Look for the instance profile alone: of the others Terraform's plan tells."""
    name = it.settings.instance_profile
    return _look(it, PROFILE, name) if name else ok(NAME, "no instance profile is named")


def _named(it: AccountSituation) -> Iterator[tuple[str, str]]:
    settings = it.settings
    for kind, names in (
        (KEY_PAIR, [settings.key_name]),
        (GROUP, settings.security_group_ids),
        (PROFILE, [settings.instance_profile]),
        (KMS_KEY, [it.others.kms_key_id]),
    ):
        yield from ((kind, name) for name in names if name)


def _look(it: AccountSituation, kind: str, name: str) -> Finding:
    try:
        state = it.given(kind, name)
    except GpuInfraError as error:
        return unsure(NAME, f"{kind} {name}: {error.message}", error.hint)
    wrong = f"there is no {kind} {name} in {it.region}" if state is None else _wrong(it, kind, name, state)
    if not wrong:
        return ok(NAME, f"{kind} {name}")
    key, listing = WRITTEN[kind]
    return bad(
        NAME, wrong, f"{listing.format(region=it.region)}   # set {key} in terraform.tfvars to what fits"
    )


def _wrong(it: AccountSituation, kind: str, name: str, state: str) -> str:
    """Return why EC2 would not take a thing that is there; empty where nothing is known against it."""
    if kind == PROFILE and not state:
        return f"the {kind} {name} has no role in it"
    if kind == KMS_KEY and state != "Enabled":
        return f"the {kind} {name} is not to be used: its state is {state}"
    vpcs = {place.vpc_id for place in it.network() or () if place.vpc_id} if kind == GROUP else set()
    if vpcs and state not in vpcs:
        return f"the {kind} {name} is in {state}, and the host would be in {', '.join(sorted(vpcs))}"
    return ""
