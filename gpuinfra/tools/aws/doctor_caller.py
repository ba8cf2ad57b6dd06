"""Who asks AWS, by which credentials, and how far its clock is from this machine's."""

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.account_facts import Caller
from gpuinfra.ground.errors import GpuInfraError, NotAccepted
from gpuinfra.ground.model import Settings
from gpuinfra.tools.aws import regions
from gpuinfra.tools.aws.client import core
from gpuinfra.tools.aws.errors import map_boto_errors

# Where boto3 found credentials, by its own name for the place.
PLACES = {
    "env": "environment variables",
    "iam-role": "the role of this machine",
    "container-role": "the role of this container",
}


def caller(
    make: Callable[[str], Any], region: str, settings: Settings | None, now: Callable[[], float]
) -> Caller:
    """Return who asks; every answer of AWS, a refusal too, has a date."""
    headers: Mapping[str, str] = {}
    answer: Mapping[str, Any] = {}
    refusal: GpuInfraError | None = None
    try:
        with map_boto_errors("sts", settings):
            try:
                answer = make("sts").get_caller_identity()
                headers = answer["ResponseMetadata"]["HTTPHeaders"]
            except boto.ClientError as error:
                headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
                raise
    except NotAccepted as error:
        refusal = regions.not_enabled(region) or error
    except GpuInfraError as error:
        refusal = error
    return Caller(
        account=answer.get("Account", ""),
        arn=answer.get("Arn", ""),
        source="" if refusal else _source(region),
        aws_ahead_s=_ahead_s(headers.get("date", ""), now()),
        refusal=refusal,
    )


def _ahead_s(date: str, now: float) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (TypeError, ValueError):
        return None  # no answer, or one without a date


def _source(region: str) -> str:
    """Return where the credentials were found, in words."""
    made = core(region)
    found = made.get_credentials()
    profile = re.sub(r"[^\w@.+-]", "?", made.get_config_variable("profile") or "default")
    return PLACES.get(found.method, f"profile {profile}") if found else ""
