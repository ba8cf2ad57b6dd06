"""What AWS refuses and a line cannot say: where the words depend on more than the code. Pure."""

import re
from collections.abc import Callable

from gpuinfra.ground.errors import (
    AlreadyExists,
    CloudError,
    GpuInfraError,
    MayNot,
    NotAccepted,
    Unreachable,
)
from gpuinfra.tools.aws.error_limits import LIMITS, of_things, on_demand_vcpus, spot_price, spot_vcpus
from gpuinfra.tools.aws.error_lines import LINES
from gpuinfra.tools.aws.refusal import Refusal

Rule = Callable[[Refusal], GpuInfraError]

LINK = re.compile(r"https://[^\s\"']+[^\s\"'.,]")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
DENIED_BY = re.compile(r"with an explicit deny in an? ([\w -]+?)(?=[:.]|\s*$)")
# What an action is of no use without.
ALSO = {
    "iam:CreateRole": "; or set permissions_boundary_arn (what the account demands of every role) or"
    " instance_profile (one that is there, then no role is made) in terraform.tfvars",
    "ssm:StartSession": " on the instance and on the document AWS-StartSSHSession, and"
    " ssmmessages:OpenDataChannel, ssm:ResumeSession and ssm:TerminateSession on your own sessions",
}
UPGRADE = "aws freetier upgrade-account-plan --account-plan-type PAID   # then use costs money"
MARKETPLACE = "https://aws.amazon.com/marketplace/pp/prodview-7ikjtg3um26wq"
# Which filter finds what hangs in a thing that cannot be deleted.
HELD_BY = {"sg": "group-id", "subnet": "subnet-id", "vpc": "vpc-id"}


def _no_capacity(r: Refusal) -> CloudError:
    return CloudError(
        f"AWS has no {r.wanted} to give right now: {r.said}",
        hint=r.elsewhere("availability_zone, instance_type or region"),
    )


def _unsupported(r: Refusal) -> CloudError:
    return CloudError(
        f"AWS does not offer {r.wanted} like this: {r.said}",
        hint=r.elsewhere("availability_zone or instance_type"),
    )


def _opt_in(r: Refusal) -> CloudError:
    """Tell the terms of an image from a service that the account has not got (yet): one code for both."""
    if not re.search("marketplace|terms", r.message, re.I):
        return CloudError(
            f"the account has not got {r.service} (yet): {r.message}",
            hint="https://portal.aws.amazon.com/billing/signup   # a new account's sign-up may be unfinished",
        )
    link = LINK.search(r.message)
    page = link.group() if link else MARKETPLACE
    return CloudError(
        "the account has not accepted the terms of the NVIDIA image (free of charge) on AWS Marketplace",
        hint=f'accept them once at {page}, or set image = "aws-nvidia" in terraform.tfvars',
    )


def _unauthorized(r: Refusal) -> MayNot:
    reason = re.sub(r"\s*Encoded authorization failure message:.*", "", r.message, flags=re.S)
    ask = f"allow {r.action}"
    if denied := DENIED_BY.search(reason):  # to allow it elsewhere is of no use then
        ask = f"lift the explicit deny of {r.action} in the {denied[1]}"
    return MayNot(
        f"your AWS user or role may not do {r.action}: {reason}",
        hint=f"ask your AWS administrator to {ask}{ALSO.get(r.action, '')}",
    )


def _value(r: Refusal) -> CloudError:
    if "Free Tier" in r.message:
        return CloudError(
            f"the account is on AWS's free plan, which has no {r.wanted}: {r.said}",
            hint=UPGRADE,
        )
    if "Instance Profile" in r.message:
        return CloudError(
            f"AWS does not know the instance profile: {r.message}",
            hint="aws iam list-instance-profiles   # set instance_profile in terraform.tfvars",
        )
    return CloudError(
        f"AWS does not take what {r.action} was given: {r.code}: {r.said}",
        hint=f"{r.plan}   # shows what is asked for; the values come from terraform.tfvars",
    )


def _held(r: Refusal) -> CloudError:
    thing = re.search(r"\b(sg|subnet|vpc)-\w+", r.message)
    interfaces = f"aws ec2 describe-network-interfaces --region {r.region}"
    where = f" --filters Name={HELD_BY[thing[1]]},Values={thing[0]}" if thing else ""
    return CloudError(
        f"something that is not this stack's still uses it, so AWS does not remove it: {r.message}",
        hint=f"{interfaces}{where}   # what hangs in it" if r.service == "ec2" else f"{r.plan}   # names it",
    )


def _already_exists(r: Refusal) -> CloudError:
    return AlreadyExists(
        f"{r.message.rstrip('.')} ({r.code}): AWS made it without Terraform's knowing, or somebody else did",
        hint=r.up,
    )


def _not_permitted(r: Refusal) -> CloudError:
    """Return the error for what AWS does not do to a thing: to a host that somebody has protected, say."""
    held = re.search(r"'(i-\w+)'.*'disableApi(Stop|Termination)'", r.message, re.S)
    off = f"aws ec2 modify-instance-attribute --region {r.region} --instance-id"
    return CloudError(
        f"AWS does not do {r.action} here: {r.said}",
        hint=f"{off} {held[1]} --no-disable-api-{held[2].lower()}   # then the same command"
        if held
        else r.status,
    )


def _not_accepted(r: Refusal) -> CloudError:
    return NotAccepted(
        f"AWS does not accept the credentials ({r.code}): {r.message}", hint="aws sts get-caller-identity"
    )


def _not_connected(r: Refusal) -> GpuInfraError:
    return Unreachable(
        f"the host is not connected to Session Manager ({r.message.strip()}): it is stopped or still booting,"
        " its agent does not run, or its network has no way to Session Manager",
        hint="gpuinfra status",
    )


def _line(line: str, step: str) -> Rule:
    return lambda r: CloudError(line.format(r=r), hint=step.format(r=r))


# No code is in two of them.
RULES: tuple[tuple[str, Rule], ...] = (
    ("VcpuLimitExceeded|InstanceLimitExceeded", on_demand_vcpus),
    ("MaxSpotInstanceCountExceeded", spot_vcpus),
    ("SpotMaxPriceTooLow", spot_price),
    ("|".join(LIMITS), of_things),
    ("Insufficient(Instance|Host|Address)?Capacity|UnfulfillableCapacity", _no_capacity),
    ("OptInRequired|SubscriptionRequiredException", _opt_in),
    ("UnauthorizedOperation|(Dependency)?AccessDenied(Exception)?", _unauthorized),
    ("Unsupported|UnsupportedOperation|InvalidInstanceType", _unsupported),
    (
        "InvalidParameter(Value|Combination|Dependency)?|MissingParameter|UnknownParameter|ValidationE\\w+"
        "|InvalidInput|MalformedPolicyDocument|IllegalArgument(Exception)?|InvalidInstanceAttributeValue",
        _value,
    ),
    (
        r"Invalid\w+\.Duplicate|(Entity|Route)AlreadyExists|Resource\.AlreadyAssociated|DuplicateRecordException",
        _already_exists,
    ),
    ("DependencyViolation|DeleteConflict|BucketNotEmpty", _held),
    (
        "InvalidClientTokenId|AuthFailure|UnrecognizedClientException|SignatureDoesNotMatch"
        "|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken(Exception)?",
        _not_accepted,
    ),
    ("OperationNotPermitted", _not_permitted),
    ("TargetNotConnected", _not_connected),
    *((codes, _line(line, step)) for codes, line, step in LINES),
)
