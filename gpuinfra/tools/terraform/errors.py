"""What a failed run of Terraform means for its user. Pure: text in, error out.

The texts were seen from Terraform 1.11 with provider 5.100.
"""

import re

from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError, TerraformError
from gpuinfra.ground.model import Diagnostic, Outcome, Settings
from gpuinfra.tools.aws.error_codes import no_credentials, refused, unreachable

API_ERROR = re.compile(r"api error ([\w.]+): (.*?)(?:\n|$)", re.S)
OPERATION = re.compile(r"operation error ([\w ]+): (\w+)")
NO_CREDENTIALS = re.compile("No valid credential sources found")
NO_PROFILE = re.compile(r"failed to get shared config profile,? ([^\s,]+)")
NOT_REACHED = re.compile("connection refused|no such host|i/o timeout", re.I)


def explain(outcome: Outcome, settings: Settings | None) -> GpuInfraError:
    """Return the error that a failed run of Terraform means for its user."""
    if not outcome.errors:
        return TerraformError(f"Terraform ended without saying why\n{outcome.raw_tail}".strip())
    for diagnostic in outcome.errors:
        known = _known(diagnostic, settings)
        if known:
            return known
    return TerraformError("\n".join(_own_words(d) for d in outcome.errors))


def _known(d: Diagnostic, settings: Settings | None) -> GpuInfraError | None:
    text = f"{d.summary}\n{d.detail}"
    api, operation = API_ERROR.search(text), OPERATION.search(text)
    if api:
        service, name = operation.groups() if operation else ("AWS", "the call")
        return refused(
            api.group(1), api.group(2).strip(), service=service.lower(), operation=name, settings=settings
        )
    if "acquiring the state lock" in text:
        return _locked(text)
    if "no space left on device" in text.lower():
        return ConfigError("the disk is full", hint="df -h .   # free 100 MB or more, then: gpuinfra up")
    profile = NO_PROFILE.search(text)
    if profile:
        return no_credentials(f"there is no profile {profile.group(1)}")
    if NO_CREDENTIALS.search(text):
        return no_credentials()
    if NOT_REACHED.search(text):
        return unreachable(d.summary)
    if d.summary.endswith(("precondition failed", "postcondition failed")):
        return TerraformError(d.detail.strip())
    return None


def _own_words(d: Diagnostic) -> str:
    place = f"{d.where}: " if d.where else ""
    return f"{place}{d.summary}" + (f"\n{d.detail.strip()}" if d.detail else "")


def _locked(text: str) -> TerraformError:
    def info(key: str) -> str:
        match = re.search(rf"{key}:\s+(.+)", text)
        return match.group(1).strip() if match else "unknown"

    return TerraformError(
        f"another run is working on this stack: {info('Who')} ({info('Operation')}), since {info('Created')}",
        hint=f"wait for it; if it is dead for certain: terraform force-unlock {info('ID')}",
    )
