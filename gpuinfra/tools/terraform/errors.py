"""What a failed run of Terraform means for its user. Pure: text in, error out.

The texts were seen from Terraform 1.11 with provider 5.100.
"""

import re

from gpuinfra.ground import locations
from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError, Locked, TerraformError
from gpuinfra.ground.model import Diagnostic, Outcome, Settings
from gpuinfra.ground.names import DEFAULT_STACK, command
from gpuinfra.tools.aws.error_codes import no_credentials, refused, unreachable

# "... RequestID: x, api error CODE: words"; errors that IAM's model knows come without "api error".
API_ERROR = re.compile(r"(?:api error|RequestID: [\w-]+,) (?!api error)([\w.]+): (.*?)(?:\n|$)", re.S)
OPERATION = re.compile(r"operation error ([\w ]+): (\w+)")
# The provider's words for a host that ended while pending; behind them EC2's own reason (StateReason).
DIED = re.compile(r"unexpected state '(?:shutting-down|terminated)'.*?last error: (.*)", re.S)
NO_CREDENTIALS = re.compile("No valid credential sources found")
NO_PROFILE = re.compile(r"failed to get shared config profile,? ([^\s,]+)")
NOT_REACHED = re.compile(
    "connection refused|connection reset by peer|no such host|i/o timeout|network is unreachable"
    "|TLS handshake timeout|x509: [^\\n]*|deserialization failed",
    re.I,
)


def explain(outcome: Outcome, settings: Settings | None) -> GpuInfraError:
    """Return the error that a failed run of Terraform means for its user."""
    if ended := outcome.credentials_ended:
        return CloudError(
            f"{ended.message}; Terraform has recorded what it made, and the same command goes on",
            hint=ended.hint,
        )
    if not outcome.errors:
        return TerraformError(f"Terraform ended without saying why\n{outcome.raw_tail}".strip())
    for diagnostic in outcome.errors:
        known = _known(diagnostic, settings)
        if known:
            return known
    return TerraformError("\n".join(own_words(d) for d in outcome.errors))


def _known(d: Diagnostic, settings: Settings | None) -> GpuInfraError | None:
    text = f"{d.summary}\n{d.detail}"
    if "acquiring the state lock" in text:
        return _locked(text)  # with a shared state it comes with a code of S3's
    api, operation = API_ERROR.search(text), OPERATION.search(text)
    if api:
        service, name = operation.groups() if operation else ("AWS", "the call")
        return refused(
            api.group(1), api.group(2).strip(), service=service.lower(), operation=name, settings=settings
        )
    if died := DIED.search(text):
        return _died(died.group(1).strip(), settings)
    if "no space left on device" in text.lower():
        return ConfigError("the disk is full", hint="df -h .   # free 100 MB or more, then: gpuinfra up")
    if profile := NO_PROFILE.search(text):  # not the caller's: boto3 has found that one
        return ConfigError(
            f"the provider block names profile {profile.group(1)}; Terraform gets gpuinfra's own credentials,"
            " which are not read from a file again",
            hint=f"export AWS_PROFILE={profile.group(1)}   # and take `profile` out of providers.tf",
        )
    if NO_CREDENTIALS.search(text):
        return no_credentials()
    if why := NOT_REACHED.search(text):
        return unreachable(f"{d.summary} ({why[0]})")
    if "managed by newer provider version" in d.summary:
        return TerraformError(
            "a newer AWS provider than that of this gpuinfra has written the state", hint=locations.upgrade()
        )
    if d.summary == "Invalid value for variable" or d.where.startswith("terraform.tfvars:"):
        return _wrong_value(d, settings)
    if d.summary.endswith(("precondition failed", "postcondition failed")):
        plan = command("plan", settings.stack if settings else DEFAULT_STACK)
        return TerraformError(d.detail.strip(), hint=f"edit terraform.tfvars, then: {plan}")
    return None


def _wrong_value(d: Diagnostic, settings: Settings | None) -> ConfigError:
    """Return a value that Terraform refused; where the rule for it stands is of no help."""
    plan = command("plan", settings.stack if settings else DEFAULT_STACK)
    message, _, rule = d.detail.strip().partition("\n\nThis was checked by the validation rule")
    return ConfigError(
        message if rule else own_words(d),
        hint=f"set it in terraform.tfvars, then: {plan}",
    )


def own_words(d: Diagnostic) -> str:
    """Return a diagnostic as Terraform words it, with its place."""
    place = f"{d.where}: " if d.where else ""
    return f"{place}{d.summary}" + (f"\n{d.detail.strip()}" if d.detail else "")


def warned(d: Diagnostic) -> str:
    """Return a warning as the user is told it."""
    return f"warning of Terraform: {own_words(d)}"


def _died(reason: str, settings: Settings | None) -> GpuInfraError:
    """Return the error for a host that AWS accepted, and ended before it ran.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
    """
    code = re.sub(r"^(Client|Server)\.", "", reason.partition(":")[0])
    if "Capacity" in code:
        return refused(code, reason, service="ec2", operation="RunInstances", settings=settings)
    region = settings.region if settings else "REGION"
    hints = {
        "InternalError": f"aws ec2 get-ebs-default-kms-key-id --region {region}   # may you use it?",
        "VolumeLimitExceeded": "aws service-quotas list-service-quotas --service-code ebs"
        f" --region {region}   # what the account may have of volumes",
    }
    return CloudError(
        f"AWS ended the host while it was starting: {reason}",
        hint=hints.get(code, f"{command('up', settings.stack)}   # tries again" if settings else ""),
    )


def _locked(text: str) -> TerraformError:
    def info(key: str) -> str:
        match = re.search(rf"{key}:\s+(.+)", text)
        return match.group(1).strip() if match else "unknown"

    return Locked(
        f"another run is working on this stack: {info('Who')} ({info('Operation')}), since {info('Created')}",
        hint=f"wait for it; if it is dead for certain: terraform force-unlock {info('ID')}",
    )


def failed(command: str, outcome: Outcome, *, hint: str) -> TerraformError:
    """Return the error for a command that is not a plan, an apply or a destroy."""
    first = outcome.errors[0] if outcome.errors else None
    text = f"{first.summary}: {first.detail}".strip(": ") if first else outcome.raw_tail.strip()
    return TerraformError(f"{command} failed: {text or 'it said nothing'}", hint=hint)
