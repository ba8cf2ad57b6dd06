"""What AWS refuses, said in one plain line with the next step. Pure."""

import re

from gpuinfra.ground.errors import CloudError, GpuInfraError, NotReached
from gpuinfra.ground.model import Settings
from gpuinfra.tools.aws.error_rules import RULES
from gpuinfra.tools.aws.refusal import Refusal


def refused(
    code: str, message: str, *, service: str, operation: str, settings: Settings | None
) -> GpuInfraError:
    """Return the error for one refusal of the AWS API."""
    if code.isdigit():  # of HTTP: no service of AWS's has said a word
        return unreachable(f"{operation} was answered with HTTP {code} {message}".strip())
    refusal = Refusal(code=code, message=message, service=service, operation=operation, settings=settings)
    error = _explained(refusal)
    if isinstance(error, CloudError):
        error.code = code
    return error


def _explained(refusal: Refusal) -> GpuInfraError:
    for pattern, rule in RULES:
        if re.fullmatch(pattern, refusal.code):
            return rule(refusal)
    r = refusal
    return CloudError(f"AWS refused {r.service}:{r.operation}: {r.code}: {r.message}")


def no_credentials(detail: str = "") -> CloudError:
    """Return the error for a caller without credentials."""
    extra = f" ({detail})" if detail else ""
    return CloudError(
        f"no AWS credentials were found{extra}: looked at the environment, AWS_PROFILE, ~/.aws and SSO",
        hint="aws configure   # or, with single sign-on: aws sso login",
    )


def unreachable(detail: str) -> CloudError:
    """Return the error for a network that does not lead to AWS."""
    return NotReached(f"AWS cannot be reached: {detail}", hint="the same command, when the network is back")
