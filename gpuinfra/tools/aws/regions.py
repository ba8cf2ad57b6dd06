"""Whether the account has a region switched on: one that is off calls good credentials false."""

from collections.abc import Callable
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.tools.aws.client import client

# Each partition's region that is always on; the rest of the world's is us-east-1.
# Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
HOMES = {"us-gov": "us-gov-west-1", "cn": "cn-north-1"}
ON = ("opt-in-not-required", "opted-in")
Make = Callable[[str, str], Any]


def not_enabled(region: str, *, make: Make = client) -> CloudError | None:
    """Return the error for a region that is off; None where it is on, or the credentials hold nowhere."""
    home = next((home for start, home in HOMES.items() if region.startswith(f"{start}-")), "us-east-1")
    try:
        make("sts", home).get_caller_identity()
    except (boto.ClientError, boto.BotoCoreError, GpuInfraError):
        return None
    status = _status(make("ec2", home), region)
    if region == home or status in ON:
        return None
    if not status:
        return CloudError(
            f"AWS takes the credentials in {home}, and not in {region}: most likely the region is not enabled"
            " for this account",
            hint=f"aws account get-region-opt-status --region-name {region}",
        )
    return CloudError(
        f"the region {region} is not enabled for this account ({status}): its services know no credentials",
        hint=f"aws account enable-region --region-name {region}"
        "   # takes some minutes; or set another region in terraform.tfvars",
    )


def _status(ec2: Any, region: str) -> str:
    """Return AWS's word for it, empty where the caller may not ask."""
    try:
        found = ec2.describe_regions(RegionNames=[region], AllRegions=True)["Regions"]
    except (boto.ClientError, boto.BotoCoreError):
        return ""
    return str(found[0].get("OptInStatus", "")) if found else ""
