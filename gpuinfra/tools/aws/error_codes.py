"""What AWS refuses, said in one plain line with the next step: a table from code to sentence. Pure.

The codes are those of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gpuinfra.ground.errors import STAYS_STOPPED, AlreadyExists, CloudError, GpuInfraError, Unreachable
from gpuinfra.ground.model import Settings
from gpuinfra.ground.names import DEFAULT_STACK, command

LINK = re.compile(r"https://[^\s\"']+[^\s\"'.,]")
# What an action is of no use without.
ALSO = {
    "ssm:StartSession": " on the instance and on the document AWS-StartSSHSession, and"
    " ssmmessages:OpenDataChannel, ssm:ResumeSession and ssm:TerminateSession on your own sessions",
}
# Operations on a host that is there already.
TO_A_HOST = ("StartInstances", "ModifyInstanceAttribute")
MARKETPLACE = "https://aws.amazon.com/marketplace/pp/prodview-7ikjtg3um26wq"
CONSOLE = "https://{region}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/{code}"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One refusal of AWS: its code, its own words, the operation, and what was asked for."""

    code: str
    message: str
    service: str
    operation: str
    settings: Settings | None

    @property
    def wanted(self) -> str:
        """Name the instance type and region, as far as they are known."""
        s = self.settings
        return f"{s.instance_type} in {s.region}" if s else "the host"

    @property
    def up(self) -> str:
        """Return the command that tries again, for this stack."""
        return command("up", self.settings.stack if self.settings else DEFAULT_STACK)

    @property
    def after(self) -> str:
        """Say how the host is now, if one is there: only a host that lives is changed or started."""
        return STAYS_STOPPED if self.operation in TO_A_HOST else ""

    def elsewhere(self, places: str) -> str:
        """Return the step for a host that AWS does not give: none for a living one may make a new host."""
        if self.operation in TO_A_HOST:
            stack = self.settings.stack if self.settings else DEFAULT_STACK
            return f"{command('start', stack)}   # later; another type: {command('resize g5.xlarge', stack)}"
        return f"set another {places} in terraform.tfvars, then: {self.up}"

    @property
    def region(self) -> str:
        """Return the region, or a placeholder that reads well in a command."""
        return self.settings.region if self.settings else "REGION"


def quota_code(instance_type: str) -> str:
    """Return the on-demand vCPU quota of an instance type's family (EC2 service quotas, unit: vCPU)."""
    family = re.match(r"[a-z]+", instance_type)
    letters = family.group() if family else ""
    if letters in ("g", "gr", "vt"):
        return "L-DB2E81BA"
    return {"p": "L-417A185B", "dl": "L-6E869C2A", "inf": "L-1945791B", "trn": "L-2C3B7624"}.get(
        letters, "L-1216C47A"
    )


def refused(
    code: str, message: str, *, service: str, operation: str, settings: Settings | None
) -> GpuInfraError:
    """Return the error for one refusal of the AWS API."""
    refusal = Refusal(code=code, message=message, service=service, operation=operation, settings=settings)
    for pattern, rule in RULES:
        if re.fullmatch(pattern, code):
            return rule(refusal)
    return CloudError(f"AWS refused {service}:{operation}: {code}: {message}")


def no_credentials(detail: str = "") -> CloudError:
    """Return the error for a caller without credentials."""
    extra = f" ({detail})" if detail else ""
    return CloudError(
        f"no AWS credentials were found{extra}: looked at the environment, AWS_PROFILE, ~/.aws and SSO",
        hint="aws configure   # or, with single sign-on: aws sso login",
    )


def unreachable(detail: str) -> CloudError:
    """Return the error for a network that does not lead to AWS."""
    return CloudError(f"AWS cannot be reached: {detail}", hint="gpuinfra up   # when the network is back")


def _credentials_expired(r: Refusal) -> CloudError:
    return CloudError(
        f"the AWS credentials have expired ({r.code})",
        hint="aws sso login   # or renew them your way; then run the same command again, nothing is lost",
    )


def _credentials_wrong(r: Refusal) -> CloudError:
    return CloudError(
        f"AWS does not accept the credentials ({r.code}): {r.message}", hint="aws sts get-caller-identity"
    )


def _vcpu_limit(r: Refusal) -> CloudError:
    code = quota_code(r.settings.instance_type if r.settings else "")
    return CloudError(
        f"the account's vCPU quota {code} is too small for {r.wanted}: {r.message}{r.after}",
        hint=f"raise it: {CONSOLE.format(region=r.region, code=code)}"
        + (" or set instance_type back in terraform.tfvars" if r.after else ""),
    )


def _no_capacity(r: Refusal) -> CloudError:
    return CloudError(
        f"AWS has no {r.wanted} to give right now: {r.message}{r.after}",
        hint=r.elsewhere("availability_zone, instance_type or region"),
    )


def _opt_in(r: Refusal) -> CloudError:
    link = LINK.search(r.message)
    page = link.group() if link else MARKETPLACE
    return CloudError(
        "the account has not accepted the terms of the NVIDIA image (free of charge) on AWS Marketplace",
        hint=f'accept them once at {page}, or set image = "aws-nvidia" in terraform.tfvars',
    )


def _unauthorized(r: Refusal) -> CloudError:
    reason = re.sub(r"\s*Encoded authorization failure message:.*", "", r.message, flags=re.S)
    action = f"{r.service.replace(' ', '')}:{r.operation}"
    return CloudError(
        f"your AWS user or role may not do {action}: {reason}",
        hint=f"ask your AWS administrator to allow {action}{ALSO.get(action, '')}",
    )


def _unsupported(r: Refusal) -> CloudError:
    return CloudError(
        f"AWS does not offer {r.wanted} like this: {r.message}{r.after}",
        hint=r.elsewhere("availability_zone or instance_type"),
    )


def _throttled(r: Refusal) -> CloudError:
    return CloudError(
        f"AWS is throttling this account ({r.code} at {r.operation}, after several tries)",
        hint=f"{r.up}   # in a minute; what was made so far is kept",
    )


def _not_connected(r: Refusal) -> GpuInfraError:
    return Unreachable(
        f"the host is not connected to Session Manager ({r.message.strip()}): it is stopped or still booting,"
        " its agent does not run, or its network has no way to Session Manager",
        hint="gpuinfra status",
    )


def _no_vpc(r: Refusal) -> CloudError:
    return CloudError(
        f"the account has no default VPC in {r.region}: {r.message}",
        hint=f"aws ec2 create-default-vpc --region {r.region}   # or set subnet_id in terraform.tfvars",
    )


def _already_exists(r: Refusal) -> CloudError:
    return AlreadyExists(
        f"{r.message.rstrip('.')} ({r.code}): AWS made it without Terraform's knowing, or somebody else did",
        hint=r.up,
    )


RULES: tuple[tuple[str, Callable[[Refusal], GpuInfraError]], ...] = (
    ("ExpiredToken(Exception)?|RequestExpired|TokenRefreshRequired", _credentials_expired),
    (
        "InvalidClientTokenId|AuthFailure|UnrecognizedClientException|SignatureDoesNotMatch",
        _credentials_wrong,
    ),
    ("VcpuLimitExceeded|InstanceLimitExceeded", _vcpu_limit),
    ("InsufficientInstanceCapacity|InsufficientHostCapacity", _no_capacity),
    ("OptInRequired", _opt_in),
    ("UnauthorizedOperation|AccessDenied(Exception)?", _unauthorized),
    (r"Unsupported|UnsupportedOperation|InvalidInstanceType", _unsupported),
    ("RequestLimitExceeded|Throttling(Exception)?|TooManyRequestsException", _throttled),
    (r"Invalid\w+\.Duplicate|(Entity|Route)AlreadyExists|Resource\.AlreadyAssociated", _already_exists),
    ("TargetNotConnected", _not_connected),
    ("VPCIdNotSpecified|DefaultVpcDoesNotExist", _no_vpc),
)
